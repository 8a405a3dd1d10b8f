"""`make run`: PostgreSQL, Valkey, the cluster emulator and the service's own processes, started as one."""

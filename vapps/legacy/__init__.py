"""vApps and VMs at /api."""

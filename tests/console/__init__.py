"""The console: its page, its streams, and both in a real browser."""

"""Real, unmodified VCD clients against the whole service, as `make run` starts it."""

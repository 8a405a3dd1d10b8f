"""Tests of what `make run` starts and how."""

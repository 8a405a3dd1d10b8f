"""Tests of the dependency directions."""

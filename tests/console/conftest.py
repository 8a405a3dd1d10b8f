"""Fixtures of the console's tests."""

from tests.clients.stack import stack

__all__ = ["stack"]

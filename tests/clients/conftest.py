"""Fixtures of the client tests."""

from tests.clients.stack import clients, cluster, stack

__all__ = ["clients", "cluster", "stack"]

"""Fixtures of the client tests."""

from tests.clients.stack import clients, cluster, stack
from tests.clients.vcd import alice, signed_in

__all__ = ["alice", "clients", "cluster", "signed_in", "stack"]

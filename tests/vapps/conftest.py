"""The two tenants."""

from tests.api.tenants import tenants

__all__ = ["tenants"]

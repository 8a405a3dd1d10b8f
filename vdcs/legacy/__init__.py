"""VDCs, networks, edge gateways and provider VDCs at /api."""

"""VDCs, compute policies, networks and edge gateways at /cloudapi."""

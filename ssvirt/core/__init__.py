"""Foundations without knowledge of any resource: tenancy, identifiers, errors, clock, encryption."""

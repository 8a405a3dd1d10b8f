"""Small questions to database errors."""

from django.db import IntegrityError


def violated(error: IntegrityError) -> str:
    """The name of the constraint that was violated; "" when the driver does not say."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return str(getattr(diagnostics, "constraint_name", None) or "")

"""The query parameters of the verbs, checked."""

import dataclasses

from compute.emulator.api.errors import ApiError, Cause, bad_request
from compute.emulator.api.http import Request


@dataclasses.dataclass(frozen=True, slots=True)
class WriteOptions:
    """`manager` is who will own the fields written. `force` is for server-side apply only."""

    manager: str
    is_dry_run: bool = False
    force: bool = False
    field_validation: str = "Warn"
    user: str = ""


def write_options(request: Request, *, default_dry_run: object = None) -> WriteOptions:
    """Options of a write. Raises 400 and 422 as a real server does."""
    dry_run = request.query.get("dryRun") or default_dry_run
    if dry_run not in (None, "", "All", ["All"], []):
        raise ApiError(
            422,
            "Invalid",
            f'options is invalid: dryRun: Unsupported value: "{dry_run}": supported values: "All"',
            causes=(Cause("FieldValueNotSupported", "supported values: All", "dryRun"),),
        )
    manager = request.query.get("fieldManager", "")
    if len(manager) > 128:
        raise bad_request("fieldManager: Too long: may not be more than 128 bytes")
    validation = request.query.get("fieldValidation") or "Warn"
    if validation not in {"Ignore", "Warn", "Strict"}:
        raise bad_request(
            f'fieldValidation: Unsupported value: "{validation}": supported values: "Ignore", "Strict", "Warn"'
        )
    # Source: apiserver endpoints/handlers/create.go managerOrUserAgent.
    fallback = request.user_agent.partition("/")[0][:128] or "unknown"
    return WriteOptions(
        manager=manager or fallback,
        is_dry_run=bool(dry_run),
        force=request.flag("force"),
        field_validation=validation,
        user=request.user,
    )


def int_option(request: Request, name: str) -> int | None:
    """A whole number from the query, None when absent. Raises 400 for anything else."""
    text = request.query.get(name, "")
    if not text:
        return None
    if not text.isdecimal():
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def revision_option(request: Request) -> int | None:
    """`resourceVersion`; None when it is absent, 0 means "any"."""
    text = request.query.get("resourceVersion", "")
    if not text:
        return None
    if not text.isdecimal():
        raise bad_request(f'Invalid value: "{text}": invalid resource version')
    return int(text)

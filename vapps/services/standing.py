"""Whether a vApp may still be changed, as it stands."""

from ssvirt.core.errors import InvalidState
from vapps.models import VApp
from vapps.states import VAppState


def require_staying(vapp: VApp) -> None:
    """Raises InvalidState for a vApp that is being deleted."""
    if vapp.projected_state == VAppState.GONE:
        raise InvalidState(f'The vApp "{vapp.name}" is being deleted.')


def require_changeable(vapp: VApp, state: str) -> None:
    """Raises InvalidState where the vApp in `state`, its own or the projected one, was not made or is gone."""
    if state in (VAppState.GONE, VAppState.FAILED):
        raise InvalidState(f'The vApp "{vapp.name}" cannot be changed: it is {state}.')

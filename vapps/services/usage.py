"""What a running VM uses at this moment."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from compute import names
from compute.cluster.guests import MachineUsage, machine_usage
from ssvirt.core.errors import BadRequest, ClusterError, ServiceUnavailable
from vapps.models import Vm
from vapps.services.console import running_vm_get
from vdcs.selectors import vdc_client

_MHZ_PER_CPU: Final = 1000
_MAX_PATTERNS: Final = 100


@dataclass(frozen=True, slots=True)
class Metric:
    """Source: VCD API programming guide, "Metric Names and Patterns"."""

    name: str
    unit: str
    value: float


def vm_usage(vm_id: uuid.UUID, patterns: Sequence[str] = ()) -> list[Metric]:
    """The VM's metrics, those whose names match one of `patterns` (`*` stands for anything) if there are any.

    What the cluster does not measure is left out, never made up. A call to the cluster, bounded in time.
    Raises NotFound, InvalidState (not on), BadRequest, ServiceUnavailable (the cluster does not answer).
    """
    if len(patterns) > _MAX_PATTERNS:
        raise BadRequest(f"There are {len(patterns)} metric patterns; at most {_MAX_PATTERNS} are accepted.")
    vm = running_vm_get(vm_id, "metrics")
    try:
        used = machine_usage(vdc_client(vm.vdc), vm.vdc.namespace, names.vm_name(vm.pk))
    except ClusterError as error:
        raise ServiceUnavailable(
            f'The metrics of the VM "{vm.name}" cannot be had: its cluster does not answer. Try again later.'
        ) from error
    found = _metrics(vm, used)
    return [metric for metric in found if _is_wanted(metric.name, patterns)]


def _metrics(vm: Vm, used: MachineUsage | None) -> list[Metric]:
    provisioned_mb = sum(disk.size_mb for disk in vm.disks.all())
    known = [Metric("disk.provisioned.latest", "KILOBYTE", float(provisioned_mb * 1024))]
    if used is None:
        return known
    cpus = vm.observed_cpus or vm.cpus
    memory_mb = vm.observed_memory_mb or vm.memory_mb
    return [
        Metric("cpu.usage.average", "PERCENT", _percent(used.cpu_cores, cpus)),
        Metric("cpu.usagemhz.average", "MEGAHERTZ", round(used.cpu_cores * _MHZ_PER_CPU, 2)),
        # The emulation around the guest is measured with it, so it may be a little more than the guest has.
        Metric("mem.usage.average", "PERCENT", _percent(used.memory_bytes / 2**20, memory_mb)),
        *known,
    ]


def _percent(part: float, whole: int) -> float:
    return min(100.0, round(100 * part / whole, 2))


def _is_wanted(name: str, patterns: Sequence[str]) -> bool:
    if not patterns:
        return True
    # The asterisk is the only wildcard here: what else means something to fnmatch is taken literally.
    return any(fnmatchcase(name, re.sub(r"([?\[])", r"[\1]", pattern.strip())) for pattern in patterns)

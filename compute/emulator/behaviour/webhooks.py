"""The admission webhooks of KubeVirt, CDI and OVN-Kubernetes: the refusals SSVirt can run into.

Source: kubevirt pkg/virt-api/webhooks/validating-webhook/admitters; ovn-kubernetes CEL rules of the UDN CRDs and the
ValidatingAdmissionPolicy user-defined-networks-namespace-label.
"""

from compute.emulator.api.admission import Admission, Attempt
from compute.emulator.api.errors import ApiError, Cause, invalid
from compute.emulator.behaviour.kinds import CLUSTER_UDN, DATA_VOLUME, NAMESPACE, UDN, VM
from compute.emulator.behaviour.launcher import PRIMARY_LABEL
from compute.emulator.values import Json, dig, labels_of, meta, planted

_STRATEGIES = {"Always", "Halted", "Manual", "RerunOnFailure", "Once", "WaitAsReceiver"}


def plug_webhooks(admission: Admission) -> None:
    """Register every webhook."""
    admission.plug(VM.id, admit_vm)
    admission.plug(UDN.id, admit_network)
    admission.plug(CLUSTER_UDN.id, admit_network)
    admission.plug(NAMESPACE.id, admit_namespace)
    admission.plug(DATA_VOLUME.id, admit_data_volume)


def _denied(webhook: str, causes: list[Cause]) -> ApiError:
    """What a denying webhook makes of its causes."""
    text = ", ".join(cause.message for cause in causes)
    return ApiError(
        422, "Invalid", f'admission webhook "{webhook}" denied the request: {text}', causes=tuple(causes)
    )


def admit_vm(attempt: Attempt) -> Json | None:
    """VirtualMachine: run strategy, template, matching names, instance type conflicts."""
    vm = attempt.new
    if vm is None or attempt.subresource or meta(vm).get("deletionTimestamp"):
        return vm
    spec: Json = vm.get("spec") or {}
    causes: list[Cause] = []
    if spec.get("running") is not None and spec.get("runStrategy") is not None:
        causes.append(
            Cause(
                "FieldValueInvalid",
                "Running and RunStrategy are mutually exclusive. Note that Running is deprecated, "
                "please use RunStrategy instead",
                "spec.running",
            )
        )
    if spec.get("running") is None and spec.get("runStrategy") is None:
        causes.append(
            Cause("FieldValueInvalid", "One of Running or RunStrategy must be specified", "spec.running")
        )
    if spec.get("runStrategy") is not None and spec["runStrategy"] not in _STRATEGIES:
        causes.append(
            Cause("FieldValueInvalid", f"Invalid RunStrategy ({spec['runStrategy']})", "spec.runStrategy")
        )
    if not spec.get("template"):
        causes.append(Cause("FieldValueRequired", "missing virtual machine template.", "spec.template"))
        raise _denied("virtualmachine-validator.kubevirt.io", causes)
    template: Json = dig(spec, "template", "spec", default={})
    causes += _device_causes(template) + _instancetype_causes(spec, template) + _template_causes(spec)
    if causes:
        raise _denied("virtualmachine-validator.kubevirt.io", causes)
    if not dig(template, "domain", "machine", "type"):
        vm = planted(vm, ("spec", "template", "spec", "domain", "machine", "type"), "q35")
    if not template.get("architecture"):
        vm = planted(vm, ("spec", "template", "spec", "architecture"), "amd64")
    return vm


def _device_causes(template: Json) -> list[Cause]:
    base = "spec.template.spec"
    disks = dig(template, "domain", "devices", "disks", default=[])
    volumes, networks = template.get("volumes") or [], template.get("networks") or []
    interfaces = dig(template, "domain", "devices", "interfaces", default=[])
    causes: list[Cause] = []
    for listed, path in (
        (disks, "domain.devices.disks"),
        (volumes, "volumes"),
        (networks, "networks"),
        (interfaces, "domain.devices.interfaces"),
    ):
        names = [entry.get("name") for entry in listed]
        for index, name in enumerate(names):
            if name in names[:index]:
                where = f"{base}.{path}[{index}].name"
                causes.append(
                    Cause("FieldValueInvalid", f"{where} and {where} must not have the same Name.", where)
                )
    volume_names = {v.get("name") for v in volumes}
    for index, disk in enumerate(disks):
        where = f"{base}.domain.devices.disks[{index}].name"
        # A CD-ROM drive may be empty (DeclarativeHotplugVolumes).
        if disk.get("name") not in volume_names and "cdrom" not in disk:
            causes.append(Cause("FieldValueInvalid", f"{where} '{disk.get('name')}' not found.", where))
    network_names = {n.get("name") for n in networks}
    for index, interface in enumerate(interfaces):
        where = f"{base}.domain.devices.interfaces[{index}].name"
        if interface.get("name") not in network_names:
            causes.append(Cause("FieldValueInvalid", f"{where} '{interface.get('name')}' not found.", where))
    interface_names = {i.get("name") for i in interfaces}
    for index, network in enumerate(networks):
        where = f"{base}.networks[{index}].name"
        if network.get("name") not in interface_names:
            causes.append(Cause("FieldValueRequired", f"{where} '{network.get('name')}' not found.", where))
    return causes


def _instancetype_causes(spec: Json, template: Json) -> list[Cause]:
    if not dig(spec, "instancetype", "name"):
        return []
    causes = []
    for field in ("cpu", "memory"):
        # maxSockets and the like may stay; the sizes belong to the instance type.
        if set(dig(template, "domain", field, default={})) - {"maxSockets", "maxGuest", "model", "features"}:
            where = f"spec.template.spec.domain.{field}"
            causes.append(
                Cause(
                    "FieldValueInvalid", f"VM field(s) {where} conflicts with selected instance type", where
                )
            )
    return causes


def _template_causes(spec: Json) -> list[Cause]:
    causes = []
    for index, template in enumerate(spec.get("dataVolumeTemplates") or []):
        where = f"spec.dataVolumeTemplates[{index}]"
        name = dig(template, "metadata", "name")
        if not name:
            causes.append(
                Cause(
                    "FieldValueRequired",
                    f"'name' field must not be empty for DataVolumeTemplate entry {where}.",
                    f"{where}.name",
                )
            )
            continue
        volumes = dig(spec, "template", "spec", "volumes", default=[])
        used = {dig(v, "dataVolume", "name") or dig(v, "persistentVolumeClaim", "claimName") for v in volumes}
        if name not in used:
            why = f"DataVolumeTemplate entry {where} must be referenced in the VMI template's 'volumes' list"
            causes.append(Cause("FieldValueRequired", why, where))
    return causes


def admit_network(attempt: Attempt) -> Json | None:
    """UserDefinedNetwork and ClusterUserDefinedNetwork: what their CEL rules forbid."""
    network, old = attempt.new, attempt.old
    if network is None or attempt.subresource:
        return network
    is_cluster = attempt.resource.id == CLUSTER_UDN.id
    path = ("spec", "network") if is_cluster else ("spec",)
    spec: Json = dig(network, *path, default={})
    name, where = meta(network)["name"], ".".join(path)
    if old is not None:
        before: Json = dig(old, *path, default={})
        for field in ("topology", "layer2", "layer3", "localnet"):
            if before.get(field) != spec.get(field):
                why = (
                    f"Invalid value: {field} is immutable"
                    if field == "topology"
                    else "Invalid value: Network spec is immutable"
                )
                raise invalid(attempt.resource, name, Cause("FieldValueInvalid", why, f"{where}.{field}"))
        return network
    topology = spec.get("topology")
    block = {"Layer2": "layer2", "Layer3": "layer3", "Localnet": "localnet"}.get(str(topology))
    allowed = {"Layer2", "Layer3", "Localnet"} if is_cluster else {"Layer2", "Layer3"}
    if block is None or topology not in allowed:
        listed = ", ".join(f'"{choice}"' for choice in sorted(allowed))
        raise invalid(
            attempt.resource,
            name,
            Cause(
                "FieldValueNotSupported",
                f'Unsupported value: "{topology}": supported values: {listed}',
                f"{where}.topology",
            ),
        )
    if spec.get(block) is None:
        why = f"Invalid value: spec.{block} is required when topology is {topology} and forbidden otherwise"
        raise invalid(attempt.resource, name, Cause("FieldValueInvalid", why, where))
    if causes := _layer_causes(spec[block], f"{where}.{block}"):
        raise invalid(attempt.resource, name, *causes)
    return network


def _layer_causes(layer: Json, where: str) -> list[Cause]:
    role, mode = layer.get("role"), dig(layer, "ipam", "mode", default="Enabled")
    texts = []
    if role not in {"Primary", "Secondary"}:
        texts.append(f'Unsupported value: "{role}": supported values: "Primary", "Secondary"')
    if mode == "Disabled" and role == "Primary":
        texts.append("Invalid value: Disabled ipam.mode is only supported for Secondary network")
    if mode == "Disabled" and layer.get("subnets"):
        texts.append("Invalid value: Subnets must be unset when ipam.mode is Disabled")
    if mode == "Enabled" and not layer.get("subnets"):
        texts.append("Invalid value: Subnets is required with ipam.mode is Enabled or unset")
    if dig(layer, "ipam", "lifecycle") == "Persistent" and mode != "Enabled":
        texts.append("Invalid value: lifecycle Persistent is only supported when ipam.mode is Enabled")
    for field in ("defaultGatewayIPs", "reservedSubnets", "infrastructureSubnets", "joinSubnets"):
        if layer.get(field) and role != "Primary":
            texts.append(f"Invalid value: {field} is only supported for Primary network")
    return [Cause("FieldValueInvalid", text, where) for text in texts]


def admit_namespace(attempt: Attempt) -> Json | None:
    """Namespace: the primary-network label is set at creation or never."""
    new, old = attempt.new, attempt.old
    if new is None or old is None or attempt.subresource:
        return new
    if (PRIMARY_LABEL in labels_of(new)) == (PRIMARY_LABEL in labels_of(old)):
        return new
    name = meta(new)["name"]
    why = (
        "ValidatingAdmissionPolicy 'user-defined-networks-namespace-label' with binding "
        "'user-defined-networks-namespace-label-binding' denied request: "
        f"The '{PRIMARY_LABEL}' label cannot be added/removed after the namespace was created"
    )
    raise ApiError(
        422, "Invalid", f'namespaces "{name}" is forbidden: {why}', resource=attempt.resource, name=name
    )


def admit_data_volume(attempt: Attempt) -> Json | None:
    """DataVolume: exactly one source, one of pvc and storage, and a spec that does not change."""
    volume, old = attempt.new, attempt.old
    if volume is None or attempt.subresource or meta(volume).get("deletionTimestamp"):
        return volume
    spec: Json = volume.get("spec") or {}
    causes = []
    if old is not None and old.get("spec") != spec:
        causes.append(Cause("FieldValueInvalid", "Cannot update DataVolume Spec", "spec"))
    if ("source" in spec) == ("sourceRef" in spec):
        which = "Data volume should have either Source or SourceRef, or be externally populated"
        if "source" in spec or not (
            dig(spec, "storage", "dataSourceRef") or dig(spec, "pvc", "dataSourceRef")
        ):
            causes.append(Cause("FieldValueInvalid", which, "spec"))
    if len(spec.get("source") or {"one": 1}) != 1:
        causes.append(Cause("FieldValueInvalid", "Multiple Data volume sources", "spec.source"))
    if ("pvc" in spec) == ("storage" in spec):
        causes.append(Cause("FieldValueInvalid", "Either spec.pvc or spec.storage should be set", "spec"))
    if causes:
        raise _denied("datavolume-validate.cdi.kubevirt.io", causes)
    return volume

"""What a client asks of a vApp that is to be made or changed, as plain values."""

import dataclasses
import uuid
from dataclasses import dataclass

from ssvirt.core.errors import BadRequest, NotSupported
from ssvirt.core.urns import uuid_in
from ssvirt.wire import types as w
from vapps.requests.machines import VmRequest, created_vm, reference_id, sourced_vm
from vapps.requests.names import description_of, entity_name
from vapps.requests.networks import NetworkRequest, network_requests, networks_of_params


@dataclass(frozen=True, slots=True, kw_only=True)
class VAppRequest:
    """A new vApp. `source_id`: the template or vApp that all VMs come from; None: `vms` name their sources.

    `is_move`: the source vApp goes once its copy is there.
    """

    name: str
    description: str
    deploy: bool
    power_on: bool
    source_id: uuid.UUID | None = None
    is_move: bool = False
    networks: tuple[NetworkRequest, ...] = ()
    vms: tuple[VmRequest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecomposeRequest:
    """Changes of a vApp: VMs added and removed, networks added, name and description (None: as they are)."""

    name: str | None = None
    description: str | None = None
    deploy: bool = False
    power_on: bool = False
    networks: tuple[NetworkRequest, ...] = ()
    vms: tuple[VmRequest, ...] = ()
    delete_ids: tuple[uuid.UUID, ...] = ()
    reconfigure: tuple[tuple[uuid.UUID, w.Vm], ...] = ()


def instantiate_request(params: w.InstantiateVAppTemplateParams) -> VAppRequest:
    """Source: vApp.xsd InstantiateVAppTemplateParamsType; absent deploy and powerOn mean true
    (resolutions.md 2.4).
    """
    return _from_source(params, "vApp template")


def clone_request(params: w.CloneVAppParams) -> VAppRequest:
    """Source: vApp.xsd CloneVAppParamsType. Absent deploy and powerOn mean true as well."""
    return _from_source(params, "vApp")


def move_request(params: w.MoveVAppParams) -> VAppRequest:
    """The vApp keeps its name and description. Source: added-after-9.1.xsd MoveVAppParamsType."""
    source_id = reference_id(params.source, "vApp") if params.source is not None else None
    if source_id is None:
        raise BadRequest("The Source of the vApp is missing.")
    configs = [section for section in params.sections if isinstance(section, w.NetworkConfigSection)]
    return VAppRequest(
        name="",
        description="",
        source_id=source_id,
        is_move=True,
        deploy=False,
        power_on=False,
        networks=network_requests(configs[0]) if configs else (),
        vms=tuple(sourced_vm(item) for item in params.sourced_items),
    )


def _from_source(params: w.InstantiateVAppParams, what: str) -> VAppRequest:
    source_id = uuid_in(params.source.href or params.source.id) if params.source is not None else None
    if source_id is None:
        raise BadRequest(f"The Source of the {what} is missing.")
    if params.vapp_parent is not None:
        raise NotSupported("A vApp inside a vApp is not supported.")
    power_on = params.power_on is not False
    vms = tuple(sourced_vm(item) for item in params.sourced_items)
    named = {vm.source_id for vm in vms}
    if len(named) != len(vms):
        raise BadRequest("A VM is named by more than one SourcedItem.")
    vms += tuple(
        made
        for item in params.sourced_vm_instantiation_params
        if (made := _placed_vm(item)) and made.source_id not in named
    )
    return VAppRequest(
        name=entity_name(params.name, "vApp"),
        description=description_of(params.description, "vApp"),
        source_id=source_id,
        is_move=bool(params.is_source_delete),
        deploy=power_on or params.deploy is not False,
        power_on=power_on,
        networks=networks_of_params(params.instantiation_params),
        vms=vms,
    )


def _placed_vm(item: w.SourcedVmInstantiationParams) -> VmRequest:
    """Only where the VM is stored, and its sizes. Source: vApp.xsd SourcedVmInstantiationParamsType."""
    source_id = uuid_in(item.source.href or item.source.id) if item.source is not None else None
    if source_id is None:
        raise BadRequest("A SourcedVmInstantiationParams has no Source.")
    return VmRequest(
        source_id=source_id, storage_policy_id=reference_id(item.storage_profile, "storage profile")
    )


def compose_request(params: w.ComposeVAppParams) -> VAppRequest:
    """Source: vApp.xsd ComposeVAppParamsType; absent deploy and powerOn mean true only for items.

    A composition without items stays undeployed unless told otherwise (resolutions.md 2.4).
    """
    vms = _items(params)
    default = bool(vms)
    power_on = default if params.power_on is None else params.power_on
    return VAppRequest(
        name=entity_name(params.name, "vApp"),
        description=description_of(params.description, "vApp"),
        deploy=power_on or (default if params.deploy is None else params.deploy),
        power_on=power_on,
        networks=networks_of_params(params.instantiation_params),
        vms=vms,
    )


def recompose_request(params: w.RecomposeVAppParams) -> RecomposeRequest:
    """Source: vApp.xsd RecomposeVAppParamsType; absent deploy and powerOn mean false (resolutions.md 2.4)."""
    return RecomposeRequest(
        name=entity_name(params.name, "vApp") if params.name else None,
        description=description_of(params.description, "vApp") if params.description is not None else None,
        deploy=bool(params.deploy) or bool(params.power_on),
        power_on=bool(params.power_on),
        networks=networks_of_params(params.instantiation_params),
        vms=_items(params),
        delete_ids=tuple(_required(item, "DeleteItem") for item in params.delete_items),
        reconfigure=tuple(
            (_required(w.Reference(href=vm.href, id=vm.id), "ReconfigureItem"), vm)
            for vm in params.reconfigure_items
        ),
    )


def standalone_request(params: w.CreateVmParams) -> VAppRequest:
    """A VM from nothing in a hidden vApp of its own. Source: vApp.xsd CreateVmParamsType."""
    if params.create_vm is None:
        raise BadRequest("The CreateVm element is missing.")
    vm = created_vm(params.create_vm, params.media)
    if not vm.description and params.description:
        # Terraform describes the VM there. Source: go-clients.md 2.10 c.
        vm = dataclasses.replace(vm, description=description_of(params.description, "VM"))
    return _alone(vm, vm.name or "", params.description, bool(params.power_on))


def standalone_from_template(params: w.InstantiateVmTemplateParams) -> VAppRequest:
    """A VM of a template in a hidden vApp of its own. Source: vApp.xsd InstantiateVmTemplateParamsType."""
    item = params.sourced_vm_template_item
    if item is None:
        raise BadRequest("The SourcedVmTemplateItem element is missing.")
    vm = sourced_vm(
        w.SourcedCompositionItemParam(
            source=item.source,
            vm_general_params=_named(item.vm_general_params, params.name),
            instantiation_params=item.vm_template_instantiation_params,
            storage_profile=item.storage_profile,
            compute_policy=params.compute_policy,
        )
    )
    name = params.name or vm.name
    return _alone(vm, entity_name(name, "VM"), params.description, bool(params.power_on))


def _named(general: w.VmGeneralParams | None, name: str | None) -> w.VmGeneralParams:
    """The VM's parameters; the name of the whole is its name where they give none."""
    if general is None:
        return w.VmGeneralParams(name=name)
    return general if general.name else dataclasses.replace(general, name=name)


def _alone(vm: VmRequest, name: str, description: str | None, power_on: bool) -> VAppRequest:
    return VAppRequest(
        name=name,
        description=description_of(description, "VM"),
        deploy=power_on,
        power_on=power_on,
        vms=(vm,),
    )


def _items(params: w.ComposeVAppParams) -> tuple[VmRequest, ...]:
    if params.vapp_parent is not None:
        raise NotSupported("A vApp inside a vApp is not supported.")
    return tuple(sourced_vm(item) for item in params.sourced_items) + tuple(
        created_vm(vm) for vm in params.create_items
    )


def _required(reference: w.Reference, what: str) -> uuid.UUID:
    found = reference_id(reference, what)
    if found is None:
        raise BadRequest(f"A {what} has no reference.")
    return found

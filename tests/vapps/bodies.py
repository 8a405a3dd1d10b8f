"""Request bodies as the clients write them, and readers of answers."""

import uuid
from typing import Any

from lxml import etree

from catalogs.models import VAppTemplate
from ssvirt.core.tenancy import ALL, acting_for
from tests.fixtures import Api, World
from vdcs.models import VdcStoragePolicy

V15 = "{http://www.vmware.com/vcloud/v1.5}"
INSTANTIATE = "application/vnd.vmware.vcloud.instantiateVAppTemplateParams+xml"
COMPOSE = "application/vnd.vmware.vcloud.composeVAppParams+xml"
_NS = 'xmlns="http://www.vmware.com/vcloud/v1.5" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"'


def instantiate(
    world: World,
    name: str = "web",
    *,
    template: VAppTemplate | None = None,
    network: str = "acme-net",
    network_id: uuid.UUID | None = None,
    mode: str = "POOL",
    address: str = "",
    power_on: bool = True,
    source_vm: object = None,
    extra_item: str = "",
) -> str:
    """Exchange 7 of the first milestone, as pyvcloud sends it: one network, its first VM on it."""
    template = template or world.fedora
    with acting_for(ALL):
        vm = template.vms.order_by("position").first()
    parent = network_id or world.net.pk
    flag = str(power_on).lower()
    ip = f"<IpAddress>{address}</IpAddress>" if address else ""
    return f"""<InstantiateVAppTemplateParams {_NS} name="{name}" deploy="{flag}" powerOn="{flag}">
  <Description>made by a test</Description>
  <InstantiationParams><NetworkConfigSection><ovf:Info>networks</ovf:Info>
    <NetworkConfig networkName="{network}"><Configuration>
      <ParentNetwork href="http://elsewhere/api/network/{parent}"/><FenceMode>bridged</FenceMode>
    </Configuration></NetworkConfig></NetworkConfigSection></InstantiationParams>
  <Source href="http://testserver/api/vAppTemplate/vappTemplate-{template.pk}"/>
  <SourcedItem><Source href="http://testserver/api/vAppTemplate/vm-{source_vm or vm.pk}" id="x" name="{vm.name}"/>
    <VmGeneralParams><Name>{name}-vm</Name><NeedsCustomization>false</NeedsCustomization></VmGeneralParams>
    <InstantiationParams><NetworkConnectionSection><ovf:Info>nics</ovf:Info>
      <PrimaryNetworkConnectionIndex>0</PrimaryNetworkConnectionIndex>
      <NetworkConnection network="{network}"><NetworkConnectionIndex>0</NetworkConnectionIndex>{ip}
        <IsConnected>true</IsConnected><IpAddressAllocationMode>{mode}</IpAddressAllocationMode>
      </NetworkConnection></NetworkConnectionSection></InstantiationParams>{extra_item}</SourcedItem>
  <AllEULAsAccepted>false</AllEULAsAccepted>
</InstantiateVAppTemplateParams>"""


def compose(name: str = "empty", attributes: str = "") -> str:
    return (
        f'<ComposeVAppParams {_NS} name="{name}" {attributes}>'
        "<AllEULAsAccepted>true</AllEULAsAccepted></ComposeVAppParams>"
    )


def tree(response: Any) -> etree._Element:
    return etree.fromstring(response.content)


def post_instantiate(api: Api, world: World, **options: Any) -> Any:
    return api.post(
        f"/api/vdc/{world.vdc.pk}/action/instantiateVAppTemplate", instantiate(world, **options), INSTANTIATE
    )


def running_vapp(api: Api, world: World, **options: Any) -> str:
    """Href of a new vApp whose tasks have all ended."""
    response = post_instantiate(api, world, **options)
    assert response.status_code == 201, response.content
    world.drain()
    return str(tree(response).get("href"))


def first_vm(response: Any) -> etree._Element:
    found = tree(response).find(f"{V15}Children/{V15}Vm")
    assert found is not None
    return found


def task_of(response: Any) -> etree._Element:
    """The Task of a 202, or the one inside a 201."""
    root = tree(response)
    if root.tag == f"{V15}Task":
        return root
    found = root.find(f"{V15}Tasks/{V15}Task")
    assert found is not None
    return found


def used_mb(world: World) -> int:
    """Storage that acme's VDC is charged."""
    with acting_for(ALL):
        return sum(VdcStoragePolicy.objects.filter(vdc=world.vdc).values_list("used_mb", flat=True))

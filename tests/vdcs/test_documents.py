"""VDCs, storage profiles, hardware versions, guests, edge gateways, provider VDCs as clients read them."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import etree

from ssvirt.core.tenancy import ALL, acting_for
from ssvirt.wire import media
from tests.api.tenants import ACCEPT_OF, FORBIDDEN, Tenants, error_of, xml
from vapps.models import VApp
from vdcs.guests import GUESTS, is_windows, preference_for
from vdcs.models import EdgeGateway, VdcStoragePolicy

pytestmark = pytest.mark.django_db


def links(root: etree._Element) -> list[tuple[str | None, str | None]]:
    return [(each.get("rel"), each.get("type")) for each in root.findall("{*}Link")]


def href_of(root: etree._Element, rel: str, kind: str) -> str:
    (found,) = (
        each.get("href")
        for each in root.findall("{*}Link")
        if (each.get("rel"), each.get("type")) == (rel, kind)
    )
    return str(found)


# -- VDC

READING = {
    ("up", media.ORG),
    ("down", media.METADATA),
    ("down", media.VM_AFFINITY_RULES),
    ("edgeGateways", media.QUERY_RECORDS),
    ("orgVdcNetworks", media.QUERY_RECORDS),
}
USING = READING | {("add", media.CLONE_VAPP_PARAMS), ("add", media.MOVE_VAPP_PARAMS)}
BUILDING = USING | {
    ("down", media.VDC_COMPUTE_POLICY_REFERENCES),
    ("add", media.INSTANTIATE_VAPP_TEMPLATE_PARAMS),
    ("add", media.COMPOSE_VAPP_PARAMS),
    ("add", media.CREATE_VM_PARAMS),
    ("add", media.INSTANTIATE_VM_TEMPLATE_PARAMS),
    ("add", media.DISK_CREATE_PARAMS),
    ("add", media.VM_AFFINITY_RULE),
}
ADMINISTERING = BUILDING | {
    ("add", media.ORG_VDC_NETWORK),
    ("down", media.CONTROL_ACCESS),
    ("controlAccess", media.CONTROL_ACCESS),
}


@pytest.mark.parametrize(
    ("user", "expected"), [("carol", USING), ("bob", BUILDING), ("alice", ADMINISTERING)]
)
def test_vdc_when_read_then_one_link_per_relation_and_type_as_the_role_may(
    tenants: Tenants, user: str, expected: set[tuple[str, str]]
) -> None:
    found = links(xml(tenants.api(user).get(f"/api/vdc/{tenants.acme.vdc.pk}")))
    assert set(found) == expected
    assert len(found) == len(set(found))


def test_vdc_when_read_then_links_lead_to_what_is_served(tenants: Tenants) -> None:
    bob = tenants.api("bob")
    root = xml(bob.get(f"/api/vdc/{tenants.acme.vdc.pk}"))
    for rel, kind in READING - {("up", media.ORG)} | {("down", media.VDC_COMPUTE_POLICY_REFERENCES)}:
        assert bob.get(href_of(root, rel, kind)).status_code == 200, (rel, kind)
    assert href_of(root, "add", media.CREATE_VM_PARAMS).endswith("/action/createVm")
    assert href_of(root, "add", media.INSTANTIATE_VM_TEMPLATE_PARAMS).endswith(
        "/action/instantiateVmFromTemplate"
    )
    assert href_of(root, "add", media.DISK_CREATE_PARAMS).endswith(f"/api/vdc/{tenants.acme.vdc.pk}/disk")


@pytest.mark.parametrize("path", ["/api/vdc/{}/computePolicies", "/api/admin/vdc/{}/computePolicies"])
def test_compute_policies_when_read_below_the_vdc_then_those_that_its_vms_may_have(
    tenants: Tenants, path: str
) -> None:
    root = xml(tenants.api("bob").get(path.format(tenants.acme.vdc.pk)))
    policies = root.findall("{*}VdcComputePolicyReference")
    assert [each.get("name") for each in policies] == ["System Default", "small"]
    assert policies[1].get("href").endswith(f"/cloudapi/2.0.0/vdcComputePolicies/{policies[1].get('id')}")


def test_vdc_when_read_then_its_content_by_type_name_and_id(tenants: Tenants) -> None:
    root = xml(tenants.api("alice").get(f"/api/vdc/{tenants.acme.vdc.pk}"))
    entities = {
        (each.get("type"), each.get("name")) for each in root.findall("{*}ResourceEntities/{*}ResourceEntity")
    }
    assert {
        (media.VAPP, "acme-vapp"),
        (media.DISK, "acme-disk"),
        (media.VAPP_TEMPLATE, "acme-template"),
        (media.VAPP_TEMPLATE, "acme-secret"),
        (media.MEDIA, "acme-iso"),
    } <= entities
    assert not [name for _, name in entities if name.startswith("globex")]
    for each in root.findall("{*}ResourceEntities/{*}ResourceEntity"):
        assert each.get("id").rpartition(":")[2] == each.get("href")[-36:]


def test_vdc_when_read_then_members_that_clients_take_unchecked(tenants: Tenants) -> None:
    bob, pk = tenants.api("bob"), tenants.acme.vdc.pk
    root = xml(bob.get(f"/api/vdc/{pk}"))
    policy = root.find("{*}DefaultComputePolicy")
    assert policy.get("name") == "System Default"
    assert policy.get("id").startswith("urn:vcloud:vdcComputePolicy:")
    assert policy.get("href").endswith("/cloudapi/2.0.0/vdcComputePolicies/" + policy.get("id"))
    versions = list(root.iter("{*}SupportedHardwareVersion"))
    names = [each.get("name") for each in versions]
    assert names == sorted(names, key=lambda name: int(name.partition("-")[2]))
    assert {"vmx-11", "vmx-13", "vmx-14", "vmx-17", "vmx-18"} <= set(names)
    for each in versions:
        assert each.get("href").endswith(f"/api/vdc/{pk}/hwv/{each.get('name')}")
        assert bob.get(each.get("href")).status_code == 200
    (profile,) = root.findall("{*}VdcStorageProfiles/{*}VdcStorageProfile")
    assert bob.get(profile.get("href")).status_code == 200
    for part in ("Cpu", "Memory"):
        capacity = root.find(f"{{*}}ComputeCapacity/{{*}}{part}")
        assert all(capacity.find(f"{{*}}{each}") is not None for each in ("Limit", "Used", "Reserved"))


def statements(api: Any, path: str) -> int:
    with CaptureQueriesContext(connection) as made:
        assert api.get(path).status_code == 200
    return len(made)


@pytest.mark.parametrize("path", ["/api/vdc/{}", "/api/admin/vdc/{}"])
def test_vdc_when_it_has_3_or_30_vapps_then_the_same_statements(tenants: Tenants, path: str) -> None:
    acme, alice = tenants.acme, tenants.api("alice")
    address = path.format(acme.vdc.pk)

    def fill(count: int) -> None:
        with acting_for(ALL):
            have = VApp.objects.filter(vdc=acme.vdc).count()
            for number in range(have, count):
                VApp.objects.create(
                    org=acme.org, vdc=acme.vdc, name=f"v{number}", owner=tenants.users["alice"]
                )

    fill(3)
    statements(alice, address)  # what a process reads once
    few = statements(alice, address)
    fill(30)
    assert statements(alice, address) == few
    assert few == VDC


VDC = 10
"""Session, VDC; vApps, disks, templates, media; networks, storage and compute policies; tasks."""


def test_admin_vdc_when_read_then_default_policy_and_the_provider_for_the_provider_only(
    tenants: Tenants,
) -> None:
    path = f"/api/admin/vdc/{tenants.acme.vdc.pk}"
    root = xml(tenants.api("alice").get(path))
    assert etree.QName(root).localname == "AdminVdc"
    assert root.get("href").endswith(path)
    assert href_of(root, "alternate", media.VDC).endswith(f"/api/vdc/{tenants.acme.vdc.pk}")
    assert root.find("{*}DefaultComputePolicy").get("id")
    assert root.find("{*}ProviderVdcReference") is None
    administrator = tenants.api("administrator")
    provider = xml(administrator.get(path)).find("{*}ProviderVdcReference")
    assert provider.get("name") == "pvdc"
    assert administrator.get(provider.get("href")).status_code == 200


# -- storage profiles


def test_storage_profile_when_read_then_its_limit_use_and_iops_settings(tenants: Tenants) -> None:
    with acting_for(ALL):
        row = VdcStoragePolicy.objects.get(vdc=tenants.acme.vdc)
        VdcStoragePolicy.objects.filter(pk=row.pk).update(used_mb=4096)
    root = xml(tenants.api("bob").get(f"/api/vdcStorageProfile/{row.pk}"))
    values = {etree.QName(each).localname: each.text for each in root}
    assert (values["Units"], values["Limit"], values["Default"]) == ("MB", str(1 << 20), "true")
    assert values["StorageUsedMB"] == "4096"
    assert root.findtext("{*}IopsSettings/{*}DiskIopsDefault") == "0"
    admin = xml(tenants.api("alice").get(f"/api/admin/vdcStorageProfile/{row.pk}"))
    assert etree.QName(admin).localname == "AdminVdcStorageProfile"
    assert admin.find("{*}ProviderVdcStorageProfile").get("name") == "gold"
    for document in (root, admin):
        assert tenants.api("alice").get(href_of(document, "down", media.METADATA)).status_code == 200
    for path in ("vdcStorageProfile", "admin/vdcStorageProfile"):
        error_of(tenants.api("dave").get(f"/api/{path}/{row.pk}"), 403, "xml")


# -- hardware versions and guests


def test_hardware_version_when_read_then_all_members_and_guests(tenants: Tenants) -> None:
    bob, pk = tenants.api("bob"), tenants.acme.vdc.pk
    root = xml(bob.get(f"/api/vdc/{pk}/hwv/vmx-18"))
    assert root.findtext("{*}name") == "vmx-18"
    for member in ("maxCoresPerSocket", "maxMemorySizeMb", "maxCPUs", "maxNICs"):
        assert int(root.findtext(f"{{*}}{member}")) > 0
    systems = {each.findtext("{*}InternalName"): each for each in root.iter("{*}OperatingSystem")}
    assert systems["sles10_64Guest"].findtext("{*}Name") == "SUSE Linux Enterprise 10 (64-bit)"
    for guest in (
        "sles11_64Guest",
        "rhel8_64Guest",
        "rhel4Guest",
        "debian10Guest",
        "ubuntu64Guest",
        "windows9Server64Guest",
    ):
        firmware = [each.text for each in systems[guest].findall("{*}SupportedFirmware")]
        assert firmware == ["bios", "efi"]
    assert [each.findtext("{*}Name") for each in root.iter("{*}OperatingSystemFamilyInfo")] == [
        "Windows",
        "Linux",
        "Other",
    ]
    assert bob.get(f"/api/vdc/{pk}/hwv/vmx-18", accept=ACCEPT_OF["json"]).json()["name"] == "vmx-18"


@pytest.mark.parametrize("name", ["vmx-04", "nonsense", "vmx-18x"])
def test_hardware_version_when_unknown_then_400_naming_it(tenants: Tenants, name: str) -> None:
    response = tenants.api("bob").get(f"/api/vdc/{tenants.acme.vdc.pk}/hwv/{name}")
    assert name in error_of(response, 400, "xml")["message"]


def test_supported_systems_when_read_then_all_guests(tenants: Tenants) -> None:
    carol = tenants.api("carol")
    root = xml(carol.get("/api/supportedSystemsInfo/"))
    assert len(list(root.iter("{*}OperatingSystem"))) == len(GUESTS)
    assert carol.get("/api/supportedSystemsInfo", accept=ACCEPT_OF["json"]).status_code == 200
    org = xml(carol.get(f"/api/org/{tenants.acme.org.pk}"))
    assert href_of(org, "down", media.SUPPORTED_SYSTEMS_INFO).endswith("/api/supportedSystemsInfo/")


def test_guests_when_listed_then_ids_are_unique_and_usual() -> None:
    ids = [guest.id for guest in GUESTS]
    assert len(ids) == len(set(ids))
    assert len(ids) >= 60


@pytest.mark.parametrize(
    ("guest", "size", "expected"),
    [
        ("ubuntu64Guest", {}, "ubuntu"),
        ("rhel8_64Guest", {"cpus": 1, "memory_mb": 2048}, "rhel.8"),
        ("rhel8_64Guest", {"memory_mb": 1024}, "linux"),
        ("windows11_64Guest", {"cpus": 1, "memory_mb": 8192}, ""),
        ("windows11_64Guest", {"cpus": 2, "memory_mb": 8192}, "windows.11"),
        ("sles10_64Guest", {"memory_mb": 256}, "linux"),
        ("otherGuest", {}, ""),
        ("nonsense", {}, ""),
    ],
)
def test_preference_when_asked_then_one_whose_needs_are_met(
    guest: str, size: dict[str, int], expected: str
) -> None:
    assert preference_for(guest, **size) == expected


def test_windows_when_asked_then_by_family() -> None:
    assert is_windows("windows9Server64Guest")
    assert is_windows("winFutureGuest")
    assert not is_windows("ubuntu64Guest")


def test_preferences_when_named_then_the_bundle_has_them() -> None:
    from tests.contract.spec import spec_dir

    text = (spec_dir().parent / "spec/crds/seed/common-clusterpreferences-bundle.yaml").read_text()
    for guest in GUESTS:
        assert not guest.preference or f"\n  name: {guest.preference}\n" in text, guest


# -- edge gateways


def test_edge_gateway_when_read_then_an_uplink_and_its_routed_networks(
    tenants: Tenants, django_assert_num_queries: Any
) -> None:
    with acting_for(ALL):
        edge = EdgeGateway.objects.get(vdc=tenants.acme.vdc)
    bob = tenants.api("bob")
    for prefix in ("/api/edgeGateway", "/api/admin/edgeGateway"):
        with django_assert_num_queries(EDGE):
            root = xml(bob.get(f"{prefix}/{edge.pk}"))
        assert (root.get("name"), root.get("status")) == ("acme-vdc-edge", "1")
        found = [
            (each.findtext("{*}InterfaceType"), each.findtext("{*}Name"))
            for each in root.iter("{*}GatewayInterface")
        ]
        assert found == [("uplink", "uplink"), ("internal", "acme-net")]
        assert all(each.find("{*}Network") is not None for each in root.iter("{*}GatewayInterface"))
        assert root.findtext(".//{*}SubnetParticipation/{*}Gateway") == "10.10.0.1"
        assert root.findtext("{*}Configuration/{*}DistributedRoutingEnabled") == "false"
        error_of(tenants.api("dave").get(f"{prefix}/{edge.pk}"), 403, "xml")


EDGE = 4


@pytest.mark.parametrize(
    ("path", "record", "name"),
    [("edgeGateways", "EdgeGatewayRecord", "acme-vdc-edge"), ("networks", "OrgVdcNetworkRecord", "acme-net")],
)
def test_vdc_when_its_gateways_or_networks_are_asked_for_then_records_of_it_alone(
    tenants: Tenants, path: str, record: str, name: str
) -> None:
    root = xml(tenants.api("bob").get(f"/api/admin/vdc/{tenants.acme.vdc.pk}/{path}"))
    assert root.get("total") == "1"
    assert [each.get("name") for each in root.findall(f"{{*}}{record}")] == [name]


# -- provider VDCs


def test_provider_vdc_when_read_by_the_provider_then_its_profiles_and_vdcs(tenants: Tenants) -> None:
    administrator = tenants.api("administrator")
    for path in ("admin/providervdc", "admin//providervdc", "admin/extension/providervdc"):
        root = xml(administrator.get(f"/api/{path}/{tenants.pvdc.pk}"))
        assert (root.get("name"), root.get("status")) == ("pvdc", "1")
        assert [each.get("name") for each in root.iter("{*}ProviderVdcStorageProfile")] == ["gold"]
        assert {each.get("name") for each in root.findall("{*}Vdcs/{*}Vdc")} == {"acme-vdc", "globex-vdc"}


def test_provider_vdc_when_a_tenant_asks_then_403(tenants: Tenants) -> None:
    for user in ("alice", "dave"):
        for path in ("admin/providervdc", "admin/extension/providervdc"):
            response = tenants.api(user).get(f"/api/{path}/{tenants.pvdc.pk}")
            assert error_of(response, 403, "xml")["minor"] == FORBIDDEN
            assert "pvdc" not in response.content.decode()

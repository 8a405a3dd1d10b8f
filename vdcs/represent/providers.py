"""Provider VDCs as VCD shows them to the provider's users."""

from collections.abc import Sequence
from typing import Any

from ssvirt.api.hrefs import KINDS, Hrefs, entity_urn
from ssvirt.api.represent import link, reference
from ssvirt.wire import media, rels
from ssvirt.wire import types as w
from vdcs.models import ProviderVdc
from vdcs.represent.guests import DEFAULT_HARDWARE_VERSION, HARDWARE_VERSIONS
from vdcs.selectors import ProviderVdcUse


def provider_vdc_document(
    provider_vdc: ProviderVdc, use: ProviderVdcUse, vdcs: Sequence[w.Reference], hrefs: Hrefs
) -> w.ProviderVdc:
    """Needs the storage policies loaded. Source: providerVdc.xsd ProviderVdcType."""
    return w.ProviderVdc(**_members(provider_vdc, use, vdcs, hrefs))


def extension_provider_vdc_document(
    provider_vdc: ProviderVdc, use: ProviderVdcUse, vdcs: Sequence[w.Reference], hrefs: Hrefs
) -> w.VMWProviderVdc:
    """The same in the extension's namespace, where clients look for it; of vSphere's objects there are none.

    Source: vmwextensions.xsd VMWProviderVdcType.
    """
    return w.VMWProviderVdc(
        **_members(provider_vdc, use, vdcs, hrefs)
        | {
            "href": hrefs.at(f"/api/admin/extension/providervdc/{provider_vdc.pk}"),
            "type": media.VMW_PROVIDER_VDC,
        },
        data_store_refs=w.VimObjectRefs(),
        resource_pool_refs=w.VimObjectRefs(),
        highest_supported_hardware_version=HARDWARE_VERSIONS[-1],
    )


def _members(
    provider_vdc: ProviderVdc, use: ProviderVdcUse, vdcs: Sequence[w.Reference], hrefs: Hrefs
) -> dict[str, Any]:
    href = hrefs.of("providerVdc", provider_vdc.pk)
    return {
        "href": href,
        "id": entity_urn("providerVdc", provider_vdc.pk),
        "type": KINDS["providerVdc"].media,
        "name": provider_vdc.name,
        "links": [
            link(rels.UP, hrefs.at("/api/admin/"), media.ADMIN),
            link(rels.DOWN, f"{href}/metadata", media.METADATA),
        ],
        "description": provider_vdc.description,
        "status": 1,
        "compute_capacity": w.RootComputeCapacity(
            cpu=_capacity("MHz", use.cpu_mhz, use.cpu_limit_mhz),
            memory=_capacity("MB", use.memory_mb, use.memory_limit_mb),
            is_elastic=True,
            is_ha=True,
        ),
        "available_networks": w.AvailableNetworks(),
        "storage_profiles": w.ProviderVdcStorageProfiles(
            provider_vdc_storage_profiles=[
                reference(hrefs, "providerVdcStorageProfile", policy.pk, policy.name)
                for policy in provider_vdc.storage_policies.all()
            ]
        ),
        "capabilities": w.Capabilities(
            supported_hardware_versions=w.SupportedHardwareVersions(
                supported_hardware_versions=[
                    w.SupportedHardwareVersion(
                        name=name, default=name == DEFAULT_HARDWARE_VERSION, value=name
                    )
                    for name in HARDWARE_VERSIONS
                ]
            )
        ),
        "vdcs": w.Vdcs(vdcs=list(vdcs)),
        "is_enabled": provider_vdc.is_enabled,
        "network_pool_references": w.NetworkPoolReferences(),
    }


def _capacity(units: str, used: int, limit: int) -> w.ProviderVdcCapacity:
    """What the VDCs were promised stands for the total: the cluster's own size is not the provider VDC's."""
    return w.ProviderVdcCapacity(
        units=units, allocation=limit, reserved=0, total=max(limit, used), used=used, overhead=0
    )

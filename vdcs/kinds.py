"""VDCs, networks, storage profiles and provider VDCs among the kinds of entities that carry metadata."""

from django.db.models import QuerySet

from orgs.models import AccessLevel
from orgs.rights import Rights
from orgs.services import Acl, EntityKind, register_entity
from vdcs.models import ProviderVdc, StoragePolicy
from vdcs.selectors import (
    vdcs_of_scope,
    visible_edge_gateways,
    visible_networks,
    visible_storage_policies,
)

_VDC = ("api/vdc/<id:vdc_id>", "vdc")


def _provider_vdcs() -> QuerySet[ProviderVdc]:
    return ProviderVdc.objects.all()


def _provider_storage_policies() -> QuerySet[StoragePolicy]:
    return StoragePolicy.objects.all()


def register() -> None:
    """Makes the kinds known; called when the app is ready."""
    for kind in (
        EntityKind(
            kind="vdc",
            word="VDC",
            paths=(_VDC, ("api/admin/vdc/<id:vdc_id>", "adminVdc")),
            rows=vdcs_of_scope,
            read=Rights.VDC_VIEW,
            write=Rights.ADMINISTRATOR_CONTROL,
            # Source: legacy OpenAPI: "should only use ReadOnly access level".
            acl=Acl(
                paths=(_VDC,),
                view=Rights.VDC_VIEW_ACL,
                edit=Rights.VDC_EDIT_ACL,
                method="PUT",
                levels=(AccessLevel.READ_ONLY,),
                is_open=True,
            ),
        ),
        EntityKind(
            kind="network",
            word="network",
            paths=(
                ("api/network/<id:network_id>", "network"),
                ("api/admin/network/<id:network_id>", "adminNetwork"),
            ),
            rows=visible_networks,
            read=Rights.NETWORK_VIEW,
            write=Rights.NETWORK_EDIT,
        ),
        EntityKind(
            kind="edgeGateway",
            word="edge gateway",
            paths=(("api/admin/edgeGateway/<id:gateway_id>", "edgeGateway"),),
            rows=visible_edge_gateways,
            read=Rights.NETWORK_VIEW,
            write=Rights.NETWORK_EDIT,
        ),
        EntityKind(
            kind="vdcStorageProfile",
            word="storage profile",
            paths=(
                ("api/vdcStorageProfile/<id:storage_profile_id>", "vdcStorageProfile"),
                ("api/admin/vdcStorageProfile/<id:storage_profile_id>", "adminVdcStorageProfile"),
            ),
            rows=visible_storage_policies,
            read=Rights.VDC_VIEW,
            write=Rights.ADMINISTRATOR_CONTROL,
        ),
        EntityKind(
            kind="providerVdc",
            word="provider VDC",
            paths=(("api/admin/providervdc/<id:provider_vdc_id>", "providerVdc"),),
            rows=_provider_vdcs,
            read=Rights.PROVIDER_VDC_VIEW,
            write=Rights.PROVIDER_VDC_EDIT,
            org=None,
        ),
        EntityKind(
            kind="providerVdcStorageProfile",
            word="provider storage profile",
            paths=(
                (
                    "api/admin/pvdcStorageProfile/<id:provider_storage_profile_id>",
                    "providerVdcStorageProfile",
                ),
            ),
            rows=_provider_storage_policies,
            read=Rights.PROVIDER_VDC_VIEW,
            write=Rights.PROVIDER_VDC_EDIT,
            org=None,
        ),
    ):
        register_entity(kind)

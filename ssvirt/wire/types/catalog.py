"""Catalogs and their items.

Source: catalog.xsd, catalogItem.xsd.
"""

from __future__ import annotations

from datetime import datetime

from ssvirt.wire import media
from ssvirt.wire.schema import WireType, attr, elem, elems, text, wire
from ssvirt.wire.types.entity import Entity, Owner, Reference, VCloudExtensible


@wire("CatalogItems")
class CatalogItems(VCloudExtensible):
    catalog_items: list[Reference] = elems("CatalogItem")


@wire("Property")
class Property(WireType):
    key: str | None = attr("key")
    value: str | None = text()


@wire("DistributedCatalogParams")
class DistributedCatalogParams(VCloudExtensible):
    is_primary: bool | None = attr("isPrimary")
    is_distributed: bool | None = elem("IsDistributed")
    distributed_catalog_id: str | None = elem("DistributedCatalogId")
    on_delete_action: str | None = elem("OnDeleteAction")
    distributed_catalog_name: str | None = elem("DistributedCatalogName")
    bound_access_level: str | None = elem("BoundAccessLevel")
    distribution_healthy: bool | None = elem("DistributionHealthy")


@wire("Catalog", media=media.CATALOG)
class Catalog(Entity):
    owner: Owner | None = elem("Owner")
    catalog_items: CatalogItems | None = elem("CatalogItems")
    is_published: bool | None = elem("IsPublished")
    is_shared_with_managed_orgs: bool | None = elem("IsSharedWithManagedOrgs")
    is_shared_with_peers_parent_managed_orgs: bool | None = elem("IsSharedWithPeersParentManagedOrgs")
    date_created: datetime | None = elem("DateCreated")
    version_number: int | None = elem("VersionNumber")
    distributed_catalog_params: DistributedCatalogParams | None = elem(
        "DistributedCatalogParams", since="38.0"
    )
    healthy: bool | None = elem("Healthy")


@wire("CatalogItem", media=media.CATALOG_ITEM)
class CatalogItem(Entity):
    size: int | None = attr("size")
    entity: Reference | None = elem("Entity")
    properties: list[Property] = elems("Property")
    date_created: datetime | None = elem("DateCreated")
    version_number: int | None = elem("VersionNumber")
    app_version: str | None = elem("AppVersion")

"""Catalogs as administrators see them.

Source: vCloudEntities.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import elem, elems, wire
from ssvirt.wire.types.catalog import Catalog
from ssvirt.wire.types.entity import Reference, VCloudExtensible


@wire("CatalogStorageProfiles", media=media.CATALOG_STORAGE_PROFILES)
class CatalogStorageProfiles(VCloudExtensible):
    vdc_storage_profiles: list[Reference] = elems("VdcStorageProfile")


@wire("ExternalCatalogSubscriptionParams", media=media.EXTERNAL_CATALOG_SUBSCRIPTION)
class ExternalCatalogSubscriptionParams(VCloudExtensible):
    subscribe_to_external_feeds: bool | None = elem("SubscribeToExternalFeeds")
    location: str | None = elem("Location")
    password: str | None = elem("Password")
    expected_ssl_thumbprint: str | None = elem("ExpectedSslThumbprint")
    local_copy: bool | None = elem("LocalCopy")
    library_id: str | None = elem("LibraryId")


@wire("PublishExternalCatalogParams", media=media.PUBLISH_EXTERNAL_CATALOG_PARAMS)
class PublishExternalCatalogParams(VCloudExtensible):
    is_published_externally: bool | None = elem("IsPublishedExternally")
    catalog_published_url: str | None = elem("catalogPublishedUrl")
    password: str | None = elem("Password")
    is_cache_enabled: bool | None = elem("IsCacheEnabled")
    preserve_identity_info_flag: bool | None = elem("PreserveIdentityInfoFlag")


@wire("AdminCatalog", media=media.ADMIN_CATALOG)
class AdminCatalog(Catalog):
    catalog_storage_profiles: CatalogStorageProfiles | None = elem("CatalogStorageProfiles")
    external_catalog_subscription_params: ExternalCatalogSubscriptionParams | None = elem(
        "ExternalCatalogSubscriptionParams"
    )
    publish_external_catalog_params: PublishExternalCatalogParams | None = elem(
        "PublishExternalCatalogParams"
    )

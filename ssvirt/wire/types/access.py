"""Sharing of catalogs, vApps and VDCs.

Source: common.xsd ControlAccessParamsType, vCloudEntities.xsd PublishCatalogParamsType.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import elem, elems, wire
from ssvirt.wire.types.entity import Reference, VCloudExtensible


@wire("ExternalSubject")
class ExternalSubject(VCloudExtensible):
    subject_id: str | None = elem("SubjectId")
    is_user: bool | None = elem("IsUser")
    idp_type: str | None = elem("IdpType")


@wire("AccessSetting")
class AccessSetting(VCloudExtensible):
    subject: Reference | None = elem("Subject")
    external_subject: ExternalSubject | None = elem("ExternalSubject")
    access_level: str | None = elem("AccessLevel")


@wire("AccessSettings")
class AccessSettings(VCloudExtensible):
    access_settings: list[AccessSetting] = elems("AccessSetting")


@wire("ControlAccessParams", media=media.CONTROL_ACCESS)
class ControlAccessParams(VCloudExtensible):
    is_shared_to_everyone: bool | None = elem("IsSharedToEveryone")
    everyone_access_level: str | None = elem("EveryoneAccessLevel")
    access_settings: AccessSettings | None = elem("AccessSettings")


@wire("PublishCatalogParams", media=media.PUBLISH_CATALOG_PARAMS)
class PublishCatalogParams(VCloudExtensible):
    is_published: bool | None = elem("IsPublished")
    is_shared_with_managed_orgs: bool | None = elem("IsSharedWithManagedOrgs")
    is_shared_with_peers_parent_managed_orgs: bool | None = elem("IsSharedWithPeersParentManagedOrgs")

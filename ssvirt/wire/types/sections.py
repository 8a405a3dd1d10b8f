"""Sections of vApps and templates: lease, customization, snapshot, default storage profile.

Source: vApp.xsd, vAppTemplate.xsd, vms.xsd.
"""

from __future__ import annotations

from datetime import datetime

from ssvirt.wire import media
from ssvirt.wire.schema import attr, elem, elems, wire
from ssvirt.wire.types.entity import Link, VCloudExtensible
from ssvirt.wire.types.ovf import Section


@wire("LeaseSettingsSection", media=media.LEASE_SETTINGS_SECTION)
class LeaseSettingsSection(Section):
    href: str | None = attr("href")
    type: str | None = attr("type")
    links: list[Link] = elems("Link")
    deployment_lease_in_seconds: int | None = elem("DeploymentLeaseInSeconds")
    storage_lease_in_seconds: int | None = elem("StorageLeaseInSeconds")
    deployment_lease_expiration: datetime | None = elem("DeploymentLeaseExpiration")
    storage_lease_expiration: datetime | None = elem("StorageLeaseExpiration")


@wire("CustomizationSection", media=media.CUSTOMIZATION_SECTION)
class CustomizationSection(Section):
    gold_master: bool | None = attr("goldMaster")
    href: str | None = attr("href")
    type: str | None = attr("type")
    customize_on_instantiate: bool | None = elem("CustomizeOnInstantiate")
    links: list[Link] = elems("Link")


@wire("Snapshot", media=media.SNAPSHOT)
class Snapshot(VCloudExtensible):
    powered_on: bool | None = attr("poweredOn")
    created: datetime | None = attr("created")
    size: int | None = attr("size")


@wire("SnapshotSection", media=media.SNAPSHOT_SECTION)
class SnapshotSection(Section):
    href: str | None = attr("href")
    type: str | None = attr("type")
    links: list[Link] = elems("Link")
    snapshot: Snapshot | None = elem("Snapshot")


@wire("DefaultStorageProfileSection", type="DefaultStorageProfileSection_Type")
class DefaultStorageProfileSection(Section):
    storage_profile: str | None = elem("StorageProfile")

"""Media: ISO and floppy images.

Source: media.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import attr, elem, wire
from ssvirt.wire.types.entity import Owner, Reference, ResourceEntity, VCloudExtensible


@wire("Media", media=media.MEDIA)
class Media(ResourceEntity):
    image_type: str | None = attr("imageType")
    size: int | None = attr("size")
    owner: Owner | None = elem("Owner")
    vdc_storage_profile: Reference | None = elem("VdcStorageProfile")


@wire("MediaInsertOrEjectParams", media=media.MEDIA_INSERT_OR_EJECT_PARAMS)
class MediaInsertOrEjectParams(VCloudExtensible):
    media: Reference | None = elem("Media")

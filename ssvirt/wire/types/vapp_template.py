"""vApp templates.

Source: vAppTemplate.xsd.
"""

from __future__ import annotations

from datetime import datetime

from ssvirt.wire import media
from ssvirt.wire.schema import OVF, attr, elem, elems, wire
from ssvirt.wire.types.entity import Owner, Params, Reference, ResourceEntity, VCloudExtensible
from ssvirt.wire.types.ovf import Section
from ssvirt.wire.types.vm import BootOptions, ComputePolicy, Tpm


@wire("VAppTemplateChildren")
class VAppTemplateChildren(VCloudExtensible):
    vms: list[VAppTemplate] = elems("Vm")


@wire("VAppTemplate", media=media.VAPP_TEMPLATE)
class VAppTemplate(ResourceEntity):
    ovf_descriptor_uploaded: bool | None = attr("ovfDescriptorUploaded")
    gold_master: bool | None = attr("goldMaster")
    owner: Owner | None = elem("Owner")
    copy_tpm_on_instantiate: bool | None = elem("CopyTpmOnInstantiate", since="37.2")
    children: VAppTemplateChildren | None = elem("Children")
    sections: list[Section] = elems("Section", ns=OVF)
    vapp_scoped_local_id: str | None = elem("VAppScopedLocalId")
    default_storage_profile: str | None = elem("DefaultStorageProfile")
    vdc_compute_policy: Reference | None = elem("VdcComputePolicy")
    compute_policy: ComputePolicy | None = elem("ComputePolicy")
    date_created: datetime | None = elem("DateCreated")
    boot_options: BootOptions | None = elem("BootOptions", since="37.1")
    trusted_platform_module: Tpm | None = elem("TrustedPlatformModule", since="37.1")


@wire("UploadVAppTemplateParams", media=media.UPLOAD_VAPP_TEMPLATE_PARAMS)
class UploadVAppTemplateParams(Params):
    transfer_format: str | None = attr("transferFormat")
    manifest_required: bool | None = attr("manifestRequired")
    source_href: str | None = attr("sourceHref")
    vdc_storage_profile: Reference | None = elem("VdcStorageProfile")

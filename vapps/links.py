"""A VDC's vApps and independent disks, as its ResourceEntities."""

import uuid

from ssvirt.api.hrefs import KINDS, Hrefs, entity_urn
from ssvirt.wire import types as w
from vapps.selectors import visible_disks, visible_vapps


def vdc_entities(vdc_id: uuid.UUID, hrefs: Hrefs) -> list[w.ResourceReference]:
    """One reference each; unpaged by contract, so only what is shown is read."""
    vapps = visible_vapps().filter(vdc_id=vdc_id).order_by("name").values_list("pk", "name")
    disks = visible_disks().filter(vdc_id=vdc_id).order_by("name").values_list("pk", "name")
    return [
        w.ResourceReference(
            href=hrefs.of(kind, pk), id=entity_urn(kind, pk), type=KINDS[kind].media, name=name
        )
        for kind, rows in (("vApp", vapps), ("disk", disks))
        for pk, name in rows
    ]

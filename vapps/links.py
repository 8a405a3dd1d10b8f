"""A VDC's vApps, as its ResourceEntities."""

import uuid

from ssvirt.api.hrefs import KINDS, Hrefs, entity_urn
from ssvirt.wire import types as w
from vapps.models import VApp


def vdc_entities(vdc_id: uuid.UUID, hrefs: Hrefs) -> list[w.ResourceReference]:
    """One reference per vApp; unpaged by contract, so only what is shown is read."""
    rows = VApp.objects.filter(vdc_id=vdc_id).order_by("name").values_list("pk", "name")
    return [
        w.ResourceReference(
            href=hrefs.of("vApp", pk), id=entity_urn("vApp", pk), type=KINDS["vApp"].media, name=name
        )
        for pk, name in rows
    ]

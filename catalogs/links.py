"""Links to an organization's catalogs, in Org."""

import uuid

from catalogs.models import Catalog
from ssvirt.api.hrefs import Hrefs
from ssvirt.api.represent import entity_link
from ssvirt.wire import types as w


def org_links(org_id: uuid.UUID, hrefs: Hrefs) -> list[w.Link]:
    """One named link per readable catalog, the organization's own first. Source: resolutions.md 3.4."""
    rows = Catalog.readable.order_by("name").values_list("pk", "name", "org_id")
    own_first = sorted(rows, key=lambda row: (row[2] != org_id, row[1]))
    return [entity_link(hrefs, "down", "catalog", pk, name=name) for pk, name, _ in own_first]

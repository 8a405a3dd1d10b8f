"""The list of all queries."""

from ssvirt.api.hrefs import Hrefs
from ssvirt.api.principal import Principal
from ssvirt.api.query.pages import FORMATS, MEDIA
from ssvirt.api.query.types import query_types
from ssvirt.api.represent import link
from ssvirt.wire import types as w


def query_list(principal: Principal, hrefs: Hrefs) -> w.QueryList:
    """All queries of the principal, in all formats. Hrefs hold a `?`: clients append. Source: python-
    clients.md 3.3.
    """
    return w.QueryList(
        href=hrefs.at("/api/query"),
        type=MEDIA.format("queryList"),
        links=[
            link(
                "down",
                hrefs.at(f"/api/query?type={query.name}&format={form}"),
                MEDIA.format(form),
                query.name,
            )
            for query in query_types(principal)
            for form in FORMATS
        ],
    )

"""The query service: a registry of query types, and one way to filter, sort, page and render them.

Source: vcd-api.md 3.4.
"""

from ssvirt.api.query.columns import Column, Ref, Row, constant, derived, flag, hanging, host, netmask, words
from ssvirt.api.query.empty import register_empty
from ssvirt.api.query.filters import Field, FieldKind, field_named, to_q
from ssvirt.api.query.listing import query_list
from ssvirt.api.query.metadata import MetadataKey, MetadataTest, register_metadata
from ssvirt.api.query.pages import raw_parameter
from ssvirt.api.query.run import run_query
from ssvirt.api.query.types import (
    QueryType,
    Source,
    extend_query,
    query_type,
    query_types,
    register_query,
)

register_empty()

__all__ = [
    "Column",
    "Field",
    "FieldKind",
    "MetadataKey",
    "MetadataTest",
    "QueryType",
    "Ref",
    "Row",
    "Source",
    "constant",
    "derived",
    "extend_query",
    "field_named",
    "flag",
    "hanging",
    "host",
    "netmask",
    "query_list",
    "query_type",
    "query_types",
    "raw_parameter",
    "register_metadata",
    "register_query",
    "run_query",
    "to_q",
    "words",
]

"""Every type of the query service, and the packaged queries."""

import json
import uuid
from urllib.parse import quote

import pytest

from ssvirt.api.query.columns import Column
from ssvirt.api.query.types import _types
from ssvirt.api.query_views import PACKAGED
from tests.api.asking import names, query, records, rels
from tests.api.tenants import JSON, Tenants, error_of, xml
from tests.contract.spec import assert_valid_json, openapi_schemas

FILLED = sorted(name for name, query in _types.items() if query.sources)
EMPTY = sorted(set(_types) - set(FILLED))
SAMPLES = {
    "text": "x",
    "number": "1",
    "moment": "2026-01-01T00:00:00Z",
    "flag": "true",
    "word": "RUNNING",
    "reference": str(uuid.uuid4()),
}


@pytest.mark.parametrize("form", ["records", "idrecords", "references"])
@pytest.mark.parametrize("kind", FILLED)
def test_type_when_queried_by_the_provider_then_valid_in_xml_and_json(
    tenants: Tenants, kind: str, form: str
) -> None:
    root = query(tenants.api("administrator"), kind, format=form, links="true")
    assert root.get("name") == kind
    assert records(root), "nothing of this kind in the fixture: the test would prove nothing"
    response = tenants.api("administrator", JSON).get(f"/api/query?type={kind}&format={form}&links=true")
    assert response.status_code == 200
    document = json.loads(response.content)
    if form == "references":
        return  # the converted OpenAPI has no container for the subtypes of ReferencesType
    assert_valid_json(document, "QueryResultRecordsType")
    assert len(document["record"]) == len(records(root))


def columns_of(kind: str) -> dict[str, Column]:
    found = {
        name: column
        for source in (*_types[kind].sources, None)
        for name, column in _types[kind].columns(source).items()
    }
    return {name: column for name, column in found.items() if not name.startswith("_")}


@pytest.mark.parametrize("kind", FILLED)
def test_type_when_every_field_is_sorted_and_filtered_by_then_200(tenants: Tenants, kind: str) -> None:
    admin = tenants.api("administrator")
    columns = columns_of(kind)
    values = {name: SAMPLES[column.kind] for name, column in columns.items()}
    for operator, joined in (("==", ","), ("!=", ";")):
        text = joined.join(f"{name}{operator}{value}" for name, value in values.items())
        query(admin, kind, filter=text, sortAsc=",".join(columns))
    ordered = [name for name, column in columns.items() if column.kind in ("number", "moment")]
    if ordered:
        text = ",".join(f"{name}{each}{values[name]}" for name in ordered for each in ("=lt=", "=ge="))
        query(admin, kind, filter=text, sortDesc=",".join(ordered))


@pytest.mark.parametrize("kind", FILLED)
def test_type_when_filtered_by_what_a_record_shows_then_it_is_found(tenants: Tenants, kind: str) -> None:
    # Each attribute is what filters see of it: a record is found by all that it shows.
    admin = tenants.api("administrator")
    columns = columns_of(kind)
    record = records(query(admin, kind))[-1]
    shown = {
        name: value for name, value in record.attrib.items() if name in columns and columns[name].show is None
    }
    exact = {name: value for name, value in shown.items() if columns[name].kind != "moment"}
    text = ";".join(
        f"{name}=={quote(value.replace(chr(92), chr(92) * 2), safe='')}" for name, value in exact.items()
    )
    assert dict(record.attrib) in [dict(each.attrib) for each in records(query(admin, kind, filter=text))]


def test_tasks_when_their_status_is_asked_in_capitals_then_found(tenants: Tenants) -> None:
    # vcd-cli's `task list success` does.
    admin = tenants.api("administrator")
    status = records(query(admin, "task"))[0].get("status")
    assert status == status.lower()
    found = records(query(admin, "task", filter=f"status=={status.upper()}"))
    assert found
    assert {each.get("status") for each in found} == {status}


@pytest.mark.parametrize(
    ("text", "is_found"), [("QUE*", True), ("*ue*", True), ("q*d", True), ("*x", False), ("run*", False)]
)
def test_tasks_when_their_status_is_asked_with_a_wildcard_then_found(
    tenants: Tenants, text: str, is_found: bool
) -> None:
    found = records(query(tenants.api("administrator"), "task", filter=f"status=={text}"))
    assert bool(found) == is_found


@pytest.mark.parametrize("user", ["alice", "carol"])
def test_types_when_they_have_no_rows_here_then_empty_for_everyone(tenants: Tenants, user: str) -> None:
    for kind in EMPTY:
        root = query(tenants.api(user), kind)
        assert (root.get("total"), records(root)) == ("0", [])


@pytest.mark.parametrize("form", ["records", "idrecords", "references"])
def test_types_when_they_have_no_rows_here_then_empty_valid_lists(tenants: Tenants, form: str) -> None:
    admin = tenants.api("administrator")
    for kind in EMPTY:
        columns = columns_of(kind)
        text = ";".join(f"{name}=={SAMPLES[column.kind]}" for name, column in columns.items())
        root = query(admin, kind, format=form, filter=text, sortAsc=",".join(columns))
        assert (root.get("total"), root.get("page"), root.get("pageSize")) == ("0", "1", "25")
        assert not records(root)
        assert rels(root) == set()


def test_types_when_compared_with_the_openapi_then_all_are_known() -> None:
    wanted = openapi_schemas()["query-parameter_type"]["enum"]
    assert set(wanted) == set(_types)


def test_type_when_empty_and_the_field_is_unknown_then_400(tenants: Tenants) -> None:
    path = "/api/query?type=host&filter=nonsense==1"
    assert "nonsense" in error_of(tenants.api("administrator").get(path), 400, "xml")["message"]


# -- packaged


@pytest.mark.parametrize("path", sorted(PACKAGED))
def test_packaged_query_when_read_then_as_the_type(tenants: Tenants, path: str) -> None:
    admin = tenants.api("administrator")
    parameters = "pageSize=3&sortDesc=id&filter=id==*"
    packaged = xml(admin.get(f"/api/{path}/query?{parameters}"))
    plain = query(admin, PACKAGED[path], pageSize=3, sortDesc="id", filter="id==*")
    assert packaged.get("total") == plain.get("total")
    assert [dict(each.attrib) for each in records(packaged)] == [dict(each.attrib) for each in records(plain)]
    assert packaged.get("href").startswith(f"http://testserver/api/{path}/query?")
    assert admin.get(f"/api/{path}/query/").status_code == 200


def test_packaged_query_when_not_for_the_role_then_403(tenants: Tenants) -> None:
    assert (
        "organization" in error_of(tenants.api("alice").get("/api/admin/orgs/query"), 403, "xml")["message"]
    )
    assert names(xml(tenants.api("dave").get("/api/admin/vdcs/query"))) == ["globex-vdc"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/api/org/{org}/vdcs/query", ["acme-vdc"]),
        ("/api/org/{org}/catalogs/query", ["acme-private", "acme-shared"]),
    ],
)
def test_packaged_query_when_read_then_the_organizations_rows(
    tenants: Tenants, path: str, found: list[str]
) -> None:
    root = xml(tenants.api("administrator").get(path.format(org=tenants.acme.org.pk) + "?sortAsc=name"))
    assert names(root) == found

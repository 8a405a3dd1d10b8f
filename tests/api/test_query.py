"""The query service over HTTP: paging, formats, filters, and who sees what."""

from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from catalogs.services import catalog_create
from orgs.models import Role
from ssvirt.api.query.types import _types
from ssvirt.core.tenancy import ALL, acting_for
from tests.api.asking import links, names, query, records, rels
from tests.api.tenants import JSON, Tenants, error_of, xml
from tests.fixtures import Api

MEDIA = "application/vnd.vmware.vcloud.query.{}+xml"


@pytest.fixture
def alice(tenants: Tenants) -> Api:
    """alice of acme, whose organization has the catalogs c-00 .. c-29 besides its two."""
    with acting_for(ALL):
        for number in range(30):
            catalog_create(
                org=tenants.acme.org,
                name=f"c-{number:02}",
                owner=tenants.users["alice" if number % 2 else "bob"],
                description=f"number {number}",
                is_published=number % 3 == 0,
            )
    return tenants.api("alice")


# -- paging


def test_page_when_nothing_is_said_then_the_first_25(alice: Api) -> None:
    root = query(alice, filter="name==c-*", sortAsc="name")
    assert (root.get("page"), root.get("pageSize"), root.get("total")) == ("1", "25", "30")
    assert root.get("name") == "catalog"
    assert names(root) == [f"c-{number:02}" for number in range(25)]
    assert rels(root) == {"nextPage", "lastPage"}


def test_page_when_in_the_middle_then_links_both_ways(alice: Api) -> None:
    root = query(alice, filter="name==c-*", sortAsc="name", page=2, pageSize=10)
    assert names(root) == [f"c-{number:02}" for number in range(10, 20)]
    assert rels(root) == {"firstPage", "previousPage", "nextPage", "lastPage"}


def test_page_when_the_last_then_no_link_forward(alice: Api) -> None:
    root = query(alice, filter="name==c-*", sortAsc="name", page=3, pageSize=10)
    assert names(root) == [f"c-{number:02}" for number in range(20, 30)]
    assert rels(root) == {"firstPage", "previousPage"}


def test_page_when_beyond_the_end_then_empty_with_total(alice: Api) -> None:
    root = query(alice, filter="name==c-*", page=99)
    assert names(root) == []
    assert root.get("total") == "30"


def test_links_when_followed_then_every_record_comes_once(alice: Api) -> None:
    root, seen = query(alice, filter="name==c-*;isPublished==false", sortDesc="name", pageSize=7), []
    for _ in range(10):
        seen += names(root)
        href = links(root).get("nextPage " + MEDIA.format("records"))
        if href is None:
            break
        root = xml(alice.get(href))
    assert seen == [f"c-{number:02}" for number in range(29, -1, -1) if number % 3]


def test_page_when_size_is_above_the_limit_then_128(alice: Api) -> None:
    assert query(alice, pageSize=1000).get("pageSize") == "128"


@pytest.mark.parametrize(
    ("offset", "size", "first", "number"), [(10, 10, 10, "2"), (1, 2, 1, "1"), (7, 5, 7, "2"), (0, 5, 0, "1")]
)
def test_page_when_offset_is_given_then_the_rows_from_it_on(
    alice: Api, offset: int, size: int, first: int, number: str
) -> None:
    root = query(alice, filter="name==c-*", sortAsc="name", pageSize=size, offset=offset)
    assert names(root) == [f"c-{each:02}" for each in range(first, first + size)]
    assert (root.get("total"), root.get("page")) == ("30", number)
    assert names(xml(alice.get(root.get("href")))) == names(root)


def test_links_when_offset_is_between_pages_then_no_record_is_missed_or_comes_twice(alice: Api) -> None:
    root = query(alice, filter="name==c-*", sortAsc="name", pageSize=8, offset=3)
    media = MEDIA.format("records")
    found, last = names(root), links(root)["lastPage " + media]
    while (following := links(root).get("nextPage " + media)) is not None:
        root = xml(alice.get(following))
        found += names(root)
    assert found == [f"c-{each:02}" for each in range(3, 30)]
    assert names(xml(alice.get(last))) == names(root)
    back = xml(alice.get(links(root)["previousPage " + media]))
    assert names(back) == [f"c-{each:02}" for each in range(19, 27)]
    assert names(xml(alice.get(links(back)["firstPage " + media])))[0] == "c-00"


def test_page_when_two_sources_and_an_offset_then_the_rows_from_it_on(tenants: Tenants) -> None:
    alice = tenants.api("alice")
    everything = names(query(alice, "vm", sortAsc="name"))
    assert len(everything) > 3
    assert names(query(alice, "vm", sortAsc="name", pageSize=2, offset=1)) == everything[1:3]


@pytest.mark.parametrize(
    "parameters",
    [
        {"page": "0"},
        {"page": "-1"},
        {"page": "x"},
        {"pageSize": "0"},
        {"pageSize": "1.5"},
        {"page": "9" * 30},
        {"format": "html"},
        {"sortAsc": "nonsense"},
        {"filter": "nonsense==1"},
        {"filter": "name=lt=a"},
        {"filter": "isPublished==maybe"},
        {"filter": "creationDate=gt=yesterday"},
        {"filter": "creationDate==2026-13-45T00:00:00Z"},
        {"filter": "name"},
        {"filter": "(name==a"},
    ],
)
@pytest.mark.parametrize("form", ["xml", "json"])
def test_query_when_a_parameter_is_bad_then_400_naming_it(
    tenants: Tenants, parameters: dict[str, str], form: str
) -> None:
    api = tenants.api("alice", JSON) if form == "json" else tenants.api("alice")
    path = "/api/query?type=catalog&" + "&".join(f"{name}={value}" for name, value in parameters.items())
    error = error_of(api.get(path), 400, form)
    assert error["minor"] == "BAD_REQUEST"
    said = {"sortAsc": "nonsense", "format": "html"}
    word = next(iter(parameters))
    if word == "filter":
        text = parameters["filter"]
        word = "parenthesis" if text[0] == "(" else text[:4]
    assert said.get(word, word) in error["message"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("page", "%D9%A1"),
        ("page", "9" * 40),
        ("pageSize", "9" * 40),
        ("offset", "%D9%A1"),
        ("page", "%C2%B2"),
        ("pageSize", "%C2%B2"),
        ("offset", "%C2%B2"),
        ("offset", "9" * 40),
    ],
)
def test_query_when_a_number_is_odd_then_never_500(tenants: Tenants, name: str, text: str) -> None:
    response = tenants.api("alice").get(f"/api/query?type=catalog&{name}={text}")
    assert response.status_code in (200, 400), response.content


@pytest.mark.parametrize(
    "text",
    [
        "name==a%00",
        "name==a%00*",
        "name!=%00",
        "name==%5C",
        "name==[a*",
        "name==" + "*a" * 500,
        "id==%00",
        "creationDate=gt=0001-01-01T00:00:00%2B14:00",
        "creationDate=lt=9999-12-31T23:59:59-14:00",
        "name==" + "x" * 5000,
        "name==%FF%FE",
        "name==%ED%A0%80",
    ],
)
def test_query_when_a_value_is_odd_then_never_500(tenants: Tenants, text: str) -> None:
    response = tenants.api("alice").get(f"/api/query?type=catalog&filter={text}")
    assert response.status_code in (200, 400), response.content


@pytest.mark.parametrize(
    "value",
    [
        "nonsense",
        "10.0.0.300",
        "%00",
        "*",
        "10.10.*",
    ],
)
def test_query_when_an_address_is_no_address_then_never_500(tenants: Tenants, value: str) -> None:
    path = f"/api/query?type=orgVdcNetwork&filter=defaultGateway=={value}"
    assert tenants.api("alice").get(path).status_code in (200, 400)


def test_query_when_filtered_by_gateway_then_found(tenants: Tenants) -> None:
    assert names(query(tenants.api("alice"), "orgVdcNetwork", filter="defaultGateway==10.10.0.1")) == [
        "acme-net"
    ]


# -- formats


@pytest.mark.parametrize("form", ["records", "idrecords", "references"])
def test_format_when_chosen_then_hrefs_or_ids_and_alternate_links(tenants: Tenants, form: str) -> None:
    root = query(tenants.api("alice"), format=form, filter="name==acme-shared")
    (record,) = records(root)
    catalog = tenants.acme.shared.pk
    assert root.get("type") == MEDIA.format(form)
    href, urn = f"http://testserver/api/catalog/{catalog}", f"urn:vcloud:catalog:{catalog}"
    if form == "records":
        assert (record.get("href"), record.get("id")) == (href, None)
        assert record.get("owner").startswith("http://testserver/api/admin/user/")
    elif form == "idrecords":
        assert (record.get("href"), record.get("id")) == (None, urn)
        assert record.get("owner").startswith("urn:vcloud:user:")
    else:
        assert record.tag.endswith("}CatalogReference")
        assert record.get("href") == href
        assert record.get("type") == "application/vnd.vmware.vcloud.catalog+xml"
    others = {"records", "idrecords", "references"} - {form}
    assert {key for key in links(root) if key.startswith("alternate")} == {
        "alternate " + MEDIA.format(other) for other in others
    }


# -- filters and order


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name==c-01", ["c-01"]),
        ("name==C-01", []),
        ("name==C-0*;isPublished==true", ["c-00", "c-03", "c-06", "c-09"]),
        ("name==c-01,name==c-02", ["c-01", "c-02"]),
        ("(name==c-01,name==c-02);isPublished==false", ["c-01", "c-02"]),
        ("(name==c-00,name==c-02);isPublished==false", ["c-02"]),
        ("name==c-0*;name!=c-01;ownerName==alice", ["c-03", "c-05", "c-07", "c-09"]),
        ("description==number+7", ["c-07"]),
        ("name==c-01;creationDate=gt=2001-01-01T00:00:00.000Z", ["c-01"]),
        ("name==c-01;creationDate=lt=2001-01-01T00:00:00.000Z", []),
        ("name==c.*", []),
    ],
)
def test_filter_when_given_then_the_rows_that_match(alice: Api, text: str, found: list[str]) -> None:
    root = query(alice, filter=text, sortAsc="name")
    assert names(root) == found
    assert root.get("total") == str(len(found))


def test_sort_when_several_fields_then_in_their_order(alice: Api) -> None:
    root = query(alice, filter="name==c-0*", sortAsc="ownerName,name")
    expected = [f"c-0{n}" for n in (1, 3, 5, 7, 9)] + [f"c-0{n}" for n in (0, 2, 4, 6, 8)]
    assert names(root) == expected


@pytest.mark.parametrize(
    "reference",
    [
        "http://elsewhere:8443/api/org/{}",
        "https://elsewhere/api/admin/org/{}",
        "urn:vcloud:org:{}",
        "{}",
    ],
)
def test_filter_when_reference_names_another_host_then_its_id_counts(
    tenants: Tenants, reference: str
) -> None:
    value = quote(reference.format(tenants.acme.org.pk), safe="")
    assert names(query(tenants.api("administrator"), "orgVdc", filter=f"org=={value}")) == ["acme-vdc"]
    assert names(query(tenants.api("administrator"), "orgVdc", filter=f"org!={value}")) == ["globex-vdc"]


def test_filter_when_reference_is_no_id_then_nothing(tenants: Tenants) -> None:
    assert names(query(tenants.api("alice"), "orgVdc", filter="org==acme")) == []


def test_query_when_written_as_go_does_then_answered(alice: Api) -> None:
    # A leading &, filterEncoded, stray text. Source: go-clients.md 3.1.
    path = f"/api/query?&type=catalog&filterEncoded=true&filter=name=={quote_plus('c-01')}&links=true;"
    assert names(xml(alice.get(path))) == ["c-01"]


@pytest.mark.parametrize(
    "name",
    ["a+b", "a;b", "a,b", "(a)", "a b", "a%b", "a&b", "é"],
)
def test_next_page_when_filter_has_special_characters_then_it_is_kept(tenants: Tenants, name: str) -> None:
    with acting_for(ALL):
        catalog_create(org=tenants.acme.org, name=name, owner=tenants.users["alice"])
    alice = tenants.api("alice")
    root = query(alice, filter=f"name=={quote(name, safe='')},name==acme-shared", pageSize=1, sortAsc="name")
    assert root.get("total") == "2"
    follower = xml(alice.get(links(root)["nextPage " + MEDIA.format("records")]))
    assert follower.get("total") == "2"
    assert {*names(root), *names(follower)} == {name, "acme-shared"}


# -- who sees what


def test_query_when_tenant_asks_then_only_its_own_and_published(tenants: Tenants) -> None:
    assert set(names(query(tenants.api("dave")))) == {"globex-shared", "globex-private", "acme-shared"}
    assert names(query(tenants.api("dave"), "orgVdc")) == ["globex-vdc"]
    assert names(query(tenants.api("dave"), "vApp")) == ["globex-vapp"]


def test_query_when_type_is_unknown_then_400_naming_it(tenants: Tenants) -> None:
    error = error_of(tenants.api("alice").get("/api/query?type=spaceship"), 400, "xml")
    assert "spaceship" in error["message"]


@pytest.mark.parametrize(
    ("user", "kind"), [("alice", "adminOrgVdc"), ("alice", "organization"), ("bob", "user")]
)
def test_query_when_type_is_not_for_the_role_then_403(tenants: Tenants, user: str, kind: str) -> None:
    error = error_of(tenants.api(user).get(f"/api/query?type={kind}"), 403, "xml")
    assert kind in error["message"]


@pytest.mark.parametrize("user", ["alice", "bob", "carol", "administrator"])
def test_query_list_when_read_then_what_the_role_may_and_nothing_else(tenants: Tenants, user: str) -> None:
    api = tenants.api(user)
    root = xml(api.get("/api/query"))
    offered = [(link.get("name"), link.get("type"), link.get("href")) for link in root]
    assert offered
    assert len({(name, media) for name, media, _ in offered}) == len(offered)
    assert all("?" in href for _, _, href in offered)
    for name in _types:
        allowed = name in {name for name, _, _ in offered}
        # What is always empty hides nothing: whoever asks for it gets the empty list.
        status = 200 if allowed or not _types[name].sources else 403
        assert api.get(f"/api/query?type={name}&page=1").status_code == status, name
    assert ("organization" in {name for name, _, _ in offered}) == (user == "administrator")
    assert not [name for name, _, _ in offered if name.startswith("admin")] or user == "administrator"
    for _, _, href in [each for each in offered if each[0] == "orgVdc"]:
        assert api.get(f"{href}&page=1").status_code == 200


def test_users_when_queried_by_an_administrator_then_his_organizations_alone(tenants: Tenants) -> None:
    assert names(query(tenants.api("alice"), "user")) == ["alice", "bob", "carol"]
    assert tenants.api("bob").get("/api/query?type=user").status_code == 403
    everyone = names(query(tenants.api("administrator"), "adminUser"))
    assert {"alice", "bob", "carol", "dave", "administrator"} == set(everyone)


def test_roles_when_queried_then_those_of_the_organization_and_the_predefined(tenants: Tenants) -> None:
    with acting_for(ALL):
        for tenant in (tenants.acme, tenants.globex):
            Role.objects.create(org=tenant.org, name=f"{tenant.org.name}-role")
    seen = names(query(tenants.api("alice"), "role"))
    assert "acme-role" in seen
    assert "vApp Author" in seen
    assert not {"globex-role", "System Administrator"} & set(seen)
    href = f"http://h/api/org/{tenants.acme.org.pk}"
    of_acme = names(query(tenants.api("administrator"), "adminRole", filter=f"org=={quote(href, safe='')}"))
    assert {"acme-role", "vApp Author", "System Administrator"} <= set(of_acme)
    assert "globex-role" not in of_acme
    packaged = xml(tenants.api("alice").get(f"/api/admin/org/{tenants.acme.org.pk}/roles/query"))
    assert names(packaged) == seen


# -- attributes, links


def test_fields_when_given_then_no_other_attributes(alice: Api) -> None:
    root = query(alice, filter="name==c-01", fields="ownerName,isPublished")
    (record,) = records(root)
    assert set(record.attrib) == {"href", "name", "ownerName", "isPublished"}
    assert record.get("ownerName") == "alice"


def test_fields_when_unknown_then_400_naming_it(tenants: Tenants) -> None:
    error = error_of(tenants.api("alice").get("/api/query?type=catalog&fields=name,nonsense"), 400, "xml")
    assert "nonsense" in error["message"]


@pytest.mark.parametrize(("text", "count"), [("true", 2), ("true;", 2), ("false", 0), ("", 0)])
def test_links_when_asked_for_then_each_record_has_its_own(alice: Api, text: str, count: int) -> None:
    (record,) = records(query(alice, filter="name==c-01", links=text))
    assert len(record) == count
    if count:
        up, down = record
        assert (up.get("rel"), up.get("type")) == ("up", "application/vnd.vmware.vcloud.org+xml")
        assert down.get("href") == record.get("href") + "/metadata"


def test_filter_when_a_known_attribute_holds_nothing_then_it_is_unequal_to_all(alice: Api) -> None:
    assert names(query(alice, filter="name==c-01;boundAccessLevel==x")) == []
    assert names(query(alice, filter="name==c-01;boundAccessLevel!=x")) == ["c-01"]
    assert names(query(alice, filter="name==c-01;boundAccessLevel==*")) == []


def test_filter_when_a_row_has_no_value_then_it_is_unequal_to_all(tenants: Tenants) -> None:
    # SQL's own inequality would leave it out.
    admin = tenants.api("administrator")
    every = query(admin, "task").get("total")
    assert int(every) > 0
    assert query(admin, "task", filter="endDate!=2026-01-01T00:00:00Z").get("total") == every


def test_sql_when_records_grow_then_the_same_statements(
    tenants: Tenants, alice: Api, django_assert_num_queries: Any
) -> None:
    alice.get("/api/query?type=catalog")
    for size in (1, 25):
        with django_assert_num_queries(3):  # session, count, rows
            assert alice.get(f"/api/query?type=catalog&pageSize={size}").status_code == 200

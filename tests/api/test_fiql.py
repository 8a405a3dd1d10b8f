"""The filter language: text as it stands in a query string -> tree."""

from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssvirt.api.fiql import All, Any, Comparison, Node, parse_filter
from ssvirt.core.errors import BadRequest


def eq(field: str, value: str) -> Comparison:
    return Comparison(field, "==", value)


A, B, C = eq("a", "1"), eq("b", "2"), eq("c", "3")


@pytest.mark.parametrize("operator", ["==", "!=", "=lt=", "=le=", "=gt=", "=ge="])
def test_comparison_when_operator_is_known_then_parsed(operator: str) -> None:
    assert parse_filter(f"memoryMB{operator}1024") == Comparison("memoryMB", operator, "1024")  # type: ignore[arg-type]


@pytest.mark.parametrize("raw", ["", " ", "%20", "+"])
def test_filter_when_empty_then_none(raw: str) -> None:
    assert parse_filter(raw) is None


@pytest.mark.parametrize(
    ("raw", "tree"),
    [
        ("a==1;b==2", All((A, B))),
        ("a==1,b==2", Any((A, B))),
        ("a==1;b==2,c==3", Any((All((A, B)), C))),
        ("a==1,b==2;c==3", Any((A, All((B, C))))),
        ("(a==1,b==2);c==3", All((Any((A, B)), C))),
        ("a==1;(b==2,c==3)", All((A, Any((B, C))))),
        ("(a==1)", A),
        ("((a==1))", A),
        ("(a==1;b==2),(c==3)", Any((All((A, B)), C))),
        ("status==running,status==queued", Any((eq("status", "running"), eq("status", "queued")))),
    ],
)
def test_filter_when_combined_then_and_binds_tighter(raw: str, tree: Node) -> None:
    assert parse_filter(raw) == tree


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("name==a%20b", "a b"),
        ("name==a+b", "a b"),
        ("name==a%2Bb", "a+b"),
        ("name==a%20b%5C%28c%5C%29%5C%2Cd", "a b(c),d"),
        (r"name==a\(b\)\,c\;d", "a(b),c;d"),
        (r"name==a\\b", r"a\b"),
        ("name==a%5C%5Cb", r"a\b"),
        ("name==a%3Bb%2Cc", "a;b,c"),
        ("name==%2A", "*"),
        ("name==", ""),
        ("name==a=b", "a=b"),
        ("name==a==b", "a==b"),
        ("name==b!=c", "b!=c"),
        ("name==caf%C3%A9", "café"),
        ("vdc==http%3A//localhost%3A8000/api/vdc/2", "http://localhost:8000/api/vdc/2"),
        ("vdc==https://host/api/vdc/2", "https://host/api/vdc/2"),
        ("vdc==urn:vcloud:vdc:2", "urn:vcloud:vdc:2"),
    ],
)
def test_value_when_escaped_or_encoded_then_decoded_once(raw: str, value: str) -> None:
    got = parse_filter(raw)
    assert isinstance(got, Comparison)
    assert got.value == value


def test_filter_when_parenthesised_with_plus_then_as_libcloud_means_it() -> None:
    assert parse_filter("(name==a+b)") == eq("name", "a b")


def test_filter_when_encoded_twice_then_decoded_twice() -> None:
    # pyvcloud below API 35: values quoted, then the whole filter.
    once = "name==" + quote("a b;c", safe="") + ";vdc==" + quote("http://h/api/vdc/2", safe="")
    assert parse_filter(quote(once, safe="")) == All((eq("name", "a b;c"), eq("vdc", "http://h/api/vdc/2")))


def test_filter_when_flagged_but_encoded_once_then_separators_in_values_stay() -> None:
    # go-vcloud-director: filterEncoded=true with values quoted once, separators raw (go-clients.md 3.1).
    raw = "name==" + quote_plus("a,b c") + ";vdc==" + quote_plus("https://h/api/vdc/2")
    assert parse_filter(raw) == All((eq("name", "a,b c"), eq("vdc", "https://h/api/vdc/2")))


def test_filter_when_wholly_encoded_then_parsed() -> None:
    assert parse_filter(quote_plus("(name==a b;status==ok),id==3")) == Any(
        (All((eq("name", "a b"), eq("status", "ok"))), eq("id", "3"))
    )


def test_filter_when_wholly_encoded_then_a_plus_stays_a_plus() -> None:
    assert parse_filter(quote_plus("name==a+b")) == eq("name", "a+b")


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ("name", "name"),
        ("name=1", "name=1"),
        ("name=xx=1", "name=xx=1"),
        ("==1", "==1"),
        ("a==1;", "near"),
        (";a==1", ";a==1"),
        ("a==1,,b==2", ",b==2"),
        ("a==1)", ")"),
        ("(a==1", "closing parenthesis"),
        ("a==1(b==2)", "(b==2)"),
        ("()", "near"),
        ("a==1;broken;c==2", "broken"),
    ],
)
def test_filter_when_malformed_then_refused_naming_the_place(raw: str, place: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse_filter(raw)
    assert place in caught.value.message


def test_filter_when_nested_too_deeply_then_refused() -> None:
    assert parse_filter("(" * 20 + "a==1" + ")" * 20) == A
    with pytest.raises(BadRequest, match="nested too deeply"):
        parse_filter("(" * 21 + "a==1" + ")" * 21)
    with pytest.raises(BadRequest):
        parse_filter("(" * 8000)


def test_filter_when_too_long_then_refused() -> None:
    with pytest.raises(BadRequest, match="too long"):
        parse_filter("a==" + "x" * 16_384)


# -- properties

fields = st.text(alphabet="abcXYZ09:@.", min_size=1, max_size=8)
values = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12)
operators = st.sampled_from(["==", "!=", "=lt=", "=le=", "=gt=", "=ge="])
comparisons = st.builds(Comparison, fields, operators, values)


def _joined(kind: type, children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    parts = st.lists(children.filter(lambda node: not isinstance(node, kind)), min_size=2, max_size=4)
    return parts.map(lambda found: kind(tuple(found)))


trees = st.recursive(comparisons, lambda inner: _joined(All, inner) | _joined(Any, inner), max_leaves=12)


def render(node: Node) -> str:
    """The tree as the query guide writes it: values escaped by backslashes, then percent-encoded."""
    match node:
        case Comparison(field, operator, value):
            escaped = "".join("\\" + char if char in "(),;\\" else char for char in value)
            return quote(field, safe="") + operator + quote(escaped, safe="")
        case All(parts):
            return ";".join(f"({render(part)})" if isinstance(part, Any) else render(part) for part in parts)
        case Any(parts):
            return ",".join(render(part) for part in parts)


@settings(deadline=None)
@given(trees)
def test_tree_when_rendered_then_parsed_back_equal(tree: Node) -> None:
    assert parse_filter(render(tree)) == tree


@settings(deadline=None)
@given(trees)
def test_tree_when_rendered_and_encoded_again_then_parsed_back_equal(tree: Node) -> None:
    assert parse_filter(quote(render(tree), safe="")) == tree


@settings(deadline=None)
@given(st.one_of(st.text(max_size=60), st.text(alphabet="a=!(),;\\%+2<lgte C", max_size=60)))
def test_text_when_arbitrary_then_a_tree_or_bad_request(text: str) -> None:
    try:
        got = parse_filter(text)
    except BadRequest as refused:
        assert refused.message  # noqa: PT017
    else:
        assert got is None or isinstance(got, Comparison | All | Any)

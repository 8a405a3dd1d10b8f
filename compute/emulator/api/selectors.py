"""Label and field selectors as predicates on objects."""

import re
from collections.abc import Callable

from compute.emulator.api.errors import bad_request
from compute.emulator.registry import Resource
from compute.emulator.values import Json, dig, labels_of

Predicate = Callable[[Json], bool]

_KEY = r"[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?"
_SET = re.compile(rf"({_KEY})\s+(in|notin)\s*\(([^)]*)\)")
_EQUAL = re.compile(rf"({_KEY})\s*(==|!=|=)\s*([-A-Za-z0-9_.]*)")
_EXISTS = re.compile(rf"(!?)\s*({_KEY})")


def label_predicate(selector: str) -> Predicate | None:
    """The test a labelSelector stands for, None when it selects everything. Raises 400 when it cannot be read.

    Source: kubernetes apimachinery pkg/labels/selector.go.
    """
    tests = [_requirement(term, selector) for term in _split(selector)]
    if not tests:
        return None
    return lambda obj: all(test(labels_of(obj)) for test in tests)


def match_labels(selector: Json | None, labels: dict[str, str]) -> bool:
    """Whether a LabelSelector object (matchLabels, matchExpressions) selects the labels; null selects nothing."""
    if selector is None:
        return False
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    for expression in selector.get("matchExpressions") or []:
        key, values = expression["key"], expression.get("values") or []
        match expression["operator"]:
            case "In":
                holds = labels.get(key) in values
            case "NotIn":
                holds = labels.get(key) not in values
            case "Exists":
                holds = key in labels
            case _:
                holds = key not in labels
        if not holds:
            return False
    return True


def field_predicate(selector: str, resource: Resource) -> Predicate | None:
    """The test a fieldSelector stands for, None when it selects everything. Raises 400 for a field not offered."""
    tests: list[Predicate] = []
    for term in (part.strip() for part in selector.split(",")):
        if not term:
            continue
        name, operator, value = re.split(r"(==|!=|=)", term, maxsplit=1) if "=" in term else (term, "", "")
        if not operator:
            raise bad_request(f"invalid selector: '{selector}'; can't understand '{term}'")
        if name not in {"metadata.name", "metadata.namespace", *resource.selectable}:
            raise bad_request(f"field label not supported: {name}")
        tests.append(_field_test(tuple(name.split(".")), operator != "!=", value))
    if not tests:
        return None
    return lambda obj: all(test(obj) for test in tests)


def combined(label_selector: str, field_selector: str, resource: Resource) -> Predicate | None:
    """Both selectors as one test, None when neither is given."""
    first, second = label_predicate(label_selector), field_predicate(field_selector, resource)
    if first is None or second is None:
        return first or second
    return lambda obj: first(obj) and second(obj)


def _field_test(path: tuple[str, ...], wanted: bool, value: str) -> Predicate:
    def test(obj: Json) -> bool:
        found = dig(obj, *path, default="")
        text = str(found).lower() if isinstance(found, bool) else str(found)
        return (text == value) is wanted

    return test


def _split(selector: str) -> list[str]:
    """The comma-separated terms, commas inside parentheses kept."""
    return [term.strip() for term in re.split(r",(?![^(]*\))", selector) if term.strip()]


def _requirement(term: str, selector: str) -> Callable[[dict[str, str]], bool]:
    if match := _SET.fullmatch(term):
        key, operator, listed = match.groups()
        values = {value.strip() for value in listed.split(",")}
        if operator == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if match := _EQUAL.fullmatch(term):
        key, operator, value = match.groups()
        if operator == "!=":
            return lambda labels: labels.get(key) != value
        return lambda labels: labels.get(key) == value
    if match := _EXISTS.fullmatch(term):
        absent, key = bool(match[1]), match[2]
        return lambda labels: (key in labels) is not absent
    raise bad_request(f'unable to parse requirement: couldn\'t parse the selector string "{selector}"')

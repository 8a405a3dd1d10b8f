"""Hypothesis strategies: any object of a wire type, as far as its declaration allows."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from typing import Any, TypeVar

from hypothesis import strategies as st

from ssvirt.wire.plan import MemberPlan, family_classes, member_plans
from ssvirt.wire.scalars import SCALARS
from ssvirt.wire.schema import NIL, WireType

W = TypeVar("W", bound=WireType)

# All characters that XML can carry.
_CHARACTERS = st.characters(
    exclude_categories=("Cs",),
    exclude_characters=[chr(code) for code in range(32) if chr(code) not in "\t\n\r"] + ["\ufffe", "\uffff"],
)
_VALUES: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(_CHARACTERS, max_size=8),
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False, width=32),
    datetime: st.datetimes(timezones=st.just(UTC)).map(
        lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    ),
}
_BY_SCALAR = {id(SCALARS[each]): strategy for each, strategy in _VALUES.items()}


@functools.cache
def wire_objects(cls: type[W], depth: int = 1) -> st.SearchStrategy[W]:
    """Objects of `cls` with members nested up to `depth` levels; deeper ones are absent."""
    return st.deferred(lambda: st.builds(cls, **_members(cls, depth)))


def _members(cls: type[WireType], depth: int) -> dict[str, st.SearchStrategy[Any]]:
    return {
        plan.name: _member(plan, depth)
        for plan in member_plans(cls)
        if plan.cls is None or (depth > 0 and _classes(plan))
    }


def _member(plan: MemberPlan, depth: int) -> st.SearchStrategy[Any]:
    if plan.cls is None:
        one = _BY_SCALAR[id(plan.scalar)]
        if plan.member.kind == "text" and plan.scalar is SCALARS[str]:
            one = one.filter(bool)  # empty text counts as none
    else:
        one = st.sampled_from(_classes(plan)).flatmap(lambda cls: wire_objects(cls, depth - 1))
    if plan.nillable:
        one = one | st.just(NIL)
    return st.lists(one, max_size=2) if plan.repeated else st.none() | one


def _classes(plan: MemberPlan) -> list[type[WireType]]:
    assert plan.cls is not None
    return family_classes(plan.cls) if plan.polymorphic else [plan.cls]

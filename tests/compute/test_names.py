"""Names derived from rows are valid, stable and do not collide."""

import re
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from compute import names

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
free_text = st.text(max_size=200)


def never(_: str) -> bool:
    return False


@given(free_text, free_text)
def test_namespace_name_of_any_text_is_a_dns_label(org: str, vdc: str) -> None:
    name = names.namespace_name(org, vdc, taken=never)
    assert LABEL.fullmatch(name)
    assert name.startswith("vdc-")
    assert LABEL.fullmatch(names.catalog_namespace_name(org, vdc, never))


@given(free_text, free_text)
def test_namespace_name_is_stable(org: str, vdc: str) -> None:
    assert names.namespace_name(org, vdc, taken=never) == names.namespace_name(org, vdc, taken=never)


@given(st.lists(st.tuples(free_text, free_text), max_size=20))
def test_namespace_name_when_names_are_taken_never_repeats(pairs: list[tuple[str, str]]) -> None:
    used: set[str] = set()
    for org, vdc in pairs:
        name = names.namespace_name(org, vdc, taken=used.__contains__)
        assert name not in used
        assert LABEL.fullmatch(name)
        used.add(name)


def test_namespace_name_of_plain_names_is_readable() -> None:
    assert names.namespace_name("acme", "prod-a", taken=never) == "vdc-acme-prod-a"
    assert names.catalog_namespace_name("acme", "linux", never) == "cat-acme-linux"


def test_namespace_name_when_joints_collide_differs_by_a_hash() -> None:
    first = names.namespace_name("a-b", "c", taken=never)
    second = names.namespace_name("a", "b-c", taken={first}.__contains__)
    assert first == "vdc-a-b-c"
    assert re.fullmatch(r"vdc-a-b-c-[0-9a-f]{6}", second)


def test_namespace_name_when_slugging_loses_something_has_a_hash() -> None:
    assert names.namespace_name("Zoë GmbH", "x", taken=never) != names.namespace_name(
        "Zoe-GmbH", "x", taken=never
    )
    assert names.namespace_name("Zoe-GmbH", "x", taken=never) == "vdc-zoe-gmbh-x"


def test_namespace_name_when_too_long_is_cut_and_hashed() -> None:
    long = "o" * 100
    one, other = (names.namespace_name(long, vdc, taken=never) for vdc in ("x", "y"))
    assert len(one) == len(other) == 63
    assert one != other


@given(st.uuids(), st.integers(min_value=0, max_value=99), free_text)
def test_names_of_objects_are_dns_labels_of_their_own(vm_id: UUID, index: int, text: str) -> None:
    made = [
        names.vm_name(vm_id),
        names.disk_volume_name(vm_id, index),
        names.disk_volume_name(vm_id, vm_id),
        names.disk_volume_name(vm_id, text),
        names.cloud_init_secret_name(vm_id),
        names.udn_name(vm_id),
    ]
    assert all(LABEL.fullmatch(name) for name in made)
    assert len({names.vm_name(vm_id), names.cloud_init_secret_name(vm_id), names.udn_name(vm_id)}) == 3


def test_disk_volume_name_by_index_and_by_name_are_the_same() -> None:
    vm_id = UUID(int=7)
    assert names.disk_volume_name(vm_id, 0) == names.disk_volume_name(vm_id, "disk0")


@given(free_text)
def test_host_name_of_any_text_is_a_label_or_empty(text: str) -> None:
    name = names.host_name(text)
    assert name == "" or LABEL.fullmatch(name)

"""The checks that other contract tests rely on: they accept what is right and notice what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ssvirt.wire import types as w
from ssvirt.wire.codec import to_json, to_xml
from tests.contract.spec import assert_valid_json, assert_valid_xml, spec_dir

ERROR = w.Error(message="m", major_error_code=400, minor_error_code="BAD_REQUEST")


@pytest.mark.contract
@pytest.mark.parametrize(
    "obj",
    [
        ERROR,
        w.SupportedVersions(version_infos=[w.VersionInfo(version="37.0", login_url="u")]),
        w.VApp(name="a", sections=[w.LeaseSettingsSection(info="i"), w.SnapshotSection(info="i")]),
    ],
)
def test_xml_when_right_is_valid(obj: Any) -> None:
    assert_valid_xml(to_xml(obj))


@pytest.mark.contract
@pytest.mark.parametrize(
    "obj",
    [
        w.Error(message="m"),
        w.SupportedVersions(version_infos=[w.VersionInfo(version="37.0")]),
        w.VApp(name="a", sections=[w.LeaseSettingsSection()]),
    ],
)
def test_xml_when_something_required_is_missing_is_not_valid(obj: Any) -> None:
    with pytest.raises(pytest.fail.Exception, match="not valid by the XSD"):
        assert_valid_xml(to_xml(obj))


@pytest.mark.contract
def test_xml_when_out_of_order_is_not_valid() -> None:
    org = to_xml(w.Org(name="o", description="d", full_name="f")).decode()
    swapped = org.replace(
        "<Description>d</Description><FullName>f</FullName>", "<FullName>f</FullName><Description/>"
    )
    assert swapped != org
    with pytest.raises(pytest.fail.Exception, match="Description"):
        assert_valid_xml(swapped.encode())


@pytest.mark.contract
def test_json_when_right_is_valid_with_its_polymorphic_parts() -> None:
    assert_valid_json(to_json(ERROR), "ErrorType")
    section = w.NetworkConnectionSection(
        info="i",
        network_connections=[
            w.NetworkConnection(
                network="n", network_connection_index=0, is_connected=True, ip_address_allocation_mode="POOL"
            )
        ],
    )
    assert_valid_json(to_json(w.VApp(name="a", sections=[section])), "VAppType")
    assert_valid_json({"name": "a", "description": None}, "VAppType")


@pytest.mark.contract
@pytest.mark.parametrize(
    ("doc", "words"),
    [
        ({"name": "a", "status": "4"}, "status"),
        ({"name": "a", "deployed": "true"}, "deployed"),
        ({}, "name"),
        ({"name": "a", "section": [{"info": {"value": "i"}}]}, "section/0"),
        ({"name": "a", "section": [{"_type": "OddSectionType"}]}, "section/0"),
        (
            {"name": "a", "section": [{"_type": "LeaseSettingsSectionType", "storageLeaseInSeconds": "1"}]},
            "storage",
        ),
        ({"name": "a", "dateCreated": "yesterday"}, "dateCreated"),
        ({"name": "a", "children": {"vm": [{"name": 1}]}}, "children/vm/0/name"),
    ],
)
def test_json_when_wrong_is_not_valid(doc: dict[str, Any], words: str) -> None:
    with pytest.raises(pytest.fail.Exception, match=words):
        assert_valid_json(doc, "VAppType")


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_reference_material_when_absent_skips_or_fails_in_ci(
    ci: str, outcome: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSVIRT_SPEC_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="SSVIRT_SPEC_DIR"):
        spec_dir()

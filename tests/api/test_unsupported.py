"""What VCD has and the service has not: VCD's own error, to those who are signed in."""

import uuid

import pytest
from django.urls import get_resolver, resolve

from ssvirt.api.unsupported import FAMILIES, UnsupportedView, urlpatterns
from ssvirt.api.views import SIGNED_IN, LegacyView
from tests.api.tenants import ACCEPT_OF, Tenants, error_of, send

ID = uuid.UUID(int=7)
CALLS = [
    ("POST", f"/api/vApp/vm-{ID}/action/relocate", "This vSphere operation"),
    ("POST", f"/api/vm/{ID}/action/relocate", "This vSphere operation"),
    ("GET", f"/api/vm/{ID}/complianceResult", "This vSphere operation"),
    ("GET", f"/api/vm/{ID}/ovf", "This operation on the content of a catalog"),
    ("POST", f"/api/vm/{ID}/action/enableDownload", "This operation on the content of a catalog"),
    ("POST", f"/api/vm/{ID}/action/reapplyComputePolicy", "Checking or applying a placement policy"),
    ("POST", f"/api/vm/{ID}/action/failover", "Replication tracking"),
    ("GET", f"/api/vm/{ID}/trustedPlatformModule", "A trusted platform module"),
    ("POST", f"/api/vdc/{ID}/media", "This operation on the content of a catalog"),
    ("POST", f"/api/vApp/vapp-{ID}/action/enterMaintenanceMode", "Maintenance mode"),
    ("POST", f"/api/vdc/{ID}/action/captureVApp", "This operation on the content of a catalog"),
    ("POST", f"/api/vApp/vapp-{ID}/action/convertStandAloneVmToVApp", "Turning a vApp into standalone VMs"),
    ("GET", f"/api/vdc/{ID}/metrics/historic", "The history of metrics"),
    ("GET", f"/api/vAppTemplate/vappTemplate-{ID}/shadowVms", "A shadow VM"),
    ("PUT", f"/api/admin/edgeGateway/{ID}/action/updateProperties", "This operation of NSX for vSphere"),
    ("DELETE", f"/api/admin/extension/vdcTemplate/{ID}", "A VDC template"),
    ("GET", "/api/admin/extension/blockingTasks", "A blocking task"),
    ("PUT", "/api/admin/extension/settings/notifications", "A blocking task, queue or notification"),
    ("GET", "/api/admin/extension/vimServerReferences", "vCenter infrastructure"),
    ("GET", "/api/service", "API extensibility"),
    ("GET", "/api/site/associations", "An association of sites"),
]


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize(("method", "path", "what"), CALLS)
def test_operation_when_not_supported_then_vcds_error_with_the_reason(
    tenants: Tenants, method: str, path: str, what: str, form: str, slash: str
) -> None:
    response = tenants.api("bob", ACCEPT_OF[form]).call(
        method, path + slash, b"<any>thing", content_type="a/b"
    )
    error = error_of(response, 400, form)
    assert error["minor"] == "UNSUPPORTED_OPERATION"
    assert f"] {what}" in error["message"]
    assert " is not supported: " in error["message"]


@pytest.mark.parametrize(("method", "path", "what"), CALLS)
def test_operation_when_nobody_is_signed_in_then_401(db: None, method: str, path: str, what: str) -> None:
    assert error_of(send(method, path), 401, "xml")["minor"] == "UNAUTHORIZED"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/api/vApp/vm-{ID}/action/relocate"),
        ("DELETE", f"/api/vApp/vm-{ID}/metrics/historic"),
        ("PATCH", "/api/admin/extension/settings"),
    ],
)
def test_method_when_vcd_has_none_such_then_405(tenants: Tenants, method: str, path: str) -> None:
    assert error_of(tenants.api("bob").call(method, path), 405, "xml")["minor"] == "METHOD_NOT_ALLOWED"


def test_method_when_the_path_is_served_then_405(tenants: Tenants) -> None:
    response = tenants.api("bob").delete(f"/api/org/{tenants.acme.org.pk}")
    assert error_of(response, 405, "xml")["minor"] == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize(
    "path",
    ["/api/nonsense", "/api/admin/extension/nonsense", f"/api/vApp/vm-{ID}/action/nonsense", "/api/sites"],
)
def test_url_when_vcd_has_none_such_then_404(tenants: Tenants, path: str) -> None:
    assert error_of(tenants.api("bob").get(path), 404, "xml")["minor"] == "NOT_FOUND"


def test_patterns_when_included_then_after_all_others() -> None:
    assert get_resolver().url_patterns[-1].url_patterns == urlpatterns


def test_patterns_when_resolved_then_views_like_all_others() -> None:
    assert len(urlpatterns) == sum(len(family.paths) for family in FAMILIES)
    assert issubclass(UnsupportedView, LegacyView)
    assert UnsupportedView.rights == SIGNED_IN
    for pattern in urlpatterns:
        assert pattern.callback.cls is UnsupportedView
        assert pattern.callback.initkwargs["what"]
        assert pattern.callback.initkwargs["why"]


def test_path_when_an_app_serves_it_then_its_view() -> None:
    assert resolve("/api/query").func.cls is not UnsupportedView

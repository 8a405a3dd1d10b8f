"""URLs of sessions and organizations."""

from orgs import cloudapi, legacy
from ssvirt.api.routes import routes

urlpatterns = [
    *routes("api/versions", legacy.VersionsView, "versions"),
    *routes("api/sessions", legacy.SessionsView),
    *routes("api/session", legacy.SessionView, "session"),
    *routes("api/org", legacy.OrgListView),
    *routes("api/org/<id:org_id>", legacy.OrgView, "org"),
    *routes("api/tasksList/<id:org_id>", legacy.TasksListView),
    *routes("cloudapi/1.0.0/sessions", cloudapi.SessionsView),
    *routes("cloudapi/1.0.0/sessions/provider", cloudapi.ProviderSessionsView),
    *routes("cloudapi/1.0.0/sessions/current", cloudapi.CurrentSessionView, "session-current"),
    *routes("cloudapi/1.0.0/sessions/<id:session_id>", cloudapi.SessionView),
]

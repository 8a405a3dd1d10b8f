"""URLs of sessions and organizations."""

from orgs import cloudapi, legacy, legacy_admin, query_views
from orgs.represent_admin import SETTINGS
from ssvirt.api.routes import admin_routes, routes

urlpatterns = [
    *routes("api/versions", legacy.VersionsView, "versions"),
    *routes("api/sessions", legacy.SessionsView),
    *routes("api/session", legacy.SessionView, "session"),
    *routes("api/org", legacy.OrgListView),
    *routes("api/org/<id:org_id>", legacy.OrgView, "org"),
    *routes("api/tasksList/<id:org_id>", legacy.TasksListView),
    *routes("api/server_status", legacy_admin.ServerStatusView),
    *routes("api/admin", legacy_admin.CloudView),
    *admin_routes("org/<id:org_id>", legacy_admin.AdminOrgView),
    *admin_routes("org/<id:org_id>/roles/query", query_views.OrgRolesQueryView),
    *admin_routes("org/<id:org_id>/settings", legacy_admin.OrgSettingsView),
    *(
        each
        for part in SETTINGS
        for each in admin_routes(f"org/<id:org_id>/settings/{part}", legacy_admin.setting_view(part))
    ),
    *admin_routes("user/<id:user_id>", legacy_admin.UserView),
    *admin_routes("role/<id:role_id>", legacy_admin.RoleView),
    *admin_routes("right/<id:right_id>", legacy_admin.RightView),
    *routes("cloudapi/1.0.0/orgs", cloudapi.OrgsView),
    *routes("cloudapi/1.0.0/orgs/<id:org_id>", cloudapi.OrgView),
    *routes("cloudapi/1.0.0/sessions", cloudapi.SessionsView),
    *routes("cloudapi/1.0.0/sessions/provider", cloudapi.ProviderSessionsView),
    *routes("cloudapi/1.0.0/sessions/current", cloudapi.CurrentSessionView, "session-current"),
    *routes("cloudapi/1.0.0/sessions/<id:session_id>", cloudapi.SessionView),
]

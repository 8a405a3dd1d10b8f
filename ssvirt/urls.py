"""All URLs of the service. Each app brings its own; unknown ones get VCD's 404."""

from django.contrib import admin
from django.urls import include, path

from ssvirt import health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("health/dependencies", health.dependencies),
    path("metrics", health.metrics),
    path("admin/", admin.site.urls),
    path("", include("ssvirt.api.query_views")),
    path("", include("tasks.urls")),
    path("", include("orgs.urls")),
    path("", include("vdcs.urls")),
    path("", include("catalogs.urls")),
    path("", include("vapps.urls")),
    path("", include("orgs.entity_urls")),  # metadata, access and owners of what all of them registered
    path("", include("ssvirt.api.unsupported")),  # last: only what no app serves
]
handler400 = "ssvirt.api.errors.handler400"
handler404 = "ssvirt.api.errors.handler404"
handler500 = "ssvirt.api.errors.handler500"

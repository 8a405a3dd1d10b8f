"""The admin portal's site: every page runs with sight of all tenants, and is rendered before that ends."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from unfold.sites import UnfoldAdminSite

from ssvirt.core.tenancy import ALL, acting_for


class PortalSite(UnfoldAdminSite):  # type: ignore[misc]
    site_title = site_header = "SSVirt"
    index_title = "Provider administration"

    def admin_view(self, view: Callable[..., HttpResponseBase], cacheable: bool = False) -> Any:
        """The stock view, inside the scope of all tenants; only System Administrators get there."""
        guarded = super().admin_view(view, cacheable)

        @wraps(view)
        def scoped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            with acting_for(ALL):
                response: HttpResponseBase = guarded(request, *args, **kwargs)
                if isinstance(response, TemplateResponse):
                    response.render()
                return response

        return scoped

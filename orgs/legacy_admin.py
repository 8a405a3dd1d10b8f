"""The administrators' view at /api/admin, as far as clients of tenants read it; and whether the service is up."""

import uuid
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from orgs.represent_admin import (
    SETTINGS,
    OrgContent,
    admin_org_document,
    cloud_document,
    org_settings,
    right_document,
    role_document,
    user_document,
)
from orgs.rights import Rights
from orgs.selectors import (
    org_get,
    org_list,
    right_get,
    rights_of,
    rights_there_are,
    role_get,
    roles_of,
    user_get,
    users_of,
)
from ssvirt.api.links import references
from ssvirt.api.rendering import VcdNegotiation
from ssvirt.api.views import PUBLIC, SIGNED_IN, LegacyView


class ServerStatusView(LegacyView):
    """What load balancers in front of a VCD ask for: the text alone, whatever was accepted."""

    rights = PUBLIC

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Nothing is negotiated: a probe names neither a version nor a type."""
        request.accepted_renderer, request.accepted_media_type = VcdNegotiation().select_renderer(
            request, self.get_renderers()
        )

    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(b"Service is up.", content_type="text/plain")


class CloudView(LegacyView):
    rights = SIGNED_IN

    def get(self, request: Request) -> Response:
        is_admin = self.principal.may(Rights.ADMINISTRATOR_VIEW)
        return Response(
            cloud_document(
                list(org_list()),
                roles_of(self.principal.org_id) if is_admin else [],
                rights_there_are() if is_admin else [],
                references("providerVdcs", None, self.hrefs, self.principal),
                self.hrefs,
            )
        )


class AdminOrgView(LegacyView):
    """Every role reads it: clients look the leases up here. Lists hold what the role may see."""

    rights = Rights.ORGANIZATION_VIEW

    def get(self, request: Request, org_id: uuid.UUID) -> Response:
        org, may = org_get(org_id), self.principal.may
        content = OrgContent(
            users=users_of(org.pk) if may(Rights.USER_VIEW) else [],
            roles=roles_of(org.pk) if may(Rights.ADMINISTRATOR_VIEW) else [],
            rights=rights_there_are() if may(Rights.ADMINISTRATOR_VIEW) else [],
            catalogs=references("catalogs", org.pk, self.hrefs, self.principal),
            vdcs=references("vdcs", org.pk, self.hrefs, self.principal),
            networks=references("networks", org.pk, self.hrefs, self.principal),
        )
        return Response(admin_org_document(org, content, self.hrefs))


class OrgSettingsView(LegacyView):
    rights = Rights.ORGANIZATION_VIEW

    def get(self, request: Request, org_id: uuid.UUID) -> Response:
        return Response(org_settings(org_get(org_id), self.hrefs))


class OrgSettingView(LegacyView):
    """One part of the settings; `part` names it."""

    rights = Rights.ORGANIZATION_VIEW
    part: ClassVar[str]

    def get(self, request: Request, org_id: uuid.UUID) -> Response:
        _, make = SETTINGS[self.part]
        return Response(make(org_get(org_id), self.hrefs))


def setting_view(part: str) -> type[OrgSettingView]:
    """The view of a part of the settings, named after it as refusals show it."""
    return type(f"Org{part[0].upper()}{part[1:]}View", (OrgSettingView,), {"part": part})


class UserView(LegacyView):
    """Everyone may read himself."""

    rights = SIGNED_IN

    def get(self, request: Request, user_id: uuid.UUID) -> Response:
        user = user_get(user_id)
        if user.pk != self.principal.user_id:
            self.principal.require(Rights.USER_VIEW, what=self.operation_name(), target=user_id)
        return Response(user_document(user, self.hrefs))


class RoleView(LegacyView):
    """Everyone may read his own role."""

    rights = SIGNED_IN

    def get(self, request: Request, role_id: uuid.UUID) -> Response:
        role = role_get(role_id)
        if role.pk != self.principal.role_id:
            self.principal.require(Rights.ADMINISTRATOR_VIEW, what=self.operation_name(), target=role_id)
        return Response(role_document(role, rights_of(role), self.hrefs))


class RightView(LegacyView):
    rights = Rights.ADMINISTRATOR_VIEW

    def get(self, request: Request, right_id: uuid.UUID) -> Response:
        return Response(right_document(right_get(right_id), self.hrefs))

"""Sessions and organizations at /cloudapi."""

import uuid

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from orgs.auth import session_open, user_verified
from orgs.legacy import basic_credentials, client_address, set_token_headers
from orgs.models import Session
from orgs.represent import org_json, session_json
from orgs.rights import Rights
from orgs.selectors import org_with_counts, orgs_with_counts, session_get, session_get_own
from orgs.services import session_end, session_end_own
from ssvirt.api.cloud import Listing, list_response
from ssvirt.api.query import Field
from ssvirt.api.views import PUBLIC, SIGNED_IN, CloudApiView
from ssvirt.core.errors import NotFound, Unauthorized

_ORGS = Listing(
    model="Orgs",
    fields={
        "id": Field("pk", "reference"),
        "name": Field("name"),
        "displayName": Field("full_name"),
        "description": Field("description"),
        "isEnabled": Field("is_enabled", "flag"),
    },
)


class SessionsView(CloudApiView):
    """Login (POST) with status exactly 200, and logout without an id. Source: resolutions.md 1.2 and 3.11."""

    rights = {"POST": PUBLIC, "DELETE": SIGNED_IN}
    is_provider_login = False

    def post(self, request: Request) -> Response:
        login, password = basic_credentials(request)
        user = user_verified(login=login, password=password)
        if self.is_provider_login and not user.org.is_provider:
            raise Unauthorized("Only users of the provider sign in here.")
        session, token = session_open(
            user=user,
            client_address=client_address(request),
            user_agent=request.headers.get("User-Agent", ""),
        )
        session.user = user
        response = Response(session_json(session, self.hrefs, idle_minutes=_idle_minutes()))
        set_token_headers(response, token)
        return response

    def delete(self, request: Request) -> Response:
        session_end_own(principal=self.principal)
        return Response(None, status=204)


class ProviderSessionsView(SessionsView):
    is_provider_login = True


class CurrentSessionView(CloudApiView):
    rights = SIGNED_IN

    def get(self, request: Request) -> Response:
        session = session_get_own(self.principal)
        return Response(session_json(session, self.hrefs, idle_minutes=_idle_minutes()))

    def delete(self, request: Request) -> Response:
        session_end_own(principal=self.principal)
        return Response(None, status=204)


class SessionView(CloudApiView):
    """A session by its id: one's own, or any of the organization for its administrators."""

    rights = SIGNED_IN

    def get(self, request: Request, session_id: uuid.UUID) -> Response:
        return Response(session_json(self._session(session_id), self.hrefs, idle_minutes=_idle_minutes()))

    def delete(self, request: Request, session_id: uuid.UUID) -> Response:
        session_end(session_id=self._session(session_id).pk)
        return Response(None, status=204)

    def _session(self, session_id: uuid.UUID) -> Session:
        session = session_get(session_id)
        if session.user_id != self.principal.user_id and not self.principal.may(Rights.ADMINISTRATOR_CONTROL):
            raise NotFound(f"The session {session_id} does not exist.")
        return session


class OrgsView(CloudApiView):
    rights = Rights.ORGANIZATION_VIEW

    def get(self, request: Request) -> Response:
        return list_response(request, self.hrefs, orgs_with_counts(), _ORGS, org_json)


class OrgView(CloudApiView):
    rights = Rights.ORGANIZATION_VIEW

    def get(self, request: Request, org_id: uuid.UUID) -> Response:
        return Response(org_json(org_with_counts(org_id)))


def _idle_minutes() -> int:
    return int(settings.JWT_TOKEN_EXPIRY_S // 60)

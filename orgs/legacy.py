"""Sessions and organizations at /api."""

import base64
import binascii
import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from orgs.auth import principal_of, session_open, user_verified
from orgs.represent import org_document, org_list_document, session_document
from orgs.rights import Rights
from orgs.selectors import org_get, org_list
from orgs.services import session_end_own
from ssvirt.api.links import org_links
from ssvirt.api.versions import SUPPORTED
from ssvirt.api.views import PUBLIC, SIGNED_IN, LegacyView
from ssvirt.core.errors import Unauthorized
from ssvirt.wire import types as w
from tasks.represent import task_document
from tasks.selectors import tasks_recent

TASKS_LIST_LIMIT = 100
"""How many tasks, newest first, a TasksList holds."""


def basic_credentials(request: Request) -> tuple[str, str]:
    """(`user@org`, password) of the Basic header; the password may hold colons. Raises Unauthorized."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    try:
        if scheme.lower() != "basic":
            raise ValueError
        login, colon, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
        if not colon or "\x00" in login:
            raise ValueError
    except (ValueError, binascii.Error):
        raise Unauthorized("Sign in with the Basic scheme: user@organization and password.") from None
    return login, password


def set_token_headers(response: Response, token: str) -> None:
    """The token in every header that a client may read. Source: vcd-api.md 3.2, ssvirt-json.md 6.5."""
    response["X-VMWARE-VCLOUD-ACCESS-TOKEN"] = token
    response["X-VMWARE-VCLOUD-TOKEN-TYPE"] = "Bearer"
    response["X-VCLOUD-AUTHORIZATION"] = token
    response["Authorization"] = f"Bearer {token}"


def client_address(request: Request) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


class VersionsView(LegacyView):
    """Needs neither sign-in nor a version. Source: versions.xsd, vcd-api.md 3.1."""

    rights = PUBLIC

    def get(self, request: Request) -> Response:
        login = self.hrefs.at("/cloudapi/1.0.0/sessions")
        return Response(
            w.SupportedVersions(
                version_infos=[
                    w.VersionInfo(
                        deprecated=False,
                        version=version,
                        login_url=login,
                        provider_login_url=f"{login}/provider" if version >= "36.0" else None,
                    )
                    for version in SUPPORTED
                ]
            )
        )


class SessionsView(LegacyView):
    """The older login. Status exactly 200; a token sent along is ignored. Source: python-clients.md 4.

    DELETE ends the session of the token, as that of `/api/session` does.
    """

    rights = {"POST": PUBLIC, "DELETE": SIGNED_IN}

    def post(self, request: Request) -> Response:
        login, password = basic_credentials(request)
        user = user_verified(login=login, password=password)
        session, token = session_open(
            user=user,
            client_address=client_address(request),
            user_agent=request.headers.get("User-Agent", ""),
        )
        response = Response(session_document(principal_of(user, session.pk), self.hrefs))
        set_token_headers(response, token)
        return response

    def delete(self, request: Request) -> Response:
        session_end_own(principal=self.principal)
        return Response(None, status=204)


class SessionView(LegacyView):
    rights = SIGNED_IN

    def get(self, request: Request) -> Response:
        response = Response(session_document(self.principal, self.hrefs))
        if token := request.headers.get("Authorization", "").partition(" ")[2]:
            response["X-VCLOUD-AUTHORIZATION"] = token.strip()
        return response

    def delete(self, request: Request) -> Response:
        session_end_own(principal=self.principal)
        return Response(None, status=204)


class OrgListView(LegacyView):
    rights = SIGNED_IN

    def get(self, request: Request) -> Response:
        return Response(org_list_document(list(org_list()), self.hrefs))


class OrgView(LegacyView):
    rights = Rights.ORGANIZATION_VIEW

    def get(self, request: Request, org_id: uuid.UUID) -> Response:
        org = org_get(org_id)
        return Response(org_document(org, self.hrefs, children=org_links(org.pk, self.hrefs)))


class TasksListView(LegacyView):
    """The newest tasks of an organization. Source: tasksList.xsd TasksListType."""

    rights = SIGNED_IN

    def get(self, request: Request, org_id: uuid.UUID) -> Response:
        org = org_get(org_id)
        tasks = tasks_recent().filter(org=org)[:TASKS_LIST_LIMIT]
        href = self.hrefs.at(f"/api/tasksList/{org.pk}")
        return Response(
            w.TasksList(
                href=href,
                name="Tasks Lists",
                type="application/vnd.vmware.vcloud.tasksList+xml",
                task_list=[task_document(task, self.hrefs) for task in tasks],
            )
        )

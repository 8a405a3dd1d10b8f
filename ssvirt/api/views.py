"""The two base views. Every API view derives from `LegacyView` (/api) or `CloudApiView` (/cloudapi)."""

import re
import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, ClassVar, Final

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ssvirt.api.errors import error_response
from ssvirt.api.hrefs import Hrefs, hrefs_for
from ssvirt.api.principal import Principal, acting_as, authenticate
from ssvirt.api.rendering import (
    VcdJSONParser,
    VcdJSONRenderer,
    VcdNegotiation,
    VcdXMLParser,
    VcdXMLRenderer,
)
from ssvirt.api.versions import Form, Negotiated, negotiate
from ssvirt.core.errors import BodyTooLarge, Forbidden, NotFound, Unauthorized
from ssvirt.core.tenancy import ALL, acting_for
from ssvirt.core.urns import uuid_in
from ssvirt.wire.media import media_type
from ssvirt.wire.schema import WireType

PUBLIC: Final = "public"
"""Value of `rights`: no sign-in needed."""
SIGNED_IN: Final = "signed in"
"""Value of `rights`: any signed-in user."""

_WORDS = re.compile(r"([a-z])([A-Z])")
Rights = str | Mapping[str, str]


class BaseView(APIView):
    """Version negotiation, sign-in, tenant scope and right of a request; rendering happens inside the scope.

    Subclasses say which right each method needs: `rights` is one of PUBLIC, SIGNED_IN or a right's name for
    all methods, or a mapping of method to these. There is no default: a view without it does not start.
    """

    default_form: ClassVar[Form]
    rights: ClassVar[Rights]
    body_types: ClassVar[Mapping[str, type[WireType]]] = {}
    content_negotiation_class = VcdNegotiation
    metadata_class = None
    http_method_names = ("get", "head", "post", "put", "patch", "delete")
    format_kwarg = None

    wire: Negotiated
    hrefs: Hrefs
    principal: Principal

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with ExitStack() as self._scope:
            response = super().dispatch(request, *args, **kwargs)
            if isinstance(response, Response):
                response.render()
        return response

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        self.hrefs = hrefs_for(request)
        self.wire = Negotiated(requested="", effective="", form=self.default_form)
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.wire = negotiate(request.headers.get("Accept"), self.default_form)
        if self.wire.form not in {renderer.format for renderer in self.renderer_classes}:
            self.wire = replace(self.wire, form=self.default_form)
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > settings.MAX_BODY_BYTES:
            raise BodyTooLarge(f"The request body is larger than {settings.MAX_BODY_BYTES} bytes.")
        self._sign_in(request)

    def _sign_in(self, request: Request) -> None:
        right = self._right(request.method or "")
        if right == PUBLIC:
            return
        principal = authenticate(request._request)
        if principal is None:
            raise Unauthorized("This operation requires a valid session: sign in (again).")
        self.principal = principal
        request._request.vcd_user = f"{principal.user_name}@{principal.org_name}"  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(org=principal.org_name)
        self._scope.callback(structlog.contextvars.unbind_contextvars, "org")
        if principal.is_provider:
            self._scope.enter_context(acting_for(self._tenant_context(request) or ALL))
        else:
            self._scope.enter_context(acting_for(principal.org_id))
        self._scope.enter_context(acting_as(principal))
        if right != SIGNED_IN:
            principal.require(right, what=self.operation_name(), target=kwargs_target(self.kwargs))

    def _right(self, method: str) -> str:
        if isinstance(self.rights, str):
            return self.rights
        return self.rights.get("GET" if method == "HEAD" else method, SIGNED_IN)

    def _tenant_context(self, request: Request) -> uuid.UUID | None:
        """The organization a provider acts in, if the header names one other than his own."""
        named = uuid_in(request.headers.get("X-VMWARE-VCLOUD-TENANT-CONTEXT"))
        return named if named != self.principal.org_id else None

    def operation_name(self) -> str:
        """VCD's word for what is being done, as in VAPP_VIEW, for people who read a refusal."""
        entity = _WORDS.sub(r"\1_\2", type(self).__name__.removesuffix("View")).upper()
        return entity + {"GET": "_VIEW", "PUT": "_EDIT", "DELETE": "_DELETE"}.get(
            self.request.method or "", ""
        )

    def body_type(self) -> type[WireType] | None:
        """The wire type of the request's body, None where the view takes a plain JSON object."""
        return self.body_types.get(self.request.method or "")

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        if isinstance(exc, exceptions.MethodNotAllowed):
            exc.allowed = self.allowed_methods  # type: ignore[attr-defined]
        if type(exc) is NotFound and not self._is_provider():
            exc = self._hidden(exc)
        return error_response(self.request._request, exc)

    def _is_provider(self) -> bool:
        principal = getattr(self, "principal", None)
        return principal is not None and principal.is_provider

    def _hidden(self, error: NotFound) -> Forbidden:
        """What tenants are told of what is missing or another's: both alike. Source: vcd-api.md 3.3."""
        target = uuid_in(error.message) or kwargs_target(self.kwargs)
        return Forbidden(
            "Either you need some or all of the following rights [Base] to perform operations "
            f"[{self.operation_name()}] for {target} or the target entity is invalid."
        )

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(response, Response):
            response.accepted_renderer = request.accepted_renderer
            response.accepted_media_type = request.accepted_media_type
            response.renderer_context = self.get_renderer_context()  # type: ignore[attr-defined]
            response.content_type = self._content_type(response.data)
            response["Cache-Control"] = "no-store, must-revalidate"
            response["Vary"] = "Accept, Accept-Encoding"
        return response

    def _content_type(self, data: Any) -> str:
        if isinstance(data, WireType):
            return f"{media_type(type(data), self.wire.form)};version={self.wire.requested}"
        return f"application/{self.wire.form};version={self.wire.requested}"


def kwargs_target(kwargs: Mapping[str, Any]) -> object:
    return next((value for value in kwargs.values() if isinstance(value, uuid.UUID)), None)


class LegacyView(BaseView):
    """A view of the XML API at /api; the same declarations serve JSON when the client asks for it."""

    default_form = "xml"
    renderer_classes = (VcdXMLRenderer, VcdJSONRenderer)
    parser_classes = (VcdXMLParser, VcdJSONParser)


class CloudApiView(BaseView):
    """A view of the JSON API at /cloudapi."""

    default_form = "json"
    renderer_classes = (VcdJSONRenderer,)
    parser_classes = (VcdJSONParser,)

"""Request ids, the access log, metrics and CORS, for every URL."""

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

log = structlog.get_logger("ssvirt.access")

REQUESTS = Counter("ssvirt_http_requests_total", "HTTP requests", ["method", "route", "status"])
LATENCY = Histogram("ssvirt_http_request_seconds", "Time to answer", ["method", "route"])
REQUEST_ID_HEADER = "X-VMWARE-VCLOUD-REQUEST-ID"
_CLIENT_ID = re.compile(r"[A-Za-z0-9-]+")
GetResponse = Callable[[HttpRequest], HttpResponse]


def request_id_of(request: HttpRequest) -> str:
    """The correlation id: the client's own (first 128 characters) and a UUID. Source: vcd-api.md 3.2."""
    given = request.headers.get("X-VMWARE-VCLOUD-CLIENT-REQUEST-ID", "")[:128]
    return f"{given}-{uuid.uuid4()}" if _CLIENT_ID.fullmatch(given) else str(uuid.uuid4())


class RequestIdMiddleware:
    """Gives each request its id (response header, log lines, tasks), logs it and counts it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.vcd_request_id = request_id = request_id_of(request)  # type: ignore[attr-defined]
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            seconds = time.perf_counter() - started
            response[REQUEST_ID_HEADER] = request_id
            response["X-VMWARE-VCLOUD-REQUEST-EXECUTION-TIME"] = str(round(seconds * 1000))
            match = request.resolver_match
            route = match.route if match is not None else "unknown"
            method = request.method if request.method in _METHODS else "other"
            REQUESTS.labels(method, route, str(response.status_code)).inc()
            LATENCY.labels(method, route).observe(seconds)
            if request.path not in _QUIET:
                log.info(
                    "request",
                    method=request.method,
                    path=request.path,
                    status=response.status_code,
                    ms=round(seconds * 1000, 1),
                    user=getattr(request, "vcd_user", None),
                )
        return response


_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_QUIET = {"/healthz", "/readyz", "/metrics"}


class CorsMiddleware:
    """Lets browser clients of the configured origins call the APIs; everyone else gets no CORS headers."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        origin = request.headers.get("Origin", "")
        allowed = bool(origin) and origin in settings.CORS_ALLOWED_ORIGINS
        if allowed and request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            response = HttpResponse(status=204)
            response["Access-Control-Allow-Methods"] = "GET, POST, PUT, PATCH, DELETE"
            response["Access-Control-Allow-Headers"] = (
                "Accept, Authorization, Content-Type, "
                "X-VMWARE-VCLOUD-TENANT-CONTEXT, X-VMWARE-VCLOUD-AUTH-CONTEXT"
            )
            response["Access-Control-Max-Age"] = "600"
        else:
            response = self.get_response(request)
        if allowed:
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Expose-Headers"] = (
                "Authorization, Link, Location, Content-Location, X-VMWARE-VCLOUD-ACCESS-TOKEN, "
                "X-VMWARE-VCLOUD-TOKEN-TYPE, X-VMWARE-VCLOUD-REQUEST-ID"
            )
            response["Vary"] = "Origin"
        return response

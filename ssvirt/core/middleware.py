"""The outermost middleware: a request starts and ends without a tenant scope."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from ssvirt.core.tenancy import no_scope


class ScopeMiddleware:
    """Clears the scope first and resets it afterwards: threads are reused by later requests of other
    tenants.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with no_scope():
            return self.get_response(request)

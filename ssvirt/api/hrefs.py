"""Where each kind of entity lives: its href, its media type, its URN."""

import ipaddress
import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.conf import settings
from django.http import HttpRequest

from ssvirt.core.urns import urn

_VCLOUD: Final = "application/vnd.vmware.vcloud."
_ADMIN: Final = "application/vnd.vmware.admin."


@dataclass(frozen=True, slots=True)
class Kind:
    """`path` takes the entity's UUID; `media` is the XML media type; `urn` the word in its URN."""

    path: str
    media: str
    urn: str


KINDS: Final = {
    "org": Kind("/api/org/{}", _VCLOUD + "org+xml", "org"),
    "vdc": Kind("/api/vdc/{}", _VCLOUD + "vdc+xml", "vdc"),
    "catalog": Kind("/api/catalog/{}", _VCLOUD + "catalog+xml", "catalog"),
    "catalogItem": Kind("/api/catalogItem/{}", _VCLOUD + "catalogItem+xml", "catalogitem"),
    "vAppTemplate": Kind("/api/vAppTemplate/vappTemplate-{}", _VCLOUD + "vAppTemplate+xml", "vapptemplate"),
    "templateVm": Kind("/api/vAppTemplate/vm-{}", _VCLOUD + "vm+xml", "vm"),
    "media": Kind("/api/media/{}", _VCLOUD + "media+xml", "media"),
    "vApp": Kind("/api/vApp/vapp-{}", _VCLOUD + "vApp+xml", "vapp"),
    "vm": Kind("/api/vApp/vm-{}", _VCLOUD + "vm+xml", "vm"),
    "network": Kind("/api/network/{}", _VCLOUD + "orgVdcNetwork+xml", "network"),
    "vAppNetwork": Kind("/api/network/{}", _VCLOUD + "vAppNetwork+xml", "network"),
    "vdcStorageProfile": Kind(
        "/api/vdcStorageProfile/{}", _VCLOUD + "vdcStorageProfile+xml", "vdcstorageProfile"
    ),
    "task": Kind("/api/task/{}", _VCLOUD + "task+xml", "task"),
    "user": Kind("/api/admin/user/{}", _ADMIN + "user+xml", "user"),
    "role": Kind("/api/admin/role/{}", _ADMIN + "role+xml", "role"),
    "disk": Kind("/api/disk/{}", _VCLOUD + "disk+xml", "disk"),
    "edgeGateway": Kind("/api/admin/edgeGateway/{}", _ADMIN + "edgeGateway+xml", "gateway"),
    "vdcComputePolicy": Kind(
        "/cloudapi/2.0.0/vdcComputePolicies/urn:vcloud:vdcComputePolicy:{}",
        "application/json",
        "vdcComputePolicy",
    ),
    "affinityRule": Kind("/api/vmAffinityRule/{}", _VCLOUD + "vmaffinityrule+xml", "vmAffinityRule"),
    "adminOrg": Kind("/api/admin/org/{}", _ADMIN + "organization+xml", "org"),
    "adminVdc": Kind("/api/admin/vdc/{}", _ADMIN + "vdc+xml", "vdc"),
    "adminCatalog": Kind("/api/admin/catalog/{}", _ADMIN + "catalog+xml", "catalog"),
    "adminNetwork": Kind("/api/admin/network/{}", _ADMIN + "orgVdcNetwork+xml", "network"),
    "adminVdcStorageProfile": Kind(
        "/api/admin/vdcStorageProfile/{}", _ADMIN + "vdcStorageProfile+xml", "vdcstorageProfile"
    ),
    "providerVdc": Kind("/api/admin/providervdc/{}", _ADMIN + "providervdc+xml", "providervdc"),
    "providerVdcStorageProfile": Kind(
        "/api/admin/pvdcStorageProfile/{}", _ADMIN + "pvdcStorageProfile+xml", "providervdcstorageprofile"
    ),
    "right": Kind("/api/admin/right/{}", _ADMIN + "right+xml", "right"),
    "group": Kind("/api/admin/group/{}", _ADMIN + "group+xml", "group"),
    "session": Kind("/cloudapi/1.0.0/sessions/{}", "application/json", "session"),
}


@dataclass(frozen=True, slots=True)
class Hrefs:
    """Builds absolute hrefs on `base` (scheme://host[:port], no trailing slash)."""

    base: str

    def of(self, kind: str, entity_id: uuid.UUID, suffix: str = "") -> str:
        return self.base + KINDS[kind].path.format(entity_id) + suffix

    def at(self, path: str) -> str:
        return self.base + path


def entity_urn(kind: str, entity_id: uuid.UUID) -> str:
    return urn(KINDS[kind].urn, entity_id)


def hrefs_for(request: HttpRequest) -> Hrefs:
    """PUBLIC_URL, else the scheme and host of the request; a trusted proxy's X-Forwarded-* are honoured."""
    if settings.PUBLIC_URL:
        return Hrefs(settings.PUBLIC_URL)
    scheme, host = request.scheme or "http", request.get_host()
    if _is_trusted(request.META.get("REMOTE_ADDR", "")):
        scheme = _first(request.headers.get("X-Forwarded-Proto")) or scheme
        host = _first(request.headers.get("X-Forwarded-Host")) or host
    return Hrefs(f"{scheme}://{host}")


def _first(header: str | None) -> str:
    return (header or "").split(",")[0].strip()


@lru_cache(maxsize=1024)
def _is_trusted(address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in ipaddress.ip_network(network, strict=False) for network in settings.TRUSTED_PROXIES)

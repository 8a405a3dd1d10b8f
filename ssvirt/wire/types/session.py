"""Session, and the API versions.

Source: session.xsd, versions.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import VERSIONS, WireType, attr, elem, elems, wire
from ssvirt.wire.types.entity import Entity, Resource


@wire("AuthorizedLocation", media=media.AUTHORIZED_LOCATION)
class AuthorizedLocation(Entity):
    location_id: str | None = elem("LocationId")
    location_name: str | None = elem("LocationName")
    site_name: str | None = elem("SiteName")
    org_name: str | None = elem("OrgName")
    rest_api_endpoint: str | None = elem("RestApiEndpoint")
    ui_endpoint: str | None = elem("UIEndpoint")
    use_multisite_token: bool | None = elem("UseMultisiteToken")
    auth_context: str | None = elem("AuthContext")
    api_version: str | None = elem("ApiVersion")
    alpha_api_version: str | None = elem("AlphaApiVersion")


@wire("AuthorizedLocations", media=media.AUTHORIZED_LOCATIONS)
class AuthorizedLocations(WireType):
    locations: list[AuthorizedLocation] = elems("Location")


@wire("Session", media=media.SESSION)
class Session(Resource):
    user: str | None = attr("user")
    org: str | None = attr("org")
    user_id: str | None = attr("userId")
    roles: str | None = attr("roles")
    location_id: str | None = attr("locationId")
    authorized_locations: AuthorizedLocations | None = elem("AuthorizedLocations")


@wire("MediaTypeMapping", ns=VERSIONS)
class MediaTypeMapping(WireType):
    media_type: str | None = elem("MediaType")
    complex_type_name: str | None = elem("ComplexTypeName")
    schema_location: str | None = elem("SchemaLocation")


@wire("VersionInfo", ns=VERSIONS)
class VersionInfo(WireType):
    deprecated: bool | None = attr("deprecated")
    version: str | None = elem("Version")
    login_url: str | None = elem("LoginUrl")
    provider_login_url: str | None = elem("ProviderLoginUrl")
    media_type_mappings: list[MediaTypeMapping] = elems("MediaTypeMapping")


@wire("SupportedVersions", ns=VERSIONS, media="text/xml")
class SupportedVersions(WireType):
    version_infos: list[VersionInfo] = elems("VersionInfo")
    schema_root: str | None = elem("SchemaRoot")
    alpha_version: VersionInfo | None = elem("AlphaVersion")

"""SAML and OAuth settings of organizations.

Source: vCloudEntities.xsd, added-after-9.1.xsd.
"""

from __future__ import annotations

from datetime import datetime

from ssvirt.wire import media
from ssvirt.wire.schema import elem, elems, wire
from ssvirt.wire.types.entity import Resource


@wire("SamlAttributeMapping")
class SamlAttributeMapping(Resource):
    email_attribute_name: str | None = elem("EmailAttributeName")
    user_name_attribute_name: str | None = elem("UserNameAttributeName")
    first_name_attribute_name: str | None = elem("FirstNameAttributeName")
    surname_attribute_name: str | None = elem("SurnameAttributeName")
    full_name_attribute_name: str | None = elem("FullNameAttributeName")
    group_attribute_name: str | None = elem("GroupAttributeName")
    role_attribute_name: str | None = elem("RoleAttributeName")


@wire("SamlSPKeyAndCertificateChain", media=media.SAML_KEY_AND_CERTIFICATE_CHAIN)
class SamlKeyAndCertificateChain(Resource):
    key: str | None = elem("Key")
    certificate_chain: str | None = elem("CertificateChain")


@wire("OrgFederationSettings", media=media.ORG_FEDERATION_SETTINGS)
class OrgFederationSettings(Resource):
    saml_metadata: str | None = elem("SAMLMetadata")
    enabled: bool | None = elem("Enabled")
    certificate_expiration: datetime | None = elem("CertificateExpiration")
    signing_certificate_expiration: datetime | None = elem("SigningCertificateExpiration")
    encryption_certificate_expiration: datetime | None = elem("EncryptionCertificateExpiration")
    saml_sp_entity_id: str | None = elem("SamlSPEntityId")
    saml_attribute_mapping: SamlAttributeMapping | None = elem("SamlAttributeMapping")
    signing_cert_library_item_id: str | None = elem("SigningCertLibraryItemId")
    encryption_cert_library_item_id: str | None = elem("EncryptionCertLibraryItemId")
    custom_ui_button_label: str | None = elem("CustomUiButtonLabel", since="38.0")
    role_attribute_name: str | None = elem("RoleAttributeName")
    saml_sp_key_and_certificate_chain: SamlKeyAndCertificateChain | None = elem(
        "SamlSPKeyAndCertificateChain"
    )


@wire("OAuthKeyConfiguration", media=media.OAUTH_KEY_CONFIGURATION)
class OAuthKeyConfiguration(Resource):
    key_id: str | None = elem("KeyId")
    algorithm: str | None = elem("Algorithm")
    key: str | None = elem("Key")
    expiration_date: datetime | None = elem("ExpirationDate")


@wire("OAuthKeyConfigurations", type="OAuthKeyConfigurationsListType", media=media.OAUTH_KEY_CONFIGURATIONS)
class OAuthKeyConfigurations(Resource):
    oauth_key_configurations: list[OAuthKeyConfiguration] = elems("OAuthKeyConfiguration")


@wire("OIDCAttributeMapping")
class OidcAttributeMapping(Resource):
    subject_attribute_name: str | None = elem("SubjectAttributeName")
    email_attribute_name: str | None = elem("EmailAttributeName")
    full_name_attribute_name: str | None = elem("FullNameAttributeName")
    first_name_attribute_name: str | None = elem("FirstNameAttributeName")
    last_name_attribute_name: str | None = elem("LastNameAttributeName")
    groups_attribute_name: str | None = elem("GroupsAttributeName")
    roles_attribute_name: str | None = elem("RolesAttributeName")


@wire("OrgOAuthSettings", media=media.ORG_OAUTH_SETTINGS)
class OrgOAuthSettings(Resource):
    org_redirect_uri: str | None = elem("OrgRedirectUri")
    issuer_id: str | None = elem("IssuerId")
    oauth_key_configurations: OAuthKeyConfigurations | None = elem("OAuthKeyConfigurations")
    enabled: bool | None = elem("Enabled")
    client_id: str | None = elem("ClientId")
    client_secret: str | None = elem("ClientSecret")
    user_authorization_endpoint: str | None = elem("UserAuthorizationEndpoint")
    access_token_endpoint: str | None = elem("AccessTokenEndpoint")
    user_info_endpoint: str | None = elem("UserInfoEndpoint")
    scim_endpoint: str | None = elem("ScimEndpoint")
    scopes: list[str] = elems("Scope")
    oidc_attribute_mapping: OidcAttributeMapping | None = elem("OIDCAttributeMapping")
    max_clock_skew: int | None = elem("MaxClockSkew")
    jwks_uri: str | None = elem("JwksUri", since="37.0")
    auto_refresh_key: bool | None = elem("AutoRefreshKey", since="37.0")
    key_refresh_strategy: str | None = elem("KeyRefreshStrategy", since="37.0")
    key_refresh_frequency_in_hours: int | None = elem("KeyRefreshFrequencyInHours", since="37.0")
    key_expire_duration_in_hours: int | None = elem("KeyExpireDurationInHours", since="37.0")
    well_known_endpoint: str | None = elem("WellKnownEndpoint", since="37.0")
    last_key_refresh_attempt: datetime | None = elem("LastKeyRefreshAttempt", since="37.0")
    last_key_successful_refresh: datetime | None = elem("LastKeySuccessfulRefresh", since="37.0")
    enable_id_token_claims: bool | None = elem("EnableIdTokenClaims", since="37.0")
    use_pkce: bool | None = elem("UsePKCE", since="38.0")
    send_client_credentials_as_authorization_header: bool | None = elem(
        "SendClientCredentialsAsAuthorizationHeader", since="38.0"
    )
    custom_ui_button_label: str | None = elem("CustomUiButtonLabel", since="38.0")


@wire("OpenIdProviderInfo")
class OpenIdProviderInfo(Resource):
    open_id_provider_configuration_endpoint: str | None = elem("OpenIdProviderConfigurationEndpoint")


@wire("OpenIdProviderConfiguration")
class OpenIdProviderConfiguration(Resource):
    org_oauth_settings: OrgOAuthSettings | None = elem("OrgOAuthSettings")
    provider_config_response: str | None = elem("ProviderConfigResponse")

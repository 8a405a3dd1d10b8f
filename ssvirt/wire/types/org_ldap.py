"""Mail and LDAP settings of organizations.

Source: vCloudEntities.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import elem, elems, wire
from ssvirt.wire.types.entity import Resource, VCloudExtensible


@wire("SmtpServerSettings")
class SmtpServerSettings(VCloudExtensible):
    is_use_authentication: bool | None = elem("IsUseAuthentication")
    host: str | None = elem("Host")
    port: int | None = elem("Port")
    username: str | None = elem("Username")
    password: str | None = elem("Password")
    smtp_secure_mode: str | None = elem("SmtpSecureMode")
    ssl_trust_store: str | None = elem("SslTrustStore")


@wire("OrgEmailSettings", media=media.ORG_EMAIL_SETTINGS)
class OrgEmailSettings(Resource):
    is_default_smtp_server: bool | None = elem("IsDefaultSmtpServer")
    is_default_org_email: bool | None = elem("IsDefaultOrgEmail")
    from_email_address: str | None = elem("FromEmailAddress")
    default_subject_prefix: str | None = elem("DefaultSubjectPrefix")
    is_alert_email_to_all_admins: bool | None = elem("IsAlertEmailToAllAdmins")
    alert_email_tos: list[str] = elems("AlertEmailTo")
    smtp_server_settings: SmtpServerSettings | None = elem("SmtpServerSettings")


@wire("OrgLdapUserAttributes")
class OrgLdapUserAttributes(VCloudExtensible):
    object_class: str | None = elem("ObjectClass")
    object_identifier: str | None = elem("ObjectIdentifier")
    user_name: str | None = elem("UserName")
    email: str | None = elem("Email")
    full_name: str | None = elem("FullName")
    given_name: str | None = elem("GivenName")
    surname: str | None = elem("Surname")
    telephone: str | None = elem("Telephone")
    group_membership_identifier: str | None = elem("GroupMembershipIdentifier")
    group_back_link_identifier: str | None = elem("GroupBackLinkIdentifier")


@wire("OrgLdapGroupAttributes")
class OrgLdapGroupAttributes(VCloudExtensible):
    object_class: str | None = elem("ObjectClass")
    object_identifier: str | None = elem("ObjectIdentifier")
    group_name: str | None = elem("GroupName")
    membership: str | None = elem("Membership")
    membership_identifier: str | None = elem("MembershipIdentifier")
    back_link_identifier: str | None = elem("BackLinkIdentifier")


@wire("CustomOrgLdapSettings")
class CustomOrgLdapSettings(VCloudExtensible):
    host_name: str | None = elem("HostName")
    port: int | None = elem("Port")
    is_ssl: bool | None = elem("IsSsl")
    custom_truststore: str | None = elem("CustomTruststore")
    is_ssl_accept_all: bool | None = elem("IsSslAcceptAll")
    realm: str | None = elem("Realm")
    search_base: str | None = elem("SearchBase")
    user_name: str | None = elem("UserName")
    password: str | None = elem("Password")
    authentication_mechanism: str | None = elem("AuthenticationMechanism")
    group_search_base: str | None = elem("GroupSearchBase")
    is_group_search_base_enabled: bool | None = elem("IsGroupSearchBaseEnabled")
    connector_type: str | None = elem("ConnectorType")
    user_attributes: OrgLdapUserAttributes | None = elem("UserAttributes")
    group_attributes: OrgLdapGroupAttributes | None = elem("GroupAttributes")
    custom_ui_button_label: str | None = elem("CustomUiButtonLabel", since="38.0")
    use_external_kerberos: bool | None = elem("UseExternalKerberos")


@wire("OrgLdapSettings", media=media.ORG_LDAP_SETTINGS)
class OrgLdapSettings(Resource):
    org_ldap_mode: str | None = elem("OrgLdapMode")
    custom_users_ou: str | None = elem("CustomUsersOu")
    custom_org_ldap_settings: CustomOrgLdapSettings | None = elem("CustomOrgLdapSettings")

"""Access lists and owners as VCD shows and reads them."""

import uuid
from collections.abc import Sequence

from orgs.access import DENY, AccessRequest
from orgs.entities import Acl
from orgs.models import AccessGrant, AccessLevel, User
from ssvirt.api.hrefs import KINDS, Hrefs
from ssvirt.api.represent import link, reference
from ssvirt.core.errors import BadRequest, InvalidReference, NotSupported
from ssvirt.core.urns import uuid_in
from ssvirt.wire import types as w
from ssvirt.wire.media import OWNER


def access_document(acl: Acl, grants: Sequence[AccessGrant], hrefs: Hrefs) -> w.ControlAccessParams:
    """Source: common.xsd ControlAccessParamsType; an empty list is left out (resolutions.md 4)."""
    everyone = next((grant.level for grant in grants if grant.user_id is None), None)
    if acl.is_open:
        everyone = AccessLevel.READ_ONLY if everyone is None else None
    settings = [
        w.AccessSetting(
            subject=reference(hrefs, "user", grant.user_id, grant.user.username), access_level=grant.level
        )
        for grant in grants
        if grant.user is not None and grant.user_id is not None
    ]
    return w.ControlAccessParams(
        is_shared_to_everyone=everyone not in (None, DENY),
        everyone_access_level=everyone if everyone != DENY else None,
        access_settings=w.AccessSettings(access_settings=settings) if settings else None,
    )


def access_request(params: w.ControlAccessParams) -> AccessRequest:
    """What is asked for. Raises BadRequest, InvalidReference, NotSupported, each naming the offender."""
    if params.is_shared_to_everyone is None:
        raise BadRequest("IsSharedToEveryone is missing.")
    everyone = None
    if params.is_shared_to_everyone:
        if not params.everyone_access_level:
            raise BadRequest("EveryoneAccessLevel is missing though IsSharedToEveryone is true.")
        everyone = _level(params.everyone_access_level)
    users: dict[uuid.UUID, AccessLevel] = {}
    for setting in params.access_settings.access_settings if params.access_settings else ():
        user_id = _subject(setting)
        if user_id in users:
            raise BadRequest(f"The user {user_id} is listed more than once.")
        users[user_id] = _level(setting.access_level)
    return AccessRequest(everyone=everyone, users=users)


def _level(text: str | None) -> AccessLevel:
    try:
        return AccessLevel(text or "")
    except ValueError:
        raise BadRequest(
            f"The access level '{text or ''}' is none of {', '.join(AccessLevel.values)}."
        ) from None


def _subject(setting: w.AccessSetting) -> uuid.UUID:
    """The user an access setting is for. Groups and organizations come from outside and are not kept."""
    if setting.subject is None:
        if setting.external_subject is not None:
            raise NotSupported(
                f"The external subject {setting.external_subject.subject_id} is not supported."
            )
        raise BadRequest("An AccessSetting has no Subject.")
    href, kind = setting.subject.href or "", setting.subject.type or ""
    for word, what in (("group", "group"), ("org", "organization")):
        if f"/{word}/" in href or kind == KINDS["group" if word == "group" else "adminOrg"].media:
            raise NotSupported(f"Sharing with the {what} {setting.subject.name or href} is not supported.")
    user_id = uuid_in(href) or uuid_in(setting.subject.id)
    if user_id is None:
        raise InvalidReference(f"The subject '{href}' is no reference to a user.")
    return user_id


def owner_document(user: User, hrefs: Hrefs, *, at: str, media: str) -> w.Owner:
    """`at` and `media` are the href and media type of what is owned. Source: common.xsd OwnerType."""
    return w.Owner(
        href=f"{at}/owner",
        type=OWNER,
        links=[link("up", at, media)],
        user=reference(hrefs, "user", user.pk, user.username),
    )


def owner_request(owner: w.Owner) -> uuid.UUID:
    """The id of the wanted owner. Raises BadRequest, InvalidReference."""
    if owner.user is None:
        raise BadRequest("The Owner has no User.")
    user_id = uuid_in(owner.user.href) or uuid_in(owner.user.id)
    if user_id is None:
        raise InvalidReference(f"The owner '{owner.user.href or ''}' is no reference to a user.")
    return user_id

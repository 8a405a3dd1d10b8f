"""Metadata, access lists and owners at /api: one set of views for every kind of entity."""

import uuid
from typing import Any, ClassVar, Self

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from orgs.access import access_set, acl_of, entity_access, grants_of
from orgs.entities import Entity, EntityKind, entity_get
from orgs.metadata import GENERAL, metadata_delete, metadata_entry_get, metadata_merge, metadata_of
from orgs.owning import owner_change, owner_of
from orgs.represent_access import access_document, access_request, owner_document, owner_request
from orgs.represent_metadata import (
    metadata_document,
    metadata_request,
    metadata_value_document,
    metadata_value_request,
)
from ssvirt.api.hrefs import KINDS
from ssvirt.api.versions import UNLISTED
from ssvirt.api.views import LegacyView
from ssvirt.core.errors import BadRequest, NotFound
from ssvirt.wire import types as w
from ssvirt.wire.types.metadata_input import MetadataInput, MetadataValueInput
from tasks.models import Task
from tasks.represent import task_document
from tasks.selectors import task_get


class EntityView(LegacyView):
    """A view below an entity. Subclasses are made per route and kind: the parameter that names the entity, and the
    kind whose href the answers carry. `others` serve the entities of other kinds at the same path.
    """

    kind: ClassVar[EntityKind]
    others: ClassVar[tuple[type[Self], ...]] = ()
    parameter: ClassVar[str] = ""
    shown: ClassVar[str] = ""

    @classmethod
    def serving(cls, entity_id: uuid.UUID) -> type[Self]:
        """The view that serves the entity: this one, unless another one's kind knows it."""
        return next((view for view in cls.others if view.kind.knows and view.kind.knows(entity_id)), cls)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        view = self.serving(kwargs[self.parameter])
        if view is not type(self):
            answer: HttpResponseBase = view.as_view()(request, *args, **kwargs)
            return answer
        return super().dispatch(request, *args, **kwargs)

    def entity(self) -> Entity:
        """The entity of the URL. Raises NotFound, also for one of another organization than the URL's."""
        entity = entity_get(self.kind, self.kwargs[self.parameter])
        org_id = self.kwargs.get("org_id")
        if self.parameter != "org_id" and org_id not in (None, entity.org_id):
            raise NotFound(f"The {entity.kind.word} {entity.id} does not exist.")
        return entity

    def at(self, entity: Entity) -> str:
        return self.hrefs.of(self.shown, entity.id)

    def media(self) -> str:
        return KINDS[self.shown].media

    def is_plain(self) -> bool:
        return self.wire.requested in UNLISTED

    def body(self, request: Request) -> Any:
        if request.data is None or request.data == {}:
            raise BadRequest("The request has no body.")
        return request.data

    def accepted(self, task: Task) -> Response:
        """202 with the Task, and where it is."""
        document = task_document(task_get(task.pk), self.hrefs)
        response = Response(document, status=202)
        response["Location"] = document.href
        return response


class MetadataView(EntityView):
    body_types: ClassVar = {"POST": MetadataInput}

    def get(self, request: Request, **ids: uuid.UUID) -> Response:
        entity = self.entity()
        return Response(
            metadata_document(
                entity,
                metadata_of(self.principal, entity),
                entity_access(self.principal, entity),
                at=self.at(entity),
                media=self.media(),
                plain=self.is_plain(),
            )
        )

    def post(self, request: Request, **ids: uuid.UUID) -> Response:
        entity = self.entity()
        body = self.body(request)
        return self.accepted(
            metadata_merge(principal=self.principal, entity=entity, changes=metadata_request(body))
        )


class MetadataValueView(EntityView):
    body_types: ClassVar = {"PUT": MetadataValueInput}

    def get(self, request: Request, key: str, domain: str = GENERAL, **ids: uuid.UUID) -> Response:
        entity = self.entity()
        entry = metadata_entry_get(self.principal, entity, domain, key)
        access = entity_access(self.principal, entity)
        return Response(
            metadata_value_document(entity, entry, access, at=self.at(entity), plain=self.is_plain())
        )

    def put(self, request: Request, key: str, domain: str | None = None, **ids: uuid.UUID) -> Response:
        entity = self.entity()
        body = self.body(request)
        change = metadata_value_request(body, domain=domain, key=key)
        return self.accepted(metadata_merge(principal=self.principal, entity=entity, changes=[change]))

    def delete(self, request: Request, key: str, domain: str = GENERAL, **ids: uuid.UUID) -> Response:
        entity = self.entity()
        return self.accepted(metadata_delete(principal=self.principal, entity=entity, domain=domain, key=key))


class _AclView(EntityView):
    def document(self, entity: Entity) -> w.ControlAccessParams:
        return access_document(acl_of(entity), grants_of(entity.id), self.hrefs)

    def change(self, request: Request) -> Response:
        """Replaces the access list and answers with it as it is then."""
        entity = self.entity()
        asked = access_request(self.body(request))
        access_set(principal=self.principal, entity=entity, request=asked)
        return Response(self.document(entity))


class AccessView(_AclView):
    def get(self, request: Request, **ids: uuid.UUID) -> Response:
        return Response(self.document(self.entity()))


class AccessPostView(_AclView):
    body_types: ClassVar = {"POST": w.ControlAccessParams}

    def post(self, request: Request, **ids: uuid.UUID) -> Response:
        return self.change(request)


class AccessPutView(_AclView):
    """A VDC's access list is put, not posted. Source: go-clients.md 2.16."""

    body_types: ClassVar = {"PUT": w.ControlAccessParams}

    def put(self, request: Request, **ids: uuid.UUID) -> Response:
        return self.change(request)


class OwnerView(EntityView):
    def get(self, request: Request, **ids: uuid.UUID) -> Response:
        entity = self.entity()
        return Response(owner_document(owner_of(entity), self.hrefs, at=self.at(entity), media=self.media()))


class OwnerChangeView(OwnerView):
    body_types: ClassVar = {"PUT": w.Owner}

    def put(self, request: Request, **ids: uuid.UUID) -> Response:
        entity = self.entity()
        body = self.body(request)
        owner_change(principal=self.principal, entity=entity, user_id=owner_request(body))
        return Response(None, status=204)

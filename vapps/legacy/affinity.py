"""VM affinity rules at /api."""

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from orgs.rights import Rights
from ssvirt.wire import types as w
from vapps.legacy.base import VAppBase
from vapps.represent_affinity import rule_document, rules_document
from vapps.requests.affinity import rule_request
from vapps.selectors import affinity_rule_get, affinity_rules_of
from vapps.services.affinity import rule_create, rule_delete, rule_update
from vdcs.selectors import vdc_get


class VdcAffinityRulesView(VAppBase):
    rights = {"GET": Rights.VDC_VIEW, "POST": Rights.AFFINITY_EDIT}
    body_types = {"POST": w.VmAffinityRule}

    def get(self, request: Request, vdc_id: uuid.UUID) -> Response:
        vdc = vdc_get(vdc_id)
        return Response(rules_document(vdc.pk, affinity_rules_of(vdc.pk), self.hrefs, self.principal))

    def post(self, request: Request, vdc_id: uuid.UUID) -> Response:
        vdc_get(vdc_id)
        asked = rule_request(self.body(request))
        return self.accepted(rule_create(principal=self.principal, vdc_id=vdc_id, request=asked))


class AffinityRuleView(VAppBase):
    """A rule, at its own path or at the one below its VDC."""

    rights = {"GET": Rights.VDC_VIEW, "PUT": Rights.AFFINITY_EDIT, "DELETE": Rights.AFFINITY_EDIT}
    body_types = {"PUT": w.VmAffinityRule}

    def get(self, request: Request, rule_id: uuid.UUID, vdc_id: uuid.UUID | None = None) -> Response:
        return Response(rule_document(affinity_rule_get(rule_id, vdc_id), self.hrefs, self.principal))

    def put(self, request: Request, rule_id: uuid.UUID, vdc_id: uuid.UUID | None = None) -> Response:
        affinity_rule_get(rule_id, vdc_id)
        asked = rule_request(self.body(request))
        return self.accepted(rule_update(principal=self.principal, rule_id=rule_id, request=asked))

    def delete(self, request: Request, rule_id: uuid.UUID, vdc_id: uuid.UUID | None = None) -> Response:
        affinity_rule_get(rule_id, vdc_id)
        return self.accepted(rule_delete(principal=self.principal, rule_id=rule_id))

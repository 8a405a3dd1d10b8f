"""Access and token reviews: computed answers, and in the emulator everything is allowed.

Source: kubernetes authorization.k8s.io/v1, authentication.k8s.io/v1.
"""

from compute.emulator.api.admission import require_json_object
from compute.emulator.api.app import parsed_body
from compute.emulator.api.errors import method_not_allowed
from compute.emulator.api.http import Request, Response, json_response
from compute.emulator.api.paths import ResourcePath
from compute.emulator.registry import Registry, VirtualResource
from compute.emulator.values import Json


def register_reviews(registry: Registry) -> None:
    """Serve the reviews that clients such as `kubectl auth can-i` create."""
    authorization, authentication = "authorization.k8s.io", "authentication.k8s.io"
    rows = (
        (authorization, "selfsubjectaccessreviews", "SelfSubjectAccessReview", False),
        (authorization, "subjectaccessreviews", "SubjectAccessReview", False),
        (authorization, "localsubjectaccessreviews", "LocalSubjectAccessReview", True),
        (authorization, "selfsubjectrulesreviews", "SelfSubjectRulesReview", False),
        (authentication, "selfsubjectreviews", "SelfSubjectReview", False),
        (authentication, "tokenreviews", "TokenReview", False),
    )
    for group, plural, kind, namespaced in rows:
        registry.register_virtual(
            VirtualResource(group, ("v1",), plural, kind, namespaced, ("create",), _review)
        )


_STATUS: dict[str, Json] = {
    "selfsubjectaccessreviews": {"allowed": True},
    "subjectaccessreviews": {"allowed": True},
    "localsubjectaccessreviews": {"allowed": True},
    "selfsubjectrulesreviews": {
        "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
        "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
        "incomplete": False,
    },
}


def _review(request: Request, path: ResourcePath) -> Response:
    if request.method != "POST":
        raise method_not_allowed()
    user: Json = {"username": request.user, "groups": ["system:masters", "system:authenticated"]}
    body = require_json_object(parsed_body(request))
    match path.plural:
        case "selfsubjectreviews":
            status: Json = {"userInfo": user}
        case "tokenreviews":
            status = {"authenticated": True, "user": user}
        case _:
            status = _STATUS[path.plural]
    return json_response({**body, "metadata": body.get("metadata") or {}, "status": status}, 201)

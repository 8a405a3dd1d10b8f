"""A request path taken apart into group, version, namespace, resource, name and subresource."""

import dataclasses
import urllib.parse


@dataclasses.dataclass(frozen=True, slots=True)
class ResourcePath:
    """`/apis/{group}/{version}[/namespaces/{namespace}]/{plural}[/{name}[/{subresource}]]`.

    `namespace` is "" when the path names none. `subresource` holds the rest of the path (`evacuate/cancel`).
    """

    group: str
    version: str
    namespace: str
    plural: str
    name: str
    subresource: str


def split_path(path: str) -> list[str]:
    """The decoded segments of a path."""
    return [urllib.parse.unquote(segment) for segment in path.strip("/").split("/") if segment]


def parse_resource_path(segments: list[str]) -> ResourcePath | None:
    """The parts of a path below /api/v1 or /apis/{group}/{version}; None when it names no resource."""
    if segments[:1] == ["api"] and len(segments) > 2:
        group, version, rest = "", segments[1], segments[2:]
    elif segments[:1] == ["apis"] and len(segments) > 3:
        group, version, rest = segments[1], segments[2], segments[3:]
    else:
        return None
    namespace = ""
    # /namespaces/{name} itself and its two subresources are the Namespace resource, all else is inside it.
    if (
        rest[0] == "namespaces"
        and len(rest) > 2
        and not (group == "" and len(rest) == 3 and rest[2] in {"status", "finalize"})
    ):
        namespace, rest = rest[1], rest[2:]
    plural, name, subresource = rest[0], "", ""
    if len(rest) > 1:
        name = rest[1]
    if len(rest) > 2:
        subresource = "/".join(rest[2:])
    return ResourcePath(group, version, namespace, plural, name, subresource)

"""The table of resources the server knows, and the lookups the router and discovery need.

The table is replaced as a whole on every change, so readers need no lock while CustomResourceDefinitions come and go.
"""

import dataclasses
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from compute.emulator.values import Json

if TYPE_CHECKING:
    from compute.emulator.api.http import Request, Response
    from compute.emulator.api.paths import ResourcePath

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")

# Lists with the same semantics in every object: () is a set, otherwise the fields that identify an entry.
# Source: kubernetes apimachinery pkg/apis/meta/v1/types.go, listType and patchMergeKey markers.
METADATA_LISTS: Mapping[str, tuple[str, ...]] = {
    "metadata.ownerReferences": ("uid",),
    "metadata.finalizers": (),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """One column of `kubectl get`; `path` is a JSONPath, or `len:PATH` for the number of entries."""

    name: str
    path: str
    type: str = "string"
    priority: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Resource:
    """One stored resource. `versions` starts with the storage version; every version has the same schema.

    `custom` is True for what is a custom resource on a real cluster: no strategic merge patch, a resourceVersion is
    required by PUT, every list is atomic unless `lists` says otherwise.
    `lists` maps a dotted path to the keys of its list-map entries, or to () for a set.
    """

    group: str
    versions: tuple[str, ...]
    plural: str
    kind: str
    namespaced: bool = True
    singular_name: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    has_status: bool = True
    subresources: tuple[str, ...] = ()
    custom: bool = True
    has_generation: bool = True
    keeps_status_on_create: bool = False
    columns: tuple[Column, ...] = ()
    selectable: tuple[str, ...] = ()
    lists: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    schema: Json | None = None

    @property
    def id(self) -> str:
        """`plural.group`: the name of the resource in the store, in quotas and in error messages."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def singular(self) -> str:
        """The name `kubectl get` prints and accepts: the kind in small letters, with few exceptions."""
        return self.singular_name or self.kind.lower()

    def api_version(self, version: str | None = None) -> str:
        """`group/version`, the storage version when none is named."""
        chosen = version or self.versions[0]
        return f"{self.group}/{chosen}" if self.group else chosen

    def list_keys(self, path: str) -> tuple[str, ...] | None:
        """The keys of the list at a dotted path, () for a set, None for an atomic list."""
        found = self.lists.get(path)
        return METADATA_LISTS.get(path) if found is None else found


Handler = Callable[["Request", "ResourcePath"], "Response"]


@dataclasses.dataclass(frozen=True, slots=True)
class VirtualResource:
    """A resource that is computed, not stored: reviews, tokens, KubeVirt's subresources.

    `plural` may hold a subresource (`virtualmachines/start`): discovery lists it so, the router looks at the part
    before the slash.
    """

    group: str
    versions: tuple[str, ...]
    plural: str
    kind: str
    namespaced: bool
    verbs: tuple[str, ...]
    handler: Handler


class Registry:
    """Lookups by group, version and plural. Safe to read while another thread registers."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._lock = threading.Lock()
        self._built_in = {(r.group, r.plural): r for r in resources}
        self._resources = dict(self._built_in)
        self._virtual: dict[tuple[str, str], VirtualResource] = {}

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        """The stored resource served at this place, or None."""
        found = self._resources.get((group, plural))
        return found if found is not None and version in found.versions else None

    def find_virtual(self, group: str, version: str, plural: str) -> VirtualResource | None:
        """The computed resource served at this place, or None."""
        found = self._virtual.get((group, plural))
        return found if found is not None and version in found.versions else None

    def by_kind(self, api_version: str, kind: str) -> Resource | None:
        """The resource an ownerReference or a manifest speaks of, or None."""
        group, _, version = api_version.rpartition("/")
        for resource in self._resources.values():
            if resource.kind == kind and resource.group == group and version in resource.versions:
                return resource
        return None

    def by_id(self, resource_id: str) -> Resource | None:
        """The resource called `plural.group`, or None."""
        plural, _, group = resource_id.partition(".")
        return self._resources.get((group, plural))

    def all(self) -> list[Resource]:
        """Every stored resource, in a stable order."""
        return sorted(self._resources.values(), key=lambda r: (r.group, r.plural))

    def all_virtual(self) -> list[VirtualResource]:
        """Every computed resource, in a stable order; subresource names included."""
        return sorted(self._virtual.values(), key=lambda r: (r.group, r.plural))

    def groups(self) -> dict[str, list[str]]:
        """group -> served versions, the preferred one first. The core group is `""`."""
        found: dict[str, set[str]] = {}
        served = [(r.group, r.versions) for r in self._resources.values()]
        served += [(r.group, r.versions) for r in self._virtual.values()]
        for group, versions in served:
            found.setdefault(group, set()).update(versions)
        return {group: sorted(offered, key=version_rank) for group, offered in sorted(found.items())}

    def register(self, resource: Resource) -> None:
        """Add a resource, or replace the one of the same group and plural."""
        with self._lock:
            self._resources = {**self._resources, (resource.group, resource.plural): resource}

    def unregister(self, group: str, plural: str) -> None:
        """Forget a resource; a built-in one comes back in its shipped form."""
        place = (group, plural)
        with self._lock:
            if self._resources.get(place) is self._built_in.get(place):
                return
            changed = {key: value for key, value in self._resources.items() if key != place}
            if place in self._built_in:
                changed[place] = self._built_in[place]
            self._resources = changed

    def is_built_in(self, group: str, plural: str) -> bool:
        """Whether the resource is served without any CustomResourceDefinition."""
        return (group, plural) in self._built_in

    def register_virtual(self, resource: VirtualResource) -> None:
        """Serve a computed resource. Its name and each of its subresources are registered on their own."""
        with self._lock:
            self._virtual = {**self._virtual, (resource.group, resource.plural): resource}

    def restore(self) -> None:
        """Back to the built-in resources; computed ones stay."""
        with self._lock:
            self._resources = dict(self._built_in)


_VERSION = re.compile(r"v([0-9]+)(?:(alpha|beta)([0-9]+))?")


def version_rank(version: str) -> tuple[int, int, int, str]:
    """Sort key that puts v2 before v1 before v1beta2 before v1alpha1 before anything else.

    Source: kubernetes apimachinery pkg/version/helpers.go CompareKubeAwareVersionStrings.
    """
    match = _VERSION.fullmatch(version)
    if match is None:
        return (3, 0, 0, version)
    major, stage, minor = match.groups()
    return ({None: 0, "beta": 1, "alpha": 2}[stage], -int(major), -int(minor or 0), version)

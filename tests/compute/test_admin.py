"""The admin's form of a cluster: a stored kubeconfig goes in, encrypted, and never comes out."""

from typing import Any

import pytest
import yaml

from compute.admin import ClusterForm
from compute.cluster import client_for
from compute.models import Cluster
from ssvirt.core.crypto import decrypt
from tests.compute.http_server import kubeconfig

pytestmark = pytest.mark.django_db

CONFIG = yaml.safe_dump(kubeconfig("https://cluster.example", token="hush"))


def form(cluster: Cluster | None = None, **data: Any) -> ClusterForm:
    return ClusterForm({"name": "c", "is_enabled": True, **data}, instance=cluster)


def saved(cluster: Cluster | None = None, **data: Any) -> Cluster:
    bound = form(cluster, **data)
    assert bound.is_valid(), bound.errors
    return bound.save()


def test_kubeconfig_is_stored_encrypted_and_not_shown_again() -> None:
    cluster = saved(kubeconfig=CONFIG)
    cluster.refresh_from_db()
    stored = bytes(cluster.kubeconfig_encrypted or b"")
    assert b"hush" not in stored
    assert yaml.safe_load(decrypt(stored)) == yaml.safe_load(CONFIG)
    assert "hush" not in ClusterForm(instance=cluster).as_p()
    assert client_for(cluster) is client_for(Cluster.objects.get(pk=cluster.pk))


def test_kubeconfig_left_empty_stays_and_is_forgotten_when_asked() -> None:
    cluster = saved(kubeconfig=CONFIG)
    saved(cluster, kubeconfig="")
    cluster.refresh_from_db()
    assert cluster.kubeconfig_encrypted is not None
    saved(cluster, forget_kubeconfig=True)
    cluster.refresh_from_db()
    assert cluster.kubeconfig_encrypted is None


@pytest.mark.parametrize("text", ["[]", "{", yaml.safe_dump(kubeconfig("https://x", exec={"command": "sh"}))])
def test_kubeconfig_that_is_none_or_runs_programs_is_refused(text: str) -> None:
    bad = form(kubeconfig=text)
    assert not bad.is_valid()
    assert set(bad.errors) == {"kubeconfig"}

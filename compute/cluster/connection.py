"""How a cluster is reached: from a Cluster row to the official client's connection pool.

The official client (kubernetes 37) reads kubeconfigs, service account tokens and credential plugins; requests
go through its urllib3 pool directly, with dicts, which is 1.5 times as fast as its generated methods and the
only way to the subresources. Source: contract kubernetes.md 2.1, 2.2.
"""

import ssl
from pathlib import Path
from typing import Any, Final

import kubernetes.client
import kubernetes.config
import urllib3
import yaml
from django.conf import settings
from kubernetes.config import incluster_config

from compute.models import Cluster
from ssvirt.core.crypto import DecryptionError, decrypt
from ssvirt.core.errors import ClusterUnavailable

_config: Any = kubernetes.config  # without types
_POOL_SIZE: Final = 16
# What in a stored kubeconfig would run a program or read a file on this server.
_FORBIDDEN_IN_STORED: Final = (
    "exec",
    "auth-provider",
    "tokenFile",
    "client-certificate",
    "client-key",
    "certificate-authority",
)


def kubeconfig_file(cluster: Cluster) -> Path | None:
    """The file that the connection depends on, for noticing its change; None when there is none."""
    if cluster.kubeconfig_encrypted:
        return None
    return Path(cluster.kubeconfig_path or settings.KUBECONFIG or incluster_config.SERVICE_CERT_FILENAME)


def connect(cluster: Cluster) -> Any:
    """A kubernetes ApiClient for `cluster`. Raises ClusterUnavailable when its credentials cannot be read."""
    configuration = kubernetes.client.Configuration()
    try:
        _load(cluster, configuration)
        return _api_client(configuration)
    except DecryptionError as error:
        raise ClusterUnavailable(str(error), reason="BadCredentials") from error
    except (_config.ConfigException, OSError, ValueError, yaml.YAMLError) as error:
        # The text of a parser's error may quote the file, hence a credential: name its kind only.
        raise ClusterUnavailable(
            f"the kubeconfig of cluster {cluster.name} cannot be used: {type(error).__name__}",
            reason="BadCredentials",
        ) from None


def check_stored_kubeconfig(data: bytes) -> dict[str, Any]:
    """The parsed kubeconfig. Raises ValueError unless it is one, complete in itself.

    It must not name files or programs of this server: an administrator of the service is not one of the host.
    """
    try:
        document = yaml.safe_load(data)
    except yaml.YAMLError:
        raise ValueError("not a YAML file") from None
    if not isinstance(document, dict) or not document.get("clusters") or not document.get("contexts"):
        raise ValueError("not a kubeconfig: clusters or contexts are missing")
    entries = [*_entries(document, "clusters", "cluster"), *_entries(document, "users", "user")]
    for entry in entries:
        if found := [key for key in _FORBIDDEN_IN_STORED if key in entry]:
            raise ValueError(f"a stored kubeconfig must not use {found[0]}: embed the data instead")
    return document


def _entries(document: dict[str, Any], section: str, key: str) -> list[dict[str, Any]]:
    items = document.get(section) or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ValueError(f"not a kubeconfig: {section} is no list")
    return [item[key] for item in items if isinstance(item.get(key), dict)]


def _load(cluster: Cluster, configuration: Any) -> None:
    if cluster.kubeconfig_encrypted:
        document = check_stored_kubeconfig(decrypt(bytes(cluster.kubeconfig_encrypted)))
        _config.load_kube_config_from_dict(document, client_configuration=configuration, persist_config=False)
    elif path := cluster.kubeconfig_path or settings.KUBECONFIG:
        _config.load_kube_config(path, client_configuration=configuration, persist_config=False)
    else:
        _config.load_incluster_config(client_configuration=configuration)


def _api_client(configuration: Any) -> Any:
    configuration.connection_pool_maxsize = _POOL_SIZE
    configuration.keep_alive = True  # a watch behind a silent load balancer must notice its loss
    api_client = kubernetes.client.ApiClient(configuration)
    if configuration.host.startswith("https"):
        # The client hands certificates over as temporary files, which any process forked from this one
        # removes when it ends. Read once into a context, they are also not parsed again for each connection.
        options = api_client.rest_client.pool_manager.connection_pool_kw
        options["ssl_context"] = _ssl_context(configuration)
        for key in ("ca_certs", "ca_cert_data", "cert_file", "key_file"):
            options.pop(key, None)
    return api_client


def _ssl_context(configuration: Any) -> ssl.SSLContext:
    context = urllib3.util.ssl_.create_urllib3_context()
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif configuration.ssl_ca_cert or configuration.ca_cert_data:
        context.load_verify_locations(cafile=configuration.ssl_ca_cert, cadata=configuration.ca_cert_data)
    else:
        context.load_default_certs()
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    return context

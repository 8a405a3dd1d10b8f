"""SSVirt: the VMware Cloud Director API, carried out on OpenShift Virtualization."""

__version__ = "0.1.0"

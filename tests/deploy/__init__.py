"""Tests of the container image and the manifests."""

"""Clusters and providers of storage, with what opens them."""

from __future__ import annotations

from assaymark_workflows.fdl.definition import Definition
from assaymark_workflows.fdl.fields import PROVIDERS, SECRET_FIELDS
from assaymark_workflows.fdl.secrets import check_secret
from assaymark_workflows.fdl.shapes import check_keys, check_object, wrong
from assaymark_workflows.source import Node


def check_providers(definition: Definition, storage: Node | None) -> None:
    """The providers of storage, their fields and credentials."""
    if storage is None or not storage.is_object:
        return
    check_keys(definition, storage, PROVIDERS, "storage_providers")
    for kind, group in storage.items:
        if kind.text not in PROVIDERS:
            continue
        if not group.is_object:
            wrong(definition, group, kind.text, "a map from an id to credentials")
        for key, provider in group.items:
            if provider.is_object:
                check_object(definition, provider, kind.text, key)
                _credentials(definition, provider)
            else:
                wrong(definition, provider, key.text, "an object")
            host = provider.get("hostname") if provider.is_object else None
            if host is not None and "://" in host.text:
                definition.say("FDL-V008", "hostname is a name without https://", host)


def check_clusters(definition: Definition, clusters: Node | None) -> None:
    """The clusters, their fields and credentials."""
    if clusters is None or not clusters.is_object:
        return
    for key, cluster in clusters.items:
        if cluster.is_object:
            check_object(definition, cluster, "cluster", key)
            _credentials(definition, cluster)
        else:
            wrong(definition, cluster, key.text, "an object")


def _credentials(definition: Definition, node: Node) -> None:
    for key, value in node.items:
        if key.text in SECRET_FIELDS:
            check_secret(definition, value)

"""The other clusters that a service is handed on to."""

from __future__ import annotations

from assaymark_workflows.fdl.definition import Definition
from assaymark_workflows.problems import hint
from assaymark_workflows.source import Node


def check_federation(definition: Definition, service: Node) -> None:
    """The members of a federation, and of the replicas that came before it."""
    federation = service.get("federation")
    lists = [service.get("replicas")]
    if federation is not None and federation.is_object:
        lists.append(federation.get("members"))
        environment = service.get("environment")
        secrets = environment.get("secrets") if environment is not None and environment.is_object else None
        if secrets is None or not secrets.is_object or secrets.get("refresh_token") is None:
            key = service.key("federation") or federation
            definition.say("FDL-X002", "a federation needs environment.secrets.refresh_token", key)
    for members in lists:
        for member in members.elements if members is not None else ():
            if member.is_object:
                _member(definition, member)


def _member(definition: Definition, member: Node) -> None:
    kind = member.get("type")
    if kind is None:
        return
    needed = {"oscar": ("cluster_id", "service_name"), "endpoint": ("url",)}.get(kind.text, ())
    for name in needed:
        if member.get(name) is None:
            definition.say("FDL-S002", f"a replica of type {kind.text} needs {name}", kind)
    cluster = member.get("cluster_id")
    listed = definition.root.get("clusters") is not None
    if kind.text == "oscar" and listed and cluster is not None and cluster.text not in definition.clusters:
        text = f"no cluster {cluster.text!r} is defined{hint(cluster.text, definition.clusters)}"
        definition.say("FDL-R002", text, cluster)

"""One service: its name, script, image, scales and environment."""

from __future__ import annotations

import posixpath
import re

from assaymark.api import Unreachable
from assaymark_workflows.fdl.definition import Definition
from assaymark_workflows.fdl.federation import check_federation
from assaymark_workflows.fdl.fields import READ_ONLY, RESERVED, SUPERSEDED
from assaymark_workflows.fdl.secrets import check_secret
from assaymark_workflows.fdl.shapes import check_object
from assaymark_workflows.fdl.storage import check_transfers, check_volume
from assaymark_workflows.problems import replace
from assaymark_workflows.source import Kind, Node

_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?")
_LONGEST_NAME = 39
_PINNED = re.compile(r"@sha256:[0-9a-f]{64}$|:(?!latest$)[^:/]+$")


def check_service(definition: Definition, cluster: Node, service: Node) -> None:
    """One service with all that hangs on it."""
    for key, _ in service.items:
        if key.text in READ_ONLY:
            definition.say("FDL-S005", f"{key.text} is set by the server; here it has no effect", key)
        elif key.text in SUPERSEDED:
            text = f"{key.text} moved into federation{'.members' if key.text == 'replicas' else ''}"
            definition.say("FDL-D002", text, key)
    check_object(definition, service, "service", cluster, skip=READ_ONLY)
    _name(definition, cluster, service)
    _script(definition, cluster, service)
    _image(definition, service)
    _users(definition, service)
    for name in ("synchronous", "expose", "kserve"):
        _scales(definition, service.get(name), 0 if name == "synchronous" else None)
    _expose(definition, service.get("expose"))
    check_federation(definition, service)
    _kserve(definition, service.get("kserve"))
    check_volume(definition, service)
    _environment(definition, service.get("environment"))
    check_transfers(definition, service)


def _name(definition: Definition, cluster: Node, service: Node) -> None:
    name = service.get("name")
    if name is None or not name.text or name.is_object or name.is_array:
        return
    if len(name.text) > _LONGEST_NAME:
        definition.say(
            "FDL-V001", f"the name has {len(name.text)} characters; at most {_LONGEST_NAME} are allowed", name
        )
    elif not _NAME.fullmatch(name.text):
        text = f"{name.text!r} is no name for Kubernetes: lower-case letters, digits and dashes between them"
        definition.say("FDL-V001", text, name)
    if (cluster.text, name.text) in definition.names:
        definition.say("FDL-R004", f"the cluster {cluster.text!r} has a service {name.text!r} already", name)
    definition.names.add((cluster.text, name.text))


def _script(definition: Definition, cluster: Node, service: Node) -> None:
    script = service.get("script")
    served = service.get("kserve") is not None
    if script is None or not script.text.strip():
        rule = "FDL-P002" if served else "FDL-S002"
        definition.say(rule, "a service needs script", script if script is not None and script.text else cluster)
        return
    if script.is_object or script.is_array or script.text.startswith(("http://", "https://")):
        return
    if "\n" in script.text:
        return  # the script itself
    place = posixpath.join(posixpath.dirname(definition.path), script.text)
    try:
        if script.text.startswith(("/", "~")):
            raise Unreachable("absolute", outside=True)
        if not definition.context.exists(place):
            if posixpath.normpath(place).startswith("../"):
                raise Unreachable("outside", outside=True)
            rule = "FDL-P002" if served else "FDL-R003"
            definition.say(rule, f"there is no file {posixpath.normpath(place)!r}", script)
    except Unreachable:
        definition.say("WF-C001", f"{script.text!r} lies outside the repository", script)


def _image(definition: Definition, service: Node) -> None:
    image = service.get("image")
    if image is not None and image.is_string and image.text and not _PINNED.search(image.text):
        definition.say("FDL-P001", f"the image {image.text!r} has no tag that stays the same", image)


def _users(definition: Definition, service: Node) -> None:
    users, visibility = service.get("allowed_users"), service.get("visibility")
    if users is not None and users.elements and visibility is not None and visibility.text != "restricted":
        key = service.key("allowed_users") or users
        definition.say("FDL-X003", "allowed_users only counts with visibility: restricted", key)


def _scales(definition: Definition, node: Node | None, unlimited: int | None) -> None:
    if node is None or not node.is_object:
        return
    low, high = node.get("min_scale"), node.get("max_scale")
    if low is None or high is None or low.kind is not Kind.INTEGER or high.kind is not Kind.INTEGER:
        return
    if low.value > high.value and high.value != unlimited:
        definition.say("FDL-V004", f"min_scale {low.value} is more than max_scale {high.value}", low)


def _expose(definition: Definition, expose: Node | None) -> None:
    if expose is None or not expose.is_object:
        return
    old, threshold = expose.key("port"), expose.get("cpu_threshold")
    if old is not None:
        edits = () if expose.key("api_port") else (replace(old.span, "api_port"),)
        definition.say("FDL-D001", "port is called api_port", old, edits=edits)
    if threshold is not None and threshold.kind is Kind.INTEGER and threshold.value > 100:
        definition.say("FDL-V005", "cpu_threshold is a percentage, at most 100", threshold)


def _kserve(definition: Definition, kserve: Node | None) -> None:
    kind = kserve.get("type") if kserve is not None and kserve.is_object else None
    if kserve is None or kind is None:
        return
    inference, llm = kserve.key("inference"), kserve.key("llm_inference")
    if kind.text == "inference":
        if inference is None:
            definition.say("FDL-X001", "type inference needs the part inference", kind)
        if llm is not None:
            definition.say("FDL-X001", "llm_inference does not go with type inference", llm)
    elif kind.text == "llm_inference" and inference is not None:
        definition.say("FDL-X001", "inference does not go with type llm_inference", inference)


def _environment(definition: Definition, environment: Node | None) -> None:
    if environment is None or not environment.is_object:
        return
    for _, part in environment.items:
        for key, _ in part.items:
            if key.text in RESERVED:
                definition.say("FDL-V007", f"{key.text} is set by OSCAR itself", key)
    secrets = environment.get("secrets") or environment.get("Secrets")
    for _, value in secrets.items if secrets is not None else ():
        check_secret(definition, value)

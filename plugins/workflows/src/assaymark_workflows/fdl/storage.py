"""What a service mounts, reads and writes."""

from __future__ import annotations

import re

from assaymark_workflows.fdl.definition import Definition, objects_of
from assaymark_workflows.fdl.fields import INPUT_PROVIDERS, PROVIDERS
from assaymark_workflows.fdl.secrets import PLACEHOLDER
from assaymark_workflows.problems import hint
from assaymark_workflows.source import Node

_VOLUME_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")
_OPTIONS = re.compile(r"[-A-Za-z0-9_.:=,/ ]*")


def check_volume(definition: Definition, service: Node) -> None:
    """What a service mounts."""
    volume, mount = service.get("volume"), service.get("mount")
    if volume is not None and volume.is_object:
        name, path = volume.get("name"), volume.get("mount_path")
        if name is not None and not _VOLUME_NAME.fullmatch(name.text):
            definition.say(
                "FDL-V001", f"{name.text!r} is no name of a volume (lower-case letters, digits, dashes)", name
            )
        if path is not None and path.text and not path.text.startswith("/"):
            definition.say("FDL-V006", "mount_path is an absolute path", path)
    if mount is not None and mount.is_object:
        options, path = mount.get("options"), mount.get("path")
        if options is not None and not _OPTIONS.fullmatch(options.text):
            definition.say("FDL-V006", "options hold letters, digits, blanks and - _ . : = , / only", options)
        _provider(definition, mount, (*INPUT_PROVIDERS, "s3", "onedata"), "mount")


def check_transfers(definition: Definition, service: Node) -> None:
    """Where a service reads and writes; it must not start itself."""
    inputs = [_transfer(definition, node, INPUT_PROVIDERS, "input") for node in objects_of(service.get("input"))]
    outputs = objects_of(service.get("output"))
    for node in outputs:
        written = _transfer(definition, node, PROVIDERS, "output")
        if written is None:
            continue
        for read in inputs:
            if read is not None and read[0] == written[0] and f"{written[1]}/".startswith(f"{read[1]}/"):
                path = node.get("path")
                text = f"what is written to {written[1]!r} starts the service again, which reads {read[1]!r}"
                definition.say("FDL-G001", text, path if path is not None else node)


def _transfer(definition: Definition, node: Node, allowed: tuple[str, ...], what: str) -> tuple[str, str] | None:
    provider = _provider(definition, node, allowed, what)
    path = node.get("path")
    if provider is None or path is None or path.is_object or path.is_array:
        return None
    return provider, path.text.strip("/")


def _provider(definition: Definition, node: Node, allowed: tuple[str, ...], what: str) -> str | None:
    given = node.get("storage_provider") if node.is_object else None
    if given is None or not given.text or given.is_object or given.is_array:
        return None
    kind, _, name = given.text.partition(".")
    name = name or "default"
    if kind not in PROVIDERS:
        if PLACEHOLDER.match(kind) and not kind.startswith("my"):
            definition.say("FDL-S006", f"{kind!r} looks like something to be filled in", given)
            return None
        definition.say("FDL-R001", f"{kind!r} is no kind of storage{hint(kind, PROVIDERS)}", given)
        return None
    if kind not in allowed:
        definition.say("FDL-X004", f"{kind} cannot be the {what} of a service; {', '.join(allowed)} can", given)
    # The storage of a cluster goes by the name of the cluster.
    known = {
        *definition.providers.get(kind, ()),
        *(("default", *definition.clusters, *definition.used) if kind == "minio" else ()),
    }
    if name not in known:
        text = f"the storage {kind}.{name} is not defined below storage_providers{hint(name, known)}"
        definition.say("FDL-R001", text, given)
    return f"{kind}.{name}"

"""Manifests that are registered by an address with a digest, and taken over from another repository.

``assaymark:custom/<host>/<owner>/<repo>/<path>@sha256:<digest>`` names one version of one file for good, wherever a
copy comes from: what has another digest is refused.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assaymark.api import InputError, Unreachable, fetcher
from assaymark_models.manifest import LIMIT, Manifest, read

ADDRESS = re.compile(
    r"assaymark:custom/(?P<host>[^/@\s]+)/(?P<owner>[^/@\s]+)/(?P<name>[^/@\s]+)/(?P<path>[^@\s]+)@sha256:(?P<digest>[0-9a-f]{64})"
)
# What decides; a manifest that takes rules over states none of these itself.
RULES = (
    "metric", "slice", "statistics", "no-regression", "robustness", "calibration", "constraint", "reproducible",
    "hygiene", "detection",
)  # fmt: skip # a table of names
LIMITS = ("resources", "reported")  # taken over where the rules state them, else a manifest's own


def with_rules(manifest: Manifest, copies: Sequence[str], hosts: Sequence[str]) -> Manifest:
    """The manifest with the rules that it refers to. InputError when they cannot be had, or it changes them."""
    address = manifest.data.get("rules")
    if address is None:
        return manifest
    line = manifest.line_of("rules")
    where = f"{manifest.path}:{line}" if line else str(manifest.path)
    _refuse_own(manifest, RULES, where)
    found = ADDRESS.fullmatch(str(address))
    if found is None:
        raise InputError(f"{address} is no address of a manifest", where=where)
    text = _text(found, copies, hosts, where)
    rules = read(text, str(address))
    if "rules" in rules:
        raise InputError("the rules refer to other rules", where=where, hint="name those at once")
    if rules["task"] != manifest.task:
        raise InputError(f"the rules are for the task {rules['task']}, not {manifest.task}", where=where)
    taken = {k: rules[k] for k in (*RULES, *LIMITS) if k in rules}
    _refuse_own(manifest, tuple(taken), where)
    merged = {**manifest.data, **taken}
    if "metric" not in merged:
        raise InputError("the rules hold no metric", where=where)
    return replace(manifest, data=merged)


def _refuse_own(manifest: Manifest, names: Sequence[str], where: str) -> None:
    own = sorted(set(names) & set(manifest.data))
    if own:
        raise InputError(
            f"states {', '.join(own)} beside the rules that it takes over", where=where, hint="keep one of both"
        )


def _text(found: re.Match[str], copies: Sequence[str], hosts: Sequence[str], where: str) -> str:
    wanted = found["digest"]
    for copy in copies:
        data = _copy(copy)
        if hashlib.sha256(data).hexdigest() == wanted:
            return data.decode("utf-8", "replace")
    if copies and not hosts:
        raise InputError(f"none of the copies has the digest sha256:{wanted[:12]}…", where=where)
    if not hosts:
        raise InputError(
            "the rules that it refers to are not here", where=where,
            hint="give a copy: --registered FILE, or allow its host: --allow-host raw.githubusercontent.com",
        )  # fmt: skip # one hint
    address = _raw(found)
    try:
        data = fetcher(hosts)(address)
    except Unreachable as problem:
        raise InputError(f"the rules were not had: {problem.reason}", where=where) from problem
    if hashlib.sha256(data).hexdigest() != wanted:
        raise InputError(
            f"{address} holds another manifest than the one that is referred to", where=where,
            hint="give a copy of that version: --registered FILE",
        )  # fmt: skip # one hint
    return data.decode("utf-8", "replace")


def _raw(found: re.Match[str]) -> str:
    """Where a forge serves the file itself; the newest version, whose digest tells whether it is the one."""
    host, rest = found["host"], f"{found['owner']}/{found['name']}"
    if host == "github.com":
        return f"https://raw.githubusercontent.com/{rest}/HEAD/{found['path']}"
    return f"https://{host}/{rest}/-/raw/HEAD/{found['path']}"


def _copy(name: str) -> bytes:
    try:
        with Path(name).open("rb") as stream:
            return stream.read(LIMIT)
    except OSError as problem:
        raise InputError(f"the copy cannot be read: {problem.strerror}", where=name) from problem

"""Provenance that other tools wrote (yProv4ML, yProv4WFs, any PROV-JSON), made fit to stand beside ours.

Times are put right, namespaces made absolute, ``"None"`` taken as absent, hosts and users left out, and the whole is
tied to the digest of the file it came from. Values and names are not changed otherwise.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from assaymark.errors import InputError
from assaymark.provenance.constraints import ELEMENTS, RELATIONS

_TIMES = re.compile(r"prov:(startTime|endTime|time|startedAtTime|endedAtTime|generatedAtTime)")
# What tells of the machine or of the person rather than of the work.
_PRIVATE = re.compile(r"(^|[:_])(host_?name|user(_?name)?|PID|cwd|home|e_?mail)$", re.IGNORECASE)
_ABSOLUTE = re.compile(r"(?:/[^/\s]+){2,}/?|[A-Za-z]:\\\S+")
_OURS = "https://assaymark.github.io/upstream/"
# PROV-JSON means by ``default`` the namespace of names without a prefix: ours have one.
_OWN = "up"
_MAX = 64_000_000


def kind_of(document: Mapping[str, Any]) -> str:
    """Who wrote a PROV document: ``yProv4ML``, ``yProv4WFs`` or ``PROV``."""
    prefixes = _mapping(document.get("prefix"))
    text = " ".join(f"{name} {address}" for name, address in prefixes.items()).lower()
    if "yprov4ml" in text or "prov-ml" in text:
        return "yProv4ML"
    return "yProv4WFs" if "prov4wfs" in text else "PROV"


def imported(data: bytes, name: str) -> dict[str, Any]:
    """A PROV-JSON document of another maker as one that stands beside ours. Raises InputError."""
    if len(data) > _MAX:
        raise InputError(f"has {len(data)} bytes; at most {_MAX} are read", where=name)
    try:
        given = json.loads(data)
    except (ValueError, RecursionError) as problem:
        raise InputError(f"not a JSON document: {problem}", where=name) from problem
    if not isinstance(given, dict) or not any(isinstance(given.get(section), dict) for section in ELEMENTS):
        raise InputError("not a PROV-JSON document: it has no entity, activity or agent", where=name)
    digest = hashlib.sha256(data).hexdigest()
    made: dict[str, Any] = {"prefix": _prefixes(given, digest)}
    known = set(made["prefix"]) | {"prov", "xsd", "_"}
    people: dict[str, str] = {}
    for section in (*ELEMENTS, *RELATIONS):
        for id, value in _mapping(given.get(section)).items():
            told = _people(section, id, people) if section == "agent" else id
            made.setdefault(section, {})[_named(told, known)] = _record(value, known)
    _rename(made, {_named(k, known): _named(v, known) for k, v in people.items()})
    source = {"prov:type": {"$": "am:Upstream", "type": "prov:QUALIFIED_NAME"}, "prov:label": name}
    made.setdefault("entity", {})[f"sha256:{digest}"] = {**source, "am:maker": kind_of(given)}
    return made


def _prefixes(given: Mapping[str, Any], digest: str) -> dict[str, str]:
    """Namespaces as absolute addresses; one that is none gets an address made of the file's digest."""
    made = {}
    for name, address in _mapping(given.get("prefix")).items():
        absolute = isinstance(address, str) and re.match(r"(https?://|urn:)\S+$", address)
        made[_OWN if name == "default" else str(name)] = (
            address if absolute else f"{_OURS}{digest[:16]}/{quote(str(address), safe='')}#"
        )
    made.setdefault(_OWN, f"{_OURS}{digest[:16]}#")
    return {**made, "am": "https://assaymark.github.io/vocabulary#", "sha256": "urn:sha256:"}


def _people(section: str, id: str, people: dict[str, str]) -> str:
    """An agent's name may be that of a user on a host: it is replaced by a digest of it."""
    made = f"agent-{hashlib.sha256(id.encode()).hexdigest()[:12]}"
    people[id] = made
    return made


def _rename(made: dict[str, Any], names: Mapping[str, str]) -> None:
    for kind, ends in RELATIONS.items():
        for value in _mapping(made.get(kind)).values():
            for end, _ in ends:
                if value.get(end) in names:
                    value[end] = names[value[end]]


def _named(id: str, known: set[str]) -> str:
    prefix, colon, rest = id.partition(":")
    if not colon or prefix not in known:
        prefix, rest = _OWN, id
    return f"{prefix}:{quote(rest, safe='-._~/@&+*#')}"


def _record(value: Any, known: set[str]) -> dict[str, Any]:
    """One record: of several with one name the first value of each attribute counts."""
    kept: dict[str, Any] = {}
    for copy in value if isinstance(value, list) else [value]:
        for key, one in _mapping(copy).items():
            mended = _value(str(key), one, known)
            if mended is not None and not _PRIVATE.search(str(key)):
                kept.setdefault(_key(str(key), known), mended)
    return kept


def _key(key: str, known: set[str]) -> str:
    return key if key.partition(":")[0] in known and ":" in key else f"{_OWN}:{quote(key, safe='-._~')}"


def _value(key: str, value: Any, known: set[str]) -> Any:
    ends = {end for shape in RELATIONS.values() for end, _ in shape}
    if key in ends:
        return _named(value, known) if isinstance(value, str) else None
    if isinstance(value, list):
        values = [v for v in (_value(key, v, known) for v in value) if v is not None]
        return values or None
    if isinstance(value, Mapping):
        inner = value.get("$")
        return dict(value) if inner is not None and not isinstance(inner, (dict, list)) else None
    if value is None or value == "None":
        return None
    if isinstance(value, str):
        if _TIMES.fullmatch(key):
            return _moment(value)
        return _ABSOLUTE.sub(lambda m: m[0].rstrip("/\\").replace("\\", "/").rpartition("/")[2], value)
    return value


def _moment(text: str) -> str | None:
    """``2026-01-01 10:00:00.1`` as a dateTime; None for what is no time."""
    from datetime import datetime

    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment.isoformat()


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

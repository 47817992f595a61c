"""A PROV document as a yProv service can keep it, and what of it came back.

The service stores a property graph: it drops bundles, keeps one value per attribute, turns numbers into text, forgets
time zones and names of relations, and merges relations of one kind between the same two nodes. The projection holds
nothing that would be lost unseen; the digest of the full document goes along.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from assaymark.provenance.constraints import ELEMENTS, RELATIONS

_TIMES = ("prov:startTime", "prov:endTime", "prov:time")
_UNSAFE = re.compile(r"/|%2[fF]|\s|%%")
_LONGEST = 60
# What began or ended another without a trigger, where PROV-JSON says so.
_ANOTHER = {"wasStartedBy": "prov:starter", "wasEndedBy": "prov:ender"}


def project(document: Mapping[str, Any], digest: str) -> dict[str, Any]:
    """The document as the service keeps it; ``digest`` is the SHA-256 of the bytes of the full one."""
    flat = _flat(document)
    names = {id: _safe(id) for section in ELEMENTS for id in flat.get(section, {})}
    made: dict[str, Any] = {"prefix": {str(k): str(v) for k, v in flat.get("prefix", {}).items()}}
    for section in ELEMENTS:
        for id, value in flat.get(section, {}).items():
            made.setdefault(section, {})[names[id]] = _attributes(value)
    for section in RELATIONS:
        for id, value in flat.get(section, {}).items():
            _relation(made, section, id, value, names)
    made.setdefault("entity", {})["am:document"] = {"prov:type": "am:Document", "am:sha256": digest}
    made["prefix"].setdefault("am", "https://assaymark.github.io/vocabulary#")
    return made


def differences(sent: Mapping[str, Any], kept: Any) -> Iterator[str]:
    """What of a projection did not come back, one sentence each. ``kept`` is what the service answered, parsed."""
    if not isinstance(kept, Mapping):
        yield "the answer is no PROV-JSON document"
        return
    for section in ELEMENTS:
        before, after = _mapping(sent.get(section)), _mapping(kept.get(section))
        for id in sorted(set(before) - set(after)):
            yield f"{section} {id} is gone"
        for id in sorted(set(after) - set(before)):
            yield f"{section} {id} was not sent"
        for id in sorted(set(before) & set(after)):
            yield from _changed(section, id, before[id], _mapping(after[id]))
    one, two = _pairs(sent), _pairs(kept)
    for kind, first, second in sorted((one - two).keys()):
        yield f"{kind} {first} -> {second} is gone"
    for kind, first, second in sorted((two - one).keys()):
        yield f"{kind} {first} -> {second} was not sent"


def _changed(section: str, id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for key, value in before.items():
        if _text(key, value) != _text(key, after.get(key)):
            yield f"{key} of {section} {id} is {_text(key, after.get(key))!r}, not {_text(key, value)!r}"


def _text(key: str, value: Any) -> str:
    """A value as far as the storage keeps it."""
    if isinstance(value, Mapping):
        value = value.get("$")
    text = str(value)
    if key in _TIMES:
        text = re.sub(r"(\.\d+)?(Z|[+-]\d\d:\d\d)?$", "", text)
    return text


def _pairs(document: Mapping[str, Any]) -> Counter[tuple[str, str, str]]:
    found: Counter[tuple[str, str, str]] = Counter()
    for kind, ends in RELATIONS.items():
        for value in _mapping(document.get(kind)).values():
            if isinstance(value, Mapping):
                found[(kind, str(value.get(ends[0][0])), str(value.get(ends[1][0])))] += 1
    return found


def _flat(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the records of its bundles among its own."""
    flat: dict[str, Any] = {k: dict(v) for k, v in document.items() if k != "bundle" and isinstance(v, Mapping)}
    for bundle in _mapping(document.get("bundle")).values():
        for section, records in _mapping(bundle).items():
            for id, value in _mapping(records).items():
                flat.setdefault(section, {}).setdefault(id, value)
    return flat


def _attributes(value: Any) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for copy in value if isinstance(value, list) else [value]:
        for key, one in _mapping(copy).items():
            values = one if isinstance(one, list) else [one]
            for number, single in enumerate(values):
                name = key if len(values) == 1 else f"{key}_{number + 1}"
                kept[name] = _plain(single)
                if key in _TIMES:
                    kept[f"am:{key.removeprefix('prov:')}"] = str(kept[name])
    return kept


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        value = value.get("$")
    return str(value).replace("%%", "% %")


def _relation(made: dict[str, Any], section: str, id: str, value: Any, names: Mapping[str, str]) -> None:
    ends = RELATIONS[section]
    for copy in value if isinstance(value, list) else [value]:
        told = _mapping(copy)
        first, second = told.get(ends[0][0]), told.get(ends[1][0])
        kind = section
        if section in _ANOTHER and second is None:
            # The service drops a start or an end without a trigger; that one informed the other is kept.
            kind, second = "wasInformedBy", told.get(_ANOTHER[section])
        elif section == "mentionOf":
            # It takes a mention and can never read it again; what a mention specialises it can keep.
            kind = "specializationOf"
        if not isinstance(first, str) or not isinstance(second, str):
            continue
        one, two = names.get(first, _safe(first)), names.get(second, _safe(second))
        for name, (_, element) in zip((one, two), RELATIONS[kind], strict=False):
            # An end that is nowhere declared breaks the service; that there is such a thing the relation says itself.
            if not any(name in made.get(known, {}) for known in ELEMENTS):
                made.setdefault(element or "entity", {})[name] = {}
        name = f"_:{kind}-{hashlib.sha256(f'{one}{chr(0)}{two}'.encode()).hexdigest()[:16]}"
        made.setdefault(kind, {})[name] = {RELATIONS[kind][0][0]: one, RELATIONS[kind][1][0]: two}


def _safe(id: str) -> str:
    """A name that can be asked for singly: without slashes and blanks, told apart by a digest."""
    if not _UNSAFE.search(id):
        return id
    prefix, _, rest = id.partition(":")
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", re.sub(r"%[0-9a-fA-F]{2}", "-", rest)).strip("-")[:_LONGEST]
    return f"{prefix}:{readable}-{hashlib.sha256(id.encode()).hexdigest()[:16]}"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

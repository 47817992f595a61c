"""Where a release was taken: what lies at which place, by digest and DOI, since when, and how that is known.

A release is finished before it is published, so this is a record of its own beside the one of the build. It grows with
each place; what it already tells is never told anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from assaymark.errors import InputError
from assaymark.provenance.prov import Writer, dump, local
from assaymark.provenance.uris import HOME

_KINDS = ("github-release", "image", "deposit")
_MOST = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place where a release can be found.

    - ``kind``: ``github-release``, ``image`` or ``deposit``; ``address``: a URL, or ``registry/name:tag``;
    - ``sha256``: what lies there: the list of all files (``release.json``), or the manifest of the image;
    - ``moment``: when we saw to it (RFC 3339, UTC); ``found``: it was there already, this run did not put it there;
    - ``draft``: not public yet; ``version``: that of assaymark; ``run``: the address of the CI run, if it was one.
    """

    kind: str
    address: str
    sha256: str
    moment: str = ""
    found: bool = False
    draft: bool = False
    doi: str = ""
    version: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A release and its places. The digests are those of the list of files, the SLSA statement and the W3C PROV of it.

    ``images`` are all that the release names (``name@sha256:...``); ``statement`` and ``record`` may be missing ('').
    """

    repository: str
    commit: str
    tag: str
    name: str
    release: str
    listed: str
    statement: str = ""
    record: str = ""
    images: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()

    def with_places(self, new: Iterable[Place]) -> Published:
        """The same with more places. One that is told already stays as it is; a draft goes when it became final."""
        known = {(p.kind, p.address): p for p in self.places}
        for place in new:
            if not place.draft:
                known = {key: p for key, p in known.items() if not (p.draft and p.kind == place.kind)}
            before = known.get((place.kind, place.address))
            if before is None or before.sha256 != place.sha256:
                known[place.kind, place.address] = place
        return replace(self, places=tuple(known[key] for key in sorted(known)))


def render(published: Published) -> str:
    """The record as PROV-JSON: the same bytes for the same facts."""
    repository = f"https://{published.repository}" if published.repository else None
    writer = Writer(f"urn:assaymark:publication:{published.listed}", repository)
    commit = writer.entity(
        f"commit:{published.commit}", "am:Source", published.repository or "source", **{"am:uri": repository}
    )
    whole = writer.entity(
        f"sha256:{published.listed}",
        "am:Release",
        f"{published.name} {published.release}",
        **{"am:tag": published.tag, "am:name": published.name, "am:released": published.release},
    )
    writer.relate("wasDerivedFrom", whole, commit)
    for type, digest in (("am:Statement", published.statement), ("am:Record", published.record)):
        if digest:
            writer.relate("wasDerivedFrom", whole, writer.entity(f"sha256:{digest}", type, _NAMES[type]))
    for image in published.images:
        name = writer.entity(f"sha256:{image.rpartition('@sha256:')[2]}", "am:Image", image)
        writer.relate("hadMember", whole, name)
    for place in published.places:
        _place(writer, place)
    return dump(writer.document())


_NAMES = {"am:Statement": "release.intoto.jsonl", "am:Record": "release-provenance.json"}


def _place(writer: Writer, place: Place) -> None:
    there = writer.entity(
        f"id:{local(place.address)}",
        "am:Place",
        place.address,
        **{
            "am:kind": place.kind,
            "am:doi": place.doi,
            "am:draft": True if place.draft else None,
            "am:uri": f"https://doi.org/{place.doi}" if place.doi else None,
        },
    )
    act = writer.activity(
        f"run:{local(place.kind)}-{hashlib.sha256(place.address.encode()).hexdigest()[:16]}",
        "am:Observation" if place.found else "am:Publication",
        f"{'found' if place.found else 'published'} at {place.address}",
        start=None,
        end=place.moment,
        **{"am:url": place.run},
    )
    writer.relate("used", act, f"sha256:{place.sha256}")
    if place.found:
        # Somebody put it there before: this run only saw it.
        writer.relate("used", act, there)
    else:
        writer.relate("wasGeneratedBy", there, act)
    writer.relate("wasDerivedFrom", there, f"sha256:{place.sha256}")
    agent = f"tool:assaymark%40{local(place.version)}"
    writer.agent(agent, "prov:SoftwareAgent", f"assaymark {place.version}", **{"am:uri": HOME})
    writer.relate("wasAssociatedWith", act, agent)


def read(content: bytes) -> Published:
    """The record out of a document of ours. Raises InputError when it is none, or was edited since."""
    if len(content) > _MOST:
        raise InputError(f"is larger than {_MOST // 1_000_000} MB")
    try:
        told = _read(json.loads(content))
        same = render(told).encode() == content
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        same = False
    if not same:
        raise InputError("is not a record of a publication that assaymark wrote, or was changed since")
    return told


def _read(document: Mapping[str, Any]) -> Published:
    entities: Mapping[str, Mapping[str, Any]] = document["entity"]
    kinds: dict[str, list[str]] = {}
    for name, entity in entities.items():
        kinds.setdefault(entity["prov:type"]["$"], []).append(name)
    (commit,), (whole,) = kinds["am:Source"], kinds["am:Release"]
    one = entities[whole]
    return Published(
        repository=entities[commit].get("am:uri", "").removeprefix("https://"),
        commit=commit.removeprefix("commit:"),
        tag=one["am:tag"],
        name=one["am:name"],
        release=one["am:released"],
        listed=whole.removeprefix("sha256:"),
        statement=_digest(kinds.get("am:Statement", [])),
        record=_digest(kinds.get("am:Record", [])),
        images=tuple(sorted(entities[name]["prov:label"] for name in kinds.get("am:Image", []))),
        places=tuple(_placed(document, name) for name in sorted(kinds.get("am:Place", []), key=_order(entities))),
    )


def _order(entities: Mapping[str, Mapping[str, Any]]) -> Any:
    return lambda name: (entities[name]["am:kind"], entities[name]["prov:label"])


def _digest(names: list[str]) -> str:
    return names[0].removeprefix("sha256:") if names else ""


def _placed(document: Mapping[str, Any], name: str) -> Place:
    entity = document["entity"][name]
    kind, address = entity["am:kind"], entity["prov:label"]
    if kind not in _KINDS:
        raise ValueError(kind)
    activity = f"run:{local(kind)}-{hashlib.sha256(address.encode()).hexdigest()[:16]}"
    told = document["activity"][activity]
    (agent,) = (a["prov:agent"] for a in document["wasAssociatedWith"].values() if a["prov:activity"] == activity)
    (there,) = (d["prov:usedEntity"] for d in document["wasDerivedFrom"].values() if d["prov:generatedEntity"] == name)
    return Place(
        kind=kind,
        address=address,
        sha256=there.removeprefix("sha256:"),
        moment=told["prov:endTime"],
        found=told["prov:type"]["$"] == "am:Observation",
        draft=entity.get("am:draft", False),
        doi=entity.get("am:doi", ""),
        version=unquote(agent.partition("%40")[2]),
        run=told.get("am:url", ""),
    )

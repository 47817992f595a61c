"""The release as a Process Run RO-Crate: what it is, its files by digest, and the build that made them of a commit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from assaymark import __version__
from assaymark.provenance.crate import moment
from assaymark.provenance.uris import COMPLETED, CRATE, CRATE_CONTEXTS, CRATE_PROFILES, DOCKER_IMAGE, HOME

if TYPE_CHECKING:
    from assaymark.release.folder import File, Release
    from assaymark.release.source import Source

Entity = dict[str, Any]
TOOL = f"{HOME}/releases/tag/v{__version__}"
_MEDIA = {
    "sdist": "application/gzip",
    "wheel": "application/zip",
    "wheelhouse": "application/x-tar",
    "notes": "text/markdown",
    "badge": "image/svg+xml",
    "provenance": "application/vnd.in-toto+json",
}


def render(source: Source, release: Release, *, started: str, finished: str, authors: Mapping[str, str]) -> str:
    """``ro-crate-metadata.json``; ``authors`` by their address (ORCID) or a name for those without one."""
    graph = list(_entities(source, release, started, finished, authors))
    document = {"@context": list(CRATE_CONTEXTS), "@graph": graph}
    return json.dumps(document, sort_keys=True, indent=1) + "\n"


def _entities(
    source: Source, release: Release, started: str, finished: str, authors: Mapping[str, str]
) -> Iterator[Entity]:
    profile, name, version = CRATE_PROFILES["process"]
    descriptor = {"@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": _ref("./")}
    yield {**descriptor, "conformsTo": _ref(CRATE)}
    yield _root(source, release, finished, sorted(authors))
    yield {"@id": profile, "@type": "CreativeWork", "name": name, "version": version}
    yield {
        "@id": _commit(release),
        "@type": "SoftwareSourceCode",
        "name": release.name,
        "version": release.commit,
        "codeRepository": f"https://{release.repository}",
        **({"url": _commit(release)} if release.repository else {}),
    }
    yield {
        "@id": TOOL, "@type": "SoftwareApplication", "name": "assaymark", "softwareVersion": __version__, "url": HOME,
    }  # fmt: skip # one item a line says less
    yield _build(release, started, finished)
    if release.licence:
        yield {"@id": _licence(release), "@type": "CreativeWork", "name": release.licence}
    for address, who in sorted(authors.items()):
        kind = "Person" if address.startswith("https://orcid.org/") else "Organization"
        yield {"@id": address, "@type": kind, "name": who}
    yield from map(_file, release.files)
    yield from map(_image, release.images)


def _root(source: Source, release: Release, finished: str, people: Sequence[str]) -> Entity:
    root: Entity = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"{release.name} {release.version}",
        "description": _description(source) or f"Release {release.version} of {release.name}.",
        "version": release.version,
        "datePublished": finished,
        "conformsTo": [_ref(CRATE_PROFILES["process"][0])],
        "hasPart": [_ref(f.name) for f in release.files],
        "mentions": [_ref("#build"), *(_ref(_place(i)) for i in release.images)],
        "isBasedOn": _ref(_commit(release)),
    }
    if release.licence:
        root["license"] = _ref(_licence(release))
    if people:
        root["author"] = [_ref(p) for p in people]
    return root


def _build(release: Release, started: str, finished: str) -> Entity:
    return {
        "@id": "#build",
        "@type": "CreateAction",
        "name": f"Build of {release.tag}",
        "description": f"{len(release.files)} files, made of the commit by what its build back ends say.",
        "startTime": moment(started),
        "endTime": moment(finished),
        "instrument": _ref(TOOL),
        "object": _ref(_commit(release)),
        "result": [_ref(f.name) for f in release.files if f.kind in ("sdist", "wheel", "wheelhouse", "sbom")],
        "actionStatus": COMPLETED,
    }


def _file(file: File) -> Entity:
    return {
        "@id": file.name,
        "@type": "File",
        "name": file.name,
        "encodingFormat": _MEDIA.get(file.kind, "application/json"),
        "contentSize": str(file.size),
        "sha256": file.sha256,
    }


def _image(image: str) -> Entity:
    return {
        "@id": _place(image),
        "@type": "ContainerImage",
        "additionalType": _ref(DOCKER_IMAGE),
        "name": image.partition("@")[0],
        "sha256": image.rpartition(":")[2],
    }


def _commit(release: Release) -> str:
    return f"https://{release.repository}/commit/{release.commit}" if release.repository else f"#{release.commit}"


def _licence(release: Release) -> str:
    return f"https://spdx.org/licenses/{release.licence}" if " " not in release.licence else "#licence"


def _description(source: Source) -> str:
    return next((d.description for d in source.metadata.declared if d.description), "")


def _place(image: str) -> str:
    return f"docker://{image}"


def _ref(id: str) -> dict[str, str]:
    return {"@id": id}

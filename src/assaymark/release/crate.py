"""The release as a Process Run RO-Crate: what it is, its files by digest, and the build that made them of a commit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from assaymark import __version__
from assaymark.provenance.crate import moment
from assaymark.provenance.uris import COMPLETED, CRATE, CRATE_CONTEXTS, CRATE_PROFILES, DOCKER_IMAGE, HOME

if TYPE_CHECKING:
    from assaymark.release.folder import Release
    from assaymark.release.source import Source

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
) -> list[dict[str, Any]]:
    profile, name, version = CRATE_PROFILES["process"]
    tool = f"{HOME}/releases/tag/v{__version__}"
    commit = f"https://{release.repository}/commit/{release.commit}" if release.repository else f"#{release.commit}"
    licence = f"https://spdx.org/licenses/{release.licence}" if " " not in release.licence else "#licence"
    files = [_ref(f.name) for f in release.files]
    images = [_ref(_image(i)) for i in release.images]
    people = sorted(authors)
    root: dict[str, Any] = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"{release.name} {release.version}",
        "description": _description(source) or f"Release {release.version} of {release.name}.",
        "version": release.version,
        "datePublished": finished,
        "conformsTo": [_ref(profile)],
        "hasPart": files,
        "mentions": [_ref("#build"), *images],
        "isBasedOn": _ref(commit),
    }
    if release.licence:
        root["license"] = _ref(licence)
    if people:
        root["author"] = [_ref(p) for p in people]
    descriptor = {"@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": _ref("./")}
    entities: list[dict[str, Any]] = [
        {**descriptor, "conformsTo": _ref(CRATE)},
        root,
        {"@id": profile, "@type": "CreativeWork", "name": name, "version": version},
        {
            "@id": commit,
            "@type": "SoftwareSourceCode",
            "name": release.name,
            "version": release.commit,
            "codeRepository": f"https://{release.repository}",
            **({"url": commit} if release.repository else {}),
        },
        {"@id": tool, "@type": "SoftwareApplication", "name": "assaymark", "softwareVersion": __version__, "url": HOME},
        {
            "@id": "#build",
            "@type": "CreateAction",
            "name": f"Build of {release.tag}",
            "description": f"{len(release.files)} files, made of the commit by what its build back ends say.",
            "startTime": moment(started),
            "endTime": moment(finished),
            "instrument": _ref(tool),
            "object": _ref(commit),
            "result": [_ref(f.name) for f in release.files if f.kind in ("sdist", "wheel", "wheelhouse", "sbom")],
            "actionStatus": COMPLETED,
        },
    ]
    if release.licence:
        entities.append({"@id": licence, "@type": "CreativeWork", "name": release.licence})
    entities += [
        {"@id": address, "@type": "Person" if address.startswith("https://orcid.org/") else "Organization", "name": who}
        for address, who in sorted(authors.items())
    ]
    entities += [
        {
            "@id": f.name,
            "@type": "File",
            "name": f.name,
            "encodingFormat": _MEDIA.get(f.kind, "application/json"),
            "contentSize": str(f.size),
            "sha256": f.sha256,
        }
        for f in release.files
    ]
    entities += [
        {
            "@id": _image(i),
            "@type": "ContainerImage",
            "additionalType": _ref(DOCKER_IMAGE),
            "name": i.partition("@")[0],
            "sha256": i.rpartition(":")[2],
        }
        for i in release.images
    ]
    return entities


def _description(source: Source) -> str:
    return next((d.description for d in source.metadata.declared if d.description), "")


def _image(image: str) -> str:
    return f"docker://{image}"


def _ref(id: str) -> dict[str, str]:
    return {"@id": id}

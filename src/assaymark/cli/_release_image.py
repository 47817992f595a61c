"""The image of a release, through the pipeline of a plugin: built, tried, and published as a candidate."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assaymark.errors import GateNotMet, InputError, Undetermined
from assaymark.records import NamedTuple

if TYPE_CHECKING:
    import click

    from assaymark.release.source import Source


class Candidate(NamedTuple):
    """An image by its digest, and its SBOMs: the name that each gets in the release, and where it lies."""

    image: str
    sboms: dict[str, Path]


@contextlib.contextmanager
def candidate(source: Source, manifest: str | None) -> Iterator[Candidate | None]:
    """The image that a manifest of the commit describes, as long as its SBOMs are needed; None where none is asked for.

    Raises InputError without the plugin or the manifest, GateNotMet when a test of the image failed.
    """
    from tempfile import TemporaryDirectory

    if manifest is None:
        yield None
        return
    with TemporaryDirectory(prefix="assaymark-image-") as place:
        yield _built(source, manifest, source.tag.removeprefix("v"), Path(place))


def _built(source: Source, manifest: str, version: str, scratch: Path) -> Candidate:
    """From a clone of the commit, below ``scratch``."""
    from assaymark.release.package import lay

    tree, out = lay(source, scratch / "tree"), scratch / "out"
    path = tree / manifest
    if not path.resolve().is_relative_to(tree.resolve()) or not path.is_file():
        raise InputError("the commit has no such manifest", where=manifest)
    words = ["image", "build", str(path), "--source", str(tree), "--output", str(out), "--version-tag", version]
    words += ["--commit", source.commit, "--date", f"{datetime.fromtimestamp(source.time, UTC):%Y-%m-%d}"]
    if repository := source.opened.subject.repository:
        words += ["--source-url", f"https://{repository}"]
    with contextlib.redirect_stdout(sys.stderr):
        status = _pipeline().main(args=words, prog_name="assaymark pipeline", standalone_mode=False)
    if status:
        kind: Any = {GateNotMet.code: GateNotMet, InputError.code: InputError}.get(status, Undetermined)
        raise kind(f"the image of {manifest} was not built, or not all of it holds")
    reference = json.loads((out / "candidate.json").read_text(encoding="utf-8"))["reference"]
    name, _, digest = reference.partition("@")
    place, _, tag = name.rpartition(":")
    return Candidate(f"{place if '/' not in tag else name}@{digest}", dict(_sboms(out, source.name, version)))


def _pipeline() -> click.Command:
    from assaymark.cli import plugged

    return plugged("pipeline")


def _sboms(out: Path, name: str, version: str) -> list[tuple[str, Path]]:
    """``sbom-linux-amd64/sbom.cdx.json`` as ``NAME-VERSION-image-linux-amd64.cdx.json``."""
    return [
        (f"{name}-{version}-image-{path.parent.name.removeprefix('sbom-')}{path.name.removeprefix('sbom')}", path)
        for path in sorted(out.glob("sbom-*/sbom.*.json"))
    ]

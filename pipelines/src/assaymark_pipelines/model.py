"""``model``: a model judged by its manifest, in a container."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import dagger

from assaymark_pipelines.gate import REPORTS, Gate, Result, together
from assaymark_pipelines.settings import Settings
from assaymark_pipelines.toolbox import SOURCE, Origin, toolbox, with_source

PROOF = "assessment.json"


def gate(box: dagger.Container, source: dagger.Directory, manifest: str, words: Sequence[str] = ()) -> Gate:
    """``manifest`` is a path within the source; ``words`` are options of ``assaymark model``."""
    argv = ("assaymark", "model", manifest, "--root", SOURCE, *words, "--output", REPORTS)
    name = "model-" + manifest.removesuffix(".toml").replace("/", "-")
    return Gate(name=name, box=with_source(box, source), argv=argv, proof=PROOF)


async def model(
    settings: Settings,
    origin: Origin,
    source: dagger.Directory,
    manifests: Sequence[str],
    words: Sequence[str] = (),
) -> tuple[Result, ...]:
    """Judge every manifest, in parallel and in one session."""
    box = toolbox(replace(settings, plugins=("models",)), origin)
    return await together([gate(box, source, manifest, words) for manifest in manifests], settings)

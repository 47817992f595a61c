"""``validate``: every workflow document of a repository, in a container."""

from __future__ import annotations

from collections.abc import Sequence

import dagger

from assaymark_pipelines.gate import REPORTS, Gate, Result, run
from assaymark_pipelines.settings import Settings
from assaymark_pipelines.toolbox import SOURCE, Origin, toolbox, with_source

PROOF = "validation.json"


def gate(box: dagger.Container, source: dagger.Directory, words: Sequence[str] = ()) -> Gate:
    """``words`` are arguments of ``assaymark validate``; paths are relative to the source."""
    argv = ("assaymark", "validate", *words, "--root", SOURCE, "--output", REPORTS)
    return Gate(name="validate", box=with_source(box, source), argv=argv, proof=PROOF)


async def validate(
    settings: Settings, origin: Origin, source: dagger.Directory, words: Sequence[str] = ()
) -> tuple[Result, ...]:
    """Validate the documents of ``source``."""
    return (await run(gate(toolbox(settings, origin), source, words), settings),)

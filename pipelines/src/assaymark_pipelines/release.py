"""``release-build``: what ``assaymark release`` checks and builds, in a container. Publishing is another job's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import dagger

from assaymark_pipelines.gate import REPORTS, Gate, Result, run
from assaymark_pipelines.settings import Settings
from assaymark_pipelines.toolbox import Origin, toolbox, with_source


def gate(box: dagger.Container, source: dagger.Directory, words: Sequence[str] = ()) -> Gate:
    """``words`` are options of ``assaymark release build``."""
    argv = ("assaymark", "release", "build", *words, "--output", f"{REPORTS}/release")
    return Gate(name="release-build", box=with_source(box, source), argv=argv, proof="release/")


async def release_build(
    settings: Settings, origin: Origin, source: dagger.Directory, words: Sequence[str] = ()
) -> tuple[Result, ...]:
    """Build the files of a release; the container holds no credential."""
    box = toolbox(replace(settings, plugins=(*settings.plugins, "release")), origin)
    return (await run(gate(box, source, words), settings),)

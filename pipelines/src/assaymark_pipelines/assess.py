"""``assess``: a repository judged in a container, with the tools of the chosen plugins."""

from __future__ import annotations

from collections.abc import Sequence

import dagger
from dagger import dag

from assaymark_pipelines.gate import REPORTS, Gate, Result, run
from assaymark_pipelines.settings import Settings
from assaymark_pipelines.toolbox import SOURCE, Origin, toolbox, with_inputs, with_source

PROOF = "assessment.json"


def gate(box: dagger.Container, source: dagger.Directory, words: Sequence[str] = (), name: str = "assess") -> Gate:
    """``words`` are options of ``assaymark assess``: only the caller grants execution and network."""
    argv = ("assaymark", "assess", SOURCE, *words, "--output", REPORTS)
    return Gate(name=name, box=with_source(box, source), argv=argv, proof=PROOF)


def with_token(box: dagger.Container, variable: str) -> dagger.Container:
    """A token of the forge from an environment variable of the host, which the engine reads itself."""
    return box.with_secret_variable("GITHUB_TOKEN", dag.secret(f"env://{variable}"))


async def assess(
    settings: Settings,
    origin: Origin,
    source: dagger.Directory,
    words: Sequence[str] = (),
    *,
    inputs: Sequence[tuple[str, dagger.File]] = (),
    token: str = "",
) -> tuple[Result, ...]:
    """Judge ``source``. ``inputs`` lie in the container at ``toolbox.INPUTS``; ``token`` names a host variable."""
    box = with_inputs(toolbox(settings, origin), inputs)
    if token:
        box = with_token(box, token)
    return (await run(gate(box, source, words), settings),)

"""``assess``: a repository judged in a container, with the tools of the chosen plugins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import dagger
from dagger import dag

from assaymark_pipelines.gate import REPORTS, Gate, Result, run
from assaymark_pipelines.settings import Settings
from assaymark_pipelines.toolbox import SOURCE, Origin, toolbox, with_inputs, with_source

PROOF = "assessment.json"
NOTHING: Mapping[str, str] = MappingProxyType({})


def gate(box: dagger.Container, source: dagger.Directory, words: Sequence[str] = (), path: str = SOURCE) -> Gate:
    """``words`` are options of ``assaymark assess``: only the caller grants execution and network."""
    argv = ("assaymark", "assess", path, *words, "--output", REPORTS)
    return Gate(name="assess", box=with_source(box, source), argv=argv, proof=PROOF)


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
    path: str = SOURCE,
    run_of: Mapping[str, str] = NOTHING,
) -> tuple[Result, ...]:
    """Judge ``source``, or the ``path`` of the container. ``inputs`` lie there at ``toolbox.INPUTS``.

    ``token`` names a host variable. ``run_of`` are variables of the CI run that it is part of: on a pull request the
    command reads its configuration from the base, and learns only from them that there is one.
    """
    box = with_inputs(toolbox(settings, origin), inputs)
    for name, value in sorted(run_of.items()):
        box = box.with_env_variable(name, value)
    if token:
        box = with_token(box, token)
    return (await run(gate(box, source, words, path), settings),)

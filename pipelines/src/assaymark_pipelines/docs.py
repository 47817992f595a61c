"""``docs``: the documentation of a repository, built with warnings as errors; the site is a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dagger

from assaymark.api import Outcome
from assaymark_pipelines.gate import REPORTS, Gate, Result, run
from assaymark_pipelines.settings import Settings
from assaymark_pipelines.toolbox import PLACE, fetched, with_source

SITE = "site/"
MKDOCS = ("mkdocs", "build", "--strict", "--site-dir", f"{REPORTS}/site")
# Both MkDocs and Sphinx end so when a page is wrong.
MEANING: Mapping[int, Outcome] = {0: Outcome.PASSED, 1: Outcome.FAILED}


def box_for(settings: Settings, source: dagger.Directory, requirements: str) -> dagger.Container:
    """Python with what ``requirements`` (a file of the source) asks for; hashes are checked when it has them."""
    path = f"{PLACE}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    box = fetched(settings.base, settings).with_exec(["python", "-m", "venv", PLACE])
    box = box.with_env_variable("PATH", path).with_env_variable("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    if settings.index:
        box = box.with_env_variable("PIP_INDEX_URL", settings.index)
    if not requirements:
        return box
    install = [f"{PLACE}/bin/python", "-I", "-m", "pip", "install", "--quiet", "--requirement", "/opt/docs.txt"]
    return box.with_file("/opt/docs.txt", source.file(requirements)).with_exec(install)


async def docs(
    settings: Settings, source: dagger.Directory, requirements: str = "", command: Sequence[str] = MKDOCS
) -> tuple[Result, ...]:
    """Build the documentation of ``source``, which runs its code; ``command`` writes the site into `REPORTS`/site."""
    box = with_source(box_for(settings, source, requirements), source)
    gate = Gate(name="docs", box=box, argv=tuple(command), proof=SITE, meaning=MEANING)
    return (await run(gate, settings),)

"""``assaymark assess --runner dagger``: the same words, in a container; the reports come back."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assaymark import api

if TYPE_CHECKING:
    from assaymark_pipelines.gate import Result
    from assaymark_pipelines.settings import Settings
    from assaymark_pipelines.toolbox import Origin

# Options whose value may be a file of this machine.
FILES = ("--baseline", "--executed", "--profile", "--config")
TOKENS = ("GITHUB_TOKEN", "GH_TOKEN")


def assess(folder: Path, words: Sequence[str], output: Path) -> tuple[int, str]:
    """Judge ``folder`` in a container, leave all reports in ``output``; gives exit status and what was said.

    Raises InputError when no engine answers, or a setting is wrong.
    """
    import anyio

    return anyio.run(_assess, folder, words, output)


async def _assess(folder: Path, words: Sequence[str], output: Path) -> tuple[int, str]:
    from assaymark_pipelines.gate import status
    from assaymark_pipelines.host import exported
    from assaymark_pipelines.session import session

    settings, origin = chosen(os.environ)
    token = next((name for name in TOKENS if os.environ.get(name)), "") if wants_token(words) else ""
    async with session(sys.stderr):
        results = await judged(settings, origin(), folder, words, os.environ, token=token)
        await exported(results, output)
    return status(results), said(results[0])


async def judged(
    settings: Settings,
    origin: Origin,
    path: Path,
    words: Sequence[str],
    environment: Mapping[str, str],
    *,
    exclude: Sequence[str] = (),
    token: str = "",
) -> tuple[Result, ...]:
    """What ``path`` names judged in the open session as it would be here: with the history of the checkout that it
    lies in, on a pull request against its base."""
    from dagger import dag

    from assaymark_pipelines.assess import assess
    from assaymark_pipelines.host import file, repository
    from assaymark_pipelines.toolbox import INPUTS, SOURCE

    inside, files = placed(words)
    told, event = surroundings(environment)
    if path.is_file():
        archive = f"archive-{path.name}"
        files.append((archive, path))
        source, place = dag.directory(), f"{INPUTS}/{archive}"
    else:
        root, within = checkout_of(path)
        source, place = repository(root, exclude), f"{SOURCE}/{within}" if within else SOURCE
    inputs = [(name, file(each)) for name, each in (*files, *event)]
    return await assess(settings, origin, source, inside, inputs=inputs, token=token, path=place, run_of=told)


def checkout_of(path: Path) -> tuple[Path, str]:
    """The checkout that a folder lies in, and its path there ('' for the root); without one, the folder itself."""
    place = path.resolve()
    if (place / "HEAD").is_file() and (place / "objects").is_dir():
        return place, ""  # a bare repository
    root = next((each for each in (place, *place.parents) if os.path.lexists(each / ".git")), place)
    return root, "" if root == place else place.relative_to(root).as_posix()


def surroundings(environment: Mapping[str, str]) -> tuple[dict[str, str], list[tuple[str, Path]]]:
    """The variables of a CI run for the container, and the file with its event."""
    from assaymark_pipelines.toolbox import INPUTS

    told = api.told_of_run(environment)
    event = Path(environment.get("GITHUB_EVENT_PATH") or "/nonexistent")
    if not event.is_file():
        return told, []
    return told | {"GITHUB_EVENT_PATH": f"{INPUTS}/event.json"}, [("event.json", event)]


def said(result: Result) -> str:
    """What the command wrote to standard error last, or why there is no result."""
    last = [line.removeprefix("assaymark: ") for line in result.stderr.splitlines() if line.strip()]
    told = "\n".join(last[-20:])
    return "\n".join(filter(None, (result.reason, told)))


def wants_token(words: Sequence[str]) -> bool:
    """Whether the caller allowed to ask the forge."""
    return "--forge" in words or any(word.startswith("branch:") for word in words)


def placed(words: Sequence[str]) -> tuple[list[str], list[tuple[str, Path]]]:
    """The words as they are said in the container, and the files of this machine that they name."""
    from assaymark_pipelines.toolbox import INPUTS

    inside = list(words)
    files: list[tuple[str, Path]] = []
    for place, (option, value) in enumerate(itertools.pairwise(words)):
        if option in FILES and Path(value).is_file():
            name = f"{len(files)}-{Path(value).name}"
            files.append((name, Path(value)))
            inside[place + 1] = f"{INPUTS}/{name}"
    return inside, files


def chosen(environment: Mapping[str, str]) -> tuple[Settings, _Origin]:
    """Settings and origin from variables, for a run whose command line is that of ``assess``."""
    from assaymark_pipelines.settings import Settings

    usual = Settings()
    named = environment.get("ASSAYMARK_PLUGINS")
    settings = Settings(
        base=environment.get("ASSAYMARK_BASE") or usual.base,
        mirror=environment.get("ASSAYMARK_MIRROR", ""),
        index=environment.get("ASSAYMARK_INDEX", ""),
        plugins=tuple(filter(None, named.split(","))) if named else usual.plugins,
        unpinned=environment.get("ASSAYMARK_UNPINNED") == "1",
    )
    return settings, _Origin(environment)


class _Origin:
    """Where assaymark comes from; asked in an open session."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.wheels = environment.get("ASSAYMARK_WHEELS")
        self.installed = environment.get("ASSAYMARK_INSTALLED") == "1"

    def __call__(self) -> Origin:
        from assaymark_pipelines.host import folder
        from assaymark_pipelines.toolbox import Origin

        if self.installed:
            return Origin(installed=True)
        if self.wheels:
            return Origin(wheels=folder(Path(self.wheels)))
        here = checkout()
        return Origin(checkout=folder(here, OTHER)) if here else Origin()


# Of the checkout of assaymark: what a container has no use for.
OTHER = (".git", ".venv", "tests", "docs", "benchmarks", ".ci", "**/__pycache__", "site", ".*_cache", ".hypothesis")


def checkout() -> Path | None:
    """The repository of assaymark that this runs from, as in the actions; None for an installed wheel."""
    root = Path(str(api.__file__)).resolve().parents[2]
    wanted = ("actions/setup/install.py", "requirements/run.txt", "requirements/uv.txt")
    return root if all((root / name).is_file() for name in wanted) else None

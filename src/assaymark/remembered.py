"""Whole assessments remembered by content, so that an unchanged checkout is answered at once.

The key holds everything the verdicts depend on: files, refs, configuration, profile, options, the day, the code of
assaymark and of its plugins, and what programs are installed. Runs that execute the project's code or ask the network
are never remembered.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from assaymark import cache
from assaymark.model import Assessment, Outcome

if TYPE_CHECKING:
    from assaymark.api import Options
    from assaymark.config import Config
    from assaymark.model import Profile
    from assaymark.subject.checkout import Opened


def key(request: Mapping[str, object], opened: Opened, conf: Config, profile: Profile, options: Options) -> str | None:
    """The key of an assessment, ``request`` being the fields of a `Request`; None when it must not be remembered."""
    if options.run_tests or options.run_steps or options.forge or options.allow_hosts:
        return None
    from assaymark.subject.base import refs_digest
    from assaymark.tools.found import found_digest

    parts = [
        "assessment-1",
        json.dumps({**request, "path": str(Path(str(request["path"])).resolve())}, default=str, sort_keys=True),
        json.dumps(asdict(opened.subject), default=str, sort_keys=True),
        opened.tree.digest,
        refs_digest(opened),
        found_digest(opened),
        conf.digest,
        profile.digest,
        options.as_of.isoformat(),
        *code(),
        *(_programs(options) if options.tools else ()),
    ]
    return cache.key(*parts)


def recall(key: str, make: Callable[[], Assessment]) -> tuple[Assessment, bool]:
    """The remembered assessment, else what ``make`` gives, which is then remembered; and whether it was remembered."""
    found = get(key)
    if found is not None:
        return found, True
    found = make()
    put(key, found)
    return found, False


def get(key: str) -> Assessment | None:
    """A remembered assessment."""
    data = cache.get(key)
    if data is None:
        return None
    from assaymark.reports.json import from_own

    return from_own(data.decode())


def put(key: str, assessment: Assessment) -> None:
    """Remember an assessment, unless something in it may go better next time."""
    if any(e.outcome is Outcome.ERROR or e.metrics.get("transient") for r in assessment.results for e in r.evidence):
        return
    from assaymark.reports.json import render

    cache.put(key, render(assessment).encode())


def code() -> Iterator[str]:
    """Identity of the installed code: version numbers do not change in an editable checkout, files do."""
    from assaymark import registry
    from assaymark.data import folder

    yield from _stamps(Path(__file__).parent)
    yield from _stamps(Path(str(folder("criteria"))))
    for name, place in registry.installed():
        yield name
        if place is not None:
            yield from _stamps(place)


def _stamps(root: Path) -> Iterator[str]:
    if root.is_file():
        status = root.stat()
        yield f"{root.name}:{status.st_mtime_ns}:{status.st_size}"
    for folder, names, found in os.walk(root):
        names.sort()
        for name in sorted(found):
            if name.endswith((".py", ".toml", ".json")):
                status = os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118 - hot path
                yield f"{name}:{status.st_mtime_ns}:{status.st_size}"


def _programs(options: Options) -> Iterator[str]:
    """Installing, replacing or removing a program changes the time of its folder."""
    places = [str(Path(sys.executable).parent), *os.get_exec_path(), *_provisioned()]
    if options.trust_repository and options.root is not None:
        from assaymark.tools.locate import project_folders

        places += project_folders(options.root)
    for place in dict.fromkeys(places):
        try:
            yield f"{place}:{os.stat(place).st_mtime_ns}"  # noqa: PTH116 - hot path
        except OSError:
            yield f"{place}:absent"


def _provisioned() -> list[str]:
    from assaymark.tools.provision import installed

    try:
        return sorted(os.path.join(e.path, "bin") for e in os.scandir(installed()))  # noqa: PTH118 - hot path
    except OSError:
        return []

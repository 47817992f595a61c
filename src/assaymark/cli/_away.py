"""``assess`` and ``step`` at a site: the job, what is shown while it runs, and what its answer is worth."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from assaymark.cli._common import split
from assaymark.errors import InputError, Undetermined
from assaymark.records import NamedTuple

if TYPE_CHECKING:
    from assaymark.assessment import Asked, Judged, Request
    from assaymark.job import Resources, Site
    from assaymark.model import Assessment
    from assaymark.runners.away import Done
    from assaymark.runners.shared import SharedFolder

# Options of ``assess`` that the job is not told: the gate is kept here, day and processors are said anyway.
HERE = ("gate", "baseline", "as_of", "jobs")
_PROCESSORS = 2


class There(NamedTuple):
    """A runner, with the site that it leads to."""

    at: SharedFolder
    site: Site | None

    def asks(self, asked: Resources) -> Resources:
        """The same, with what the site says where nothing was asked for."""
        return self.site.asks(asked) if self.site else asked


def there(name: str, fitting: Sequence[str], *, image: bool = False, also: Sequence[str] = ()) -> There:
    """A runner of a fitting kind, or a site of the user's own file of sites, by its name; for jobs in an ``image``.

    ``also`` are names that others know, and this one only to tell of them.

    Raises InputError, or Undetermined when it does not work.
    """
    from assaymark.runners.choose import RUNNERS, runner
    from assaymark.runners.site import default, sites

    known = sites(default()) if name not in RUNNERS and default().is_file() else {}
    if name not in RUNNERS and name not in known:
        raise _unknown(name, (*also, *fitting), tuple(known))
    found = known.get(name)
    kind = found.runner if found else name
    if kind not in fitting:
        raise InputError(f"this cannot be done by the runner {kind!r}", hint=f"one of: {', '.join(fitting)}; or a site")
    at = runner(kind, site=found)
    if kind == "slurm" and not image:
        at = replace(at, engine=None)  # it need not work for this
    if problem := at.problem():
        raise Undetermined(f"{name} does not work: {problem}", hint="assaymark runner check")
    return There(at, found)


def _unknown(name: str, runners: Sequence[str], sites: Sequence[str]) -> InputError:
    from difflib import get_close_matches

    close = get_close_matches(name, (*runners, *sites), 1)
    hint = f"did you mean {close[0]!r}?" if close else f"one of: {', '.join((*runners, *sites))}"
    what = "and no site of that name" if sites else "and no file of sites"
    return InputError(f"there is no runner {name!r}, {what}", hint=hint)


def judged_at(name: str, request: Request, words: Sequence[str], asks: Resources) -> Judged:
    """The judgement as it was made at a site, held against what was asked for here.

    Raises InputError, or Undetermined when no answer came back, or one about something else.
    """
    from assaymark.assessment import asked, judged_elsewhere

    if request.forge or request.allow_hosts:
        hint = "leave --forge and --allow-host out, or assess here"
        raise InputError("a site is given no token and no network", hint=hint)
    place = there(name, ("slurm",), also=("dagger",))
    wanted = asked(request)
    done = _done(place, request, wanted, words, asks)
    found = _answered(done, name)
    facts = {**place.at.facts(), "node": done.status.host.get("node", ""), "job": done.handle.reference or ""}
    run = replace(found.run, facts={key: value for key, value in facts.items() if value})
    return judged_elsewhere(request, wanted, replace(found, run=run))


def _done(place: There, request: Request, wanted: Asked, words: Sequence[str], asks: Resources) -> Done:
    from datetime import UTC, datetime

    from assaymark.cli._watch import watching
    from assaymark.runners.away import assessing, carried_out
    from assaymark.runners.kit import kit
    from assaymark.runners.parcel import packed

    made = kit(place.at.root.absolute().parent / "carried", _plugins(wanted, os.environ))
    made = made._replace(file=place.at.stage(made.file))
    cpus = request.jobs or _PROCESSORS
    day = request.as_of or datetime.now(UTC).date()
    said = [*words, "--as-of", day.isoformat(), "--jobs", str(cpus)]
    python = place.site.python if place.site and place.site.python else ""
    asks = place.asks(replace(asks, cpus=cpus))
    job = assessing(packed(Path(request.path)), made, said, os.environ, asks, python)
    with watching(place.at) as heard:
        return carried_out(place.at, job, heard)


def _plugins(wanted: Asked, environment: Mapping[str, str]) -> frozenset[str]:
    """The plugins whose dependencies are carried: those that look at software, and those with a manifest in it."""
    if named := environment.get("ASSAYMARK_PLUGINS"):
        return frozenset(split((named,)))
    from assaymark import registry

    found = {p.name for p in registry.plugins() if p.checks or p.tools or p.parsers or p.validators or p.facts}
    for plugin in registry.plugins():
        if plugin.name not in found and plugin.cases and _has_case(plugin.name, plugin.cases, wanted):
            found.add(plugin.name)
    return frozenset(found)


def _has_case(name: str, cases: str, wanted: Asked) -> bool:
    from assaymark import registry

    look = registry.Point(name, cases).load()
    for path in wanted.manifests:
        try:
            if wanted.opened.root and look(wanted.opened.root / path) is not None:  # type: ignore[operator]  # loaded by its name
                return True
        except InputError:
            return True  # a wrong one is its own all the same
    return False


def _answered(done: Done, name: str) -> Assessment:
    from assaymark.cli._verdict import assessment_of
    from assaymark.runners.away import ANSWER

    if why := done.unable:
        raise Undetermined(f"no verdict came back from {name}: {why}", hint="assaymark runner check")
    data = done.outputs.get(ANSWER)
    if done.status.code == InputError.code:
        raise InputError(done.said)
    if data is None or done.status.code not in (0, 1, 3):
        raise Undetermined(f"no verdict came back from {name} (exit {done.status.code}):\n{done.said}")
    try:
        return assessment_of(data.decode("utf-8", "replace"), f"{name}: {ANSWER}")
    except InputError as problem:
        raise Undetermined(f"what came back is no assessment: {problem}") from problem


def tried(name: str, lines: Sequence[str], image: str, asks: Resources) -> Done:
    """Lines of shell in the checkout of this folder, at a site, in an image if one is named.

    Raises InputError, Undetermined.
    """
    from assaymark.cli._watch import watching
    from assaymark.runners.away import carried_out, stepping
    from assaymark.runners.parcel import packed

    fitting = ("container", "slurm") if image else ("local", "sandbox", "slurm")
    place = there(name, fitting, image=bool(image))
    job = stepping(packed(Path()), lines, place.asks(asks), _image(image) if image else None)
    with watching(place.at) as heard:
        return carried_out(place.at, job, heard)


def _image(name: str) -> str:
    """An image that lies here, or the one that a registry has under this name."""
    if Path(name).exists():
        return str(Path(name).absolute())
    from assaymark.api import image_pulled

    return str(image_pulled(name.removeprefix("docker://")))

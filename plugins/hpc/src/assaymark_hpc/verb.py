"""``assaymark smoke``: look at an image where it lies, try it where it will run, and answer with an assessment."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from io import BytesIO, TextIOWrapper
from pathlib import Path
from traceback import format_exception
from typing import TYPE_CHECKING, Any

import click

from assaymark.api import (
    Case,
    InputError,
    Resources,
    Runner,
    Status,
    answer,
    answer_options,
    image_of,
    image_pulled,
    runner_of,
    site_of,
    watching_jobs,
)

if TYPE_CHECKING:
    from assaymark.api import Image
    from assaymark_hpc.asked import Manifest
    from assaymark_hpc.trials import Trials

EPILOG = """\b
Examples:
  assaymark smoke image.tar                                at rest: nothing is run
  assaymark smoke image.tar --runner container             and tried in Docker, Podman, Charliecloud …
  assaymark smoke smoke.toml --runner slurm --engine charliecloud --partition debug --time 300
  assaymark smoke smoke.toml --site vega --gate silver --output report
  assaymark smoke matrix.toml --gate silver --output report   several images, each at several sites
\b
IMAGE is an OCI layout (a folder or a .tar), what `docker save` wrote, an unpacked folder (CernVM-FS), a squashfs, a SIF
or docker://HOST/NAME@sha256:… in a registry; a MANIFEST (.toml) names one and its tests, or is a matrix of images and
sites.
"""


_LONGEST = 500


@click.command(epilog=EPILOG)
@click.argument("image")
@click.option(
    "--runner",
    metavar="R",
    help="Where to try it: container, sandbox, slurm, interlink, kubernetes; nothing is run unless given.",
)
@click.option("--site", metavar="NAME", help="A site, as described in a file of sites; brings its runner.")
@click.option("--sites", type=click.Path(), metavar="FILE", help="That file (default: ASSAYMARK_SITES, ~/.config).")
@click.option("--engine", metavar="E", help="docker, podman, apptainer, charliecloud or bubblewrap.")
@click.option("--time", type=click.FloatRange(1, 7 * 86_400), default=300, show_default=True, help="Seconds for each.")
@click.option(
    "--queue", type=click.FloatRange(1, 30 * 86_400), default=3600, show_default=True, help="Seconds that one may wait."
)
@click.option("--memory", type=click.IntRange(16), metavar="MIB", help="Memory of a trial.")
@click.option("--partition", metavar="P", help="Partition or queue of the batch system.")
@click.option("--account", metavar="A", help="Whom the batch system charges.")
@click.option("--flag", "flags", multiple=True, metavar="OPTION", help="A further option of the batch system.")
@click.option("--resume", is_flag=True, help="Take up the run that was interrupted, instead of a new one.")
@click.option("--keep", is_flag=True, help="Keep the folders of the jobs: assaymark jobs list.")
@answer_options
def command(
    image: str,
    runner: str | None,
    site: str | None,
    sites: str | None,
    engine: str | None,
    time: float,
    queue: float,
    memory: int | None,
    partition: str | None,
    account: str | None,
    flags: tuple[str, ...],
    resume: bool,
    keep: bool,
    **wanted: Any,
) -> None:
    """Judge a container image: at rest, and with --runner where it will run."""
    from assaymark_hpc.matrix import is_matrix

    asked = Resources(time=time, queue=queue, memory=memory, partition=partition, account=account, flags=flags)
    how = How(runner=runner, site=site, sites=sites, engine=engine, resources=asked, resume=resume, keep=keep)
    if Path(image).suffix == ".toml" and is_matrix(Path(image)):
        _matrix(Path(image), how, wanted)
    else:
        _one(image, how, wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """Where an image is tried, and what of an earlier run is taken up: with None whatever there is."""

    runner: str | None
    site: str | None
    sites: str | None
    engine: str | None
    resources: Resources
    resume: bool | None
    keep: bool


def _one(image: str, how: How, wanted: Mapping[str, Any]) -> None:
    from assaymark_hpc import manifest
    from assaymark_hpc.binaries import look
    from assaymark_hpc.gpus import record
    from assaymark_hpc.linter import Linted, lint
    from assaymark_hpc.recipe import is_definition

    named = Path(image)
    asked = manifest.read(named) if manifest.is_manifest(named) else manifest.for_image(image)
    if manifest.in_registry(asked.image):
        # Named by its place in a registry: fetched once.
        local = image_pulled(asked.image.removeprefix(manifest.REGISTRY), asked.architecture)
        asked = replace(asked, image=str(local))
    found = image_of(asked.image, asked.architecture, look)
    linted = lint(asked.recipe[1]) if asked.recipe and not is_definition(asked.recipe[1]) else Linted()
    facts: dict[str, object] = {"image": found, "smoke_manifest": asked, "image_linted": linted}
    where: Mapping[str, str] = {}
    place = site_of(how.site, how.sites) if how.site else None
    if how.runner is not None or place is not None:
        resources = place.asks(how.resources) if place else how.resources
        if asked.mpi and place and not asked.mpi.launcher:
            asked = replace(asked, mpi=replace(asked.mpi, launcher=place.launcher))
        at = runner_of(how.runner, how.engine, place, Path(asked.image))
        trials = _tried(at, found, asked, resources, how)
        facts["trials"], where = trials, {**trials.places(), **record(trials)}
        if wanted.get("output"):
            _write_trials(trials, wanted["output"], _measured(at, trials, asked, found))
    elif how.engine or how.resume or how.sites:
        raise InputError("--engine, --resume and --sites need a --runner or a --site")
    case = Case(
        kind="image",
        name=named.name,
        digest=found.digest,
        profile="image",
        folder=Path.cwd() if manifest.in_registry(image) else named.absolute().parent,
        facts=facts,
        run={**found.notes, **where},
    )
    answer(case, wanted)


def _matrix(path: Path, how: How, wanted: Mapping[str, Any]) -> None:
    from assaymark_hpc import matrix

    if how.runner or how.site:
        raise InputError("a matrix names its sites itself", where=str(path), hint="leave --runner and --site out")
    if not wanted.get("output") or wanted.get("form") not in ("text", "json", "markdown"):
        hint = "--output DIR, and no --format but text, json or markdown"
        raise InputError("a matrix needs a folder for its reports", where=str(path), hint=hint)
    output = Path(wanted["output"])

    def judge(cell: matrix.Cell) -> matrix.Cell:
        if not _quiet():
            click.echo(f"{cell.image} at {cell.site}", err=True)
        folder = output / cell.folder
        (folder / "assessment.json").unlink(missing_ok=True)
        try:
            # The table is told, not each report.
            with redirect_stdout(TextIOWrapper(BytesIO())):
                _one(cell.image, _how_at(cell.site, how), {**wanted, "output": folder, "form": "text"})
            return replace(cell, status=0, level=matrix.level_of(folder))
        except Exception as problem:  # one that breaks does not lose the others
            status = int(getattr(problem, "code", 4))
            if status == 4:
                click.echo("".join(format_exception(problem)), err=True)
            level = matrix.level_of(folder) if status in (1, 3) else None
            return replace(cell, status=status, level=level, problem=" ".join(str(problem).split())[:_LONGEST])

    cells = matrix.gone_through(matrix.read(path), output, matrix.known(output) if how.resume else {}, judge)
    shown = {"text": matrix.as_text, "json": matrix.as_json, "markdown": matrix.as_markdown}[wanted["form"]](cells)
    click.echo(shown, nl=False)
    click.get_current_context().exit(matrix.status_of(cells))


def _how_at(name: str, how: How) -> How:
    """A site by its name in the file of sites, else the runner of this name."""
    resume = None if how.resume else False
    try:
        site_of(name, how.sites)
    except InputError as problem:
        try:
            runner_of(name, how.engine)
        except InputError:
            raise problem from None
        return replace(how, runner=name, sites=None, resume=resume)
    return replace(how, site=name, resume=resume)


def _tried(at: Runner, image: Image, asked: Manifest, resources: Resources, how: How) -> Trials:
    from assaymark_hpc.trials import Session, attempt

    problem = at.problem()
    if problem:
        from assaymark_hpc.trials import Trials

        return Trials(runner=at.name, broken=problem)
    run = _Run(at, f"{at.name} {how.site or ''} {image.digest} {asked.digest}", resume=how.resume)
    with watching_jobs(at, f"{run.id}-") as heard:
        trials = attempt(Session(at, run.id, resources, heard), image, asked.image, asked)
    run.over()
    if not how.keep:
        _remove(at, trials)
    return trials


class _Run:
    """The name of a run, kept beside the jobs until it is over: a controller that was killed finds it there."""

    def __init__(self, at: Runner, what: str, *, resume: bool | None) -> None:
        key = hashlib.sha256(what.encode()).hexdigest()[:16]
        self.file = at.root / f".smoke-{key}"
        known = None if resume is False else self._known()
        if resume and known is None:
            raise InputError("there is no run of this image at this runner to resume", where=str(at.root))
        self.id = known or f"smoke-{secrets.token_hex(6)}"
        try:
            at.root.mkdir(parents=True, exist_ok=True)
            self.file.write_text(self.id + "\n", encoding="ascii")
        except OSError as problem:
            raise InputError(f"no job can be kept here: {problem.strerror}", where=str(at.root)) from problem

    def _known(self) -> str | None:
        try:
            text = self.file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
        plain = text.removeprefix("smoke-")
        return text if plain != text and plain.isalnum() and len(plain) == 12 else None

    def over(self) -> None:
        self.file.unlink(missing_ok=True)


def _remove(at: Runner, trials: Trials) -> None:
    """What is over leaves nothing behind; what could not be ended stays known to ``assaymark jobs``."""
    for trial in trials.made.values():
        if trial.handle is not None:
            try:
                if all(s.state.over for s in at.status(trial.handle)):
                    at.forget(trial.handle)
            except InputError as problem:
                click.echo(f"{trial.name} is kept: {problem.message} (assaymark jobs clean)", err=True)


def _quiet() -> bool:
    talk = click.get_current_context().meta.get("assaymark.talk")
    return bool(getattr(talk, "quiet", False))


def _measured(at: Runner, trials: Trials, asked: Manifest, image: Image) -> dict[str, Any]:
    """What tests measured now, and the history of this image at this site."""
    from assaymark_hpc.history import kept, values

    now = values(trials, asked)
    try:
        history = kept(
            at.root.parent / "performance", asked.image, trials.facts.get("site", at.name), image.digest, now
        )
    except OSError as problem:
        click.echo(f"measured values are not kept: {problem.strerror}", err=True)
        history = []
    return {"performance": now, "history": history}


def _write_trials(trials: Trials, folder: Path, measured: Mapping[str, Any]) -> None:
    """What differs between two runs: where each trial ran, how long it waited and took, what the site called it."""
    content = {
        "schema": 1,
        "runner": trials.runner,
        "broken": trials.broken,
        "trials": [_plain(name, trial.status, trial.problem, trial.handle) for name, trial in trials.made.items()],
        **measured,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "trials.json").write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    except OSError as problem:
        raise InputError(f"cannot write trials.json: {problem.strerror}", where=str(folder)) from problem


def _plain(name: str, status: Status | None, problem: str, handle: Any) -> Mapping[str, Any]:
    if status is None:
        return {"name": name, "state": None, "problem": problem}
    return {
        "name": name,
        "state": status.state.value,
        "code": status.code,
        "reason": status.reason,
        "waited": status.waited,
        "took": status.took,
        "host": dict(status.host),
        "job": handle.reference if handle is not None else None,
    }

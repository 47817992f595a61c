"""``assaymark init``: put workflows, a configuration and the badge into a repository."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assaymark.cli._common import out, say, split
from assaymark.errors import InputError
from assaymark.wording import one_line

if TYPE_CHECKING:
    from assaymark.config import Config
    from assaymark.init import Change
    from assaymark.subject.git import Repository

READMES = ("README.md", "README.rst", "README.org", "Readme.md", "readme.md")
LIMIT = 2_000_000
EPILOG = """\b
Examples:
  assaymark init --dry-run                        show what would be written
  assaymark init --gate no-regression             workflows, companion, configuration and badge
  assaymark init --project packages/tide --project packages/wave  each by itself, with its own badge
  assaymark init --workflows validate --no-badge  only the validator of scientific workflows
  assaymark init --model forecast --schedule      a manifest to fill in, validated every day and on new data
"""


@click.command(epilog=EPILOG)
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option(
    "--workflows",
    multiple=True,
    metavar="NAMES",
    help="assess, comment, validate, schedule, release, or all (default: assess,comment).",
)
@click.option(
    "--model",
    "task",
    is_flag=False,
    flag_value="surrogate",
    metavar="[TASK]",
    help="Only the manifest of a model and its workflow: classification, regression, segmentation, detection, "
    "generative, forecast or surrogate.",
)
@click.option("--schedule", is_flag=True, help="With --model: every day, and when new data are announced.")
@click.option("--service", is_flag=True, help="Only the manifest of a service and its workflow.")
@click.option(
    "--smoke", metavar="KIND", help="Only the manifest of an image and its workflow: cpu, mpi, pytorch-gpu or jupyter."
)
@click.option(
    "--project",
    "projects",
    multiple=True,
    metavar="PATH",
    help="Judge this folder by itself, and each other one that is named; not the whole repository.",
)
@click.option("--release", is_flag=True, help="Add the workflow that releases what is tagged.")
@click.option("--gate", default="", metavar="G", help="Fail below bronze, silver or gold, or on no-regression.")
@click.option("--profile", default="assaymark", show_default=True, help="assaymark, sqaaas-v3 or sqaaas-v2.")
@click.option("--branch", metavar="NAME", help="The main branch (default: that of the clone).")
@click.option("--ref", metavar="COMMIT", help="Commit of assaymark's Actions (default: that of this release).")
@click.option("--no-config", is_flag=True, help="Write no .assaymark.toml.")
@click.option("--no-badge", is_flag=True, help="Leave the README as it is.")
@click.option("--dry-run", is_flag=True, help="Show the changes and write nothing.")
@click.option("--yes", is_flag=True, help="Write without asking; what is there already and differs is left as it is.")
@click.option("--force", is_flag=True, help="With --yes: overwrite that too.")
def command(
    path: Path,
    workflows: tuple[str, ...],
    task: str | None,
    schedule: bool,
    service: bool,
    smoke: str | None,
    projects: tuple[str, ...],
    release: bool,
    gate: str,
    profile: str,
    branch: str | None,
    ref: str | None,
    no_config: bool,
    no_badge: bool,
    dry_run: bool,
    yes: bool,
    force: bool,
) -> None:
    """Write the workflows that judge a repository, their companion, a configuration and the badge.

    Shows every change first. Nothing that is there already is overwritten without a question.
    """
    from assaymark.init import IMAGES, TASKS, Wanted, plan
    from assaymark.init.pin import pinned

    root = _root(path)
    if schedule and task is None:
        raise InputError("--schedule is about a model", hint="assaymark init --model TASK --schedule")
    names = _names(split(workflows)) if workflows or (task is None and not service and smoke is None) else ()
    names += ("release",) if release and "release" not in names else ()
    folders = tuple(dict.fromkeys(_project(root, path) for path in projects))
    gate = _one_of("--gate", gate, ("", "bronze", "silver", "gold", "no-regression"))
    found = {project: _configuration(root, project) for project in folders or (".",)}
    there = [_gate(one) for one in found.values() if one]
    without = [project for project, one in found.items() if one is None]
    configs = () if no_config or not names else tuple(without)
    if gate and (len(configs) < len(without) or any(one.gate != gate for one in found.values() if one)):
        raise InputError("the gate stands in the configuration", hint=f'write it there: gate = "{gate}"')
    wanted = Wanted(
        pin=pinned(ref),
        workflows=names,
        branch=_checked("--branch", branch or _branch(root), "name of a branch"),
        profile=_one_of("--profile", profile, ("assaymark", "sqaaas-v3", "sqaaas-v2")),
        gate=gate if without else there[0],
        compared="no-regression" in there,
        configs=configs,
        model=None if task is None else _one_of("--model", task, TASKS),
        schedule=schedule,
        service=service,
        smoke=None if smoke is None else _one_of("--smoke", smoke, IMAGES),
        projects=folders,
        badges={} if no_badge or "assess" not in names else _badges(root, folders or (".",)),
    )
    changes = plan(wanted, lambda name: _text(root, name))
    if not changes:
        say("everything is as it should be")
        return
    for change in changes:
        out(_diff(change))
    if dry_run:
        return
    _write(root, changes, yes=yes, force=force)
    if any(not c.owned for c in changes):
        say("the badge is there after the first run on the main branch")


def _root(path: Path) -> Path:
    if not path.is_dir():
        raise InputError("is no folder", where=str(path))
    root = path.resolve()
    if not (root / ".git").exists():
        hint = "go to the folder that holds .git, or begin one: git init"
        raise InputError("is not the root of a Git checkout", where=str(path), hint=hint)
    return root


def _names(given: tuple[str, ...]) -> tuple[str, ...]:
    from assaymark.init import DEFAULT, WORKFLOWS

    if given == ("all",):
        return tuple(WORKFLOWS)
    for name in given:
        _one_of("--workflows", name, tuple(WORKFLOWS))
    return given or DEFAULT


def _one_of(option: str, value: str, known: Sequence[str]) -> str:
    if value not in known:
        raise InputError(f"{option} {value!r} is not known", hint=f"one of {', '.join(filter(None, known))}")
    return value


def _checked(option: str, value: str, what: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,200}", value):
        raise InputError(f"{option} {value!r} cannot be the {what} here", hint=f"give another one: {option} NAME")
    return value


def _branch(root: Path) -> str:
    """The branch that the clone was made of, else the one that has a usual name, else the one that is checked out."""
    from assaymark.subject.checkout import locate

    found = locate(root)
    if found is None:
        return "main"
    git = found[0]
    name = _asked(git, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD").removeprefix("refs/remotes/origin/")
    usual = [f"refs/{place}/{name}" for place in ("remotes/origin", "heads") for name in ("main", "master")]
    there = _asked(git, "for-each-ref", "--format=%(refname)", *usual).split()
    name = name or next((ref.rpartition("/")[2] for ref in usual if ref in there), "")
    return name or _asked(git, "symbolic-ref", "--quiet", "HEAD").removeprefix("refs/heads/") or "main"


def _asked(git: Repository, *words: str) -> str:
    """What Git prints; nothing when it has no answer."""
    from assaymark.subject.git import GitProblem

    try:
        return git.run(*words).decode("utf-8", "replace").strip()
    except GitProblem:
        return ""


def _project(root: Path, path: str) -> str:
    """The path of a project in the repository. Raises InputError when it is no folder of it."""
    place = (root / path).resolve()
    inside = place.is_relative_to(root) and place.is_dir()
    name = place.relative_to(root).as_posix() if inside else ""
    if not inside or not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._+/-]{0,200}", name):
        hint = "name a folder in it, by letters, digits and . _ + -; without --project all of it is judged"
        raise InputError(f"--project {path!r} is no folder within the repository that can be named", hint=hint)
    return name


def _configuration(root: Path, project: str) -> Config | None:
    """What the project has already, in a file of its own or in pyproject.toml; None when it has none."""
    from assaymark.config import from_file
    from assaymark.init import CONFIG, within

    own, python = within(project, CONFIG), within(project, "pyproject.toml")
    if _text(root, own):
        return from_file(root / own)
    if "[tool.assaymark" in (_text(root, python) or ""):
        return from_file(root / python)
    return None


def _gate(there: Config) -> str:
    """The gate that stands there, as far as workflows need to know it: one with a baseline of its own needs no more."""
    return "" if there.gate is None or (there.gate == "no-regression" and there.baseline) else there.gate


def _badges(root: Path, projects: Sequence[str]) -> dict[str, Callable[[str], str]]:
    """What puts the badges into the READMEs; nothing, said, when it is not known where they will be."""
    from assaymark.init import within
    from assaymark.subject.checkout import open_subject

    readmes = {p: next((n for n in READMES if (root / p / n).is_file()), "") for p in projects}
    host, _, name = (
        (open_subject(root).subject.repository or "").partition("/") if any(readmes.values()) else ("", "", "")
    )
    if host == "github.com":
        return {within(p, readme): _badge(name, p, readme) for p, readme in readmes.items() if readme}
    if any(readmes.values()):
        where = f"is on {one_line(host, 60)}" if host else "has no remote"
        say(f"no badge: the repository {where}, and the workflows run on GitHub; later: assaymark badge embed")
    return {}


def _badge(name: str, project: str, readme: str) -> Callable[[str], str]:
    from assaymark.badges.embed import Line, markup_of, put
    from assaymark.init import within

    place = within(project, "")
    shown = f"https://raw.githubusercontent.com/{name}/badges/{place}badge.svg"
    line = Line(shown, f"https://github.com/{name}/tree/badges/{place}".rstrip("/"))
    return lambda text: put(text, line, markup_of(readme))


def _text(root: Path, name: str) -> str | None:
    """A file's text; None when it is not there. Raises InputError when it cannot be written anew as text."""
    place = root / name
    if not place.resolve().is_relative_to(root) or place.is_symlink():
        raise InputError("is a link; nothing is written through it", where=name)
    if not place.exists():
        return None
    try:
        if place.stat().st_size > LIMIT:
            raise InputError("is too large", where=name)
        return place.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise InputError(f"cannot be read: {problem}", where=name) from problem


def _diff(change: Change) -> str:
    from difflib import unified_diff

    from assaymark.wording import visible

    before = (change.before or "").splitlines(keepends=True)
    name = "/dev/null" if change.before is None else f"a/{change.path}"
    lines = unified_diff(before, change.after.splitlines(keepends=True), name, f"b/{change.path}")
    return visible("".join(line if line.endswith("\n") else f"{line}\n" for line in lines))


def _write(root: Path, changes: Sequence[Change], *, yes: bool, force: bool) -> None:
    if not yes and not sys.stdin.isatty():
        raise InputError(
            "nothing was written: there is nobody to ask", hint="write it with --yes, or look with --dry-run"
        )
    left = []
    for change in changes:
        if change.overwrites and yes and not force:
            left.append(change.path)
        elif yes or click.confirm(f"{'Overwrite' if change.overwrites else 'Write'} {change.path}?", err=True):
            _put(root, change)
    if left:
        raise InputError(f"left as they are, since they differ: {', '.join(left)}", hint="overwrite them with --force")


def _put(root: Path, change: Change) -> None:
    from assaymark.cli._common import write

    place = root / change.path
    write(place.parent, place.name, change.after)
    say(f"wrote {change.path}")

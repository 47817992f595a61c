"""What `assaymark init` puts into a repository: workflows, a configuration and the line of the badge. Pure planning.

The workflows are templates of ``pipelines/templates``, with the commit of our Actions filled in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from assaymark.data import folder
from assaymark.init.pin import Pin
from assaymark.records import NamedTuple

FOLDER = ".github/workflows"
CONFIG = ".assaymark.toml"
# Name on the command line -> template, and what it is for.
WORKFLOWS = {
    "assess": (
        "assaymark.yml",
        "judges every push and pull request, publishes the badge; also a form to start it by hand",
    ),
    "comment": ("assaymark-comment.yml", "comments on pull requests, those of forks too"),
    "validate": ("assaymark-validate.yml", "checks scientific workflows when one is pushed"),
    "schedule": ("assaymark-schedule.yml", "judges once a week with what only the forge can tell"),
    "release": ("assaymark-release.yml", "releases what is tagged: judged, built, signed, published"),
}
DEFAULT = ("assess", "comment")
TASKS = ("classification", "regression", "segmentation", "detection", "generative", "forecast", "surrogate")
# What makes a repository a package, and where the job begins that only packages have.
PACKAGES = ("pyproject.toml", "setup.py", "setup.cfg")
INDEX_JOB = "\n  # Packages. "
MANIFEST = "model.toml"
SERVICE = "service.toml"
SMOKE = "smoke.toml"
IMAGES = ("cpu", "mpi", "pytorch-gpu", "jupyter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to write, and what to fill in. ``model`` is the task of a model; ``schedule`` validates it every day.

    ``projects`` are the folders that are judged, each by itself; none for the whole repository. ``badges`` put the
    badge into a README, by its path; ``configs`` are the folders that get a configuration. ``compared``: the gate of
    one that has a configuration already asks for a baseline.
    ``service`` adds the manifest of a service and its workflow, ``smoke`` (a kind of image) those of an image.
    """

    pin: Pin
    workflows: tuple[str, ...] = DEFAULT
    branch: str = "main"
    profile: str = "assaymark"
    gate: str = ""
    compared: bool = False
    configs: tuple[str, ...] = (".",)
    projects: tuple[str, ...] = ()
    badges: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    model: str | None = None
    schedule: bool = False
    service: bool = False
    smoke: str | None = None


class Change(NamedTuple):
    """One file: what it holds (None when it is not there) and what it is to hold. ``owned`` when we wrote all of it."""

    path: str
    before: str | None
    after: str
    owned: bool = True

    @property
    def overwrites(self) -> bool:
        """Whether something would be lost that somebody else may have written."""
        return self.owned and self.before is not None


def plan(wanted: Wanted, present: Callable[[str], str | None]) -> list[Change]:
    """The files that differ from what they are to hold; ``present`` gives a file's text, None when there is none."""
    package = any(present(name) is not None for name in PACKAGES)
    changes = [_change(path, text, present) for path, text in _files(wanted, package)]
    for readme, badge in wanted.badges.items():
        if (before := present(readme)) is not None:
            changes.append(Change(readme, before, badge(before), owned=False))
    return [c for c in changes if c.before != c.after]


def _change(path: str, text: str, present: Callable[[str], str | None]) -> Change:
    return Change(path, present(path), text)


def _files(wanted: Wanted, package: bool) -> Iterable[tuple[str, str]]:
    for name in wanted.workflows:
        template = WORKFLOWS[name][0]
        text = render(template, wanted)
        # A workflow, a model or a dataset is released as well, but no package index takes it.
        yield f"{FOLDER}/{template}", text if package else text.partition(INDEX_JOB)[0]
    if wanted.model:
        again = "-schedule" if wanted.schedule else ""
        yield MANIFEST, render(f"model/{wanted.model}.toml", wanted)
        yield f"{FOLDER}/assaymark-model.yml", render(f"assaymark-model{again}.yml", wanted)
    if wanted.service:
        yield SERVICE, render("service.toml", wanted)
        yield f"{FOLDER}/assaymark-service.yml", render("assaymark-service.yml", wanted)
    if wanted.smoke:
        yield SMOKE, render(f"smoke/{wanted.smoke}.toml", wanted)
        yield f"{FOLDER}/assaymark-smoke.yml", render("assaymark-smoke.yml", wanted)
    for project in wanted.configs:
        yield within(project, CONFIG), render("assaymark.toml", wanted)


def within(project: str, name: str) -> str:
    """The path of a file of a project."""
    return name if project == "." else f"{project}/{name}"


def render(template: str, wanted: Wanted) -> str:
    """A template with everything filled in."""
    text = (folder("pipelines/templates") / template).read_text(encoding="utf-8")
    filled = {
        "__COMMIT__": wanted.pin.commit,
        "__VERSION__": wanted.pin.label,
        "__BRANCH__": wanted.branch,
        "__PROFILE__": wanted.profile,
        "__BASELINE__": "branch:badges" if wanted.compared or wanted.gate == "no-regression" else '""',
        "__RELEASE_GATE__": wanted.gate if wanted.gate in ("bronze", "silver", "gold") else "silver",
        "__GATE__": f'gate = "{wanted.gate}"' if wanted.gate else '# gate = "bronze"',
    }
    for mark, value in filled.items():
        text = text.replace(mark, value)
    for mark, lines in _of_projects(wanted.projects).items():
        text = re.sub(rf"(?m)^( *){mark}\n", "".join(rf"\g<1>{line}\n" for line in lines), text)
    return text


def _of_projects(projects: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """The lines of a workflow that depend on whether it judges projects, by the mark that stands for them."""
    if not projects:
        return {"__PROJECTS__": (), "__PROJECT__": (), "__ARTIFACTS__": ("name: assaymark",)}
    matrix = ("strategy:", "  fail-fast: false", "  matrix:", "    path:", *(f"      - {path}" for path in projects))
    return {
        "__PROJECTS__": matrix,
        "__PROJECT__": ("path: ${{ matrix.path }}",),
        "__ARTIFACTS__": ('pattern: "assaymark-*"',),
    }

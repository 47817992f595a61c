"""GitHub Actions (and Forgejo and Gitea, which read the same files)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assaymark.api import Tree
from assaymark.patterns import late
from assaymark.subject.ci.model import MAX_STEPS, CiFile, CiJob, CiStep
from assaymark.subject.ci.source import Source, items, mapping, read, text, texts, words
from assaymark.subject.parsing import KeyPath, ParseProblem

_MAX_NESTED_ACTIONS = 5
# A job with such a condition, and no word of pull requests, runs on tags, releases, schedules or a click only.
_NARROW = late(
    r"refs/tags/|ref_type\s{0,9}==\s{0,9}'tag'|event_name\s{0,9}==\s{0,9}'"
    r"(?:release|schedule|workflow_dispatch|repository_dispatch|create)'|event\.(?:release|schedule|inputs)\b"
)
_WIDE = late(r"!=|!\s?startsWith|!\s?contains|'push'|pull_request|refs/heads/|\|\|")
# The default activity types of pull requests, and those with which a head changes.
_CHANGING = {"opened", "synchronize", "reopened", "ready_for_review", "edited"}


def load(tree: Tree, path: str) -> CiFile:
    """One workflow. Raises ParseProblem when the file is not a workflow at all."""
    source = read(tree, path)
    jobs = source.data.get("jobs")
    triggers = triggers_of(source.data)
    problem = None if isinstance(jobs, dict) and jobs else "has no jobs"
    # Without ``on`` nothing ever starts it, so nothing of it counts.
    started = mapping(jobs).items() if problem is None and _on(source.data) else ()
    found = tuple(_job(tree, source, name, job) for name, job in started)
    return CiFile(
        path=path,
        system=f"{path[1:].partition('/')[0]}-actions",
        name=text(source.data.get("name")),
        triggers=triggers,
        jobs=found,
        includes=tuple(sorted({job.uses for job in found if job.uses})),
        problem=problem,
    )


def triggers_of(data: dict[str, Any]) -> frozenset[str]:
    """What starts a workflow; pushes of tags alone are ``tag``, and requests on which no head changes are left out."""
    on = _on(data)
    if not isinstance(on, dict):
        return frozenset(words(on))
    return frozenset(_trigger(event, mapping(details)) for event, details in on.items()) - {""}


def _on(data: dict[str, Any]) -> object:
    return data.get("on", data.get("true"))  # a tool that rewrites YAML may have stored the key as a boolean


def _trigger(event: str, details: dict[str, Any]) -> str:
    if event == "push":
        tags = "tags" in details or "tags-ignore" in details
        branches = "branches" in details or "branches-ignore" in details
        return "tag" if tags and not branches else "push"
    if event in ("pull_request", "pull_request_target") and "types" in details:
        return event if _CHANGING & set(words(details["types"])) else ""
    return event


def _job(tree: Tree, source: Source, name: str, job: object) -> CiJob:
    data = mapping(job)
    at: KeyPath = ("jobs", name)
    condition = text(data.get("if"))
    container = data.get("container")
    steps: list[CiStep] = []
    for i, step in enumerate(items(data.get("steps"))):
        steps.extend(_steps(tree, source, mapping(step), (*at, "steps", i), _MAX_NESTED_ACTIONS))
        if len(steps) > MAX_STEPS:
            break
    return CiJob(
        name=text(data.get("name")) or name,
        line=source.line(*at),
        steps=tuple(steps),
        uses=_used(data),
        image=text(mapping(container).get("image")) if isinstance(container, dict) else text(container),
        condition=condition,
        on_change=not narrow(condition),
        may_fail=data.get("continue-on-error") is True,
        env={**texts(source.data.get("env")), **texts(data.get("env"))},
    )


def narrow(condition: str) -> bool:
    """Whether a condition lets something run only on a tag, a release, a schedule or a click."""
    return bool(_NARROW.search(condition)) and not _WIDE.search(condition)


def _used(data: dict[str, Any]) -> str:
    """What a step or a job uses; ``$/``, the repository at the commit that runs, is ``./`` of what is judged."""
    uses = text(data.get("uses"))
    return f".{uses[1:]}" if uses.startswith("$/") else uses


def _steps(tree: Tree, source: Source, step: dict[str, Any], at: KeyPath, depth: int) -> Iterator[CiStep]:
    """The step, followed by those of the local composite action that it uses."""
    uses, run = _used(step), text(step.get("run"))
    if not uses and not run:
        return
    key = "uses" if uses else "run"
    yield CiStep(
        path=source.path,
        line=source.line(*at, key),
        name=text(step.get("name")),
        run=run,
        uses=uses,
        condition=text(step.get("if")),
        inputs=texts(step.get("with")),
        env=texts(step.get("env")),
        may_fail=step.get("continue-on-error") is True,
    )
    if depth and uses.startswith("./"):
        yield from _composite(tree, uses[2:].strip("/"), depth - 1)


def _composite(tree: Tree, folder: str, depth: int) -> Iterator[CiStep]:
    found = tree.find("action.yml", "action.yaml", under=(folder,))
    if not found:
        return
    try:
        source = read(tree, found[0].path)
    except ParseProblem:
        return  # judged where actions are linted; the workflow itself could be read
    runs = mapping(source.data.get("runs"))
    for i, step in enumerate(items(runs.get("steps"))[:200]):
        yield from _steps(tree, source, mapping(step), ("runs", "steps", i), depth)

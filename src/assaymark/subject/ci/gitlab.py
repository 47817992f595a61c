"""GitLab CI: the main file, the local files it includes, ``extends``, ``default`` and ``!reference``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assaymark.api import Tree
from assaymark.subject.ci.model import MAX_STEPS, CiFile, CiJob, CiStep
from assaymark.subject.ci.source import Source, items, mapping, read, scripts, text, texts
from assaymark.subject.parsing import KeyPath, ParseProblem

_MAX_FILES = 50
_MAX_EXTENDS = 10
_NOT_JOBS = {
    "default", "include", "variables", "workflow", "stages", "image", "services", "cache", "before_script",
    "after_script", "pages_domain", "spec", "types",
}  # fmt: skip # many short items
_JOB_KEYS = {"script", "extends", "trigger", "run", "stage", "rules", "only", "needs"}
_TAG_ONLY = ("$CI_COMMIT_TAG", "$CI_RELEASE", '== "schedule"', "== 'schedule'")


def load(tree: Tree, path: str) -> tuple[CiFile, ...]:
    """The main file and the local ones it includes. Raises ParseProblem when the main file cannot be read."""
    sources, includes, problems = _sources(tree, read(tree, path))
    merged = {key: (source, value) for source in reversed(sources) for key, value in source.data.items()}
    triggers = _triggers([source.data for source in sources])
    files = [
        CiFile(
            path=source.path,
            system="gitlab-ci",
            triggers=triggers,
            jobs=tuple(_jobs(source, merged)),
            includes=tuple(includes) if source.path == path else (),
        )
        for source in sources
    ]
    broken = [CiFile(path=where, system="gitlab-ci", problem=why) for where, why in problems]
    return (*files, *broken)


def _sources(tree: Tree, main: Source) -> tuple[list[Source], list[str], list[tuple[str, str]]]:
    """The files by inclusion, what was included from elsewhere, and what could not be read."""
    sources, outside, problems, seen, queue = [main], [], [], {main.path}, [main]
    while queue:
        for item in items(queue.pop(0).data.get("include"))[:_MAX_FILES]:
            local = text(mapping(item).get("local")) or (text(item) if "://" not in text(item) else "")
            if not local:
                outside.append(text(item) or ", ".join(f"{k}: {v}" for k, v in texts(item).items()))
            for entry in tree.glob(local.lstrip("/")) if local else ():
                if entry.path in seen or len(seen) >= _MAX_FILES:
                    continue
                seen.add(entry.path)
                try:
                    source = read(tree, entry.path)
                except ParseProblem as problem:
                    problems.append((entry.path, str(problem)))
                    continue
                sources.append(source)
                queue.append(source)
    return sources, outside, problems


def _triggers(documents: list[dict[str, Any]]) -> frozenset[str]:
    """A pipeline runs on every push unless ``workflow: rules`` say otherwise; requests need a rule that names them."""
    rules = [r for data in documents for r in items(mapping(data.get("workflow")).get("rules"))]
    conditions = [text(mapping(r).get("if")) for r in rules if text(mapping(r).get("when")) != "never"]
    triggers = {"push"} if not rules or any(not _tag_only(c) for c in conditions) else {"tag"}
    if any("merge_request_event" in c or "$CI_MERGE_REQUEST" in c for c in (*conditions, *_job_conditions(documents))):
        triggers.add("pull_request")
    return frozenset(triggers)


def _job_conditions(documents: list[dict[str, Any]]) -> Iterator[str]:
    for data in documents:
        for job in data.values():
            rules = mapping(job).get("rules")
            for rule in items(rules):
                yield text(mapping(rule).get("if"))
            only = mapping(job).get("only")
            refs = mapping(only).get("refs") if isinstance(only, dict) else only
            yield from ("merge_request_event" for ref in items(refs) if ref == "merge_requests")


def _tag_only(condition: str) -> bool:
    return any(word in condition for word in _TAG_ONLY) and "||" not in condition


def _jobs(source: Source, merged: dict[str, tuple[Source, Any]]) -> Iterator[CiJob]:
    default_source, default = merged.get("default", (source, {}))
    for name, value in source.data.items():
        if name.startswith(".") or name in _NOT_JOBS or not isinstance(value, dict) or not _JOB_KEYS & value.keys():
            continue
        steps: list[CiStep] = []
        for key in ("before_script", "script", "after_script"):
            where, at, script = _inherited(name, key, merged)
            if script is None and key != "script":
                inner = mapping(default).get(key)
                where, at, script = (default_source, ("default", key), inner)
                if inner is None and key in merged:
                    where, at, script = merged[key][0], (key,), merged[key][1]
            if where is not None:
                steps.extend(_steps(where, at, script, merged))
        trigger = mapping(value.get("trigger"))
        yield CiJob(
            name=name,
            line=source.line(name),
            steps=tuple(steps[:MAX_STEPS]),
            uses=text(value.get("trigger")) or text(trigger.get("include")) or text(trigger.get("project")),
            image=_image(_inherited(name, "image", merged)[2]),
            on_change=_on_change(name, merged),
            may_fail=_inherited(name, "allow_failure", merged)[2] is True,
            env={
                **texts(merged.get("variables", (source, None))[1]),
                **texts(_inherited(name, "variables", merged)[2]),
            },
        )


def _image(value: object) -> str:
    return text(mapping(value).get("name")) if isinstance(value, dict) else text(value)


def _inherited(
    name: str, key: str, merged: dict[str, tuple[Source, Any]], depth: int = _MAX_EXTENDS
) -> tuple[Source | None, KeyPath, Any]:
    """A key of a job or of what it extends (the last parent wins), with its place."""
    source, value = merged.get(name, (None, None))
    data = mapping(value)
    if key in data:
        return source, (name, key), data[key]
    if depth:
        for parent in reversed(items(data.get("extends"))[:_MAX_EXTENDS]):
            found = _inherited(text(parent), key, merged, min(depth, 3) - 1)
            if found[2] is not None:
                return found
    return None, (), None


def _steps(source: Source, at: KeyPath, script: object, merged: dict[str, tuple[Source, Any]]) -> Iterator[CiStep]:
    for i, item in enumerate(items(script)):
        referred = _reference(item, merged)
        where, place, value = referred or (source, (*at, i), item)
        for run, spot in scripts(value, place):
            yield CiStep(path=where.path, line=where.line(*spot), run=run)


def _reference(item: object, merged: dict[str, tuple[Source, Any]]) -> tuple[Source, KeyPath, Any] | None:
    """What ``!reference [job, key]`` points at (the reader drops the tag and leaves the list)."""
    if not isinstance(item, list) or len(item) != 2 or not all(isinstance(part, str) for part in item):
        return None
    source, value = merged.get(item[0], (None, None))
    data = mapping(value)
    return (source, (item[0], item[1]), data[item[1]]) if source and item[1] in data else None


def _on_change(name: str, merged: dict[str, tuple[Source, Any]]) -> bool:
    """False for jobs kept to tags, schedules, releases or a person's click."""
    if text(_inherited(name, "when", merged)[2]) == "manual":
        return False
    only = _inherited(name, "only", merged)[2]
    refs = [text(ref) for ref in items(mapping(only).get("refs") if isinstance(only, dict) else only)]
    if refs and all(ref in ("tags", "schedules", "triggers", "web", "api") for ref in refs):
        return False
    rules = [mapping(rule) for rule in items(_inherited(name, "rules", merged)[2])]
    open_rules = [r for r in rules if text(r.get("when")) not in ("never", "manual")]
    return not rules or any(not _tag_only(text(r.get("if"))) for r in open_rules)

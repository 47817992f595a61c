"""CircleCI, Travis CI, Azure Pipelines, AppVeyor, Cirrus CI, Bitbucket, Woodpecker and Drone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from assaymark.api import Tree
from assaymark.subject.ci.model import MAX_STEPS, NOTHING, ON_CHANGE, CiFile, CiJob, CiStep
from assaymark.subject.ci.source import Source, items, mapping, read, scripts, text, texts, words
from assaymark.subject.parsing import KeyPath

BOTH = frozenset({"push", "pull_request"})


def load(system: str, tree: Tree, path: str) -> CiFile:
    """One definition of one of these systems. Raises ParseProblem."""
    return _READERS[system](read(tree, path))


def _file(
    source: Source,
    system: str,
    jobs: Iterator[CiJob],
    *,
    triggers: frozenset[str] = BOTH,
    includes: tuple[str, ...] = (),
) -> CiFile:
    found = tuple(jobs)
    problem = None if found else "no job was found in it"
    return CiFile(path=source.path, system=system, triggers=triggers, jobs=found, includes=includes, problem=problem)


def _commands(source: Source, value: object, at: KeyPath, name: str = "") -> Iterator[CiStep]:
    for run, place in scripts(value, at):
        yield CiStep(path=source.path, line=source.line(*place), run=run, name=name)


def _job(source: Source, name: str, at: KeyPath, steps: Iterator[CiStep], image: str = "") -> CiJob:
    found = tuple(step for step, _ in zip(steps, range(MAX_STEPS), strict=False))
    return CiJob(name=name, line=source.line(*at), steps=found, image=image)


# --- CircleCI -------------------------------------------------------------------------------------------------


def _circleci(source: Source) -> CiFile:
    jobs = (
        _job(source, name, ("jobs", name), _circle_steps(source, mapping(job).get("steps"), ("jobs", name, "steps")))
        for name, job in mapping(source.data.get("jobs")).items()
    )
    orbs = tuple(sorted(texts(source.data.get("orbs")).values()))
    called = _circle_orb_jobs(source)
    # CircleCI builds every push; pull requests from forks are a setting of the project.
    return _file(source, "circleci", (*jobs, *called).__iter__(), triggers=frozenset({"push"}), includes=orbs)


def _circle_steps(source: Source, value: object, at: KeyPath, depth: int = 4) -> Iterator[CiStep]:
    for i, step in enumerate(items(value)):
        place = (*at, i)
        if isinstance(step, str):
            yield from _circle_command(source, step, NOTHING, place, depth)
        for key, detail in mapping(step).items():
            if key == "run":
                command = mapping(detail).get("command") if isinstance(detail, dict) else detail
                name = text(mapping(detail).get("name"))
                for run, _ in scripts(command, place):
                    yield CiStep(path=source.path, line=source.line(*place, "run"), run=run, name=name)
            elif key in ("when", "unless"):
                if depth:
                    inner = mapping(detail).get("steps")
                    yield from _circle_steps(source, inner, (*place, key, "steps"), depth - 1)
            else:
                yield from _circle_command(source, key, texts(detail), (*place, key), depth)


def _circle_command(source: Source, name: str, inputs: Any, at: KeyPath, depth: int) -> Iterator[CiStep]:
    """A built-in (checkout), an orb's command, or one of the file's own ``commands``."""
    own = mapping(mapping(source.data.get("commands")).get(name))
    if own and depth:
        yield from _circle_steps(source, own.get("steps"), ("commands", name, "steps"), depth - 1)
    else:
        yield CiStep(path=source.path, line=source.line(*at), uses=name, inputs=inputs)


def _circle_orb_jobs(source: Source) -> Iterator[CiJob]:
    """Jobs that come from an orb are seen only where a workflow names them."""
    for flow, detail in mapping(source.data.get("workflows")).items():
        for i, item in enumerate(items(mapping(detail).get("jobs"))):
            for name in words(item):
                if "/" in name:
                    at: KeyPath = ("workflows", flow, "jobs", i)
                    yield CiJob(name=name, line=source.line(*at), uses=name)


# --- Travis CI ------------------------------------------------------------------------------------------------

_TRAVIS = ("before_install", "install", "before_script", "script", "after_success", "after_script", "deploy")


def _travis(source: Source) -> CiFile:
    def jobs() -> Iterator[CiJob]:
        if any(key in source.data for key in (*_TRAVIS, "language")):
            yield _job(source, "default", (), _travis_steps(source, source.data, ()))
        for key in ("jobs", "matrix"):
            for i, job in enumerate(items(mapping(source.data.get(key)).get("include"))):
                at: KeyPath = (key, "include", i)
                name = text(mapping(job).get("name")) or text(mapping(job).get("stage")) or f"{key} {i + 1}"
                yield _job(source, name, at, _travis_steps(source, mapping(job), at))

    return _file(source, "travis", jobs(), includes=words(source.data.get("import")))


def _travis_steps(source: Source, data: dict[str, Any], at: KeyPath) -> Iterator[CiStep]:
    for key in _TRAVIS:
        value = data.get(key)
        if key == "deploy":
            for i, target in enumerate(items(value)):
                provider = text(mapping(target).get("provider"))
                place: KeyPath = (*at, key, i) if isinstance(value, list) else (*at, key)
                if provider:
                    yield CiStep(path=source.path, line=source.line(*place), uses=f"deploy/{provider}", condition="tag")
        else:
            yield from _commands(source, value, (*at, key), key)


# --- Azure Pipelines ------------------------------------------------------------------------------------------

_AZURE_RUN = ("script", "bash", "pwsh", "powershell")


def _azure(source: Source) -> CiFile:
    data = source.data
    triggers = set()
    if "parameters" in data and "trigger" not in data and "pr" not in data:
        triggers.add("workflow_call")  # a template: it runs only where another file takes it in
    else:
        triggers |= {"push"} if data.get("trigger") != "none" else set()
        triggers |= {"pull_request"} if data.get("pr") != "none" else set()
    if "schedules" in data:
        triggers.add("schedule")
    includes = tuple(sorted(set(_templates(data, 8))))
    return _file(source, "azure", _azure_jobs(source, data, ()), triggers=frozenset(triggers), includes=includes)


def _azure_jobs(source: Source, data: dict[str, Any], at: KeyPath) -> Iterator[CiJob]:
    for i, stage in enumerate(items(data.get("stages"))):
        yield from _azure_jobs(source, mapping(stage), (*at, "stages", i))
    for i, job in enumerate(items(data.get("jobs"))):
        place: KeyPath = (*at, "jobs", i)
        detail = mapping(job)
        name = text(detail.get("job")) or text(detail.get("deployment")) or text(detail.get("template"))
        steps = _azure_steps(source, detail.get("steps"), (*place, "steps"))
        found = _job(source, name or f"job {i + 1}", place, steps)
        yield found if found.steps else CiJob(name=found.name, line=found.line, uses=text(detail.get("template")))
    if "steps" in data and not at:
        yield _job(source, "default", ("steps",), _azure_steps(source, data["steps"], ("steps",)))


def _azure_steps(source: Source, value: object, at: KeyPath) -> Iterator[CiStep]:
    for i, step in enumerate(items(value)):
        data, place = mapping(step), (*at, i)
        name = text(data.get("displayName"))
        for key in _AZURE_RUN:
            if text(data.get(key)):
                yield CiStep(path=source.path, line=source.line(*place, key), run=text(data[key]), name=name)
        for key in ("task", "template"):
            if text(data.get(key)):
                inputs = texts(data.get("inputs"))
                run = inputs.get("script", "") or inputs.get("inlineScript", "")
                uses = text(data[key])
                yield CiStep(
                    path=source.path, line=source.line(*place, key), uses=uses, run=run, inputs=inputs, name=name
                )


def _templates(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, dict):
        if text(value.get("template")):
            yield text(value["template"])
        for item in value.values() if depth else ():
            yield from _templates(item, depth - 1)
    elif isinstance(value, list) and depth:
        for item in value:
            yield from _templates(item, depth - 1)


# --- AppVeyor, Cirrus CI, Bitbucket, Woodpecker, Drone --------------------------------------------------------

_APPVEYOR = ("install", "before_build", "build_script", "after_build", "before_test", "test_script", "after_test")


def _appveyor(source: Source) -> CiFile:
    def steps() -> Iterator[CiStep]:
        for key in (*_APPVEYOR, "on_success", "deploy_script"):
            for i, item in enumerate(items(source.data.get(key))):
                value = next(iter(item.values()), None) if isinstance(item, dict) else item
                yield from _commands(source, value, (key, i), key)

    return _file(source, "appveyor", iter((_job(source, "default", (), steps()),)))


def _cirrus(source: Source) -> CiFile:
    def jobs() -> Iterator[CiJob]:
        for key, value in source.data.items():
            for i, task in enumerate(items(value) if key == "task" or key.endswith("_task") else ()):
                at: KeyPath = (key, i) if isinstance(value, list) else (key,)
                name = text(mapping(task).get("name")) or key.removesuffix("_task")
                yield _job(source, name, at, _cirrus_steps(source, mapping(task), at))

    return _file(source, "cirrus", jobs())


def _cirrus_steps(source: Source, task: dict[str, Any], at: KeyPath) -> Iterator[CiStep]:
    for key, value in task.items():
        if key == "script" or key.endswith("_script"):
            yield from _commands(source, value, (*at, key), key.removesuffix("_script"))


def _bitbucket(source: Source) -> CiFile:
    pipelines = mapping(source.data.get("pipelines"))
    triggers = {"push"} if {"default", "branches"} & pipelines.keys() else set()
    triggers |= {"pull_request"} if "pull-requests" in pipelines else set()
    triggers |= {"tag"} if "tags" in pipelines else set()
    jobs = _bitbucket_jobs(source, pipelines, ("pipelines",), 8)
    return _file(source, "bitbucket", jobs, triggers=frozenset(triggers))


def _bitbucket_jobs(source: Source, value: object, at: KeyPath, depth: int) -> Iterator[CiJob]:
    pairs = enumerate(value) if isinstance(value, list) else mapping(value).items()
    for key, item in pairs:
        place = (*at, key)
        if key == "step":
            step = mapping(item)
            runs = _commands(source, step.get("script"), (*place, "script"))
            yield _job(source, text(step.get("name")) or "step", place, runs, text(step.get("image")))
        elif depth:
            yield from _bitbucket_jobs(source, item, place, depth - 1)


def _woodpecker(source: Source) -> CiFile:
    return _containers(source, "woodpecker")


def _drone(source: Source) -> CiFile:
    return _containers(source, "drone")


def _containers(source: Source, system: str) -> CiFile:
    """Steps are containers with commands, in a list or by name (``pipeline:`` in old files)."""
    key = "steps" if "steps" in source.data else "pipeline"
    value = source.data.get(key)
    pairs = list(enumerate(value)) if isinstance(value, list) else list(mapping(value).items())

    def jobs() -> Iterator[CiJob]:
        for at, item in pairs:
            step = mapping(item)
            place: KeyPath = (key, at)
            name = text(step.get("name")) or str(at)
            found = _job(source, name, place, _container(source, step, place, name), text(step.get("image")))
            wanted = _events(step)
            yield found._replace(on_change=not wanted or bool(wanted & ON_CHANGE))

    events = _events(source.data)
    return _file(source, system, jobs(), triggers=frozenset(events) or BOTH)


def _container(source: Source, step: dict[str, Any], at: KeyPath, name: str) -> Iterator[CiStep]:
    """The commands of a step; a step with none is a plugin, an image whose settings say what it does."""
    yield from _commands(source, step.get("commands"), (*at, "commands"), name)
    if "commands" not in step and text(step.get("image")):
        inputs = texts(step.get("settings"))
        yield CiStep(
            path=source.path, line=source.line(*at, "image"), uses=text(step["image"]), inputs=inputs, name=name
        )


def _events(data: dict[str, Any]) -> set[str]:
    when = data.get("when") or data.get("trigger")
    found = set()
    for item in items(when):
        event = mapping(item).get("event")
        found |= set(words(mapping(event).get("include") if isinstance(event, dict) else event))
    return found


_READERS: dict[str, Callable[[Source], CiFile]] = {
    "circleci": _circleci,
    "travis": _travis,
    "azure": _azure,
    "appveyor": _appveyor,
    "cirrus": _cirrus,
    "bitbucket": _bitbucket,
    "woodpecker": _woodpecker,
    "drone": _drone,
}

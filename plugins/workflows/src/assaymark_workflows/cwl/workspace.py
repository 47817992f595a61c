"""The processes of documents and what their steps run; every file is read once and shared by all that refer to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from assaymark.api import Context, Unreachable
from assaymark_workflows.cwl import model
from assaymark_workflows.cwl.document import Document, load, plain_version, target_of
from assaymark_workflows.cwl.model import Process, Step
from assaymark_workflows.cwl.schema import VERSIONS
from assaymark_workflows.source import Node

_LATEST = VERSIONS[-1]
_DEPTH = 40
_WAYS = 6


@dataclass(frozen=True, slots=True)
class Target:
    """What a step runs. ``process`` is None when it cannot be known; then ``problem`` says why, if it is a fault."""

    process: Process | None = None
    document: Document | None = None
    problem: str | None = None
    unreachable: Unreachable | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One step somewhere in the repository that runs a file: who, and which requirements it declares for it."""

    caller: str
    declared: frozenset[str]


def version_of(document: Document) -> str | None:
    """The version a document declares, if it is one of those that are known."""
    node = document.version
    if node is None:
        graph = document.root.get("$graph") if document.root is not None and document.root.is_object else None
        for entry in graph.elements if graph is not None else []:
            node = entry.get("cwlVersion") if entry.is_object else None
            if node is not None:
                break
    if node is None or not node.is_string:
        return None
    word = plain_version(node.value)
    return word if word in VERSIONS else None


class Workspace:
    """Looks up processes for one run."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def processes(self, document: Document, version: str) -> list[Process]:
        """The processes of a document, with what the workflows beside them in ``$graph`` hand down."""
        made: list[Process] | None = document.models.get(version)
        if made is None:
            made = [
                model.process(document, entry, version) for entry in document.entries if entry.get("class") is not None
            ]
            document.models[version] = made
            if len(made) > 1:
                self._hand_down(made)
        return made

    def _hand_down(self, made: list[Process]) -> None:
        by_name = {process.fragment.rpartition("/")[2]: process for process in made if process.fragment}
        # Workflows may run workflows: as often as there are levels, bounded.
        for _ in range(min(len(made), 5)):
            handed: dict[int, list[frozenset[str]]] = {}
            for process in made:
                for step in process.steps.values():
                    run = step.run
                    if run is not None and run.is_string and run.value.startswith("#"):
                        called = by_name.get(model.short(run.value))
                        if called is not None and called is not process:
                            handed.setdefault(id(called), []).append(declared(process, step))
            changed = False
            for process in made:
                given = handed.get(id(process))
                new = frozenset.intersection(*given) if given else frozenset()
                changed |= new != process.given
                process.given = new
            if not changed:
                break

    def run(self, process: Process, step: Step) -> Target:
        """What a step runs."""
        run = step.run
        if run is None:
            return Target()
        made: Target = self.context.once(
            f"cwl:run:{process.document.path}:{id(process.node)}:{step.name}", lambda: self._target(process, step, run)
        )
        return made

    def _target(self, process: Process, step: Step, run: Node) -> Target:
        if run.is_object:
            made = model.process(process.document, run, process.version, declared(process, step), process.named)
            return Target(made, process.document)
        if not run.is_string:
            return Target()
        origin = process.document.imported.get(id(process.node))
        try:
            path, fragment = target_of(run.value, origin[0] if origin else process.document.path)
            document = process.document if path == process.document.path else load(path, self.context)
        except Unreachable as problem:
            return Target(unreachable=problem)
        if document.root is None:
            return Target(document=document)
        return self._entry(document, fragment, process.version, run.value)

    def _entry(self, document: Document, fragment: str, version: str, reference: str) -> Target:
        root = document.root
        assert root is not None
        if not root.is_object or ("$graph" not in root and "class" not in root):
            return Target(document=document, problem=f"{document.path} holds no process")
        processes = self.processes(document, version_of(document) or version)
        if "$graph" in root:
            wanted = model.short(fragment or "main")
            found = next((p for p in processes if model.short(p.fragment) == wanted), None)
            if found is None:
                names = ", ".join(sorted("#" + p.fragment for p in processes if p.fragment))
                return Target(document=document, problem=f"there is no #{wanted} in {document.path} (it has {names})")
            return Target(found, document)
        if fragment and processes and model.short(processes[0].fragment) != model.short(fragment):
            return Target(document=document, problem=f"{document.path} has no process named {fragment!r}")
        return Target(processes[0], document) if processes else Target(document=document)

    def loops(self, process: Process) -> list[tuple[Step, list[str]]]:
        """Steps through which a workflow comes to run itself, with the way it takes."""
        found = []
        for step in process.steps.values():
            way = self._way(self.run(process, step).process, process.key, set(), 0)
            if way is not None:
                found.append((step, way))
        return found

    def _way(
        self, start: Process | None, goal: tuple[str, int], seen: set[tuple[str, int]], depth: int
    ) -> list[str] | None:
        if start is None or depth > _DEPTH:
            return None
        if start.key == goal:
            return [start.document.path]
        if start.key in seen:
            return None
        seen.add(start.key)
        self.context.check_time()
        for step in start.steps.values():
            way = self._way(self.run(start, step).process, goal, seen, depth + 1)
            if way is not None:
                return [start.document.path, *way]
        return None

    def handed(self, path: str) -> tuple[frozenset[str], frozenset[str]]:
        """Requirements that a file gets from every way in which the repository runs it, and from at least one."""
        calls: Mapping[str, list[Call]] = self.context.once("cwl:calls", self._calls)
        return _handed(path, calls, ())

    def _calls(self) -> dict[str, list[Call]]:
        found: dict[str, list[Call]] = {}
        for path in self.context.paths():
            if path.endswith(".cwl"):
                self.context.check_time()
                for target, names in self.context.once(f"kept:cwl:calls:{path}", partial(self._calls_of, path)):
                    found.setdefault(target, []).append(Call(path, frozenset(names)))
        return found

    def _calls_of(self, path: str) -> list[tuple[str, list[str]]]:
        """Files that the steps of a document run, each with the requirements that are declared for it."""
        try:
            document = load(path, self.context)
        except Unreachable:
            return []
        version = version_of(document)
        if version is None or document.root is None:
            return []
        found: list[tuple[str, list[str]]] = []
        for process in self.processes(document, version):
            self._called(process, found, 0)
        return found

    def _called(self, process: Process, found: list[tuple[str, list[str]]], depth: int) -> None:
        for step in process.steps.values():
            run = step.run
            if run is None:
                continue
            if run.is_object and depth < _DEPTH:
                inner = self.run(process, step).process
                if inner is not None:
                    self._called(inner, found, depth + 1)
            elif run.is_string:
                try:
                    path, _ = target_of(run.value, process.document.path)
                except Unreachable:
                    continue
                found.append((path, sorted(declared(process, step))))


def declared(process: Process, step: Step) -> frozenset[str]:
    """Requirements that a step hands to what it runs, as far as its own document says."""
    return frozenset(process.given | set(process.requirements) | set(step.requirements))


def _handed(path: str, calls: Mapping[str, list[Call]], way: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    every: frozenset[str] | None = None
    some: frozenset[str] = frozenset()
    if len(way) < _WAYS and path not in way:
        for call in calls.get(path, ()):
            above_every, above_some = _handed(call.caller, calls, (*way, path))
            every = call.declared | above_every if every is None else every & (call.declared | above_every)
            some |= call.declared | above_some
    return every or frozenset(), some

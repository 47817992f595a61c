"""A back end that answers by rules: it proves what the pipelines ask of an engine, not what a tool does."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import dagger_engine_files as filing
from dagger_engine import Engine, ExecFailed, Node, Refused, expected
from dagger_engine_files import Files


@dataclass(frozen=True)
class Ended:
    """How a step ends, and the files that it leaves (absolute paths)."""

    code: int = 0
    stdout: str = ""
    stderr: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)


Rule = tuple[Callable[[list[str]], bool], Ended]


def said(*words: str) -> Callable[[list[str]], bool]:
    """Whether all of these words are in the command."""
    return lambda argv: all(any(word in arg for arg in argv) for word in words)


@dataclass(frozen=True)
class Box:
    """A container so far."""

    files: Files = field(default_factory=dict)
    last: Ended | None = None


class Scripted:
    """``rules``: the first whose predicate holds decides; a command without one is refused."""

    def __init__(self, rules: Sequence[Rule], *, otherwise: Ended | None = None) -> None:
        self.rules = list(rules)
        self.otherwise = otherwise
        self.ran: list[list[str]] = []
        self.published: list[str] = []
        self.refuse_publish = 0
        self._boxes: dict[str, Box | Exception] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def force(self, engine: Engine, node: Node) -> None:
        """Evaluate a container, directory or file."""
        if node.type == "Container":
            self.box(engine, node)
        elif node.type == "Directory":
            self._directory(engine, node)
        elif node.type == "File":
            self._file(engine, node)

    def leaf(self, engine: Engine, node: Node, name: str, arguments: Mapping[str, Any]) -> Any:
        """A scalar."""
        if node.type == "Container":
            return self._of_container(engine, node, name, arguments)
        if node.type == "Directory":
            files = self._directory(engine, node)
            if name == "export":
                return filing.export(files, arguments["path"])
            if name == "entries":
                return filing.entries(filing.below(files, arguments.get("path") or ""))
        if node.type == "File":
            data = self._file(engine, node)
            if name == "contents":
                return data.decode()
            if name == "export":
                return _write(data, arguments["path"])
            if name == "size":
                return len(data)
        if node.type == "Secret" and name == "uri":
            return node.arguments["uri"]
        raise Refused(f"{node.type}.{name}: this stand-in does not know it")

    def _of_container(self, engine: Engine, node: Node, name: str, arguments: Mapping[str, Any]) -> Any:
        box = self.box(engine, node)
        if name in ("exitCode", "stdout", "stderr"):
            if box.last is None:
                raise Refused(f"Container.{name}: nothing was run")
            return {"exitCode": box.last.code, "stdout": box.last.stdout, "stderr": box.last.stderr}[name]
        if name == "publish":
            for id in arguments.get("platformVariants") or ():
                self.box(engine, engine.node(id))
            self.published.append(arguments["address"])
            if self.refuse_publish:
                raise Refused("Container.publish: unexpected status: 503 Service Unavailable")
            return f"{arguments['address']}@sha256:{hashlib.sha256(node.digest.encode()).hexdigest()}"
        if name == "export":
            return _write(b"OCI", arguments["path"])
        raise Refused(f"Container.{name}: this stand-in does not know it")

    def _directory(self, engine: Engine, node: Node) -> Files:
        return filing.directory(engine, node, lambda box, path: self._taken(engine, box, path))

    def _file(self, engine: Engine, node: Node) -> bytes:
        return filing.file(engine, node, lambda box, path: self._taken(engine, box, path))

    def _taken(self, engine: Engine, node: Node, path: str) -> Files:
        return filing.below(self.box(engine, node).files, path)

    def box(self, engine: Engine, node: Node) -> Box:
        """The container that a node describes; evaluated once, also when it fails."""
        with self._guard:
            lock = self._locks.setdefault(node.digest, threading.Lock())
        with lock:
            if node.digest not in self._boxes:
                try:
                    self._boxes[node.digest] = self._step(engine, node)
                except (ExecFailed, Refused) as problem:
                    self._boxes[node.digest] = problem
        found = self._boxes[node.digest]
        if isinstance(found, Exception):
            raise found
        return found

    def _step(self, engine: Engine, node: Node) -> Box:
        given = node.arguments
        if node.parent is None or node.field == "dockerBuild":
            if node.field == "dockerBuild":
                self._directory(engine, node.parent)  # type: ignore[arg-type]
            return Box()
        box = self.box(engine, node.parent)
        if node.field == "withExec":
            return self._executed(box, list(given["args"]), given)
        if node.field in ("withDirectory", "withMountedDirectory"):
            return replace(
                box, files=filing.put(box.files, given["path"], self._directory(engine, engine.node(_source(given))))
            )
        if node.field in ("withFile", "withMountedFile"):
            data = self._file(engine, engine.node(given["source"]))
            return replace(box, files=filing.put(box.files, "", {filing.inside(given["path"]): data}))
        if node.field == "withNewFile":
            new: Files = {filing.inside(given["path"]): given["contents"].encode()}
            return replace(box, files=filing.put(box.files, "", new))
        if node.field == "import":
            self._file(engine, engine.node(given["source"]))
            return box
        if node.field == "from" or node.field.startswith(("with", "without")):
            return box  # nothing that a rule could see
        raise Refused(f"Container.{node.field}: this stand-in does not know it")

    def _executed(self, box: Box, argv: list[str], given: Mapping[str, Any]) -> Box:
        with self._guard:
            self.ran.append(argv)
        ended = next((ended for fits, ended in self.rules if fits(argv)), self.otherwise)
        if ended is None:
            raise Refused(f"Container.withExec: no rule for {argv}")
        if not expected(given["expect"], ended.code):
            raise ExecFailed(argv, ended.code, ended.stdout, ended.stderr)
        new: Files = {filing.inside(path): data for path, data in ended.files.items()}
        files = filing.put(box.files, "", new) if new else box.files
        for name, stream in (("redirectStdout", ended.stdout), ("redirectStderr", ended.stderr)):
            if given.get(name):
                files = filing.put(files, "", {filing.inside(given[name]): stream.encode()})
        return replace(box, files=files, last=ended)


def _source(given: Mapping[str, Any]) -> str:
    return str(given["source"] if "source" in given else given["directory"])


def _write(data: bytes, target: str) -> str:
    place = Path(target)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return target

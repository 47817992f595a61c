"""YAML events -> plain data, without recursion, counting depth and what aliases expand to.

PyYAML's own composer recurses in C (a deep document ends the process) and expands merge keys without bound; its parser
does neither, so the data is built here from the parser's events.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from assaymark.patterns import of_library
from assaymark.subject.parsing import MAX_ALIASES, MAX_DEPTH, MAX_EXPANSION, KeyPath, ParseProblem

with of_library():
    import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_TYPED = {_TAG + name for name in ("int", "float", "bool", "null")}
_NO_KEY: Any = object()


def documents(text: str, *, lines: bool) -> Iterator[tuple[Any, dict[KeyPath, int]]]:
    """Each document of the stream with the lines of its keys (empty unless asked for)."""
    try:
        loader = _Loader(text)
    except (yaml.YAMLError, UnicodeError) as problem:
        raise _problem(problem) from problem
    try:
        while loader.check_event():
            event = loader.get_event()
            if isinstance(event, yaml.DocumentStartEvent):
                yield _Document(loader, lines).read()
    except (yaml.YAMLError, UnicodeError) as problem:
        raise _problem(problem) from problem
    finally:
        loader.dispose()


class _Frame:
    """A container that is still open."""

    __slots__ = ("anchor", "data", "key", "merged", "path", "size")

    def __init__(self, data: Any, anchor: str | None, path: KeyPath) -> None:
        self.data = data
        self.anchor = anchor
        self.path = path
        self.key: Any = _NO_KEY
        self.size = 1
        self.merged: list[Any] = []


class _Document:
    def __init__(self, loader: Any, lines: bool) -> None:
        self.loader = loader
        self.lines: dict[KeyPath, int] | None = {} if lines else None
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.stack: list[_Frame] = []
        self.aliases = 0
        self.expanded = 0

    def read(self) -> tuple[Any, dict[KeyPath, int]]:
        result: Any = None
        while True:
            event = self.loader.get_event()
            kind = type(event)
            if kind is yaml.DocumentEndEvent:
                return result, self.lines or {}
            if kind is yaml.ScalarEvent:
                value: Any = self._scalar(event)
                if event.anchor:
                    self.anchors[event.anchor] = (value, 1)
                self._place(value, 1, event)
            elif kind is yaml.AliasEvent:
                value, size = self._alias(event)
                self._place(value, size, event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._open({} if kind is yaml.MappingStartEvent else [], event)
                continue
            else:
                value = self._close(event)
            if not self.stack:
                result = value

    def _open(self, data: Any, event: Any) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise _at(event, "nested too deeply")
        if event.anchor:
            self.anchors.pop(event.anchor, None)
        self.stack.append(_Frame(data, event.anchor, self._path(event)))

    def _close(self, event: Any) -> Any:
        frame = self.stack.pop()
        data = frame.data
        for base in frame.merged:
            for key, value in base.items():
                data.setdefault(key, value)
        if frame.anchor:
            self.anchors[frame.anchor] = (data, frame.size)
        if self.stack:
            self._place(data, frame.size, event, known=True)
        return data

    def _path(self, event: Any) -> KeyPath:
        """Where the next value goes; noted with its line when lines are wanted."""
        if self.lines is None or not self.stack:
            return ()
        frame = self.stack[-1]
        if isinstance(frame.data, list):
            path = (*frame.path, len(frame.data))
            self.lines.setdefault(path, event.start_mark.line + 1)
            return path
        return (*frame.path, frame.key) if frame.key is not _NO_KEY else frame.path

    def _place(self, value: Any, size: int, event: Any, *, known: bool = False) -> None:
        if not self.stack:
            return
        frame = self.stack[-1]
        frame.size += size
        if isinstance(frame.data, list):
            if not known:
                self._path(event)
            frame.data.append(value)
        elif frame.key is _NO_KEY:
            self._key(frame, value, event)
        else:
            key, frame.key = frame.key, _NO_KEY
            if key == "<<" and _mergeable(value):
                frame.merged.extend(value if isinstance(value, list) else [value])
            else:
                frame.data[key] = value

    def _key(self, frame: _Frame, value: Any, event: Any) -> None:
        if isinstance(value, dict | list):
            raise _at(event, "a mapping or a list cannot be a key")
        # The text as written: `on`, `1.10` and `null` are names here, not values.
        frame.key = event.value if isinstance(event, yaml.ScalarEvent) else str(value)
        if self.lines is not None:
            self.lines[(*frame.path, frame.key)] = event.start_mark.line + 1

    def _alias(self, event: Any) -> tuple[Any, int]:
        known = self.anchors.get(event.anchor)
        if known is None:
            raise _at(event, f"alias {event.anchor[:40]!r} has no anchor, or contains itself")
        self.aliases += 1
        self.expanded += known[1]
        if self.aliases > MAX_ALIASES or self.expanded > MAX_EXPANSION:
            raise _at(event, "too many aliases")
        return known

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        tag: str | None = event.tag
        if tag is None and not event.implicit[0]:
            return text
        if tag is None or tag in _TYPED:
            return self._typed(text, event)
        return text

    def _typed(self, text: str, event: Any) -> Any:
        tag = self.loader.resolve(yaml.ScalarNode, text, (True, False))
        if tag not in _TYPED or ":" in text:
            return text
        node = yaml.ScalarNode(tag, text)
        kind = tag.removeprefix(_TAG)
        if kind == "null":
            return None
        try:
            value = getattr(self.loader, f"construct_yaml_{kind}")(node)
        except (ValueError, IndexError) as problem:
            raise _at(event, f"{text[:40]!r} is not a number") from problem
        return text if isinstance(value, float) and not math.isfinite(value) else value


def _mergeable(value: Any) -> bool:
    items = value if isinstance(value, list) else [value]
    return all(isinstance(item, dict) for item in items)


def _at(event: Any, message: str) -> ParseProblem:
    return ParseProblem(message, event.start_mark.line + 1, event.start_mark.column + 1)


def _problem(problem: Exception) -> ParseProblem:
    mark = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
    text = getattr(problem, "problem", None) or str(problem)
    message = " ".join(str(text).split())[:200] or type(problem).__name__
    if mark is None:
        return ParseProblem(message)
    return ParseProblem(message, mark.line + 1, mark.column + 1)

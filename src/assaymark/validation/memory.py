"""What earlier runs found out about the files of one checkout, in one entry of the cache.

An answer holds as long as the document, everything that its validator asked for (and what it did not find), the
settings and the installed code are the same. Nothing else is believed: where a checkout lies is only where to look.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from assaymark import cache
from assaymark.api import Edit, Entry, Finding, Location, Problem, Severity
from assaymark.validation.context import ALL_PATHS, PROGRAM, Reads, World
from assaymark.validation.model import Judgement, State, Suppressed

_FORMAT = "validation-2"
# No file has this path: below it are the values that documents share.
_SHARED = ""
_TOO_LONG = "WF-C004"
Row = dict[str, Any]


class Remembered:
    """Implements `assaymark.validation.run.Memory` over one cache entry; `save` writes it when something is new."""

    def __init__(self, key: str, world: World) -> None:
        self._key = key
        self._world = world
        self._known: dict[str, Row] = _loaded(cache.get(key))
        self._used: dict[str, Row] = {}
        self._shared: dict[str, list[Any]] = self._known.pop(_SHARED, {})
        self._shared_used: dict[str, list[Any]] = {}
        self._new = False
        self._digests: dict[str, str | None] = {}

    def formats(self, entry: Entry) -> list[str] | None:
        """Ids of the validators whose document it was."""
        row = self._row(entry)
        return row["formats"] if row else None

    def judgement(self, entry: Entry, validator: str) -> Judgement | None:
        """What was said of it, when all that it depends on is the same."""
        row = self._row(entry)
        said = row["said"].get(validator) if row else None
        if said is None or any(self._digest(path) != digest for path, digest in said["reads"].items()):
            return None
        return judgement_of(entry.path, validator, said)

    def reads(self) -> dict[str, frozenset[str]]:
        """Of every known file: what its validators asked for, whether or not that changed since."""
        return {
            path: frozenset(asked for said in row["said"].values() for asked in said["reads"])
            for path, row in self._known.items()
        }

    def learn(self, entry: Entry, formats: Sequence[str], judgements: Sequence[Judgement]) -> None:
        """Remember one file. What broke or took too long is tried again, what came from the network is asked again."""
        if any(_passing(j) or any("://" in path for path in j.reads) for j in judgements):
            return
        said = {j.format: row_of(j) for j in judgements}
        self._used[entry.path] = {"blob": entry.blob, "formats": list(formats), "said": said}
        self._new = True

    def find(self, key: str) -> tuple[Any, Reads] | None:
        """A value that documents share, when all that it was made from is the same."""
        known = self._shared.get(key)
        if known is None or any(self._digest(path) != digest for path, digest in known[1].items()):
            return None
        self._shared_used[key] = known
        return known[0], known[1]

    def keep(self, key: str, value: Any, reads: Reads) -> None:
        """Remember such a value, unless it came from the network."""
        if not any("://" in path for path in reads):
            self._shared_used[key] = [value, reads]
            self._new = True

    def batch(self, key: str) -> list[Judgement] | None:
        """What was said of all documents of an engine that takes them at once."""
        known = self.find(_hashed(key))
        return [judgement_of(path, format, row) for path, format, row in known[0]] if known else None

    def learn_batch(self, key: str, judgements: Sequence[Judgement]) -> None:
        """Remember that, unless something broke."""
        if not any(_passing(j) for j in judgements):
            reads = {path: digest for j in judgements for path, digest in j.reads.items()}
            self.keep(_hashed(key), [[j.path, j.format, row_of(j)] for j in judgements], reads)

    def save(self, *, whole: bool) -> None:
        """Write what is new; ``whole`` when every file was looked at, so that the others are gone."""
        if self._new or (whole and len(self._used) < len(self._known)):
            rows = self._used if whole else {**self._known, **self._used}
            # Whoever asks for shared values is rarely judged again: those that were not asked for are kept as well.
            held = {key: row for key, row in self._shared.items() if self._is_there(row)}
            rows = {**rows, _SHARED: {**held, **self._shared_used}}
            cache.put(self._key, json.dumps(rows, separators=(",", ":")).encode("ascii"))

    def _row(self, entry: Entry) -> Row | None:
        row = self._known.get(entry.path)
        if row is None or row["blob"] != entry.blob:
            return None
        self._used.setdefault(entry.path, row)
        return row

    def _is_there(self, row: list[Any]) -> bool:
        return all(self._digest(path) == digest for path, digest in row[1].items())

    def _digest(self, path: str) -> str | None:
        if path == ALL_PATHS:
            return self._world.paths_digest
        if path.startswith(PROGRAM):
            from assaymark.validation.programs import digest

            return digest(path.removeprefix(PROGRAM))
        if path not in self._digests:
            self._digests[path] = self._world.jail.digest(path)
        return self._digests[path]


def key(root: str, code: Sequence[str], settings: Mapping[str, Any]) -> str:
    """Where to look for what is known of a checkout, judged by this code with these settings."""
    return cache.key(_FORMAT, root, *code, json.dumps(settings, sort_keys=True, default=str))


def _passing(judgement: Judgement) -> bool:
    """Whether another try may end otherwise."""
    late = any(p.finding.rule == _TOO_LONG for p in judgement.problems)
    return late or judgement.broken or judgement.state is State.UNDETERMINED


def _hashed(key: str) -> str:
    return f"batch:{cache.key(key)}"


def _loaded(data: bytes | None) -> dict[str, Row]:
    if data is None:
        return {}
    try:
        rows = json.loads(data)
    except ValueError:
        return {}
    return rows if isinstance(rows, dict) else {}


def row_of(judgement: Judgement) -> Row:
    """A judgement as JSON."""
    return {
        "reads": dict(judgement.reads),
        "problems": [_packed(p) for p in judgement.problems],
        "suppressed": [[s.reason, _packed(s.problem)] for s in judgement.suppressed],
    }


def judgement_of(path: str, format: str, row: Row) -> Judgement:
    """The same back."""
    return Judgement(
        path=path,
        format=format,
        problems=tuple(_unpacked(p) for p in row["problems"]),
        suppressed=tuple(Suppressed(problem=_unpacked(p), reason=reason) for reason, p in row["suppressed"]),
        reads=row["reads"],
    )


def _packed(problem: Problem) -> list[Any]:
    f, w = problem.finding, problem.finding.location
    place = [w.path, w.line, w.column, w.end_line, w.end_column] if w else None
    edits = [[e.line, e.column, e.end_line, e.end_column, e.text] for e in problem.edits]
    return [f.rule, f.message, f.severity.value, place, f.fix, problem.pointer, edits]


def _unpacked(row: list[Any]) -> Problem:
    rule, message, severity, place, fix, pointer, edits = row
    where = None
    if place:
        path, line, column, end_line, end_column = place
        where = Location(path=path, line=line, column=column, end_line=end_line, end_column=end_column)
    finding = Finding(rule=rule, message=message, severity=Severity(severity), location=where, fix=fix)
    return Problem(finding=finding, pointer=pointer, edits=tuple(_edit(*e) for e in edits))


def _edit(line: int, column: int, end_line: int, end_column: int, text: str) -> Edit:
    return Edit(line=line, column=column, end_line=end_line, end_column=end_column, text=text)

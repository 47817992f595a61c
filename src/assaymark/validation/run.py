"""One pass over the candidates: read, recognise, validate. What one document does to its validator harms no other."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import Any, Protocol

from assaymark.api import (
    Entry,
    FactUnavailable,
    Finding,
    Location,
    Problem,
    Severity,
    Unreachable,
    Validator,
)
from assaymark.subject.files import blob_id
from assaymark.validation import detect
from assaymark.validation.context import TIME, OutOfTime, Reads, RunContext, World
from assaymark.validation.model import HEAD, MAX_FINDINGS, MAX_SIZE, Judgement
from assaymark.validation.sources import Sources

Settle = Callable[[Judgement, bytes], Judgement]
# A batch holds many documents; the engine behind it is stopped by limits of its own.
_BATCH_TIME = 60.0
# When the moment is a bad one to interrupt: how many callers say so, and when to try again (seconds).
_NEAR = 8
_AGAIN = 0.01


class Memory(Protocol):
    """What earlier runs found out, by content."""

    def formats(self, entry: Entry) -> list[str] | None:
        """Ids of the validators whose document it was, None when that is not known."""

    def judgement(self, entry: Entry, validator: str) -> Judgement | None:
        """What was said of it, when nothing that the answer depends on has changed."""

    def learn(self, entry: Entry, formats: Sequence[str], judgements: Sequence[Judgement]) -> None:
        """Remember one file."""

    def batch(self, key: str) -> list[Judgement] | None:
        """What was said of all documents of an engine that takes them at once."""

    def learn_batch(self, key: str, judgements: Sequence[Judgement]) -> None:
        """Remember that."""


@dataclass(slots=True)
class _Batch:
    """Documents that wait for an engine that takes all at once."""

    validator: Validator
    entries: list[Entry] = field(default_factory=list)
    data: dict[str, bytes] = field(default_factory=dict)


class Run:
    """One run over the candidates of a repository.

    ``settings`` are those of each validator by its id; ``settle`` turns what a validator said into the judgement that
    counts (severities, suppressions).
    """

    def __init__(
        self,
        sources: Sources,
        world: World,
        validators: Sequence[Validator],
        settings: Mapping[str, Mapping[str, Any]],
        settle: Settle,
        memory: Memory | None = None,
    ) -> None:
        self.sources = sources
        self.world = world
        self.candidates = detect.by_name(validators)
        self.settings = settings
        self.settle = settle
        self.memory = memory
        self.batches = {v.id: _Batch(v) for v in validators if v.batch}
        self.unrecognised: list[str] = []

    def judge(self, entries: Sequence[Entry]) -> list[Judgement]:
        """Judgements in the order of path and format."""
        made: list[Judgement] = []
        for entry in entries:
            made += self._file(entry)
        for batch in self.batches.values():
            made += self._batch(batch)
        return sorted(made, key=lambda j: (j.path, j.format))

    def _file(self, entry: Entry) -> list[Judgement]:
        possible = self.candidates(entry.path)
        if not possible:
            self.unrecognised.append(entry.path)
            return []
        if self.memory is not None and entry.blob and (known := self._remembered(entry, possible)) is not None:
            return known
        try:
            data = self._data(entry)
        except (Unreachable, FactUnavailable) as problem:
            return self._unread(entry, possible, str(getattr(problem, "reason", problem)))
        if not entry.blob:
            entry = replace(entry, blob=blob_id(data), size=len(data))
        recognised = detect.formats(entry.path, data, possible)
        if not recognised:
            self.unrecognised.append(entry.path)
        if entry.size > MAX_SIZE:
            return [_too_large(entry, v) for v in recognised]
        made = [j for v in recognised if not v.batch and (j := self._judged(v, entry.path, data)) is not None]
        for v in recognised:
            if v.batch:
                self._later(v, entry, data)
        if self.memory is not None:
            self.memory.learn(entry, [v.id for v in recognised], made)
        return made

    def _remembered(self, entry: Entry, possible: Sequence[Validator]) -> list[Judgement] | None:
        assert self.memory is not None
        ids = self.memory.formats(entry)
        if ids is None:
            return None
        found = []
        for v in possible:
            if v.id not in ids:
                continue
            if v.batch:
                return None
            known = self.memory.judgement(entry, v.id)
            if known is None:
                return None
            found.append(known)
        if not ids:
            self.unrecognised.append(entry.path)
        return found

    def _data(self, entry: Entry) -> bytes:
        if entry.path in self.sources.laid:
            return self.sources.laid[entry.path]
        if entry.is_symlink or entry.size < 0 or self.sources.tree.get(entry.path) is None:
            return self.world.jail.read(entry.path)
        return self.sources.tree.read(entry.path, HEAD if entry.size > MAX_SIZE else MAX_SIZE + 1)

    def _unread(self, entry: Entry, possible: Sequence[Validator], reason: str) -> list[Judgement]:
        """Only a file that the user named, or whose name no other kind of file has, is missed."""
        sure = [v for v in possible if entry.path in self.sources.named or _own_name(v, entry.path)]
        return [
            Judgement(path=entry.path, format=v.id, problems=(whole(entry.path, "WF-E002", reason),), broken=True)
            for v in sure[:1]
        ]

    def _judged(self, validator: Validator, path: str, data: bytes) -> Judgement | None:
        context = RunContext(self.world, self.settings.get(validator.id, {}))
        try:
            with alarm(TIME * 1.5):
                said = detect.loaded(validator.validate)(path, data, context)
                if said is None:
                    return None
                problems = tuple(said)
        except OutOfTime:
            text = f"validation was given up after {TIME:.0f} seconds"
            return _single(validator, path, whole(path, "WF-C004", text), context.reads)
        except Exception as problem:
            return _single(validator, path, whole(path, "WF-E001", _crash(problem)), context.reads, broken=True)
        judgement = Judgement(path=path, format=validator.id, problems=ordered(problems, path), reads=context.reads)
        return self.settle(judgement, data)

    def _later(self, validator: Validator, entry: Entry, data: bytes) -> None:
        batch = self.batches[validator.id]
        batch.entries.append(entry)
        batch.data[entry.path] = data

    def _batch(self, batch: _Batch) -> list[Judgement]:
        if not batch.data:
            return []
        validator = batch.validator
        asked = f"{validator.id}:" + ",".join(sorted(f"{entry.path}@{entry.blob}" for entry in batch.entries))
        if self.memory is not None and (known := self.memory.batch(asked)) is not None:
            return known
        made = self._batch_judged(batch)
        if self.memory is not None:
            self.memory.learn_batch(asked, made)
        return made

    def _batch_judged(self, batch: _Batch) -> list[Judgement]:
        validator = batch.validator
        context = RunContext(self.world, self.settings.get(validator.id, {}), _BATCH_TIME)
        try:
            with alarm(_BATCH_TIME * 1.5):
                said: Mapping[str, Any] = detect.loaded(validator.validate)(batch.data, context)
        except OutOfTime:
            text = f"validation was given up after {_BATCH_TIME:.0f} seconds"
            return [_single(validator, path, whole(path, "WF-C004", text), {}) for path in batch.data]
        except Exception as problem:
            text = _crash(problem)
            return [_single(validator, path, whole(path, "WF-E001", text), {}, broken=True) for path in batch.data]
        made = []
        for path, data in batch.data.items():
            problems = said.get(path, ())
            if problems is not None:
                found = ordered(tuple(problems), path)
                made.append(
                    self.settle(
                        Judgement(path=path, format=validator.id, problems=found, reads=dict(context.reads)), data
                    )
                )
        return made


def ordered(problems: Sequence[Problem], path: str) -> tuple[Problem, ...]:
    """By place, then rule and message; the same thing is said once, and no more than anybody reads."""
    unique = {(p.finding, p.pointer): p for p in problems}
    found = sorted(unique.values(), key=_place)
    if len(found) <= MAX_FINDINGS:
        return tuple(found)
    worst_first = sorted(found, key=lambda p: p.finding.severity is not Severity.ERROR)
    kept = sorted(worst_first[:MAX_FINDINGS], key=_place)
    more = whole(path, "WF-P003", f"{len(found) - MAX_FINDINGS:,} more findings are not shown", Severity.NOTE)
    return (*kept, more)


def _place(p: Problem) -> tuple[str, int, int, str, str]:
    where = p.finding.location
    if where is None:
        return ("", 0, 0, p.finding.rule, p.finding.message)
    return (where.path, where.line or 0, where.column or 0, p.finding.rule, p.finding.message)


def whole(path: str, rule: str, message: str, severity: Severity = Severity.ERROR) -> Problem:
    """A problem of the document as a whole; it stands at its beginning."""
    where = Location(path=path, line=1, column=1, end_line=1, end_column=1)
    return Problem(finding=Finding(rule=rule, message=message, severity=severity, location=where))


def _single(validator: Validator, path: str, problem: Problem, reads: Reads, *, broken: bool = False) -> Judgement:
    return Judgement(path=path, format=validator.id, problems=(problem,), reads=reads, broken=broken)


def _too_large(entry: Entry, validator: Validator) -> Judgement:
    text = f"the document has {entry.size:,} bytes; at most {MAX_SIZE:,} are read"
    return Judgement(path=entry.path, format=validator.id, problems=(whole(entry.path, "WF-C003", text),))


def _own_name(validator: Validator, path: str) -> bool:
    """Whether the extension says it all, as ``.cwl`` does."""
    return any(name.startswith("*.") and path.endswith(name[1:]) for name in validator.names) and not path.endswith(
        (".json", ".yml", ".yaml")
    )


def _crash(problem: BaseException) -> str:
    import traceback

    frames = traceback.extract_tb(problem.__traceback__)
    at = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    text = " ".join(str(problem).split())[:200]
    return f"the validator broke: {type(problem).__name__}{f': {text}' if text else ''}{at}"


def _measured(frame: FrameType | None) -> bool:
    """Whether a measurement of coverage is at work: interrupted, it would keep its lock for ever."""
    for _ in range(_NEAR):
        if frame is None:
            return False
        if "/coverage/" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False


@contextlib.contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Interrupts code that never looks at the clock; only the main thread can be interrupted so."""
    if threading.current_thread() is not threading.main_thread() or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        if _measured(frame):
            signal.setitimer(signal.ITIMER_REAL, _AGAIN)
            return
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

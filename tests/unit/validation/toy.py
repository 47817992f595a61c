"""A format of our own for tests: ``toy: 1`` on the first line, then one instruction a line."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from assaymark.api import Context, Edit, Finding, Location, Problem, Severity, Unreachable, Validator

RULES = Path(__file__).with_name("toy.toml")


def detect(path: str, data: bytes) -> bool:
    if b"detector breaks" in data:
        raise RuntimeError("detector")
    return data.startswith(b"toy: 1")


def at(path: str, line: int, text: str, rule: str, message: str, edits: tuple[Edit, ...] = ()) -> Problem:
    where = Location(path=path, line=line, column=1, end_line=line, end_column=len(text) + 1)
    severity = Severity.WARNING if rule == "TOY-P001" else Severity.ERROR
    return Problem(finding=Finding(rule=rule, message=message, severity=severity, location=where), edits=edits)


def validate(path: str, data: bytes, context: Context) -> tuple[Problem, ...] | None:
    found: list[Problem] = []
    for number, line in enumerate(data.decode().splitlines(), 1):
        verb, _, rest = line.split(" #")[0].strip().partition(" ")
        if verb == "nothing":
            return None
        if verb == "crash":
            raise ZeroDivisionError("made on purpose")
        if verb == "bad":
            edit = Edit(line=number, column=1, end_line=number, end_column=4, text="good")
            found.append(at(path, number, line, "TOY-S001", f"bad {rest}", (edit,) if rest == "fixable" else ()))
        if verb == "poor":
            found.append(at(path, number, line, "TOY-P001", "poor"))
        if verb == "slow":
            while True:
                context.check_time()
        if verb == "deaf":
            time.sleep(60)
        if verb == "profile" and context.settings.get("profile") != rest:
            found.append(at(path, number, line, "TOY-S001", "another profile"))
        if verb == "count":
            found.append(at(path, number, line, "TOY-P001", f"{len(context.paths())} files"))
        if verb in ("read", "once"):
            try:
                text = (
                    context.once(rest, lambda rest=rest: context.read(rest)) if verb == "once" else context.read(rest)
                )
                if b"wrong" in text:
                    found.append(at(path, number, line, "TOY-S001", f"{rest} is wrong"))
            except Unreachable as problem:
                rule = "WF-C001" if problem.outside else "WF-C002" if problem.remote else "TOY-R001"
                found.append(at(path, number, line, rule, problem.reason))
        if verb == "exists" and not context.exists(rest):
            found.append(at(path, number, line, "TOY-R001", f"no {rest}"))
    return tuple(reversed(found))


def together(documents: Mapping[str, bytes], context: Context) -> Mapping[str, tuple[Problem, ...]]:
    if any(b"crash" in data for data in documents.values()):
        raise OSError("no engine")
    return {path: (at(path, 2, "x", "TOY-P001", f"one of {len(documents)}"),) for path in documents}


def validator(**changes: object) -> Validator:
    given = {
        "id": "toy",
        "title": "Toy",
        "version": "1",
        "names": ("*.toy", "*.json"),
        "detect": detect,
        "validate": f"{__name__}:validate",
        "rules": RULES,
    }
    return Validator(**{**given, **changes})  # type: ignore[arg-type]

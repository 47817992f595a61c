"""What hadolint says of a Dockerfile, where it is installed. It gets the text alone, and no configuration."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 60.0
_MOST = 200
# What is out of fashion is no error: MAINTAINER, and ADD where COPY would do.
_NO_ERRORS = ("--warning=DL4000", "--warning=DL3020")


@dataclass(frozen=True, slots=True)
class Problem:
    """One line of its answer; ``level`` is error, warning, info or style."""

    rule: str
    level: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Linted:
    """What it found; ``problem`` says why it could not be asked."""

    problems: tuple[Problem, ...] = ()
    problem: str | None = None


def lint(text: str) -> Linted:
    """Ask hadolint."""
    import shutil
    import tempfile

    from assaymark.api import run_program

    beside = str(Path(sys.executable).parent)
    program = shutil.which("hadolint") or shutil.which("hadolint", path=beside)
    if program is None:
        return Linted(problem="it is not installed")
    with tempfile.TemporaryDirectory(prefix="assaymark-recipe-") as folder:
        # An empty configuration: none of the person who calls is looked for.
        Path(folder, "none.yaml").write_text("{}\n", encoding="ascii")
        argv = [
            program,
            "--format=json",
            "--no-color",
            "--config=none.yaml",
            "--warning=DL3020",
            "--warning=DL4000",
            "-",
        ]
        # It is written in Haskell, which reserves more than it uses.
        ran = run_program(argv, folder=Path(folder), time=SECONDS, input=text.encode(), reserves=True)
    if ran.code not in (0, 1):
        return Linted(problem=ran.problem or f"it ended with {ran.code}")
    found = read(ran.stdout)
    said = ran.stderr.decode("utf-8", "replace").strip()[:200]
    return Linted(problem=f"{found.problem}: {said}") if found.problem and said else found


def read(text: bytes) -> Linted:
    """Its answer in JSON."""
    try:
        told: Any = json.loads(text)
        found = tuple(
            Problem(str(each["code"]), str(each["level"]), int(each["line"]), str(each["message"]))
            for each in told[:_MOST]
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return Linted(problem="what it says is not understood")
    unread = next((each for each in found if each.rule == "DL1000"), None)
    return Linted(problem=f"it cannot read the recipe: {unread.message[:200]}") if unread else Linted(found)


def _problem(told: Any) -> Problem:
    return Problem(str(told["code"]), str(told["level"]), int(told["line"]), str(told["message"]))

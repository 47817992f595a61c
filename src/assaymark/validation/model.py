"""What a validation says: one `Judgement` per document, and the `Validation` of a whole run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from pathlib import Path

from assaymark.api import Problem, Rule, Severity
from assaymark.model import Subject
from assaymark.values import dataclass

# A document larger than this is refused: no engine is fed one by hand.
MAX_SIZE = 20_000_000
# What is looked at of a file that is larger.
HEAD = 65_536
MAX_FINDINGS = 1_000


class State(StrEnum):
    """What is known about a document. Only what was examined to its end is ``valid``."""

    VALID = "valid"
    INVALID = "invalid"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """A finding that a comment or the configuration silences, and why."""

    problem: Problem
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One document in the eyes of one validator.

    ``reads`` maps what the validator asked for to the digest of the answer (None for what is absent); ``broken`` when
    the validator itself failed, so that what it found, if anything, is not all.
    """

    path: str
    format: str
    problems: tuple[Problem, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    broken: bool = False
    reads: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def state(self) -> State:
        """Invalid with an error that was found; undetermined when the validator broke; else valid."""
        errors = [p for p in self.problems if p.finding.severity is Severity.ERROR]
        if any(not is_unexamined(p.finding.rule) for p in errors):
            return State.INVALID
        return State.UNDETERMINED if self.broken or errors else State.VALID


def is_unexamined(rule: str) -> bool:
    """Whether a rule says that something could not be examined: the group E of every format."""
    return rule.partition("-")[2].startswith("E")


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """A whole run: judgements in the order of path and format, the rules that may have been meant, and what to tell.

    ``sources`` gives the text of a document for excerpts; ``formats`` maps the id of a validator to its title; ``root``
    is the folder on disk from which paths count, ``version`` that of assaymark. ``subject`` is what the documents
    belong to, ``contents`` their Git blob ids by path, ``versions`` those of the plugins by format, ``configuration``
    the digest of what the repository says about validation, ``asked`` what was to be validated, nothing for all of it.
    """

    judgements: tuple[Judgement, ...]
    rules: Mapping[str, Rule]
    formats: Mapping[str, str]
    sources: Mapping[str, str]
    notes: tuple[str, ...] = ()
    version: str = "0"
    root: Path | None = field(default=None, compare=False)
    subject: Subject | None = field(default=None, compare=False)
    contents: Mapping[str, str] = field(default_factory=dict, compare=False)
    versions: Mapping[str, str] = field(default_factory=dict, compare=False)
    configuration: str = field(default="", compare=False)
    asked: tuple[str, ...] = field(default=(), compare=False)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that was found and not silenced."""
        return tuple(p for j in self.judgements for p in j.problems)

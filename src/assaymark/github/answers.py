"""The answers about a commit that is to be released, for the summary of a step and as annotations."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from assaymark.blocks import details, table
from assaymark.github.text import safe
from assaymark.github.workflow_commands import Kind, annotation
from assaymark.records import NamedTuple
from assaymark.wording import count

FILE = "answers.json"
SHOWN = 10  # annotations of a kind that GitHub shows for a step
_WORDS = {"no": "✗\u00a0no", "unknown": "?\u00a0not known", "yes": "✓\u00a0yes"}
_KINDS: dict[str, Kind] = {"no": "error", "unknown": "warning"}


class Answer(NamedTuple):
    """One question: what it is about, ``yes``, ``no`` or ``unknown``, the reason, and what to do about it."""

    about: str
    says: str
    text: str
    remedy: str


def read(folder: Path) -> tuple[Answer, ...]:
    """What ``release build --checked`` wrote there; nothing when it did not come so far."""
    file = folder / FILE
    if not file.is_file():
        return ()
    items = json.loads(file.read_text(encoding="utf-8"))["items"]
    found = [Answer(i["about"], i["says"], i["text"], i["remedy"]) for i in items]
    return tuple(sorted(found, key=lambda a: [*_WORDS].index(a.says)))


def markdown(answers: Sequence[Answer]) -> str:
    """All of them: those that stand in the way at once, the others folded."""
    open_ = [a for a in answers if a.says != "yes"]
    met = [_row(a)[:3] for a in answers if a.says == "yes"]
    lines = ["### May this commit be released?", ""]
    lines += table(("Question", "Answer", "Why", "What to do"), [_row(a) for a in open_])
    lines += [] if open_ else ["Yes: nothing stands in the way."]
    lines += [
        "",
        *details(f"{count(len(met), 'question')} answered with yes", table(("Question", "Answer", "Why"), met)),
    ]
    return "\n".join(lines) + "\n"


def _row(a: Answer) -> tuple[str, ...]:
    return (f"**{safe(a.about, 60)}**", _WORDS[a.says], safe(a.text, 600), safe(a.remedy, 400))


def annotated(answers: Sequence[Answer], title: str) -> Iterator[str]:
    """One for each that stands in the way, as many as GitHub shows."""
    for kind in _KINDS:
        for a in [a for a in answers if a.says == kind][:SHOWN]:
            yield annotation(_KINDS[kind], "\n".join(filter(None, (a.text, a.remedy))), title=f"{title}: {a.about}")

"""Small pieces of HTML that several sections use; whatever comes in is escaped here."""

from __future__ import annotations

from collections.abc import Iterable

from assaymark.links import source_link
from assaymark.model import Location, Outcome, Requirement, SubcriterionResult, Subject
from assaymark.wording import MARKS, OUTCOME_WORDS, markup, one_line, place


def text(value: str, limit: int | None = None) -> str:
    """One line of escaped text."""
    return markup(one_line(value, limit))


def pill(outcome: Outcome) -> str:
    """Mark and word of an outcome; colour only adds to them."""
    return f'<span class="pill {outcome}"><i aria-hidden="true">{MARKS[outcome]}</i> {OUTCOME_WORDS[outcome]}</span>'


def tag(value: str) -> str:
    """A small label; empty for an empty value."""
    return f'<span class="tag">{text(value)}</span>' if value else ""


def strength(result: SubcriterionResult) -> str:
    """Labels for the requirement's keyword and for the level that asks for it."""
    keyword = "" if result.definition.requirement is Requirement.NONE else result.definition.requirement.value
    level = f"for {result.required_for}" if result.required_for else ""
    return " ".join(t for t in (tag(keyword), tag(level)) if t)


def code(value: str, limit: int | None = 300) -> str:
    """Escaped text in a fixed-width font."""
    return f"<code>{text(value, limit)}</code>"


def address(url: str) -> str:
    """A link if it is an ordinary web address, else text: a ``javascript:`` link must never become one."""
    shown = text(url, 300)
    if url.startswith(("https://", "http://")) and url.isprintable() and " " not in url:
        return f'<a href="{markup(url)}" rel="noopener noreferrer nofollow">{shown}</a>'
    return shown


def spot(subject: Subject, where: Location | None, label: str | None = None) -> str:
    """``file:line`` (or another label), as a link to the forge where that is known."""
    shown = code(place(where) if label is None else label)
    link = source_link(subject, where)
    return f'<a href="{markup(link)}" rel="noopener noreferrer">{shown}</a>' if link else shown


def rows(pairs: Iterable[tuple[str, str]]) -> str:
    """A description list; the second of each pair is HTML already, and pairs without one are left out."""
    return "<dl>" + "".join(f"<dt>{text(term)}</dt><dd>{html}</dd>" for term, html in pairs if html) + "</dl>"


def listed(items: Iterable[str], kind: str = "plain") -> str:
    """A list of pieces that are HTML already."""
    return f'<ul class="{kind}">' + "".join(f"<li>{item}</li>" for item in items) + "</ul>"

"""Blocks of GitHub's Markdown that reports and comments are built of; what goes in is escaped already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from assaymark.wording import count


def details(title: str, body: Iterable[str]) -> Iterator[str]:
    """Lines that are folded away under a title."""
    yield f"<details><summary>{title}</summary>"
    yield ""
    yield from body
    yield ""
    yield "</details>"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table; nothing when it has no rows."""
    if rows:
        yield f"| {' | '.join(heads)} |"
        yield f"|{'---|' * len(heads)}"
        yield from (f"| {' | '.join(row)} |" for row in rows)


def left_out(number: int, noun: str, elsewhere: str) -> Iterator[str]:
    """How many rows are not shown, and where they are; nothing when all are."""
    if number > 0:
        yield ""
        yield f"{count(number, 'more ' + noun)} left out here: see {elsewhere}."

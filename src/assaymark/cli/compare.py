"""``assaymark compare A B``: what changed between two assessments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assaymark.cli._common import out, wants_colour

if TYPE_CHECKING:
    from assaymark.model import Assessment


@click.command(epilog="\b\nExample:\n  assaymark compare main/assessment.json branch/assessment.json")
@click.argument("before", type=click.Path())
@click.argument("after", type=click.Path())
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
def command(before: str, after: str, form: str) -> None:
    """Show what got worse, what got better, and which findings are new or gone.

    BEFORE and AFTER are assessment.json files, or folders that hold one.
    """
    from assaymark.comparison import difference
    from assaymark.reports import compare

    change = difference(load(before), load(after))
    out(compare.render(change, form, colour=wants_colour()))


def load(place: str) -> Assessment:
    """The assessment in a file or folder. Raises InputError."""
    from assaymark.content import text_of
    from assaymark.reports.json import MAX_SIZE, from_json

    path = Path(place)
    if path.is_dir():
        path = path / "assessment.json"
    return from_json(text_of(path, MAX_SIZE), where=str(path))

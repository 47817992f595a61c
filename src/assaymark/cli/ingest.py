"""``assaymark ingest FILE --for ID``: take a report that another tool made as evidence."""

from __future__ import annotations

from pathlib import Path

import click

from assaymark.cli._common import profile_of, profile_option, say
from assaymark.errors import InputError


@click.command(epilog="\b\nExample:\n  assaymark ingest gosec.sarif --for QC.Sec02")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--for", "id", required=True, metavar="ID", help="The sub-criterion it is evidence for.")
@click.option("--path", "root", default=".", type=click.Path(path_type=Path), help="The repository it is about.")
@profile_option
def command(file: Path, id: str, root: Path, profile: str | None) -> None:
    """Record a SARIF 2.1.0, JUnit XML, Cobertura, LCOV or Checkstyle report for the commit that is checked out.

    The next ``assaymark assess`` of the same content counts it, as self-reported.
    """
    from assaymark import catalogue
    from assaymark.tools.ingest import ingest

    if id not in catalogue.load().subcriteria(catalogue.profile(profile_of(profile))):
        raise InputError(f"there is no sub-criterion {id!r}", hint="see: assaymark criteria list")
    kept = ingest(file, id, root)
    say(f"{file} counts as evidence for {id}: {kept}")

"""``assaymark data``: judge a dataset by its metadata and its files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assaymark.api import Case, InputError, answer, answer_options

if TYPE_CHECKING:
    from assaymark_data.source import Source

EPILOG = """\b
Examples:
  assaymark data datacite.json                            a metadata record, with no network
  assaymark data . --gate silver --output out             a folder: its record, its manifest, its files
  assaymark data data.toml                                the rules of a manifest
  assaymark data 10.5281/zenodo.1234 --allow-host doi.org --allow-host zenodo.org --allow-host data.crosscite.org
  assaymark data oai:zenodo.org:1234 --allow-host zenodo.org
\b
Exit status: 0 gate met or no gate, 1 gate not met, 2 wrong input, 3 the gate could not be determined.
"""


@click.command(epilog=EPILOG)
@click.argument("subject")
@click.option(
    "--allow-host",
    "allow_hosts",
    multiple=True,
    metavar="HOST",
    help="Ask this host (a name, or a glob such as *.example.org); may be repeated. Without it, nothing is asked.",
)
@answer_options
def command(subject: str, allow_hosts: tuple[str, ...], **wanted: Any) -> None:
    """Judge a dataset: a metadata record, a folder, a manifest (TOML), a data file, a DOI, an address or
    an identifier of OAI-PMH.

    Metadata are judged by the 41 FAIR indicators of the RDA, files by the rules of a manifest. Nothing is unpickled or
    executed, and no host is asked that is not allowed.
    """
    from assaymark_data.progress import busy, measured

    with busy("Reading …"):
        case = case_of(source_of(subject, allow_hosts))
    answer(measured(case), wanted, allow_hosts=allow_hosts)


def source_of(subject: str, allow_hosts: tuple[str, ...] = ()) -> Source:
    """What was named. Raises InputError when there is no such file."""
    from assaymark_data import local, resolve

    if not Path(subject).exists() and resolve.place_of(subject):
        return resolve.source(subject, allow_hosts)
    if not Path(subject).exists():
        raise InputError(
            f"there is no {subject!r}",
            hint="give a file or folder, a DOI (10.…/…), an address (https://…) or an identifier (oai:HOST:…)",
        )
    return local.source(Path(subject))


def case_of(source: Source) -> Case:
    """What is handed to the core to be judged."""
    return Case(
        kind="data",
        name=source.name,
        digest=source.digest,
        profile="data" if source.dataset else "fair",
        folder=source.root,
        file=source.root is not None,
        facts={"data_source": source},
    )


def case_at(path: Path) -> Case | None:
    """The case of a manifest that lies in a repository: ``data.toml`` or ``*.data.toml``; None for any other file.

    Raises InputError when it is a wrong one.
    """
    if not (path.name == "data.toml" or path.name.endswith(".data.toml")):
        return None  # before anything is loaded: every TOML file of every repository is asked about
    from assaymark_data import local, manifest

    if not manifest.is_one(path):
        return None
    return case_of(local.source(path))

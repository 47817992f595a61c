"""What a person named: a record, a folder, a manifest, a data file, an identifier or an address."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from assaymark_data.dataset import Dataset

# Names under which a folder's record is found, best first.
RECORDS = (
    "ro-crate-metadata.json",
    "datapackage.json",
    "datacite.json",
    "datacite.xml",
    "dcat.jsonld",
    "dcat.ttl",
    "schema.jsonld",
    "dataset.jsonld",
    "oai_dc.xml",
    "iso19139.xml",
    "iso19115-3.xml",
    "collection.json",
    "codemeta.json",
)
MANIFEST = "data.toml"
LIMIT = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The record's bytes, or why there are none; ``root`` is the folder that no path may leave.

    ``deleted`` is what the repository's OAI-PMH says of deleted records: no, transient or persistent.
    ``name`` is what the report calls the subject; ``states`` are digests of the dataset's rules and files, so that
    other data are another subject.
    """

    name: str
    where: str = ""
    document: bytes | None = None
    harvested: str = ""
    deleted: str = ""
    problem: str = ""
    remedy: str | None = None
    root: Path | None = None
    dataset: Dataset | None = None
    states: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Digest of all that is judged."""
        words = [f"record {hashlib.sha256(self.document).hexdigest()}" if self.document is not None else "no record"]
        words += self.states
        return "sha256:" + hashlib.sha256("\n".join([self.where or self.name, *words]).encode()).hexdigest()

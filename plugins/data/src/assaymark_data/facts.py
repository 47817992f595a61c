"""What the checks of data look at; gathered once each, and unknown where ``assaymark data`` did not run."""

from __future__ import annotations

from dataclasses import replace

from assaymark.api import FactUnavailable, Options, fact
from assaymark_data.dataset import Dataset
from assaymark_data.examined import Examined, examine
from assaymark_data.files import Looked, look
from assaymark_data.licences import licence_files
from assaymark_data.reading import Read, read
from assaymark_data.record import Record
from assaymark_data.seen import Seen, agency_at, ask
from assaymark_data.source import Source
from assaymark_data.tables import Measured, measure


@fact
def data_source() -> Source:
    """What was named on the command line, which the verb gives."""
    raise FactUnavailable("no data were judged", remedy="assaymark data PATH")


@fact
def data_read(data_source: Source) -> Read:
    """What reading the metadata gave."""
    if data_source.document is None:
        raise FactUnavailable(data_source.problem or "there is no metadata record", remedy=data_source.remedy)
    return read(data_source.document, data_source.where)


@fact
def data_record(data_source: Source, data_read: Read) -> Record:
    """The metadata record."""
    found = data_read.record
    if found is None:
        raise FactUnavailable(data_read.reason, remedy=data_read.remedy)
    if data_source.dataset is not None:
        found = replace(found, licence_files=tuple(licence_files(data_source.dataset.folder, data_source.dataset.root)))
    return replace(
        found,
        harvested=data_source.harvested or found.harvested,
        registry=found.registry or (agency_at(data_source.where) if data_source.harvested else ""),
        deleted=data_source.deleted,
    )


@fact
def data_seen(data_record: Record, options: Options) -> Seen:
    """What the record's addresses answered, those whose hosts the command line allowed."""
    return ask(data_record, options.allow_hosts)


@fact
def data_files(data_source: Source) -> Dataset:
    """The files and their rules."""
    if data_source.dataset is None:
        raise FactUnavailable(
            "the data are not here: only their metadata were judged",
            remedy="download them, and judge their folder or a manifest (data.toml)",
        )
    return data_source.dataset


@fact
def data_looked(data_files: Dataset) -> Looked:
    """Every file as a file: there or not, size, checksums, encoding."""
    return look(data_files)


@fact
def data_tables(data_files: Dataset) -> tuple[Measured, ...]:
    """Every table, measured by its rules."""
    return tuple(measure(data_files, f) for f in data_files.of("table"))


@fact
def data_grids(data_files: Dataset) -> tuple[Examined, ...]:
    """Every grid, examined by the checker of CF and ACDD."""
    return tuple(examine(data_files, f) for f in data_files.of("grid"))


@fact
def data_maps(data_files: Dataset) -> tuple[Examined, ...]:
    """Every map: geometries, place, reference system."""
    return tuple(examine(data_files, f) for f in data_files.of("map"))


FACTS = (data_source, data_read, data_record, data_seen, data_files, data_looked, data_tables, data_grids, data_maps)

"""What the checks of data look at; gathered once each, and unknown where ``assaymark data`` did not run."""

from __future__ import annotations

from dataclasses import replace

from assaymark.api import FactUnavailable, Options, fact
from assaymark_data.reading import record_of
from assaymark_data.record import Record
from assaymark_data.seen import Seen, ask
from assaymark_data.source import Source


@fact
def data_source() -> Source:
    """What was named on the command line, which the verb gives."""
    raise FactUnavailable("no data were judged", remedy="assaymark data PATH")


@fact
def data_record(data_source: Source) -> Record:
    """The metadata record."""
    if data_source.document is None:
        raise FactUnavailable(data_source.problem or "there is no metadata record", remedy=data_source.remedy)
    found = record_of(data_source.document, data_source.where)
    return replace(found, harvested=data_source.harvested) if data_source.harvested else found


@fact
def data_seen(data_record: Record, options: Options) -> Seen:
    """What the record's addresses answered, those whose hosts the command line allowed."""
    return ask(data_record, options.allow_hosts)


FACTS = (data_source, data_record, data_seen)

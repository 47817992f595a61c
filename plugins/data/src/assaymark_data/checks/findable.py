"""F: data and metadata have lasting identifiers and say enough to be found."""

from __future__ import annotations

from assaymark.api import Evidence, check
from assaymark_data.answers import HALF, no, open_, some, yes
from assaymark_data.record import Record
from assaymark_data.text import is_persistent, is_reference, scheme_of

_LASTING = "have the dataset registered (a DOI from Zenodo, B2SHARE or your institution), and write it into the record"
_ASKED = {"description": "a description of fifty characters or more", "title": "a title"}
_DISCOVERY = ("title", "description", "creator", "publisher", "date", "keywords", "type", "identifier")


def discovery(record: Record) -> dict[str, bool]:
    """What somebody searches by, and whether the record tells it."""
    return {
        "title": len(record.title) >= 5,
        "description": len(record.description) >= 50,
        "creator": any(a.name for a in record.creators),
        "publisher": bool(record.publisher),
        "date": bool(record.published or record.created),
        "keywords": bool(record.keywords),
        "type": bool(record.type),
        "identifier": bool(record.identifiers),
    }


@check("data.rda-f1-01m")
def metadata_lasting(data_record: Record) -> Evidence:
    """The record itself has a DOI, Handle, ARK, URN or PURL; a DOI names the record in its registry, too."""
    own = [i for i in data_record.record_identifiers if is_persistent(i)]
    dois = [i for i in data_record.identifiers if scheme_of(i) == "doi"]
    if own or dois:
        return yes(f"the metadata are found under {some(own or dois)}")
    lasting = [i for i in data_record.identifiers if is_persistent(i)]
    if lasting:
        return open_(
            f"{lasting[0]} is the dataset's; the record states none of its own",
            "state the identifier of the metadata record, too",
        )
    return no("no lasting identifier leads to the metadata", _LASTING)


@check("data.rda-f1-01d")
def data_lasting(data_record: Record) -> Evidence:
    """The dataset has a DOI, Handle, ARK, URN, SWHID or PURL."""
    lasting = [i for i in data_record.identifiers if is_persistent(i)]
    if lasting:
        return yes(f"the data are named by {some(lasting)}")
    return no("no lasting identifier names the data", _LASTING)


@check("data.rda-f1-02m")
def metadata_unique(data_record: Record) -> Evidence:
    """The identifier of the metadata means the same thing everywhere."""
    found = [i for i in (*data_record.record_identifiers, *data_record.identifiers) if is_reference(i)]
    if found:
        return yes(f"{found[0]} means the same thing everywhere")
    return no("no identifier of the metadata is unique beyond its own system", _LASTING)


@check("data.rda-f1-02d")
def data_unique(data_record: Record) -> Evidence:
    """The identifier of the data means the same thing everywhere."""
    found = [i for i in data_record.identifiers if is_reference(i)]
    if found:
        return yes(f"{found[0]} means the same thing everywhere")
    return no("no identifier of the data is unique beyond its own system", _LASTING)


@check("data.rda-f2-01m")
def rich(data_record: Record) -> Evidence:
    """Title, description of fifty characters and more, creator, publisher, date, keywords, type and identifier."""
    found = discovery(data_record)
    missing = [_ASKED.get(name, name) for name in _DISCOVERY if not found[name]]
    if not missing:
        return yes("the record tells all that people search by: " + ", ".join(_DISCOVERY))
    remedy = f"add to the record: {', '.join(missing)}"
    return no(f"the record does not tell {', '.join(missing)}", remedy, points=HALF if len(missing) <= 2 else 0)


@check("data.rda-f3-01m")
def names_data(data_record: Record) -> Evidence:
    """The record carries the identifier of the data, or the addresses of its files."""
    found = [i for i in data_record.identifiers if is_reference(i)]
    if found:
        return yes(f"the record carries {found[0]}")
    places = [p.address for p in data_record.parts if is_reference(p.address)]
    if places:
        return yes(f"the record carries the address of the data, {places[0][:200]}")
    return no("the record does not say which data it is about", "write the identifier of the dataset into its record")


@check("data.rda-f4-01m")
def harvested(data_record: Record) -> Evidence:
    """The metadata were got from a service that search engines and catalogues harvest."""
    if data_record.hidden:
        return no(f"the registry says that the record is {data_record.hidden}, and nobody finds it", "publish the DOI")
    if data_record.harvested:
        return yes(f"the metadata were had by {data_record.harvested}")
    return open_(
        "a file does not show whether search engines and catalogues find these metadata",
        "judge the identifier with the network allowed: assaymark data DOI --allow-host doi.org",
    )


CHECKS = (metadata_lasting, data_lasting, metadata_unique, data_unique, rich, names_data, harvested)

"""How data described by ISO 19115 are had: files and services, their formats, and what is told of their content."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from assaymark_data.formats import standard_of
from assaymark_data.readers.iso_tree import Thing
from assaymark_data.readers.nodes import unique
from assaymark_data.record import Part
from assaymark_data.text import is_address, is_reference, says_nothing

# What an online resource is for, in the words of the code list, where it is not the data.
_ABOUT = ("information", "search", "browsing", "browseGraphic", "completeMetadata", "emailService", "upload")
_SERVICE = re.compile(r"OGC|ESRI|OPENDAP|/dodsC/|W[MFC]S|getcapabilities|\bSOS\b", re.I)
_PAGE = re.compile(r"\.(?:html?|php|aspx?|jsp)(?:[?#]|$)", re.I)
_FETCHED = re.compile(r"download|fileAccess|^FILE|HTTP:?GET", re.I)
_METADATA = re.compile(r"metadat|métadonn|metadonn|network services|services en réseau", re.I)


class _Online(NamedTuple):
    address: str
    function: str
    protocol: str
    media: str


def parts_of(top: Thing, about: Thing) -> tuple[tuple[Part, ...], str]:
    """The parts, and the page about the data ('' when none is named)."""
    online = [_online(o) for o in _resources(top) if o.text("linkage")]
    formats = unique(_formats(top, about))
    only = formats[0] if len(formats) == 1 else ""
    files = [p for o in online if (p := _part(o, only))]
    page = next((o.address for o in online if o.function.startswith("information") and is_address(o.address)), "")
    described, terms = _content(top)
    extra = [Part(address="", media=f) for f in formats]
    extra += [Part(address="", described=True, terms=terms)] if described else []
    return (*files, *extra, *(Part(address="", conforms=c) for c in unique(_conforms(top)))), page


def _resources(top: Thing) -> list[Thing]:
    place = ("distributionInfo",)
    return [
        *top.objects(*place, "transferOptions", "onLine"),
        *top.objects(*place, "distributor", "distributorTransferOptions", "onLine"),
        *top.objects(
            *place, "distributor", "distributorFormat", "formatDistributor", "distributorTransferOptions", "onLine"
        ),
    ]


def _online(found: Thing) -> _Online:
    types = [t for t in found.types() if "/" in t]
    profile = found.text("applicationProfile")
    media = next(iter(types), profile if re.fullmatch(r"[\w.+-]+/[\w.+-]+", profile) else "")
    return _Online(found.text("linkage"), found.text("function"), found.text("protocol"), media)


def _part(online: _Online, only: str) -> Part | None:
    """A resource as a part of the data; None when it is for something else."""
    media = online.media
    service = bool(_SERVICE.search(f"{online.protocol} {online.address}"))
    named = standard_of(Part(address=online.address))
    data = named is not None and named[0] not in ("html", "pdf", "md", "txt", "xml", "json", "png", "jpg", "jpeg")
    fetched = bool(_FETCHED.search(f"{online.function} {online.protocol}")) or data
    if online.function.startswith(_ABOUT) and not (service or data):
        return None
    direct = fetched and not service and not _PAGE.search(online.address)
    return Part(address=online.address, media=media or (only if direct else ""), direct=direct)


def _formats(top: Thing, about: Thing) -> Iterator[str]:
    """Names of the formats; the address of a media type says more than the words before it."""
    place = ("distributionInfo",)
    held = [
        *top.objects(*place, "distributionFormat"),
        *top.objects(*place, "distributor", "distributorFormat"),
        *about.objects("resourceFormat"),
    ]
    for each in held:
        for text, anchor in each.both("name") or each.both("formatSpecificationCitation", "title"):
            name = anchor if "media-type" in anchor else text
            if name and not says_nothing(name):
                yield name


def _content(top: Thing) -> tuple[bool, bool]:
    """Whether variables or features are described, and whether by terms that can be looked up."""
    described = terms = False
    for content in top.objects("contentInfo"):
        if "FeatureCatalogue" in content.kind:
            described |= bool(content.objects("featureCatalogueCitation|featureCatalogue"))
        bands = content.objects("dimension") + content.objects("attributeGroup", "attribute")
        described |= any(b.texts("sequenceIdentifier|descriptor|description|name") or b.objects("name") for b in bands)
        terms |= any(is_reference(c) for b in bands for c in (*b.anchors("name", "code"), *b.texts("name", "code")))
    return described, terms


def _conforms(top: Thing) -> Iterator[str]:
    """Specifications that the data are said to conform to; those of metadata and of services say nothing of data."""
    for result in top.objects("dataQualityInfo", "report", "result"):
        if result.text("pass").lower() not in ("true", "1"):
            continue
        for text, anchor in result.both("specification", "title"):
            if not _METADATA.search(text):
                yield anchor or text

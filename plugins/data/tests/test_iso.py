"""Records of ISO 19115: what each element of its two XML forms means for the indicators."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, fromstring, tostring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_readers import CC, ISO_2003, ISO_2014, read

from assaymark.api import FactUnavailable
from assaymark_data.checks.score import answers
from assaymark_data.licences import terms_of
from assaymark_data.record import Record
from assaymark_data.seen import Seen
from assaymark_data.text import is_about_access

_CONSTRAINTS = re.compile("<gmd:resourceConstraints>.*</gmd:resourceConstraints>", re.DOTALL)


def text(name: str, value: str) -> str:
    return f"<gmd:{name}><gco:CharacterString>{value}</gco:CharacterString></gmd:{name}>"


def code(name: str, value: str) -> str:
    return f'<gmd:{name}><gmd:Code codeList="#" codeListValue="{value}"/></gmd:{name}>'


def with_terms(*words: str) -> Record:
    held = f"<gmd:resourceConstraints><gmd:MD_LegalConstraints>{''.join(words)}</gmd:MD_LegalConstraints>"
    return read(_CONSTRAINTS.sub(f"{held}</gmd:resourceConstraints>", ISO_2003))


def with_top(*words: str) -> Record:
    return read(ISO_2003.replace("</gmd:MD_Metadata>", "".join(words) + "</gmd:MD_Metadata>"))


def test_people_dates_and_identifiers_of_both_forms() -> None:
    for document in (ISO_2003, ISO_2014):
        assert read(document).creators[0].id == "https://orcid.org/0000-0002-1825-0097"
    old, new = read(ISO_2003), read(ISO_2014)
    assert (old.published, old.language, old.record_identifiers) == ("2025-02-01", "eng", ("levels-7",))
    assert new.record_identifiers == ("https://data.example.org/id/levels-7",)
    assert old.standard == "http://www.isotc211.org/2005/gmd"
    assert "oceans" in {k.text for k in old.keywords}


def test_what_the_standard_requires_and_the_record_has_not() -> None:
    assert read(ISO_2003).lacking == ()
    assert set(read(ISO_2014).lacking) == {"contact", "dateInfo", "topicCategory"}
    nil = ISO_2003.replace("<gco:Date>2025-02-01</gco:Date></gmd:dateStamp>", "</gmd:dateStamp>")
    assert read(nil).lacking == ("dateStamp",)
    assert "abstract" in read(re.sub("<gmd:abstract>.*</gmd:abstract>", "", ISO_2003)).lacking


def test_constraints_of_access_alone_are_no_licence() -> None:
    access = code("accessConstraints", "otherRestrictions")
    inspire = "http://inspire.ec.europa.eu/metadata-codelist/LimitationsOnPublicAccess/noLimitations"
    anchor = f'<gmd:otherConstraints><gmx:Anchor xlink:href="{inspire}">open to all</gmx:Anchor></gmd:otherConstraints>'
    record = with_terms(access, anchor)
    assert terms_of(record) == []
    assert any(is_about_access(t) for t in record.rights)
    assert terms_of(with_terms(access, text("otherConstraints", "Ask the ministry."))) == []
    assert terms_of(with_terms(access, text("otherConstraints", CC))) == [CC]
    assert terms_of(with_terms(text("useLimitation", "conditions to access and use unknown"))) == []
    assert terms_of(with_terms(code("useConstraints", "license"), text("otherConstraints", "Ask us."))) == ["Ask us."]


def test_the_address_of_a_licence_is_found_within_words() -> None:
    said = f"Creative Commons Attribution ({CC}), see the terms."
    assert CC in with_terms(text("useLimitation", said)).licences


def online(address: str, *, function: str = "", protocol: str = "") -> str:
    more = (code("function", function) if function else "") + (text("protocol", protocol) if protocol else "")
    held = (
        f"<gmd:CI_OnlineResource><gmd:linkage><gmd:URL>{address}</gmd:URL></gmd:linkage>{more}</gmd:CI_OnlineResource>"
    )
    return f"<gmd:onLine>{held}</gmd:onLine>"


def distribution(*resources: str, formats: tuple[str, ...] = ()) -> str:
    names = "".join(
        f"<gmd:distributionFormat><gmd:MD_Format>{text('name', f)}</gmd:MD_Format></gmd:distributionFormat>"
        for f in formats
    )
    ways = f"<gmd:transferOptions><gmd:MD_Digital>{''.join(resources)}</gmd:MD_Digital></gmd:transferOptions>"
    return f"<gmd:distributionInfo><gmd:MD_Distribution>{names}{ways}</gmd:MD_Distribution></gmd:distributionInfo>"


def test_files_services_and_pages_are_told_apart() -> None:
    base = "https://data.example.org"
    record = with_top(
        distribution(
            online(f"{base}/levels.nc"),
            online(f"{base}/wms?request=GetCapabilities", function="download", protocol="OGC:WMS"),
            online(f"{base}/about", function="information"),
            online(f"{base}/get", function="download"),
            online(f"{base}/thredds/levels.html", function="download"),
            formats=("NetCDF",),
        )
    )
    assert [(p.address.removeprefix(base), p.direct) for p in record.parts if p.address] == [
        ("/levels.nc", True),
        ("/wms?request=GetCapabilities", False),
        ("/get", True),
        ("/thredds/levels.html", False),
    ]
    assert record.landing == f"{base}/about"
    assert {p.media for p in record.parts if p.direct} >= {"NetCDF"}


def test_lineage_associations_and_specifications_are_read() -> None:
    told = text("statement", "Made from the raw levels.")
    source = f"<gmd:source><gmd:LI_Source>{text('description', 'Radar gauges.')}</gmd:LI_Source></gmd:source>"
    lineage = f"<gmd:lineage><gmd:LI_Lineage>{told}{source}</gmd:LI_Lineage></gmd:lineage>"
    result = "<gmd:report><gmd:DQ_DomainConsistency><gmd:result><gmd:DQ_ConformanceResult><gmd:specification>"
    result += "<gmd:CI_Citation><gmd:title><gmx:Anchor xlink:href='https://data.example.org/spec{}'>{}</gmx:Anchor></gmd:title>"
    result += "</gmd:CI_Citation></gmd:specification><gmd:pass><gco:Boolean>{}</gco:Boolean></gmd:pass>"
    result += "</gmd:DQ_ConformanceResult></gmd:result></gmd:DQ_DomainConsistency></gmd:report>"
    reports = result.format(1, "Levels of water", "true") + result.format(2, "Tides", "false")
    reports += result.format(3, "Regulation as regards metadata", "true")
    quality = f"<gmd:dataQualityInfo><gmd:DQ_DataQuality>{reports}{lineage}</gmd:DQ_DataQuality></gmd:dataQualityInfo>"
    record = with_top(quality, text("parentIdentifier", "https://doi.org/10.1234/all"))
    assert record.provenance == ("Made from the raw levels.", "Radar gauges.")
    assert record.conforms == ("https://data.example.org/spec1",)
    assert [(k.kind, k.target, k.data) for k in record.links] == [("isPartOf", "https://doi.org/10.1234/all", True)]


def test_answers_of_catalogues_hold_one_record_or_are_told_to_hold_several() -> None:
    answer = (
        '<csw:GetRecordByIdResponse xmlns:csw="http://www.opengis.net/cat/csw/2.0.2">{}</csw:GetRecordByIdResponse>'
    )
    assert read(answer.format(ISO_2003)).harvested == "CSW"
    with pytest.raises(FactUnavailable, match="holds 2 records"):
        read(answer.format(ISO_2003 + ISO_2014))
    order = answer.replace("GetRecordByIdResponse", "Transaction")
    assert read(order.format(ISO_2014)).harvested == ""


def test_a_record_in_several_languages_gives_what_stands_first() -> None:
    german = '<gmd:LocalisedCharacterString locale="#DE">Pegel</gmd:LocalisedCharacterString>'
    free = f"<gmd:PT_FreeText><gmd:textGroup>{german}</gmd:textGroup></gmd:PT_FreeText>"
    both = ISO_2003.replace(">Levels</gco:CharacterString>", f">Levels</gco:CharacterString>{free}")
    assert read(both).title == "Levels"
    only = ISO_2003.replace("<gco:CharacterString>Levels</gco:CharacterString>", free)
    assert read(only).title == "Pegel"


def test_references_within_a_document_that_lead_in_a_circle_come_to_an_end() -> None:
    circle = '<gmd:contact xlink:href="#loop"/><gmd:extent id="loop" xlink:href="#loop"/>'
    assert with_top(circle).title == "Levels"


def _elements(root: Element) -> list[Element]:
    return list(root.iter())


@settings(deadline=None)
@given(st.sampled_from([ISO_2003, ISO_2014]), st.data())
def test_no_record_of_any_shape_breaks_the_reader(document: str, data: st.DataObject) -> None:
    """A valid record from which elements are taken, or to which they are added anywhere, is read or refused."""
    root = fromstring(document)
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.sampled_from(_elements(root)))
        if len(place) and data.draw(st.booleans()):
            place.remove(data.draw(st.sampled_from(list(place))))
        else:
            place.append(data.draw(st.sampled_from(_elements(fromstring(document)))))
            place.text = data.draw(st.sampled_from(["", "10.1234/x", "<b>", "https://example.org/ a", "\u202e"]))
    try:
        record = read(tostring(root), "iso.xml")
    except FactUnavailable:
        return
    assert len(answers(record, Seen())) == 41

"""One record, told in each format, comes out the same; what is damaged or hostile is said to be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assaymark.api import FactUnavailable
from assaymark_data.formats import standard_of, told
from assaymark_data.licences import terms_of
from assaymark_data.reading import record_of
from assaymark_data.record import Part, Record
from assaymark_data.seen import identifier_address
from assaymark_data.text import address_of, clean, is_about_access, is_persistent, licence_of, says_nothing, scheme_of

TEXT = "Hourly levels of the sea at ten stations along the coast."
CC = "https://creativecommons.org/licenses/by/4.0/"
SCHEMA_ORG: dict[str, Any] = {
    "@context": {"schema": "http://schema.org/"},
    "@type": "schema:Dataset",
    "schema:name": "Levels",
    "schema:description": TEXT,
    "schema:identifier": {"@type": "PropertyValue", "value": "https://doi.org/10.1234/levels"},
    "schema:license": {"@id": CC},
    "schema:keywords": ["sea", "tide"],
    "schema:creator": {"@list": [{"@id": "https://orcid.org/0000-0002-1825-0097", "schema:name": "Ada Example"}]},
    "schema:distribution": {
        "schema:contentUrl": "https://data.example.org/levels.csv",
        "schema:encodingFormat": "text/csv",
    },
}
DATACITE = {
    "data": {
        "attributes": {
            "doi": "10.1234/levels",
            "state": "findable",
            "schemaVersion": "http://datacite.org/schema/kernel-4",
            "titles": [{"title": "Levels"}],
            "descriptions": [{"descriptionType": "Abstract", "description": TEXT}],
            "creators": [{"name": "Ada Example", "nameIdentifiers": [{"nameIdentifier": "0000-0002-1825-0097"}]}],
            "subjects": [{"subject": "sea"}, {"subject": "tide"}],
            "rightsList": [{"rightsUri": CC}, {"rightsUri": "info:eu-repo/semantics/openAccess"}],
            "publisher": {"name": "Example Archive"},
            "publicationYear": 2025,
            "types": {"resourceTypeGeneral": "Dataset"},
        }
    }
}
DATACITE_XML = f"""<?xml version="1.0"?><resource xmlns="http://datacite.org/schema/kernel-4">
<identifier identifierType="DOI">10.1234/levels</identifier><titles><title>Levels</title></titles>
<creators><creator><creatorName>Ada Example</creatorName>
<nameIdentifier nameIdentifierScheme="ORCID">https://orcid.org/0000-0002-1825-0097</nameIdentifier></creator></creators>
<publisher>Example Archive</publisher><publicationYear>2025</publicationYear>
<subjects><subject>sea</subject><subject>tide</subject></subjects><resourceType resourceTypeGeneral="Dataset"/>
<descriptions><description descriptionType="Abstract">{TEXT}</description></descriptions>
<rightsList><rights rightsURI="{CC}">CC BY</rights></rightsList></resource>"""
DC = f"""<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>Levels</dc:title><dc:creator>Ada Example</dc:creator><dc:subject>sea</dc:subject><dc:subject>tide</dc:subject>
<dc:description>{TEXT}</dc:description><dc:identifier>https://doi.org/10.1234/levels</dc:identifier>
<dc:rights>{CC}</dc:rights></oai_dc:dc>"""
DCAT = {
    "@context": {"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/"},
    "@type": "dcat:Dataset",
    "dct:title": {"@value": "Levels", "@language": "en"},
    "dct:description": TEXT,
    "dct:identifier": "https://doi.org/10.1234/levels",
    "dct:license": {"@id": CC},
    "dcat:keyword": ["sea", "tide"],
    "dct:creator": {"foaf:name": "Ada Example"},
}
DCAT_TURTLE = f"""@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
<https://data.example.org/levels> a dcat:Dataset ; dct:title "Levels" ; dct:description "{TEXT}" ;
 dct:identifier "https://doi.org/10.1234/levels" ; dct:license <{CC}> ; dcat:keyword "sea", "tide" ;
 dct:creator [ foaf:name "Ada Example" ] ."""
POD = {
    "conformsTo": "https://project-open-data.cio.gov/v1.1/schema",
    "dataset": [{k.partition(":")[2] or k: v for k, v in DCAT.items() if not k.startswith("@")} | {"title": "Levels"}],
}
ROOT = {
    "@id": "./",
    "@type": "Dataset",
    "name": "Levels",
    "description": TEXT,
    "identifier": "https://doi.org/10.1234/levels",
    "license": {"@id": CC},
    "keywords": "sea, tide",
    "author": {"@id": "#ada"},
    "datePublished": "2025",
    "hasPart": [{"@id": "levels.csv"}],
}
DESCRIPTOR = {"@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": {"@id": "./"}}
FILE = {"@id": "levels.csv", "@type": "File", "encodingFormat": "text/csv", "contentSize": "120", "sha256": "a" * 64}
CRATE = {
    "@context": "https://w3id.org/ro/crate/1.1/context",
    "@graph": [
        DESCRIPTOR | {"conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"}},
        ROOT,
        {"@id": "#ada", "@type": "Person", "name": "Ada Example"},
        {"@id": CC, "@type": "CreativeWork", "name": "CC BY 4.0"},
        FILE,
    ],
}
PACKAGE = {
    "profile": "tabular-data-package",
    "id": "https://doi.org/10.1234/levels",
    "name": "levels",
    "title": "Levels",
    "description": TEXT,
    "keywords": ["sea", "tide"],
    "licenses": [{"name": "CC-BY-4.0", "path": CC}],
    "contributors": [{"title": "Ada Example", "role": "author"}],
    "resources": [{"name": "levels", "path": "levels.csv", "mediatype": "text/csv", "hash": "sha256:" + "a" * 64}],
}
STAC = {
    "type": "Collection",
    "stac_version": "1.1.0",
    "id": "levels",
    "title": "Levels",
    "description": TEXT,
    "keywords": ["sea", "tide"],
    "license": "CC-BY-4.0",
    "sci:doi": "10.1234/levels",
    "providers": [{"name": "Ada Example", "roles": ["producer"]}],
    "extent": {"spatial": {"bbox": [[0, 50, 10, 60]]}},
    "links": [],
}
CODEMETA = {
    "@context": "https://w3id.org/codemeta/3.0",
    "@type": "SoftwareSourceCode",
    "name": "Levels",
    "description": TEXT,
    "identifier": "https://doi.org/10.1234/levels",
    "license": CC,
    "keywords": ["sea", "tide"],
    "author": [{"@type": "Person", "givenName": "Ada", "familyName": "Example"}],
}
ISO_2003 = f"""<gmd:MD_Metadata xmlns:gmd="http://www.isotc211.org/2005/gmd" xmlns:gco="http://www.isotc211.org/2005/gco"
 xmlns:gmx="http://www.isotc211.org/2005/gmx" xmlns:xlink="http://www.w3.org/1999/xlink">
<gmd:fileIdentifier><gco:CharacterString>levels-7</gco:CharacterString></gmd:fileIdentifier>
<gmd:contact><gmd:CI_ResponsibleParty id="ada"><gmd:individualName>
 <gmx:Anchor xlink:href="https://orcid.org/0000-0002-1825-0097">Ada Example</gmx:Anchor></gmd:individualName>
 <gmd:role><gmd:CI_RoleCode codeList="#" codeListValue="author"/></gmd:role></gmd:CI_ResponsibleParty></gmd:contact>
<gmd:dateStamp><gco:Date>2025-02-01</gco:Date></gmd:dateStamp>
<gmd:identificationInfo><gmd:MD_DataIdentification><gmd:citation><gmd:CI_Citation>
 <gmd:title><gco:CharacterString>Levels</gco:CharacterString></gmd:title>
 <gmd:date><gmd:CI_Date><gmd:date><gco:Date>2025-02-01</gco:Date></gmd:date>
 <gmd:dateType><gmd:CI_DateTypeCode codeList="#" codeListValue="publication"/></gmd:dateType></gmd:CI_Date></gmd:date>
 <gmd:identifier><gmd:MD_Identifier><gmd:code><gco:CharacterString>10.1234/levels</gco:CharacterString></gmd:code>
 </gmd:MD_Identifier></gmd:identifier><gmd:citedResponsibleParty xlink:href="#ada"/></gmd:CI_Citation></gmd:citation>
<gmd:abstract><gco:CharacterString>{TEXT}</gco:CharacterString></gmd:abstract>
<gmd:descriptiveKeywords><gmd:MD_Keywords><gmd:keyword><gco:CharacterString>sea</gco:CharacterString></gmd:keyword>
<gmd:keyword><gco:CharacterString>tide</gco:CharacterString></gmd:keyword></gmd:MD_Keywords></gmd:descriptiveKeywords>
<gmd:resourceConstraints><gmd:MD_LegalConstraints><gmd:useConstraints>
 <gmd:MD_RestrictionCode codeList="#" codeListValue="license"/></gmd:useConstraints><gmd:otherConstraints>
 <gmx:Anchor xlink:href="{CC}">Creative Commons Attribution 4.0</gmx:Anchor></gmd:otherConstraints>
</gmd:MD_LegalConstraints></gmd:resourceConstraints>
<gmd:language><gmd:LanguageCode codeList="#" codeListValue="eng"/></gmd:language>
<gmd:topicCategory><gmd:MD_TopicCategoryCode>oceans</gmd:MD_TopicCategoryCode></gmd:topicCategory>
</gmd:MD_DataIdentification></gmd:identificationInfo></gmd:MD_Metadata>"""
ISO_2014 = f"""<mdb:MD_Metadata xmlns:mdb="http://standards.iso.org/iso/19115/-3/mdb/2.0"
 xmlns:mri="http://standards.iso.org/iso/19115/-3/mri/1.0" xmlns:cit="http://standards.iso.org/iso/19115/-3/cit/2.0"
 xmlns:mcc="http://standards.iso.org/iso/19115/-3/mcc/1.0" xmlns:mco="http://standards.iso.org/iso/19115/-3/mco/1.0"
 xmlns:gco="http://standards.iso.org/iso/19115/-3/gco/1.0">
<mdb:metadataIdentifier><mcc:MD_Identifier><mcc:code><gco:CharacterString>levels-7</gco:CharacterString></mcc:code>
 <mcc:codeSpace><gco:CharacterString>https://data.example.org/id</gco:CharacterString></mcc:codeSpace></mcc:MD_Identifier>
</mdb:metadataIdentifier><mdb:identificationInfo><mri:MD_DataIdentification><mri:citation><cit:CI_Citation>
 <cit:title><gco:CharacterString>Levels</gco:CharacterString></cit:title>
 <cit:identifier><mcc:MD_Identifier><mcc:code><gco:CharacterString>https://doi.org/10.1234/levels</gco:CharacterString>
 </mcc:code></mcc:MD_Identifier></cit:identifier><cit:citedResponsibleParty><cit:CI_Responsibility>
 <cit:role><cit:CI_RoleCode codeList="#" codeListValue="author"/></cit:role><cit:party><cit:CI_Individual>
 <cit:name><gco:CharacterString>Ada Example</gco:CharacterString></cit:name><cit:partyIdentifier><mcc:MD_Identifier>
 <mcc:code><gco:CharacterString>https://orcid.org/0000-0002-1825-0097</gco:CharacterString></mcc:code>
 </mcc:MD_Identifier></cit:partyIdentifier></cit:CI_Individual></cit:party></cit:CI_Responsibility>
 </cit:citedResponsibleParty></cit:CI_Citation></mri:citation>
<mri:abstract><gco:CharacterString>{TEXT}</gco:CharacterString></mri:abstract>
<mri:descriptiveKeywords><mri:MD_Keywords><mri:keyword><gco:CharacterString>sea</gco:CharacterString></mri:keyword>
<mri:keyword><gco:CharacterString>tide</gco:CharacterString></mri:keyword></mri:MD_Keywords></mri:descriptiveKeywords>
<mri:resourceConstraints><mco:MD_LegalConstraints><mco:reference><cit:CI_Citation>
 <cit:title><gco:CharacterString>Creative Commons Attribution 4.0</gco:CharacterString></cit:title><cit:onlineResource>
 <cit:CI_OnlineResource><cit:linkage><gco:CharacterString>{CC}</gco:CharacterString></cit:linkage></cit:CI_OnlineResource>
 </cit:onlineResource></cit:CI_Citation></mco:reference></mco:MD_LegalConstraints></mri:resourceConstraints>
</mri:MD_DataIdentification></mdb:identificationInfo></mdb:MD_Metadata>"""
FORMATS: dict[str, tuple[str, object]] = {
    "ISO 19139": ("iso.xml", ISO_2003),
    "ISO 19115-3": ("iso.xml", ISO_2014),
    "schema.org JSON-LD": ("r.jsonld", SCHEMA_ORG),
    "DataCite JSON": ("r.json", DATACITE),
    "DataCite XML": ("r.xml", DATACITE_XML),
    "Dublin Core": ("dc.xml", DC),
    "DCAT": ("r.jsonld", DCAT),
    "DCAT (Turtle)": ("r.ttl", DCAT_TURTLE),
    "DCAT (data.json)": ("data.json", POD),
    "RO-Crate": ("ro-crate-metadata.json", CRATE),
    "Frictionless Data Package": ("datapackage.json", PACKAGE),
    "STAC": ("collection.json", STAC),
    "CodeMeta": ("codemeta.json", CODEMETA),
}


def read(document: object, where: str = "record.json") -> Record:
    data = (
        document
        if isinstance(document, bytes)
        else document.encode()
        if isinstance(document, str)
        else json.dumps(document).encode()
    )
    return record_of(data, where)


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_record_comes_out_of_every_format(name: str) -> None:
    where, document = FORMATS[name]
    record = read(document, where)
    assert record.format == name.partition(" (")[0]
    assert (record.title, record.description) == ("Levels", TEXT)
    assert address_of(record.identifiers[0]) == "https://doi.org/10.1234/levels"
    assert {k.text for k in record.keywords} >= {"sea", "tide"}
    assert "Ada Example" in [a.name for a in record.creators]
    assert "CC-BY-4.0" in [licence_of(t) for t in record.licences]
    assert not any(is_about_access(t) for t in record.licences)


def test_people_and_files_are_read_with_their_identifiers() -> None:
    assert read(SCHEMA_ORG).creators[0].id == "https://orcid.org/0000-0002-1825-0097"
    assert read(DATACITE).creators[0].id == "https://orcid.org/0000-0002-1825-0097"
    part = read(CRATE).parts[0]
    assert (part.address, part.size, part.checksum) == ("levels.csv", 120, "sha256:" + "a" * 64)
    assert read(SCHEMA_ORG).parts[0].address == "https://data.example.org/levels.csv"
    assert read(DATACITE).harvested


def test_metadata_in_a_page_are_found() -> None:
    page = f"<!DOCTYPE html><html><script type='application/ld+json'>{json.dumps(SCHEMA_ORG)}</script></html>"
    assert read(page, "https://example.org/levels").title == "Levels"
    with pytest.raises(FactUnavailable, match="without metadata"):
        read("<!DOCTYPE html><html><p>Levels</p></html>")


LAUGHS = '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><resource xmlns="http://datacite.org/schema/kernel-4">&d;</resource>'


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"", "not valid JSON"),
        (b"\xff\xfe\x00", "not valid JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "nested too deeply"),
        (b'{"titles": NaN}', "NaN"),
        (b'{"size": 1e999}', "finite"),
        (b'{"doi": "10.1234/a"', "not valid JSON"),
        (b'{"name": "x"}', "no metadata record that is known"),
        (b"<resource", "not valid XML"),
        (b"<a/>", "no metadata record that is known"),
        (LAUGHS.encode(), "entities"),
        (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "entities"),
        (b"x" * 20_000_001, "larger than"),
    ],
)
def test_what_is_damaged_or_hostile_is_said_to_be(document: bytes, said: str) -> None:
    with pytest.raises(FactUnavailable, match=said):
        record_of(document, "record.json")


def test_turtle_that_is_damaged_is_said_to_be_and_nothing_is_fetched() -> None:
    with pytest.raises(FactUnavailable, match="cannot be read as RDF"):
        read("@prefix dcat: <nothing", "r.ttl")
    foreign = {
        "@context": "https://example.org/context.jsonld",
        "@type": "dcat:Dataset",
        "dct:title": "Levels",
        "dcat:theme": "x",
    }
    assert read(foreign).title == "Levels"


HTML = (
    "<img src=x onerror=alert(1)><script>alert('10.1234/levels')</script><!-- 10.1234/levels -->\x1b]8;;http://evil\x07"
)


def test_values_of_markup_only_are_no_values() -> None:
    lists = {"titles": "title", "creators": "name", "subjects": "subject", "rightsList": "rightsUri"}
    plain = dict.fromkeys(("doi", "publisher", "publicationYear"), HTML)
    record = read(plain | {name: [{key: HTML}] for name, key in lists.items()})
    assert record.title == "]8;;http://evil"
    assert record.licences == record.rights == ("]8;;http://evil",)
    assert not any(is_persistent(i) for i in record.identifiers)
    assert clean("<p>Levels of <b>the sea</b></p>") == "Levels of the sea"
    assert clean("5 < 6 and 7 > 6") == "5 < 6 and 7 > 6"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=12), below, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.sampled_from(sorted(FORMATS)), st.data())
def test_no_record_of_any_shape_breaks_a_reader(name: str, data: st.DataObject) -> None:
    """A valid record in which some values are replaced by anything is read, or refused, and never crashes."""
    where, document = FORMATS[name]
    if not isinstance(document, dict):
        return
    broken = json.loads(json.dumps(document))
    for _ in range(data.draw(st.integers(1, 4))):
        node = broken
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if isinstance(node[key], dict | list) and data.draw(st.booleans()):
                node = node[key]
                continue
            node[key] = data.draw(JSON)
            break
    try:
        record = read(broken, where)
    except FactUnavailable:
        return
    from assaymark_data.checks.score import answers
    from assaymark_data.seen import Seen

    assert len(answers(record, Seen())) == 41


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("10.5281/zenodo.1234", "doi"),
        ("https://doi.org/10.1234/a(b)c", "doi"),
        ("doi:10.1234/ab", "doi"),
        ("hdl:11304/abc", "handle"),
        ("https://hdl.handle.net/21.T11148/abc", "handle"),
        ("ark:/12345/abc", "ark"),
        ("https://n2t.net/ark:/12345/abc", "ark"),
        ("urn:nbn:de:101:1-2019", "urn"),
        ("urn:uuid:6fa459ea-ee8a-3ca4-894e-db77e160355e", "uuid"),
        ("swh:1:dir:" + "a" * 40, "swhid"),
        ("https://w3id.org/example/levels", "purl"),
        ("https://www.example.org/levels", "web"),
        ("http://localhost/levels", ""),
        ("http://192.168.1.7/levels", ""),
        ("javascript:alert(1)", ""),
        ("17", ""),
        ("10.1234", ""),
        ("", ""),
    ],
)
def test_identifiers_are_told_apart(text: str, scheme: str) -> None:
    assert scheme_of(text) == scheme


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("CC-BY-4.0", "CC-BY-4.0"),
        ("cc by 4.0", "CC-BY-4.0"),
        ("https://creativecommons.org/licenses/by-sa/4.0/deed.de", "CC-BY-SA-4.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/legalcode", "CC0-1.0"),
        ("https://spdx.org/licenses/ODbL-1.0.html", "ODbL-1.0"),
        ("https://opensource.org/licenses/MIT", "MIT"),
        ("https://www.opendatacommons.org/licenses/pddl/", "PDDL-1.0"),
        ("ask us", ""),
        ("https://www.example.org/licence", ""),
    ],
)
def test_licences_are_recognised(text: str, name: str) -> None:
    assert licence_of(text) == name


def test_long_text_is_cleaned_in_linear_time() -> None:
    for text in ("<" * 100_000, "<a " * 50_000, "<script>" * 20_000, "<!--" * 30_000, "&lt;" * 30_000):
        clean(text)
        scheme_of(text)
        is_about_access(text)


def test_dois_of_records_by_hand_and_of_older_schemas_are_found() -> None:
    """InvenioRDM writes no ``doi``, older JSON an ``identifier`` and a ``resourceType``, XML alternate identifiers."""
    plain = {k: v for k, v in DATACITE["data"]["attributes"].items() if k not in ("doi", "types", "state")}
    of_kind = {"types": {"resourceTypeGeneral": "Dataset"}}
    web = {"identifier": "https://data.example.org/records/7", "identifierType": "URL"}
    listed = read(plain | of_kind | {"identifiers": [web, {"identifier": "10.1234/levels", "identifierType": "DOI"}]})
    assert identifier_address(listed) == "https://doi.org/10.1234/levels"
    older = {
        "identifier": {"identifier": "10.1234/levels", "identifierType": "DOI"},
        "resourceType": {"resourceTypeGeneral": "Dataset"},
    }
    assert read(plain | older).identifiers == ("10.1234/levels",)
    assert read(plain | older).lacking == ()
    more = "<alternateIdentifiers><alternateIdentifier>https://data.example.org/7</alternateIdentifier></alternateIdentifiers>"
    xml = DATACITE_XML.replace("<publisher>", more + "<publisher>")
    assert read(xml).identifiers == ("10.1234/levels", "https://data.example.org/7")


def test_what_a_template_leaves_open_is_no_identifier() -> None:
    for text in ("10.5281/zenodo.XXXXXXX", "https://doi.org/10.xxxx/levels", "https://doi.org/10.1234/<name>"):
        assert scheme_of(text) == address_of(text) == "", text
    assert scheme_of("10.1002/(SICI)1097-0258(19980815)17:15<1661::AID-SIM968>3.0.CO;2-2") == "doi"


HARVEST = "<OAI-PMH xmlns='http://www.openarchives.org/OAI/2.0/'><ListRecords>{}</ListRecords></OAI-PMH>"
SEVERAL = {
    "Dublin Core": HARVEST.format(f"<record>{DC}</record>" * 2),
    "DataCite": HARVEST.format(f"<record>{DATACITE_XML.partition('?>')[2]}</record>" * 2),
    "DCAT": {"@context": DCAT["@context"], "@graph": [DCAT | {"@id": f"https://example.org/{n}"} for n in (1, 2)]},
    "schema.org": {"@context": "https://schema.org/", "@graph": [{"@type": "Dataset", "name": n} for n in "ab"]},
}


@pytest.mark.parametrize("name", SEVERAL)
def test_none_of_several_records_is_chosen(name: str) -> None:
    with pytest.raises(FactUnavailable, match="holds 2 records"):
        read(SEVERAL[name])


def test_the_whole_is_judged_where_the_other_datasets_are_its_parts() -> None:
    parts = [{"@id": f"#{n}", "@type": "Dataset", "name": n} for n in "ab"]
    whole = {"@id": "#c", "@type": "Dataset", "name": "Levels", "hasPart": [{"@id": "#a"}]}
    parts[1]["isPartOf"] = {"@id": "#c"}  # type: ignore[assignment] # the value is an object here
    assert read({"@context": "https://schema.org/", "@graph": [*parts, whole]}).title == "Levels"


def test_a_record_does_not_refer_to_others_by_naming_itself_or_its_files() -> None:
    own = {"schema:sameAs": "http://dx.doi.org/10.1234/LEVELS", "schema:about": "https://data.example.org/levels.csv"}
    creator = {"schema:creator": {"schema:name": "Ada Example"}}
    assert list(read(SCHEMA_ORG | own | creator).references()) == []
    links = [
        {"rel": r, "href": f"https://example.org/{r}"} for r in ("alternate", "license", "service-desc", "related")
    ]
    assert [k.kind for k in read(STAC | {"links": links}).references()] == ["related"]


def test_people_without_a_full_name_are_people_and_blank_nodes_are_nobody() -> None:
    assert read(CODEMETA).lacking == ()
    assert not any(a.name for a in read(DCAT_TURTLE.replace("foaf:name", "foaf:age"), "r.ttl").creators)


def test_formats_are_those_of_the_data() -> None:
    items = {
        "links": [{"rel": "item", "href": "./one.json"}],
        "stac_extensions": ["https://example.org/eo/schema.json"],
    }
    collection = read(STAC | items)
    assert (told(collection.parts), collection.conforms) == ((), ())
    page = Part(address="https://example.org/levels.html", media="", direct=False)
    turtle = Part(address="", media="http://publications.europa.eu/resource/authority/file-type/RDF_TURTLE")
    assert (told((page,)), standard_of(turtle)) == ((), ("rdf_turtle", True))


@pytest.mark.parametrize("text", ["unknown", "proprietary", "N/A", "not specified", "No licence given", "-"])
def test_words_that_state_no_licence_are_none(text: str) -> None:
    assert says_nothing(text)
    stated = terms_of(read(STAC | {"license": text}))
    assert stated == []


def test_dates_are_no_origin() -> None:
    dates = [{"date": "2026-06-25", "dateType": kind} for kind in ("Created", "Updated")]
    host = [{"contributorType": "HostingInstitution", "name": "Example Archive"}]
    links = [{"relatedIdentifier": "10.1234/a", "relatedIdentifierType": "DOI", "relationType": "IsSourceOf"}]
    plain = DATACITE["data"]["attributes"]
    assert read(plain | {"dates": dates, "contributors": host, "relatedIdentifiers": links}).provenance == ()
    assert read(plain | {"contributors": [{"contributorType": "DataCollector", "name": "Ada"}]}).provenance

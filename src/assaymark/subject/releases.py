"""Tags read as versions: SemVer, PEP 440, CalVer and those of R packages told apart, ordered by precedence.

A tag may carry a prefix (``v1.2.3``, ``release-1.2.3``, ``pkg@1.2.3``, ``pkg-v1.2.3``). Tags with the same prefix form
a series; the series without a name is the project's own, others are packages of a repository that holds several.
Where the numbers of the one without a name go on under a name (``1.7``, then ``gson-1.7.1``), that one is its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from assaymark.api import fact
from assaymark.patterns import late
from assaymark.records import NamedTuple

if TYPE_CHECKING:
    from assaymark.subject.history import History

SEMVER = "semver"
PEP440 = "pep440"
CALVER = "calver"
CRAN = "cran"
SCHEMES = (SEMVER, PEP440, CALVER, CRAN)

Key = tuple[int, tuple[int, ...], int, tuple[tuple[int, int, str], ...]]

_FINAL, _POST, _PRE, _DEV = 0, 1, -1, -2
_YEAR = 4
_DAY = 86_400
_SEVERAL = 3  # final releases that make a series more than an attempt
_MAX = 120  # characters; no version that a person wrote is longer
_ID = r"(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)"
_N = r"(?:0|[1-9]\d{0,17})"
_SEMVER = late(rf"({_N})\.({_N})\.({_N})(?:-({_ID}(?:\.{_ID})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?", re.ASCII)
_PEP440 = late(
    r"(?:(?P<epoch>\d{1,9})!)?(?P<release>\d{1,18}(?:\.\d{1,18}){0,9})"
    r"(?:[-_.]?(?P<phase>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre>\d{0,18}))?"
    r"(?P<post>-(?P<post_n>\d{1,18})|[-_.]?(?:post|rev|r)[-_.]?(?P<post_m>\d{0,18}))?"
    r"(?P<dev>[-_.]?dev[-_.]?(?P<dev_n>\d{0,18}))?"
    r"(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?",
    re.ASCII | re.IGNORECASE,
)
_CALVER = late(
    r"(?:(?:19|20)\d\d[.-](?:0?[1-9]|1[0-2])(?:[.-]\d{1,6}){0,2}|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r"|(?:19|20)\d\d[.-]\d{1,3}|(?:1[6-9]|[2-4]\d)\.\d{1,2}|(?:1[6-9]|[2-4]\d)\.(?:0[1-9]"
    r"|1[0-2])(?:\.\d{1,6})?)(?:[.-]?(?:a|b|rc|alpha|beta|dev|post)[.-]?\d*)?",
    re.ASCII | re.IGNORECASE,
)
_CRAN = late(r"\d{1,9}(?:[.-]\d{1,9}){1,5}", re.ASCII)  # what R's package_version() takes
_LOOSE = late(r"(\d{1,18}(?:\.\d{1,18}){1,5})(?=[-_+. ])", re.ASCII)
_PREFIX = late(
    r"(?P<name>[A-Za-z][\w./+-]*?(?:[-_/@.]|(?<=[A-Za-z])(?=\d))|@[\w./-]+@)??(?:[vV][._-]?)?(?=\d)", re.ASCII
)
_PHASES = {"a": "alpha", "b": "beta", "c": "rc", "pre": "rc", "preview": "rc"}
_UNNAMED = {"", "v", "version", "ver", "rel", "release", "releases", "stable", "tag", "tags"}


class Version(NamedTuple):
    """A version as written, the schemes it satisfies (none when it merely starts with numbers), and its precedence."""

    text: str
    schemes: frozenset[str]
    key: Key

    @property
    def final(self) -> bool:
        """Whether it is neither a pre-release nor a development version."""
        return self.key[2] >= _FINAL

    @property
    def scheme(self) -> str:
        """The one word for it, CalVer before SemVer before PEP 440 (``2026.7.0`` is a date first); '' for none.

        R's is never the one word: whether ``1.9-46`` is a version of R or a post-release tells the project's language.
        """
        return next((s for s in (CALVER, SEMVER, PEP440) if s in self.schemes), "")


class Release(NamedTuple):
    """A tag that is a version. ``series`` is its prefix ('' for the project); ``reachable``: from what is judged."""

    tag: str
    version: Version
    series: str
    commit: str
    time: int
    reachable: bool


class Releases(NamedTuple):
    """All releases, newest by precedence first within the project's own series, and the tags that are not versions."""

    all: tuple[Release, ...]
    series: str
    others: tuple[str, ...]
    shallow: bool

    @property
    def own(self) -> tuple[Release, ...]:
        """The releases of the project's own series, newest first."""
        return tuple(r for r in self.all if r.series == self.series)

    @property
    def latest(self) -> Release | None:
        """The newest final release, else the newest pre-release."""
        return _newest(self.own)

    @property
    def here(self) -> tuple[Release, ...]:
        """Those that lie in the history of the commit that is judged, newest first."""
        return tuple(r for r in self.own if r.reachable)

    @property
    def latest_here(self) -> Release | None:
        """The newest release that the judged commit contains."""
        return _newest(self.here)


@fact
def releases(history: History) -> Releases:
    """Tags of the repository, read as versions."""
    reached = {commit.id for commit in history.commits}
    found, others = [], []
    for tag in history.tags:
        series, version = parse_tag(tag.name)
        if version is None:
            others.append(tag.name)
        else:
            found.append(
                Release(
                    tag=tag.name,
                    version=version,
                    series=series,
                    commit=tag.commit,
                    time=tag.time,
                    reachable=tag.commit in reached,
                )
            )
    found.sort(key=lambda r: (r.version.key, r.time, r.tag), reverse=True)
    return Releases(all=tuple(found), series=main_series(found), others=tuple(others), shallow=history.shallow)


def main_series(found: Iterable[Release]) -> str:
    """The project's own series: the unnamed one or what it went on as, else that of the tag made last.

    A stray pre-release without a name is no series.
    """
    known = sorted(found, key=lambda r: (r.time, r.tag))
    by_name: dict[str, list[Release]] = {}
    for release in known:
        by_name.setdefault(release.series, []).append(release)
    if named := _named_releases(by_name):
        return named
    if len(by_name) == 1 or any(r.version.final for r in by_name.get("", ())):
        return _gone_on(by_name) if len(by_name) > 1 else known[-1].series
    return known[-1].series if known else ""


def _named_releases(by_name: Mapping[str, list[Release]]) -> str:
    """The one series that calls itself releases (``rel/commons-csv-1.2``) and is ahead of the unnamed one, or ''."""
    highest = max((r.version.key for r in by_name.get("", ()) if r.version.final), default=None)
    found = [
        name
        for name, made in by_name.items()
        if "/" in name
        and name.partition("/")[0] in _UNNAMED
        and len(finals := [r.version.key for r in made if r.version.final]) >= _SEVERAL
        and (highest is None or max(finals) > highest)
    ]
    return found[0] if len(found) == 1 else ""


def _gone_on(by_name: Mapping[str, list[Release]]) -> str:
    """The last of the series that follow each other from the unnamed one on, in time and in their numbers."""
    name, ended = "", by_name[""]
    for _ in by_name:
        last, highest = ended[-1].time - _DAY, max(r.version.key for r in ended)
        later = [
            (made[-1].time, other)
            for other, made in by_name.items()
            if other != name
            and len([r for r in made if r.version.final]) >= _SEVERAL
            and made[0].time >= last
            and min(r.version.key for r in made) >= highest
        ]
        if not later:
            break
        name = max(later)[1]
        ended = by_name[name]
    return name


def parse_tag(name: str) -> tuple[str, Version | None]:
    """Series and version of a tag; the version is None when the tag is not one."""
    if len(name) > _MAX:
        return "", None
    prefix = _PREFIX.match(name)
    if prefix is None:
        return "", None
    series = (prefix["name"] or "").strip("-_/@.").lower()
    version = parse_version(name[prefix.end() :])
    if series and version is not None and not _is_clear(version):
        return "", None
    if version is not None and version.text.isdigit() and len(version.text) > _YEAR:
        return "snapshot", version  # 20240501 has no place among dotted versions
    return ("" if series in _UNNAMED else series), version


def parse_version(text: str) -> Version | None:
    """A version without prefix (a leading ``v`` is allowed); None when it does not even start like one."""
    written = text.strip()
    bare = written[1:] if written[:1] in ("v", "V") else written
    if not bare or len(bare) > _MAX:
        return None
    semver, pep440 = _SEMVER.fullmatch(bare), _PEP440.fullmatch(bare)
    schemes = {SEMVER} if semver else set()
    # ``01-02`` fits PEP 440 as a post-release of 01, which nobody means who parts numbers by dashes.
    schemes |= {PEP440} if pep440 and not (pep440["post_n"] and "." not in pep440["release"]) else set()
    schemes |= {CALVER} if _CALVER.fullmatch(bare) else set()
    schemes |= {CRAN} if schemes and _CRAN.fullmatch(bare) else set()
    key = _key(bare, semver, pep440, bool(schemes))
    if key is None or (schemes == {PEP440} and bare.isdigit() and len(bare) > _YEAR):
        return None
    return Version(text=written, schemes=frozenset(schemes), key=key)


def _is_clear(version: Version) -> bool:
    """Whether what follows a named prefix is a version beyond doubt (``py-3`` is not, ``pkg-1.2`` is)."""
    return len(version.key[1]) > 1 or "." in version.text


def _key(bare: str, semver: re.Match[str] | None, pep440: re.Match[str] | None, known: bool) -> Key | None:
    if pep440 and not (semver and pep440["post"]):  # SemVer reads 1.2.3-1 as a pre-release, PEP 440 as a post-release
        return _pep440_key(pep440)
    if semver:
        numbers = _trimmed(int(n) for n in semver.group(1, 2, 3))
        return (0, numbers, _PRE, _identifiers(semver[4])) if semver[4] else (0, numbers, _FINAL, ())
    if known:  # a date with hyphens
        return (0, _trimmed(int(n) for n in re.findall(r"\d+", bare)), _FINAL, ())
    loose = _LOOSE.match(bare)
    return (0, _trimmed(int(n) for n in loose[1].split(".")), _FINAL, ()) if loose else None


def _pep440_key(found: re.Match[str]) -> Key:
    epoch = int(found["epoch"] or 0)
    numbers = _trimmed(int(n) for n in found["release"].split("."))
    post = ((0, int(found["post_n"] or found["post_m"] or 0), "post"),) if found["post"] else ()
    number = int(found["dev_n"] or 0)
    # A development version comes before what it leads to; that ends with a mark above it and below all else.
    end = (-2, number, "dev") if found["dev"] else (-1, 0, "")
    if found["phase"]:
        phase = found["phase"].lower()
        return epoch, numbers, _PRE, ((1, 0, _PHASES.get(phase, phase)), (0, int(found["pre"] or 0), ""), *post, end)
    if post:
        return epoch, numbers, _POST, (*post, end)
    return (epoch, numbers, _DEV, (end,)) if found["dev"] else (epoch, numbers, _FINAL, ())


def _identifiers(text: str) -> tuple[tuple[int, int, str], ...]:
    """SemVer identifiers in order of precedence; a number at the end of a word counts as a number (rc9 before rc10)."""
    out: list[tuple[int, int, str]] = []
    for part in text.split("."):
        if part.isdigit():
            out.append((0, int(part[:18]), ""))
            continue
        word, number = re.fullmatch(r"(.*?)(\d{0,18})", part, re.DOTALL).groups()  # type: ignore[union-attr]
        out.append((1, 0, word.lower()))
        if number:
            out.append((0, int(number), ""))
    return tuple(out)


def _trimmed(numbers: Iterable[int]) -> tuple[int, ...]:
    """Without zeros at the end: 1.0 and 1.0.0 are the same release."""
    out = list(numbers)
    while len(out) > 1 and out[-1] == 0:
        out.pop()
    return tuple(out)


def _newest(found: tuple[Release, ...]) -> Release | None:
    return next((r for r in found if r.version.final), found[0] if found else None)

"""What a project depends on, as its lock has it, and the licence that each of these declares where it is installed.

Only metadata is read: nothing is imported, installed or asked for over the network.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from assaymark.errors import InputError
from assaymark.patterns import late
from assaymark.subject.parsing import ParseProblem, load_toml

if TYPE_CHECKING:
    from importlib.metadata import Distribution

    from assaymark.release.source import Source

# Where locks are, the most exact first.
LOCKS = (
    "requirements/run.txt", "requirements.lock", "requirements/lock.txt", "pylock.toml", "uv.lock", "poetry.lock",
    "requirements.txt",
)  # fmt: skip # many short items
_LIMIT = 20_000_000
_WHOLE = 0.8  # as much of a file must be the licence; the rest is who holds the rights
_LINE = late(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*==\s*(?P<version>[^\s;\\]+)\s*(?:;(?P<marker>[^\\]*))?")
_HASH = late(r"--hash=sha256:([0-9a-f]{64})")
_CLASSIFIER = "License :: OSI Approved :: "
# Classifiers that name one licence, as SPDX writes it; those that name a family say too little.
_CLASSIFIED = {
    "MIT License": "MIT", "Apache Software License": "Apache-2.0", "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0", "The Unlicense (Unlicense)": "Unlicense",
    "Python Software Foundation License": "PSF-2.0", "zlib/libpng License": "Zlib",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
    "Eclipse Public License 2.0 (EPL-2.0)": "EPL-2.0",
    "GNU Library or Lesser General Public License (LGPL)": "LGPL-2.0-or-later",
}  # fmt: skip # a table of short items
# How people write licences in the field that takes any text.
_WRITTEN = {
    "mit license": "MIT", "the mit license": "MIT", "apache 2.0": "Apache-2.0", "apache license 2.0": "Apache-2.0",
    "apache-2": "Apache-2.0", "apache license, version 2.0": "Apache-2.0", "apache 2": "Apache-2.0",
    "bsd 3-clause": "BSD-3-Clause", "3-clause bsd": "BSD-3-Clause", "new bsd": "BSD-3-Clause", "bsd-3": "BSD-3-Clause",
    "bsd": "BSD-3-Clause", "3-clause bsd license": "BSD-3-Clause", "lgpl": "LGPL-2.0-or-later",
    "mpl 2.0": "MPL-2.0", "psf": "PSF-2.0",
}  # fmt: skip # a table of short items


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """One package at one version. ``licence`` is an SPDX expression, '' when none is known; ``said`` is the metadata's
    own word; ``marker`` is when it is needed at all."""

    name: str
    version: str
    hashes: tuple[str, ...] = ()
    marker: str = ""
    licence: str = ""
    said: str = ""


def locked(source: Source, file: str | None = None) -> tuple[str, tuple[Dependency, ...]] | None:
    """The lock and what it holds; None when the commit has none. Raises InputError when it cannot be read."""
    names = (file,) if file else LOCKS
    for name in names:
        entry = source.tree.get(name)
        if entry is None:
            continue
        text = source.tree.read(name, _LIMIT).decode("utf-8", "replace")
        found = tuple(_of_toml(text, name) if name.endswith((".toml", ".lock")) and _is_toml(text) else _of_lines(text))
        if found or file:
            return name, found
    if file:
        raise InputError("the commit has no such file", where=file)
    return None


def with_licences(found: Iterable[Dependency], folders: list[str] | None = None) -> tuple[Dependency, ...]:
    """The same with the licences of what is installed (in ``folders`` instead of here) at that very version."""
    from importlib.metadata import distributions

    asked = tuple(found)
    places = folders or sys.path
    # By name: to read what everything installed says of itself takes longer than all the rest.
    first = {d.name: next(iter(distributions(name=d.name, path=places)), None) for d in asked if d.name}
    installed = {name: each for name, each in first.items() if each is not None}
    told = [_licensed(d, installed.get(d.name)) for d in asked]
    return tuple(_by_files(told, installed))


def needed_here(found: Iterable[Dependency]) -> tuple[Dependency, ...]:
    """Those whose marker holds for this Python and this system."""
    from packaging.markers import InvalidMarker, Marker

    kept = []
    for each in found:
        try:
            if not each.marker or Marker(each.marker).evaluate({"extra": ""}):
                kept.append(each)
        except InvalidMarker as problem:
            raise InputError(f"{each.name} has a marker that is none: {each.marker}") from problem
    return tuple(kept)


def licence_of(metadata: Mapping[str, Any], classifiers: Iterable[str]) -> tuple[str, str]:
    """An SPDX expression ('' for none) and the metadata's own words, the clearest field first."""
    expression = str(metadata.get("License-Expression") or "")
    if expression:
        return expression, expression
    said = " ".join(str(metadata.get("License") or "").split())[:200]
    if (known := _expression(said)) is not None:
        return known, said
    words = [c.removeprefix(_CLASSIFIER) for c in classifiers if c.startswith("License ::")]
    mapped = [_CLASSIFIED[w] for w in words if w in _CLASSIFIED]
    if mapped and len(mapped) == len(words):
        return " OR ".join(dict.fromkeys(mapped)), "; ".join(words)
    if "BSD License" in words and len(words) == 1:
        # Which of the BSD licences it is makes no difference to what may be combined with it.
        return "BSD-3-Clause", "BSD License"
    return "", said or "; ".join(words)


def normal(name: str) -> str:
    """A name of a distribution in its normal form."""
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)


def _licensed(dependency: Dependency, found: Distribution | None) -> Dependency:
    if found is None or found.version != dependency.version:
        return dependency
    fields = {key: found.metadata[key] for key in ("License-Expression", "License") if key in found.metadata}
    licence, said = licence_of(fields, found.metadata.get_all("Classifier") or ())
    return replace(dependency, licence=licence, said=said)


def _by_files(found: list[Dependency], installed: Mapping[str, Distribution]) -> Iterator[Dependency]:
    """Those that name no licence by the one file with a text that they bring, where it is recognised as a whole."""
    silent = {d.name: text for d in found if not d.licence and not d.said and (text := _text(d, installed.get(d.name)))}
    known: dict[str, str] = {}
    if silent:
        from assaymark.subject.recogniser import recognise

        for name, text, matches in zip(silent, silent.values(), recognise(list(silent.values())), strict=True):
            names = {m.id for m in matches}
            if len(names) == 1 and sum(m.end - m.start for m in matches) >= _WHOLE * len(text):
                known[name] = names.pop()
    for each in found:
        yield replace(each, licence=known[each.name], said="its licence file") if each.name in known else each


def _text(dependency: Dependency, found: Distribution | None) -> str:
    """The text of the only licence file of an installed package; '' where there are none or several."""
    if found is None or found.version != dependency.version:
        return ""
    named = found.metadata.get_all("License-File") or ()
    texts = [found.read_text(f"licenses/{name}") or found.read_text(name) for name in named if ".." not in name]
    return (texts[0] or "")[:100_000] if len(texts) == 1 else ""


def _expression(text: str) -> str | None:
    """A licence as people write it in the old field, when it is one expression of SPDX."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        return canonicalize_license_expression(_WRITTEN.get(text.lower(), text)) if text else None
    except (InvalidLicenseExpression, RecursionError):
        return None


def _is_toml(text: str) -> bool:
    return any(line.startswith(("[[package]]", "[[packages]]")) for line in text.splitlines())


def _of_lines(text: str) -> Iterator[Dependency]:
    """The lines of a requirements file; one goes on after a backslash."""
    for line in text.replace("\\\n", " ").splitlines():
        match = _LINE.match(line.strip())
        if match:
            yield Dependency(
                name=normal(match["name"]),
                version=match["version"],
                marker=(match["marker"] or "").partition("--hash")[0].strip(),
                hashes=tuple(_HASH.findall(line)),
            )


def _of_toml(text: str, where: str) -> Iterator[Dependency]:
    """``pylock.toml``, ``uv.lock`` and ``poetry.lock``: tables of packages with their files."""
    try:
        table = load_toml(text, limit=_LIMIT)
    except ParseProblem as problem:
        raise InputError(f"is not TOML: {problem}", where=where) from problem
    for row in table.get("packages", table.get("package", [])):
        if not isinstance(row, dict) or not isinstance(row.get("version"), str):
            continue
        own = row.get("source", {})
        if isinstance(own, dict) and {"editable", "virtual", "directory", "workspace"} & set(own):
            continue
        yield Dependency(
            name=normal(str(row.get("name", ""))),
            version=row["version"],
            marker=str(row.get("marker", "")),
            hashes=tuple(_hashes(row)),
        )


def _hashes(row: Mapping[str, Any]) -> Iterator[str]:
    for file in [row.get("sdist"), row.get("archive"), *row.get("wheels", []), *row.get("files", [])]:
        if not isinstance(file, dict):
            continue
        found = file.get("hashes", {}).get("sha256") or str(file.get("hash", "")).removeprefix("sha256:")
        if found:
            yield str(found)

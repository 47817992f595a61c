"""Package files of other ecosystems: npm, Cargo, R, Julia, Maven, CMake, fpm, Go, Composer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from assaymark.api import Tree
from assaymark.subject.metadata import Declared, line_of, list_of, mapping_of, text_of


def read_json(format: str, path: str, text: str) -> Declared:
    """package.json and composer.json. Raises `ParseProblem`."""
    from assaymark.subject.parsing import load_json

    data = mapping_of(load_json(text))
    repository = text_of(data.get("repository")) or text_of(mapping_of(data.get("repository")).get("url"))
    licence = text_of(data.get("license")) or text_of(mapping_of(data.get("license")).get("type"))
    urls = {"homepage": text_of(data.get("homepage")), "repository": repository.removeprefix("git+")}
    support = mapping_of(data.get("support"))
    return Declared(
        path=path,
        format=format,
        name=text_of(data.get("name")),
        version=text_of(data.get("version")),
        version_line=line_of(text, r'"version"\s*:'),
        licence=licence or " OR ".join(filter(None, map(text_of, list_of(data.get("license"))))),
        licence_line=line_of(text, r'"license"\s*:'),
        description=text_of(data.get("description")),
        urls={k: v for k, v in {**support, **urls}.items() if v and isinstance(v, str)},
        authors=tuple(filter(None, map(_npm_person, [data.get("author"), *list_of(data.get("authors"))]))),
        data=data,
    )


def read_cargo(_tree: Tree, path: str, text: str) -> Declared:
    """``[package]`` of Cargo.toml, with what it inherits from ``[workspace.package]``."""
    from assaymark.subject.parsing import load_toml

    data = load_toml(text)
    shared = mapping_of(mapping_of(data.get("workspace")).get("package"))
    package = mapping_of(data.get("package"))
    table = {k: shared.get(k) if isinstance(v, Mapping) else v for k, v in package.items()} or dict(shared)
    return _plain("cargo", path, text, data, table, urls=("homepage", "repository", "documentation"))


def read_fpm(_tree: Tree, path: str, text: str) -> Declared:
    """fpm.toml; ``version = "VERSION"`` and the like name a file."""
    from assaymark.subject.parsing import load_toml

    data = load_toml(text)
    version = text_of(data.get("version"))
    table = {**data, "version": version if re.match(r"\d", version) else "", "authors": data.get("author")}
    return _plain("fpm", path, text, data, table, urls=("homepage",))


def read_julia(_tree: Tree, path: str, text: str) -> Declared:
    """Project.toml of a package (an environment has no name)."""
    from assaymark.subject.parsing import load_toml

    data = load_toml(text)
    return _plain("julia", path, text, data, data, urls=())


def read_r(_tree: Tree, path: str, text: str) -> Declared:
    """DESCRIPTION of an R package; any other file of that name says nothing."""
    fields = _dcf(text) if re.search(r"(?m)^Package:", text) else {}
    urls = [u for k in ("URL", "BugReports") for u in re.split(r"[,\s]+", fields.get(k, "")) if u]
    licence = re.sub(r"\s*[+|]\s*file\s+LICEN[CS]E", "", fields.get("License", "")).strip()
    return Declared(
        path=path,
        format="r",
        name=fields.get("Package", ""),
        version=fields.get("Version", ""),
        version_line=line_of(text, r"^Version:"),
        licence=_R_LICENCES.get(licence, licence),
        licence_line=line_of(text, r"^License:"),
        description=fields.get("Description", "") or fields.get("Title", ""),
        urls={f"url {i + 1}": u for i, u in enumerate(urls)},
        authors=tuple(re.findall(r'person\(\s*(?:given\s*=\s*)?"([^"]+)"', fields.get("Authors@R", ""))),
        data=fields,
    )


_R_LICENCES = {
    "GPL-2": "GPL-2.0-only",
    "GPL-3": "GPL-3.0-only",
    "GPL (>= 2)": "GPL-2.0-or-later",
    "GPL (>= 3)": "GPL-3.0-or-later",
    "LGPL-3": "LGPL-3.0-only",
    "Apache License (>= 2)": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "BSD_3_clause": "BSD-3-Clause",
    "BSD_2_clause": "BSD-2-Clause",
}


def read_maven(_tree: Tree, path: str, text: str) -> Declared:
    """pom.xml; the version may be that of the parent. Raises `ParseProblem`."""
    from assaymark.subject.parsing import load_xml

    root = load_xml(text)

    def get(where: str) -> str:
        found = root.find("/".join("{*}" + part for part in where.split("/")))
        return (found.text or "").strip() if found is not None else ""

    version = get("version") or get("parent/version")
    urls = {"homepage": get("url"), "repository": get("scm/url"), "issues": get("issueManagement/url")}
    return Declared(
        path=path,
        format="maven",
        name=get("artifactId"),
        version="" if "${" in version else version,
        version_line=line_of(text, re.escape(f"<version>{version}</version>")) if version else None,
        licence=get("licenses/license/name"),
        licence_line=line_of(text, r"<licenses?>"),
        description=get("description"),
        urls={k: v for k, v in urls.items() if v},
    )


def read_cmake(_tree: Tree, path: str, text: str) -> Declared:
    """The first ``project(...)`` call of CMakeLists.txt."""
    bare = re.sub(r"#[^\n]*", "", text)
    call = re.search(r"(?is)\bproject\s*\(\s*(\"?[\w.+-]+\"?)([^)]{0,2000})\)", bare)
    arguments = call[2] if call else ""
    version = re.search(r"\bVERSION\s+\"?(\d[\w.+-]*)", arguments)
    home = re.search(r"\bHOMEPAGE_URL\s+\"([^\"]+)\"", arguments)
    about = re.search(r"\bDESCRIPTION\s+\"([^\"]+)\"", arguments)
    return Declared(
        path=path,
        format="cmake",
        name=call[1].strip('"') if call else "",
        version=version[1] if version else "",
        version_line=line_of(text, re.escape(version[1])) if version else None,
        description=about[1] if about else "",
        urls={"homepage": home[1]} if home else {},
    )


def read_go(_tree: Tree, path: str, text: str) -> Declared:
    """The module path of go.mod; the version of a Go module is its tag."""
    found = re.search(r"(?m)^module\s+\"?([^\s\"]+)", text)
    return Declared(path=path, format="go", name=found[1] if found else "")


READERS = {
    "npm": lambda _tree, path, text: read_json("npm", path, text),
    "composer": lambda _tree, path, text: read_json("composer", path, text),
    "cargo": read_cargo,
    "fpm": read_fpm,
    "julia": read_julia,
    "r": read_r,
    "maven": read_maven,
    "cmake": read_cmake,
    "go": read_go,
}


def _plain(
    format: str, path: str, text: str, data: Mapping[str, Any], table: Mapping[str, Any], urls: tuple[str, ...]
) -> Declared:
    """A TOML table whose keys have the usual names."""
    people = (text_of(a).partition("<")[0].strip() for a in list_of(table.get("authors")))
    return Declared(
        path=path,
        format=format,
        name=text_of(table.get("name")),
        version=text_of(table.get("version")),
        version_line=line_of(text, r"^version\s*="),
        licence=text_of(table.get("license")),
        licence_line=line_of(text, r"^license\s*="),
        description=text_of(table.get("description")),
        urls={k: v for k in urls if (v := text_of(table.get(k)))},
        authors=tuple(filter(None, people)),
        data=data,
    )


def _dcf(text: str) -> dict[str, str]:
    """Debian control fields: a line that starts with a blank continues the one before."""
    fields: dict[str, str] = {}
    key = ""
    for line in text.splitlines():
        if line[:1] in (" ", "\t"):
            fields[key] = f"{fields.get(key, '')} {line.strip()}".strip()
        elif ":" in line:
            key, _, value = line.partition(":")
            fields[key] = value.strip()
    fields.pop("", None)
    return fields


def _npm_person(value: object) -> str:
    return text_of(value).partition("<")[0].strip() or text_of(mapping_of(value).get("name"))

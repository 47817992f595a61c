from __future__ import annotations

import pytest

from assaymark.api import Entry
from assaymark.subject.languages import Languages, by_first_line, by_name, is_foreign, languages
from assaymark.subject.tree import IndexedTree


def read(files: dict[str, str], modes: dict[str, int] | None = None) -> Languages:
    entries = [Entry(p, (modes or {}).get(p, 0o100644), "0" * 40, len(t)) for p, t in files.items()]
    found = languages.provide(IndexedTree(entries, lambda e, limit: files[e.path].encode()[:limit]))
    assert isinstance(found, Languages)
    return found


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("a.py", "Python"),
        ("A.PY", "Python"),
        ("a.F90", "Fortran"),
        ("a.R", "R"),
        ("Dockerfile", "Dockerfile"),
        ("Dockerfile.gpu", "Dockerfile"),
        ("app.dockerfile", "Dockerfile"),
        ("Containerfile", "Dockerfile"),
        ("Dockerfile.py", "Dockerfile"),
        ("dockerfile.pm", "Perl"),
        ("CMakeLists.txt", "CMake"),
        ("README.md", "Markdown"),
        ("index.rst", "reStructuredText"),
        ("a.ipynb", "Jupyter Notebook"),
        (".py", None),
        ("py", None),
        ("a.unknown", None),
        ("a.", None),
    ],
)
def test_by_name(name: str, language: str | None) -> None:
    assert by_name(name) == language


@pytest.mark.parametrize(
    ("line", "language"),
    [
        (b"#!/bin/sh\n", "Shell"),
        (b"#!/usr/bin/env python3.11\n", "Python"),
        (b"#! /usr/bin/env -S bash -e\n", "Shell"),
        (b"#!/usr/bin/perl -w\n", "Perl"),
        (b"#!/usr/bin/env Rscript\n", "R"),
        (b"#!/opt/x/python\n", "Python"),
        (b"#!/bin/unknown\n", None),
        (b"#!\n", None),
        (b"\x7fELF", None),
        (b"", None),
        (b"#!" + b"/a" * 5000, None),
        (b"#!" + b"/env " * 5000, None),
    ],
)
def test_by_first_line(line: bytes, language: str | None) -> None:
    assert by_first_line(line) == language


@pytest.mark.parametrize(
    ("path", "foreign"),
    [
        ("node_modules/x/index.js", True),
        ("src/vendor/x.go", True),
        ("third_party/x.cc", True),
        ("extern/x.c", True),
        ("api/x_pb2.py", True),
        ("jquery.min.js", True),
        ("package-lock.json", True),
        ("versioneer.py", True),
        ("web/js/jquery-3.7.1.js", True),
        ("web/bootstrap2/js/bootstrap.js", True),
        ("spec/coverage/assets/0.13.2/application.js", True),
        ("coverage/lcov-report/sorter.js", True),
        ("static/swagger-ui-standalone-preset.js", True),
        ("app/main.bundle.js", True),
        ("src/bundle.js", False),
        ("src/coverage/index.js", False),
        ("bootstrap/build.py", False),
        ("src/vendored_name.py", False),
        ("src/external_api.py", False),
        ("src/admin.js", False),
    ],
)
def test_foreign_files_are_nobodys(path: str, foreign: bool) -> None:
    assert is_foreign(path) is foreign
    assert bool(read({path: "x"}).foreign) is foreign


def test_a_large_script_that_a_program_packed_is_nobodys() -> None:
    packed = "/*! licence */\n!function(){" + "a(1);" * 20_000 + "}();\n"
    written = "function f() { return 'a line as people write them'; }\n" * 2_000
    found = read({"site/app.js": packed, "main.go": "package main\n", "site/own.js": written})
    assert [e.path for e in found.foreign] == ["site/app.js"]
    assert [e.path for e in found.files["JavaScript"]] == ["site/own.js"]


def test_signatures_and_grids_are_no_asciidoc() -> None:
    found = read(
        {"sig/a.asc": "-----BEGIN PGP SIGNATURE-----\n", "dem.asc": "ncols 10\n", "guide.asc": "= Guide\n\nText\n"}
    )
    assert [e.path for e in found.files["AsciiDoc"]] == ["guide.asc"]


def test_headers_beside_cpp_are_cpp() -> None:
    assert set(read({"a.h": "x", "b.cpp": "x"}).files) == {"C++"}
    assert set(read({"a.h": "x", "b.c": "x", "c.cpp": "x"}).files) == {"C", "C++"}
    assert set(read({"a.h": "x"}).files) == {"C"}


def test_code_is_ordered_by_size_and_shares_add_up() -> None:
    found = read({"a.py": "x" * 10, "b.c": "x" * 30, "README.md": "x" * 1000, "d.json": "{}"})
    assert found.code() == ("C", "Python")
    assert found.share == {"C": 0.75, "Python": 0.25}
    assert found.prose() == ("Markdown",)


def test_scripts_without_an_ending_are_read_and_links_are_not() -> None:
    files = {"run": "#!/bin/sh\n", "plain": "#!/bin/sh\n", "link": "#!/bin/sh\n", "link.py": "x", "sub": "x"}
    modes = {"run": 0o100755, "link": 0o120000, "link.py": 0o120000, "sub": 0o160000}
    assert {n: [e.path for e in e] for n, e in read(files, modes).files.items()} == {"Shell": ["run"]}


def test_nothing_is_nothing() -> None:
    found = read({})
    assert found.code() == ()
    assert found.share == {}

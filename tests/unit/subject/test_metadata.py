from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.subject.metadata import LIMIT, Declared, Metadata, metadata
from assaymark.testing import tree_of

NAMES = [
    "CITATION.cff", "codemeta.json", ".zenodo.json", "pyproject.toml", "setup.cfg", "setup.py", "package.json",
    "Cargo.toml",    "DESCRIPTION", "Project.toml", "pom.xml", "CMakeLists.txt", "fpm.toml", "go.mod", "composer.json",
]  # fmt: skip # a table of cases


def read(**files: str | bytes) -> Metadata:
    found: Metadata = metadata.provide(tree_of(files))
    return found


def one(path: str, text: str | bytes, **others: str) -> Declared:
    return read(**{path: text}, **others).declared[0]


@pytest.mark.parametrize(
    ("path", "text", "name", "version", "line", "licence"),
    [
        ("pyproject.toml", '[project]\nname = "tide"\nversion = "1.2"\nlicense = "MIT"\n', "tide", "1.2", 3, "MIT"),
        ("pyproject.toml", '[tool.poetry]\nname = "tide"\nversion = "1.2"\nlicense = "MIT"\n', "tide", "1.2", 3, "MIT"),
        ("setup.cfg", "[metadata]\nname = tide\nversion = 1.2\nlicense = MIT\n", "tide", "1.2", 3, "MIT"),
        ("setup.py", 'V = "1.2"\nsetup(\n  name="tide",\n  version=V,\n  license="MIT")\n', "tide", "1.2", 4, "MIT"),
        ("package.json", '{\n"name": "tide",\n"version": "1.2",\n"license": "MIT"\n}', "tide", "1.2", 3, "MIT"),
        ("Cargo.toml", '[package]\nname = "tide"\nversion = "1.2"\nlicense = "MIT"\n', "tide", "1.2", 3, "MIT"),
        ("DESCRIPTION", "Package: tide\nVersion: 1.2\nLicense: MIT + file LICENSE\n", "tide", "1.2", 2, "MIT"),
        ("Project.toml", 'name = "tide"\nuuid = "1"\nversion = "1.2"\n', "tide", "1.2", 3, ""),
        ("pom.xml", "<project>\n<artifactId>tide</artifactId>\n<version>1.2</version></project>", "tide", "1.2", 3, ""),
        ("CMakeLists.txt", "# project(x VERSION 0.1)\nproject(tide\n  VERSION 1.2)\n", "tide", "1.2", 3, ""),
        ("fpm.toml", 'name = "tide"\nversion = "1.2"\nlicense = "MIT"\n', "tide", "1.2", 2, "MIT"),
        ("go.mod", "module example.org/tide\n\ngo 1.22\n", "example.org/tide", "", None, ""),
    ],
)
def test_package_files_are_read(path: str, text: str, name: str, version: str, line: int | None, licence: str) -> None:
    found = one(path, text)
    assert (found.name, found.version, found.version_line, found.licence) == (name, version, line, licence)
    assert found.problem is None


def test_a_dynamic_version_is_found_in_the_source_without_running_it() -> None:
    project = '[project]\nname = "tide"\ndynamic = ["version"]\n[tool.hatch.version]\npath = "src/tide/__init__.py"\n'
    found = one("pyproject.toml", project, **{"src/tide/__init__.py": '"""Tides."""\n\n__version__ = "3.1.4"\n'})
    assert found.version == "3.1.4"


def test_setup_py_is_never_run() -> None:
    found = one("setup.py", 'raise SystemExit("boo")\nsetup(name="tide", version=read_version())\n')
    assert (found.name, found.version) == ("tide", "")


def test_addresses_are_collected_with_their_labels() -> None:
    found = read(
        **{
            "pyproject.toml": '[project]\nname = "t"\n[project.urls]\nDocumentation = "https://d.org"\n',
            "package.json": '{"name": "t", "homepage": "https://h.org"}',
        }
    )
    assert ("documentation", "https://d.org", "pyproject.toml") in found.urls
    assert ("homepage", "https://h.org", "package.json") in found.urls


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\xff\xfe" * 100, b"[" * 50_000, b"{" * 50_000, b"a: " * 20_000, b"<a>" * 5_000, b"((((" * 2_000,
     b"null", b"[]", b'"x"'],
    ids=["empty", "binary", "brackets", "braces", "yaml", "xml", "parens", "null", "list", "text"],
)  # fmt: skip # a table of cases
def test_garbage_is_kept_with_its_problem(name: str, content: bytes) -> None:
    found = read(**{name: content}).declared
    assert [d.path for d in found] == [name]
    assert found[0].version == ""


@pytest.mark.parametrize("name", NAMES)
def test_a_huge_file_is_not_read(name: str) -> None:
    assert "larger" in str(one(name, b" " * (LIMIT + 1)).problem)


@given(st.sampled_from(NAMES), st.text(max_size=200))
def test_no_text_breaks_a_reader(name: str, text: str) -> None:
    assert one(name, text).path == name

from __future__ import annotations

import pytest

from assaymark.subject.manifests.cff import MAX_FLAWS
from assaymark.subject.metadata import Declared, metadata
from assaymark.testing import tree_of

GOOD = """cff-version: 1.2.0
message: Please cite it.
title: Tidegrid
authors:
  - family-names: Example
    given-names: Ada
    orcid: https://orcid.org/0000-0002-1825-009X
  - name: The tides group
    website: https://example.org
version: 1.10
date-released: 2026-01-31
license: [MIT, Apache-2.0]
doi: 10.5281/zenodo.1234567
identifiers:
  - type: swh
    value: swh:1:rev:309cf2674ee7a0749978cf8265ab91a60aea0f7d
keywords: [tides, 2026]
preferred-citation:
  type: article
  title: Tides
  authors:
    - family-names: Example
"""


def read(text: str) -> Declared:
    found: Declared = metadata.provide(tree_of({"CITATION.cff": text})).declared[0]
    return found


def test_a_full_file_has_no_flaw() -> None:
    found = read(GOOD)
    assert found.problem is None
    assert found.flaws == ()
    assert (found.name, found.licence, found.authors) == (
        "Tidegrid",
        "MIT OR Apache-2.0",
        ("Ada Example", "The tides group"),
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("message: Please cite it.\n", "", 1, "'message' is missing"),
        ("title: Tidegrid", "title:", 3, "'title' is empty"),
        ("cff-version: 1.2.0", "cff-version: 2.0", 1, "not one of"),
        ("cff-version: 1.2.0", "cff-version: 1.2", 1, "not one of"),
        ("version: 1.10", "version: [1, 2]", 10, "neither text nor a number"),
        ("title: Tidegrid", "title: Tidegrid\nlicence: MIT", 4, "not a key of the Citation File Format"),
        ("2026-01-31", "31.01.2026", 11, "not a date"),
        ("2026-01-31", "2026-02-31", 11, "not a date"),
        ("doi: 10.", "doi: https://doi.org/10.", 13, "not a DOI"),
        ("[MIT, Apache-2.0]", "MIT License", 12, "not an SPDX id"),
        ("https://orcid.org/0000-0002-1825-009X", "0000-0002-1825-009X", 7, "not an ORCID"),
        ("    given-names: Ada", "    first-name: Ada", 6, "not a key of a person"),
        ("  - name: The tides group", "  - affiliation: none", 8, "has no name"),
        ("type: swh", "type: isbn", 15, "not one of doi, url, swh, other"),
        ("  type: article", "  type: tweet", 19, "no kind of reference"),
        ("  title: Tides\n", "", 18, "lacks 'title'"),
        ("keywords: [tides, 2026]", "keywords: tides", 17, "not a list of words"),
    ],
)
def test_each_rule_names_the_line(old: str, new: str, line: int, words: str) -> None:
    assert old in GOOD
    flaws = read(GOOD.replace(old, new)).flaws
    assert [(f.line, f.severe) for f in flaws] == [(line, True)]
    assert words in flaws[0].message


@pytest.mark.parametrize("authors", ["authors: Ada", "authors: [Ada]", "authors: [[]]", "authors: [{}]", "authors: []"])
def test_authors_of_the_wrong_shape(authors: str) -> None:
    text = GOOD.partition("authors:")[0] + authors + "\n"
    assert [f.severe for f in read(text).flaws] == [True]


def test_yaml_errors_have_a_line() -> None:
    found = read("title: [Tidegrid\nauthors: }\n")
    assert found.problem
    assert found.problem_line


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just text\n"])
def test_another_shape_is_a_problem(text: str) -> None:
    assert read(text).problem == "is not a mapping of keys to values"


def test_an_alias_bomb_is_a_problem() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert read(bomb).problem


def test_flaws_are_limited() -> None:
    assert len(read("".join(f"key{i}: 1\n" for i in range(5000))).flaws) == MAX_FLAWS

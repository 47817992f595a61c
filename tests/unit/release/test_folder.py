from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.errors import InputError
from assaymark.release.doi import in_cff, in_codemeta
from assaymark.release.folder import File, Release, is_name, parse, parse_sums, render

RELEASE = Release(
    name="tide",
    version="1.2.0",
    tag="v1.2.0",
    commit="c" * 40,
    repository="github.com/lab/tide",
    prerelease=False,
    level="silver",
    gate="silver",
    files=(File("a.whl", "wheel", "1" * 64, 3),),
    images=("r.example:5000/lab/tide@sha256:" + "2" * 64,),
)


def test_a_list_is_read_as_it_was_written() -> None:
    assert parse(render(RELEASE).encode()) == RELEASE


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "other"},
        {"files": [{"name": "../a", "kind": "x", "sha256": "1" * 64, "size": 1}]},
        {"files": [{"name": "-rf", "kind": "x", "sha256": "1" * 64, "size": 1}]},
        {"files": [{"name": "release.json", "kind": "x", "sha256": "1" * 64, "size": 1}]},
        {"files": [{"name": "a", "kind": "x", "sha256": "1" * 64, "size": -1}]},
        {"files": [{"name": "a", "kind": "x", "sha256": "1" * 63, "size": 1}]},
        {"files": [{"name": "a", "kind": "x", "sha256": "1" * 64, "size": 1}] * 2},
        {"files": None},
        {"commit": "main"},
        {"tag": "v1 --force"},
        {"images": ["tide:latest"]},
        {"version": "1.2\n::error::"},
        {"name": 7},
    ],
)
def test_lists_that_nobody_may_believe(change: dict[str, object]) -> None:
    value = json.loads(render(RELEASE)) | change
    with pytest.raises(InputError):
        parse(json.dumps(value).encode())


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_garbage_is_an_error_and_nothing_else(data: bytes) -> None:
    with pytest.raises(InputError):
        parse(data)


@given(st.text(max_size=300))
def test_a_name_is_one_part_and_no_option(text: str) -> None:
    if is_name(text):
        assert Path(text).name == text
        assert not text.startswith(("-", "."))


def test_sums_that_are_none() -> None:
    line = f"{'1' * 64}  a.whl\n"
    assert parse_sums(line) == {"a.whl": "1" * 64}
    for bad in (line * 2, "x", f"{'1' * 64}  ../a\n", f"{'1' * 64} a\n"):
        with pytest.raises(InputError, match="SHA256SUMS:"):
            parse_sums(bad)


DOI = "10.5281/zenodo.42"


def test_a_doi_in_citation_cff() -> None:
    text = "title: T\nversion: 1.0\nlicense: MIT\n"
    assert in_cff(text, DOI) == text.replace("license", f"doi: {DOI}\nlicense")
    assert in_cff("doi: 10.1/x\ntitle: T\n", DOI) == f"doi: {DOI}\ntitle: T\n"
    assert in_cff("title: T", DOI) == f"title: T\ndoi: {DOI}\n"
    with pytest.raises(InputError, match="cannot be put in safely"):
        in_cff('abstract: "a\nversion: b\nc"\ntitle: T\n', DOI)
    with pytest.raises(InputError, match="is not YAML"):
        in_cff("title: [", DOI)


def test_a_doi_in_codemeta() -> None:
    text = '{\n  "name": "tide",\n  "version": "1.0",\n  "keywords": ["a", "b"]\n}\n'
    made = in_codemeta(text, DOI)
    assert made.replace(f'  "identifier": "https://doi.org/{DOI}",\n', "") == text
    assert in_codemeta(made, DOI) == made
    with pytest.raises(InputError, match="cannot be put in safely"):
        in_codemeta('{"name": "tide", "version": "1.0"}', DOI)
    with pytest.raises(InputError, match="is not JSON"):
        in_codemeta("{", DOI)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.github.parts import artifact_of, part_of, permitted, place_of
from assaymark.github.publish import _check
from assaymark.model import Subject


def subject(path: str, kind: str = "software") -> Subject:
    return Subject(kind=kind, path=path, repository="github.com/lab/tide", digest="sha256:" + "0" * 64)


@pytest.mark.parametrize("path", ["", "."])
def test_all_of_a_repository_is_no_part_of_it(path: str) -> None:
    assert part_of(subject(path)) == ""
    assert place_of(subject(path)) == ""


@pytest.mark.parametrize("path", ["packages/tide", "model.toml", "a/b/c/d/e/f", "src/tide_2.0+x@y=z"])
def test_an_ordinary_path_is_its_own_place(path: str) -> None:
    assert place_of(subject(path)) == path


@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=80))
def test_any_other_path_has_a_place_that_may_be_published_and_is_its_own(one: str, other: str) -> None:
    places = {path: place_of(subject(path)) for path in (one, other) if path != "."}
    for place in places.values():
        assert place
        _check({f"{place}/badge.svg": b""}, {}, "badges")
    assert len(set(places.values())) == len(places)


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("assaymark", ".", "assaymark"),
        ("assaymark", "packages/tide", "assaymark-packages-tide"),
        ("assaymark", "./packages/tide/", "assaymark-packages-tide"),
        ("assaymark-model", "model.toml", "assaymark-model"),
        ("assaymark-model", "models/tide.toml", "assaymark-model-models-tide"),
        ("assaymark-data", "10.5281/zenodo.7", "assaymark-data-10.5281-zenodo.7"),
        ("assaymark-service", "https://tide.example:8443/v1", "assaymark-service-https-tide.example-8443-v1"),
    ],
)
def test_an_artifact_says_what_was_judged(name: str, path: str, expected: str) -> None:
    assert artifact_of(name, path) == expected


@given(st.text(max_size=300))
def test_the_name_of_an_artifact_is_one_that_github_takes(text: str) -> None:
    for name in (artifact_of("assaymark", text), permitted(text)):
        assert not set(name) & set('":<>|*?\r\n\\/')
    assert len(artifact_of("assaymark", text)) <= 200

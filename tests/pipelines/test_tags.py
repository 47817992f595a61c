"""Tags by policy, and references of images."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.api import InputError
from assaymark_pipelines.images import BASE, SBOM, mirrored, pinned, reference
from assaymark_pipelines.tags import POLICIES, TAG, About, fixed, slug, tags

RELEASE = About(commit="1f2e3d4c5b6a79880000", date="2026-11-30", version="1.4.2", branch="main")


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        (RELEASE, ("1.4.2", "1.4", "1", "latest", "main", "20261130", "1f2e3d4c5b6a")),
        (RELEASE._replace(version="2.0.0rc1"), ("2.0.0rc1", "main", "20261130", "1f2e3d4c5b6a")),
        (RELEASE._replace(version="2.0.0-beta.1"), ("2.0.0-beta.1", "main", "20261130", "1f2e3d4c5b6a")),
        (RELEASE._replace(version="", branch="feature/x y"), ("feature-x-y", "20261130", "1f2e3d4c5b6a")),
    ],
)
def test_a_prerelease_moves_nothing_that_others_follow(about, expected):
    assert tags(POLICIES, about) == expected


def test_what_names_a_version_or_a_commit_stays_with_its_image():
    policies = (*POLICIES, "{version}-cuda12", "{branch}-{date}")
    assert fixed(policies, RELEASE) == {"1.4.2", "1f2e3d4c5b6a", "1.4.2-cuda12"}


def test_templates():
    assert tags(("{version}-cuda12", "{branch}-{date}"), RELEASE) == ("1.4.2-cuda12", "main-20261130")
    assert tags(("{version}-cuda12", "commit"), RELEASE._replace(version="")) == ("1f2e3d4c5b6a",)


@pytest.mark.parametrize("policy", ["newest", "{nothing}", "{version}/x"])
def test_what_is_no_policy(policy):
    with pytest.raises(InputError):
        tags((policy,), RELEASE)


@given(st.text(max_size=300))
def test_any_branch_gives_a_tag_or_none(branch):
    found = tags(("branch",), RELEASE._replace(branch=branch))
    assert found == () or (len(found) == 1 and TAG.fullmatch(found[0])) or slug(branch) == ""


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("python", "docker.io/library/python"),
        ("python:3.13", "docker.io/library/python:3.13"),
        ("lab/tool:1", "docker.io/lab/tool:1"),
        ("ghcr.io/lab/tool", "ghcr.io/lab/tool"),
        ("localhost:5000/x:y", "localhost:5000/x:y"),
        ("127.0.0.1:5000/lab/x@sha256:" + "a" * 64, "127.0.0.1:5000/lab/x@sha256:" + "a" * 64),
    ],
)
def test_references(text, whole):
    assert str(reference(text)) == whole
    assert reference(whole) == reference(text)


@pytest.mark.parametrize(
    "text", ["", "UPPER/x", "a b", "x@sha256:12", "x@", "ghcr.io/", "x:", "x:-a", "https://x.org/y"]
)
def test_what_is_no_reference(text):
    if text == "x:":
        assert reference(text).tag == ""
        return
    with pytest.raises(InputError):
        reference(text)


def test_our_own_images_are_pinned_and_can_come_from_a_mirror():
    for image in (BASE, SBOM):
        assert pinned(image).digest
    assert mirrored(pinned(BASE), "m.example.org/hub").startswith(
        "m.example.org/hub/library/python:3.13-bookworm@sha256:"
    )
    assert mirrored(pinned(SBOM), "m.example.org").startswith("m.example.org/anchore/syft@sha256:")
    with pytest.raises(InputError, match="not pinned"):
        pinned("python:3.13")
    assert str(pinned("python:3.13", allowed=True)) == "docker.io/library/python:3.13"

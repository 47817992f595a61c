"""Links to lines: the form of each forge, and none to what is not there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assaymark.links import source_link
from assaymark.model import Location, Subject

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SUBJECT = Subject(kind="software", path=".", repository="github.com/lab/tide", commit=COMMIT)


@pytest.mark.parametrize(
    ("repository", "path", "link"),
    [
        ("github.com/lab/tide", "a b.py", f"https://github.com/lab/tide/blob/{COMMIT}/a%20b.py#L1"),
        ("github.com/lab/tide", "README.md", f"https://github.com/lab/tide/blob/{COMMIT}/README.md?plain=1#L1"),
        ("github.com/lab/.github", "a.py", f"https://github.com/lab/.github/blob/{COMMIT}/a.py#L1"),
        ("gitlab.com/lab/sub/tide", "a.py", f"https://gitlab.com/lab/sub/tide/-/blob/{COMMIT}/a.py#L1"),
        ("gitlab.com/lab/tide", "d/i.rst", f"https://gitlab.com/lab/tide/-/blob/{COMMIT}/d/i.rst?plain=1#L1"),
        ("gitlab.example.org/lab/tide", "a.py", f"https://gitlab.example.org/lab/tide/-/blob/{COMMIT}/a.py#L1"),
        ("codeberg.org/lab/tide", "a.py", f"https://codeberg.org/lab/tide/src/commit/{COMMIT}/a.py#L1"),
        ("codeberg.org/lab/tide", "a.MD", f"https://codeberg.org/lab/tide/src/commit/{COMMIT}/a.MD?display=source#L1"),
        ("gitea.com/lab/tide", "a.py", f"https://gitea.com/lab/tide/src/commit/{COMMIT}/a.py#L1"),
        ("bitbucket.org/lab/tide", "a{}.py", f"https://bitbucket.org/lab/tide/src/{COMMIT}/a%7B%7D.py#lines-1"),
        ("codeberg.org/lab/tide/more", "a.py", None),
        ("github.com/lab/sub/tide", "a.py", None),
        ("github.com.example.org/lab/tide", "a.py", None),
        ("gitlab.com/tide", "a.py", None),
        ("example.org/lab/tide", "a.py", None),
        ("github.com/lab/../../evil", "a.py", None),
        ("github.com/lab", "a.py", None),
        ("github.com/lab/tide?x", "a.py", None),
        (None, "a.py", None),
        ("github.com/lab/tide", "../a.py", None),
        ("github.com/lab/tide", "/etc/passwd", None),
        ("github.com/lab/tide", "", None),
    ],
)
def test_links_lead_to_known_forges_only(repository: str | None, path: str, link: str | None) -> None:
    subject = replace(SUBJECT, repository=repository)
    assert source_link(subject, Location(path=path, line=1)) == link


def test_a_folder_of_a_repository_is_part_of_the_link() -> None:
    part = replace(SUBJECT, path="packages/core")
    link = f"https://github.com/lab/tide/blob/{COMMIT}/packages/core/a.py#L1"
    assert source_link(part, Location(path="a.py", line=1)) == link
    assert source_link(replace(SUBJECT, path="../x"), Location(path="a.py")) is None
    assert source_link(replace(SUBJECT, path="/etc"), Location(path="a.py")) is None


def test_a_manifest_is_no_folder() -> None:
    model = replace(SUBJECT, kind="model", path="models/model.toml")
    link = f"https://github.com/lab/tide/blob/{COMMIT}/models/model.toml#L1"
    assert source_link(model, Location(path="models/model.toml", line=1)) == link


def test_no_link_to_what_is_not_there() -> None:
    where = Location(path="a.py")
    assert source_link(SUBJECT, where) == f"https://github.com/lab/tide/blob/{COMMIT}/a.py"
    page = f"https://github.com/lab/tide/blob/{COMMIT}/README.md"
    assert source_link(SUBJECT, Location(path="README.md")) == page
    assert source_link(SUBJECT, None) is None
    assert source_link(replace(SUBJECT, dirty=True), where) is None
    assert source_link(replace(SUBJECT, commit=None), where) is None
    assert source_link(replace(SUBJECT, commit="main"), where) is None

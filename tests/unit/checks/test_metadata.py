from __future__ import annotations

import pytest

from assaymark.checks.metadata import metadata_file, up_to_date
from assaymark.model import Evidence, Outcome, Severity
from assaymark.subject.documents import Changelog, Documents
from assaymark.subject.metadata import Declared, Flaw, Metadata
from assaymark.subject.releases import Release, Releases, parse_tag
from assaymark.testing import evidence_of


def releases(*tags: str, shallow: bool = False, reachable: bool = True) -> Releases:
    found = []
    for tag in tags:
        series, version = parse_tag(tag)
        assert version is not None
        found.append(Release(tag=tag, version=version, series=series, commit="c", time=0, reachable=reachable))
    return Releases(all=tuple(found), series="", others=(), shallow=shallow)


def documents(*changelogs: Changelog) -> Documents:
    return Documents(
        contributing=(), conduct=(), security=(), changelogs=changelogs, fragments=(), pages=(), binaries=()
    )


def cff(version: str) -> Declared:
    return Declared(path="CITATION.cff", format="cff", version=version, version_line=9)


def judge(*declared: Declared, tags: Releases, changelog: Documents | None = None) -> Evidence:
    return evidence_of(up_to_date, metadata=Metadata(declared), releases=tags, documents=changelog or documents())


@pytest.mark.parametrize(
    ("version", "outcome"),
    [
        ("1.1.0", Outcome.PASSED),
        ("v1.1", Outcome.PASSED),
        ("1.2.0.dev3", Outcome.PASSED),
        ("1.2.0-rc.1", Outcome.PASSED),
        ("", Outcome.PASSED),
        ("latest", Outcome.PASSED),
        ("1.0.9", Outcome.FAILED),
        ("1.1.0-rc.1", Outcome.FAILED),
        ("0.9", Outcome.FAILED),
    ],
)
def test_the_version_may_be_ahead_of_the_release_and_not_behind(version: str, outcome: Outcome) -> None:
    assert judge(cff(version), tags=releases("v1.1.0")).outcome is outcome


def test_a_stale_version_is_shown_with_line_and_remedy() -> None:
    found = judge(cff("1.0.0"), tags=releases("v1.1.0"))
    assert "CITATION.cff:9" in str(found.remedy)
    assert [(f.rule, f.location and f.location.line, f.fix) for f in found.findings] == [
        ("met.stale", 9, "version: 1.1.0")
    ]


def test_releases_of_other_branches_do_not_make_it_stale() -> None:
    assert judge(cff("1.0.0"), tags=releases("v2.0.0", reachable=False)).outcome is Outcome.PASSED


def test_a_shallow_clone_does_not_show_the_newest_release() -> None:
    assert judge(cff("1.0.0"), tags=releases(shallow=True)).outcome is Outcome.UNKNOWN


def test_without_tags_the_package_stands_for_the_release() -> None:
    package = Declared(path="Cargo.toml", format="cargo", version="1.1.0")
    assert judge(cff("1.0.0"), package, tags=releases()).outcome is Outcome.FAILED
    placeholder = Declared(path="package.json", format="npm", version="0.0.0")
    assert judge(cff("1.0.0"), placeholder, tags=releases()).outcome is Outcome.PASSED


def test_packages_and_changelogs_that_lag_are_noted() -> None:
    package = Declared(path="Cargo.toml", format="cargo", version="1.0.0", version_line=3)
    log = documents(Changelog(path="CHANGELOG.md", versions={"1.0.0": 5}))
    found = judge(cff("1.1.0"), package, tags=releases("v1.1.0"), changelog=log)
    assert found.outcome is Outcome.PASSED
    assert [f.rule for f in found.findings] == ["met.package-behind", "met.changelog-behind"]


def test_files_that_hold_some_of_the_facts_are_named() -> None:
    others = (
        Declared(path=".zenodo.json", format="zenodo"),
        Declared(path="pyproject.toml", format="pyproject", name="tide"),
    )
    found = evidence_of(metadata_file, metadata=Metadata(others))
    assert found.outcome is Outcome.FAILED
    assert [f.location and f.location.path for f in found.findings] == [".zenodo.json", "pyproject.toml"]


def test_flaws_that_are_not_severe_are_notes() -> None:
    poor = Declared(path="codemeta.json", format="codemeta", flaws=(Flaw(message="x", line=1, severe=False),))
    found = evidence_of(metadata_file, metadata=Metadata((poor,)))
    assert found.outcome is Outcome.PASSED
    assert [f.severity for f in found.findings] == [Severity.NOTE]


def test_one_broken_file_beside_a_good_one_fails() -> None:
    broken = Declared(path="codemeta.json", format="codemeta", problem="is not JSON", problem_line=4)
    found = evidence_of(metadata_file, metadata=Metadata((cff("1.0"), broken)))
    assert found.outcome is Outcome.FAILED
    assert "line 4" in str(found.remedy)

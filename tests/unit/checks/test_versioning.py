from __future__ import annotations

from assaymark.checks.versioning import newest_release
from assaymark.model import Outcome
from assaymark.subject.releases import Release, Releases, parse_tag
from assaymark.testing import evidence_of


def of(*tags: str, shallow: bool = False) -> Releases:
    found, others = [], []
    for tag in tags:
        series, version = parse_tag(tag)
        if version is None:
            others.append(tag)
        else:
            found.append(Release(tag=tag, version=version, series=series, commit="c", time=0, reachable=True))
    found.sort(key=lambda r: r.version.key, reverse=True)
    return Releases(all=tuple(found), series="", others=tuple(others), shallow=shallow)


def test_a_shallow_clone_may_not_show_the_newest() -> None:
    found = evidence_of(newest_release, releases=of("v1.0.0", "v1.1.0", shallow=True), settings={})
    assert found.message == "the newest release that this shallow clone shows, v1.1.0, follows Semantic Versioning"


def test_a_shallow_clone_without_tags_is_unknown() -> None:
    found = evidence_of(newest_release, releases=of(shallow=True), settings={})
    assert found.outcome is Outcome.UNKNOWN
    assert "fetch-depth: 0" in str(found.remedy)


def test_the_remedy_names_the_next_tag_and_the_policy() -> None:
    found = evidence_of(newest_release, releases=of("v2026.07.1"), settings={})
    assert found.outcome is Outcome.FAILED
    assert "v2026.7.1" in str(found.remedy)
    assert "version-scheme = 'calver'" in str(found.remedy)
    assert "v1.10.0" in str(evidence_of(newest_release, releases=of("1.9-46"), settings={}).remedy)


def test_a_policy_that_does_not_exist_decides_nothing() -> None:
    found = evidence_of(newest_release, releases=of("v1.0.0"), settings={"version-scheme": "romantic"})
    assert found.outcome is Outcome.UNKNOWN


def test_older_tags_and_other_series_are_noted() -> None:
    found = evidence_of(newest_release, releases=of("v1.0.0", "0.9", "pkg-2.0.0"), settings={})
    assert found.outcome is Outcome.PASSED
    assert [f.rule for f in found.findings] == ["ver.older-tag", "ver.series"]

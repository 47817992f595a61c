from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import InvalidVersion
from packaging.version import Version as Pep440

from assaymark.subject.releases import Releases, parse_tag, parse_version, releases

numbers = st.integers(0, 10**6)
semver_core = st.tuples(numbers, numbers, numbers).map(lambda n: ".".join(map(str, n)))
# Words whose order SemVer and people see alike: no digits at their end, and none that PEP 440 gives a meaning.
words = st.sampled_from(["gamma", "delta", "cwl", "next", "snapshot", "x-y"])
identifiers = st.lists(st.one_of(st.integers(0, 99).map(str), words), min_size=1, max_size=3)


@dataclass(frozen=True)
class FakeTag:
    name: str
    commit: str = "c"
    time: int = 0


@dataclass(frozen=True)
class FakeCommit:
    id: str
    time: int = 0


@dataclass(frozen=True)
class FakeHistory:
    tags: tuple[FakeTag, ...]
    commits: tuple[FakeCommit, ...] = (FakeCommit("c"),)
    shallow: bool = False


def read(*names: str) -> Releases:
    found: Releases = releases.provide(FakeHistory(tuple(FakeTag(n) for n in names)))
    return found


def semver_precedence(version: str) -> tuple[object, ...]:
    """The order of semver.org, section 11, said once more."""
    core, _, pre = version.partition("-")
    parts = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in pre.split(".")) if pre else ()
    return (tuple(int(n) for n in core.split(".")), not pre, parts)


@given(semver_core, identifiers, semver_core, identifiers)
def test_semver_is_ordered_by_its_own_rules(one: str, pre: list[str], two: str, other: list[str]) -> None:
    versions = [one, f"{one}-{'.'.join(pre)}", f"{one}-{'.'.join(other)}", two]
    versions = [v for v in versions if not (v.partition("-")[2].isdigit())]  # PEP 440 would call it a post-release
    parsed = {v: parse_version(v) for v in versions}
    assert all(p is not None and "semver" in p.schemes for p in parsed.values())
    ours = sorted(versions, key=lambda v: (parsed[v].key, v))  # type: ignore[union-attr]
    assert [semver_precedence(v) for v in ours] == sorted(semver_precedence(v) for v in versions)


pep440_versions = st.builds(
    lambda epoch, release, pre, post, dev: f"{epoch}{'.'.join(map(str, release))}{pre}{post}{dev}",
    st.sampled_from(["", "1!"]),
    st.lists(st.integers(0, 30), min_size=2, max_size=4),
    st.sampled_from(["", "a1", "b2", "rc1", "rc10", ".rc2", "-alpha.3"]),
    st.sampled_from(["", ".post1", "-r2"]),
    st.sampled_from(["", ".dev0", ".dev3"]),
)


@given(pep440_versions, pep440_versions)
def test_pep_440_is_ordered_as_packaging_does(one: str, two: str) -> None:
    ours, others = [], []
    for text in (one, two):
        version = parse_version(text)
        assert version is not None
        assert "pep440" in version.schemes
        ours.append(version.key)
        others.append(Pep440(text))
    if "-r2" in one + two:
        return  # three numbers and -r2 are a pre-release in SemVer
    assert (ours[0] < ours[1]) == (others[0] < others[1])
    assert (ours[0] == ours[1]) == (others[0] == others[1])


@given(st.text(max_size=40))
def test_no_text_breaks_the_parser(text: str) -> None:
    for version in (parse_version(text), parse_tag(text)[1]):
        assert version is None or version.key[1]
    try:
        Pep440(text.strip())
    except InvalidVersion:
        return


@pytest.mark.parametrize(
    ("text", "schemes", "scheme"),
    [
        ("1.2.3", {"semver", "pep440", "cran"}, "semver"),
        ("v1.2.3-rc.1+build.5", {"semver", "pep440"}, "semver"),
        ("1.12.0-cwl", {"semver"}, "semver"),
        ("1.2.3rc1", {"pep440"}, "pep440"),
        ("0.9.15.1", {"pep440", "cran"}, "pep440"),
        ("1.9-46", {"pep440", "cran"}, "pep440"),
        ("1.02.3", {"pep440", "cran"}, "pep440"),
        ("2026.07.0", {"calver", "pep440", "cran"}, "calver"),
        ("2026.7.0", {"calver", "pep440", "semver", "cran"}, "calver"),
        ("2026-05-01", {"calver", "cran"}, "calver"),
        ("26.3", {"calver", "pep440", "cran"}, "calver"),
        ("24.04.1", {"calver", "pep440", "cran"}, "calver"),
        ("v2.4.0_Galibier_release", set(), ""),
    ],
)
def test_schemes_are_told_apart(text: str, schemes: set[str], scheme: str) -> None:
    version = parse_version(text)
    assert version is not None
    assert version.schemes == schemes
    assert version.scheme == scheme


@pytest.mark.parametrize(
    "text", ["", "zenodo", "HypoDD", "UQ-serial", "deadbeef", "1abc", "build-123", "9" * 200, "py3"]
)
def test_what_is_no_version(text: str) -> None:
    assert parse_tag(text)[1] is None


@pytest.mark.parametrize(
    ("tag", "series", "version"),
    [
        ("v1.2.3", "", "1.2.3"),
        ("V.2.2.3-1", "", "2.2.3-1"),
        ("release-1.2.3", "", "1.2.3"),
        ("release1.0", "", "1.0"),
        ("pkg@1.2.3", "pkg", "1.2.3"),
        ("@scope/pkg@1.2.3", "scope/pkg", "1.2.3"),
        ("api/v1.2.3", "api", "1.2.3"),
        ("ignore-0.4.33", "ignore", "0.4.33"),
        ("Wflow-v1.0.2", "wflow", "1.0.2"),
    ],
)
def test_a_prefix_names_the_series(tag: str, series: str, version: str) -> None:
    found, parsed = parse_tag(tag)
    assert parsed is not None
    assert (found, parsed.text) == (series, version)


def test_the_newest_release_is_the_highest_final_one() -> None:
    found = read("v1.9.0", "v1.10.0", "v1.11.0-rc1", "v1.2.0.dev20990101", "nightly")
    assert found.latest is not None
    assert found.latest.tag == "v1.10.0"
    assert found.others == ("nightly",)


def test_without_a_final_release_the_newest_pre_release_stands() -> None:
    latest = read("v0.1.0-alpha", "v0.1.0-beta").latest
    assert latest is not None
    assert latest.tag == "v0.1.0-beta"


def test_packages_of_a_monorepo_do_not_stand_for_the_project() -> None:
    found = read("ignore-9.4.33", "15.2.0", "globset-0.4.20")
    assert found.latest is not None
    assert found.latest.tag == "15.2.0"


def test_without_a_series_of_its_own_the_last_tag_decides() -> None:
    history = FakeHistory((FakeTag("core-2.0.0", time=1), FakeTag("cli-1.0.0", time=2)))
    assert releases.provide(history).latest.tag == "cli-1.0.0"


def _tagged(*names: str) -> Releases:
    """Tags made in this order, a day apart."""
    found: Releases = releases.provide(FakeHistory(tuple(FakeTag(n, time=i * 86_400) for i, n in enumerate(names))))
    return found


def test_a_stray_pre_release_without_a_name_is_no_series() -> None:
    assert _tagged("jq-1.5", "1.6rc2", "jq-1.6", "jq-1.7.1").latest.tag == "jq-1.7.1"  # type: ignore[union-attr] # it has releases


def test_numbers_that_go_on_under_a_name_are_the_projects() -> None:
    old = ("1.6", "1.7", "gson-1.7.1", "gson-2.0", "gson-2.4")
    assert _tagged(*old, "gson-parent-2.4", "gson-parent-2.5", "gson-parent-2.14.0").series == "gson-parent"
    assert _tagged("1.0", "2.0", "plugin-1.0", "plugin-1.1", "plugin-1.2").series == ""  # numbers of its own
    assert _tagged("1.0", "plugin-2.0", "plugin-2.1", "plugin-2.2", "1.1").series == ""  # beside the project
    assert _tagged("1.0", "plugin-2.0").series == ""
    assert _tagged("rel/tide-1.0", "1.1", "rel/tide-1.1", "rel/tide-1.2").series == "rel/tide"
    assert _tagged("rel/tide-1.0", "2.0", "rel/tide-1.1", "rel/tide-1.2").series == ""


def test_a_release_on_another_branch_is_not_part_of_this_history() -> None:
    history = FakeHistory((FakeTag("v1.0.0"), FakeTag("v2.0.0", commit="elsewhere")))
    found: Releases = releases.provide(history)
    assert found.latest is not None
    assert found.latest_here is not None
    assert (found.latest.tag, found.latest_here.tag) == ("v2.0.0", "v1.0.0")


def test_rc10_comes_after_rc9() -> None:
    nine, ten = parse_version("1.0.0-rc9"), parse_version("1.0.0-rc10")
    assert nine is not None
    assert ten is not None
    assert nine.key < ten.key


def test_numbers_parted_by_dashes_are_no_post_release() -> None:
    dashed, later = parse_version("01-02"), parse_version("01-03")
    assert dashed is not None
    assert later is not None
    assert not dashed.schemes
    assert dashed.key < later.key
    assert (found := parse_version("1.2-1")) is not None
    assert "pep440" in found.schemes

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from assaymark.errors import InputError
from assaymark.release.changelog import asked_by, asked_by_fragments, of_version, sections, unreleased
from assaymark.release.check import Wanted, checked
from assaymark.release.commits import said
from assaymark.release.plan import Plan, plan, raised
from assaymark.release.source import members, open_source
from assaymark.subject.history import Commit
from assaymark.subject.releases import parse_version

Make = Callable[[Mapping[str, str]], Path]
PROJECT = '[project]\nname = "tide"\nversion = "{}"\n'


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)


def planned(root: Path, *commits: str, tag: str = "v1.2.3") -> Plan:
    git(root, "tag", "-a", tag, "-m", tag)
    for message in commits:
        git(root, "commit", "--quiet", "--allow-empty", "-m", message)
    return plan(open_source(root))


def commit(subject: str, body: str = "", parents: tuple[str, ...] = ("a",)) -> Commit:
    return Commit("0" * 40, parents, "Ada", "a@example.org", 0, subject, body)


@pytest.mark.parametrize(
    ("last", "step", "expected"),
    [
        ("1.2.3", "major", "2.0.0"),
        ("1.2.3", "minor", "1.3.0"),
        ("1.2.3", "patch", "1.2.4"),
        ("0.4.1", "major", "0.5.0"),
        ("0.4.1", "patch", "0.4.2"),
        ("1.3.0rc1", "patch", "1.3.0"),
        ("2", "minor", "2.1.0"),
    ],
)
def test_the_version_after_a_step(last: str, step: str, expected: str) -> None:
    version = parse_version(last)
    assert version is not None
    assert raised(version, step) == expected


@pytest.mark.parametrize(
    ("subjects", "step", "kept"),
    [
        (["fix: a"], "patch", 1),
        (["fix: a", "feat(api): b"], "minor", 2),
        (["feat!: a"], "major", 1),
        (["docs: a", "chore: b"], None, 2),
        (["README: what is new", "Something"], None, 0),
        (["made up!: but marked"], None, 0),
    ],
)
def test_what_commits_ask_for(subjects: list[str], step: str | None, kept: int) -> None:
    found = said(commit(s) for s in subjects)
    assert (found.step, found.conventional) == (step, kept)


def test_a_breaking_change_may_stand_at_the_end_and_a_merge_says_nothing() -> None:
    assert said([commit("fix: a", "Why.\n\nBREAKING CHANGE: gone")]).step == "major"
    assert said([commit("feat: a", parents=("a", "b"))]) == (0, 0, None)


CHANGELOG = """\
# Changelog

## [Unreleased]

### Added

- Ebb.

## [1.2.0] - 2026-11-20

### Fixed

- Flood.

## How to read this

Text.

[1.2.0]: https://example.org
"""


def test_sections_of_a_changelog() -> None:
    found = sections(CHANGELOG)
    assert [(s.version, s.date, s.line) for s in found] == [("unreleased", "", 3), ("1.2.0", "2026-11-20", 9)]
    waiting, section = unreleased(found), of_version(found, "v1.2")
    assert waiting is not None
    assert section is not None
    assert section.text == "### Fixed\n\n- Flood."
    assert (asked_by(waiting), asked_by(section)) == ("minor", "patch")
    assert asked_by(sections("## [Unreleased]\n\n### Added\n")[0]) is None
    assert asked_by(sections("## [Unreleased]\n\n### Removed\n\n- All.\n")[0]) == "major"


def test_fragments() -> None:
    assert asked_by_fragments(["12.feature.md", "13.bugfix.rst"]) == "minor"
    assert asked_by_fragments(["+x.removal.1.md"]) == "major"
    assert asked_by_fragments(["README.md", ".gitkeep"]) is None


def test_the_next_version_and_what_is_to_be_done(repository: Make) -> None:
    root = repository({"pyproject.toml": PROJECT.format("1.2.3"), "CHANGELOG.md": "# C\n\n## [Unreleased]\n\n- x\n"})
    found = planned(root, "feat: ebb")
    assert (found.last, found.step, found.next, found.tag) == ("v1.2.3", "minor", "1.3.0", "v1.3.0")
    assert "pyproject.toml:3: write 1.3.0 instead of 1.2.3" in found.todo
    assert any(line.startswith("CHANGELOG.md:3: give what is unreleased") for line in found.todo)
    assert found.todo[-1] == "git tag -a v1.3.0 -m v1.3.0 && git push origin v1.3.0"


def test_a_version_that_was_raised_already(repository: Make) -> None:
    found = planned(repository({"pyproject.toml": PROJECT.format("1.2.4")}), "feat: ebb")
    assert found.next == "1.2.4"
    assert found.todo[0] == "raise the declared version to 1.3.0: what changed asks for more than 1.2.4"


def test_a_development_version_leads_to_its_own(repository: Make) -> None:
    assert planned(repository({"pyproject.toml": PROJECT.format("1.4.0.dev0")}), "fix: ebb").next == "1.4.0"


def test_tags_keep_their_form(repository: Make) -> None:
    root = repository({"pyproject.toml": PROJECT.format("1.2.3")})
    assert planned(root, "Something", tag="release-1.2.3").tag == "release-1.2.4"


def test_nothing_waits_and_nothing_was_released_yet(repository: Make) -> None:
    root = repository({"pyproject.toml": PROJECT.format("1.2.3")})
    assert plan(open_source(root)).tag == "v1.2.3"
    found = planned(root)
    assert (found.next, found.todo, found.then) == ("", (), ())
    assert planned(root, "docs: more", tag="v1.2.2").next == ""


def test_members_of_a_workspace(repository: Make) -> None:
    workspace = '\n[tool.uv.workspace]\nmembers = ["plugins/*", "extra"]\nexclude = ["plugins/old"]\n'
    files = {"pyproject.toml": PROJECT.format("1") + workspace}
    files |= {f"{p}/pyproject.toml": PROJECT.format("1") for p in ("plugins/a", "plugins/old", "extra", "plugins/a/b")}
    assert members(open_source(repository(files))) == (".", "plugins/a", "extra")


def test_only_the_root_of_a_checkout(repository: Make, tmp_path: Path) -> None:
    root = repository({"src/a.py": ""})
    for path in (root / "src", tmp_path):
        with pytest.raises(InputError, match="is not the root of a Git checkout"):
            open_source(path)


SIGNERS = "badges/signers.toml"


def test_a_release_is_listed_among_the_signers_by_the_next_one(repository: Make) -> None:
    """A commit cannot name itself; an entry and a comment both answer."""
    root = repository({"pyproject.toml": PROJECT.format("1.2.3"), SIGNERS: "# none\nrelease = []\n"})
    (asked,) = [line for line in planned(root, "fix: a").todo if SIGNERS in line]
    entry = asked[asked.index("{") : asked.index("}") + 1]
    (answer,) = [item for item in checked(open_source(root), Wanted()) if item.about == "signers"]
    assert (answer.says, "does not name v1.2.3" in answer.text, entry in answer.remedy) == ("no", True, True)
    for text in (f"release = [\n  {entry},\n]\n", "# v1.2.3 has no such workflow\nrelease = []\n"):
        (root / SIGNERS).write_text(text)
        tomllib.loads(text)
        git(root, "commit", "--quiet", "--all", "-m", "chore: signers")
        assert [line for line in plan(open_source(root)).todo if SIGNERS in line] == []
        (answer,) = [item for item in checked(open_source(root), Wanted()) if item.about == "signers"]
        assert answer.says == "yes"


def test_who_signs_for_nobody_is_not_asked_for_signers(repository: Make) -> None:
    root = repository({"pyproject.toml": PROJECT.format("1.2.3")})
    assert [line for line in planned(root, "fix: a").todo if "signers" in line] == []
    assert [item for item in checked(open_source(root), Wanted()) if item.about == "signers"] == []

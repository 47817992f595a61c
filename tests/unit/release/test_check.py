from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

import pytest

from assaymark.assessment import Request, judge
from assaymark.errors import InputError
from assaymark.release.check import Wanted, checked, gate_kept
from assaymark.release.dependencies import Dependency, licence_of, locked, with_licences
from assaymark.release.licences import compatible, judged
from assaymark.release.source import open_source

Make = Callable[[Mapping[str, str]], Path]
LOCK = f"click=={version('click')} --hash=sha256:{'1' * 64}\n"
FILES = {
    "pyproject.toml": '[project]\nname = "tide"\nversion = "1.2.0"\nlicense = "MIT"\ndependencies = ["click>=8"]\n',
    "tide/__init__.py": '__version__ = "1.2.0"\n',
    "requirements.txt": LOCK,
    "README.md": "# Tide\n\n`pip install tide==1.2.0`\n",
    "CHANGELOG.md": "## [1.2.0] - 2026-11-20\n\n- Ebb.\n",
    "CITATION.cff": "cff-version: 1.2.0\nmessage: m\ntitle: Tide\nauthors:\n  - name: Lab\nversion: 1.2.0\n",
    "codemeta.json": '{"@context": "https://w3id.org/codemeta/3.0", "name": "tide", "version": "1.2.0"}\n',
}


def asked(root: Path, **wanted: object) -> dict[str, tuple[str, str]]:
    """Answers by question; one that is no wins over others about the same."""
    found: dict[str, tuple[str, str]] = {}
    for item in checked(open_source(root), Wanted(**wanted)):  # type: ignore[arg-type]
        if found.get(item.about, ("yes", ""))[0] == "yes":
            found[item.about] = (str(item.says), item.text)
    return found


def test_all_that_agrees(repository: Make) -> None:
    found = asked(repository(FILES))
    assert {about: says for about, (says, _) in found.items()} == dict.fromkeys(found, "yes")
    assert {"changes", "version", "tag", "changelog", "documents", "lock", "licences"} == set(found)


@pytest.mark.parametrize(
    ("file", "text", "about", "says", "told"),
    [
        ("tide/__init__.py", '__version__ = "1.1.0"\n', "version", "no", "tide/__init__.py:1 says 1.1.0"),
        ("codemeta.json", '{"version": "1.1"}', "version", "no", "codemeta.json:1 says 1.1"),
        ("CITATION.cff", "title: Tide\n", "CITATION.cff", "no", "has no version"),
        ("CITATION.cff", None, "CITATION.cff", "no", "there is none"),
        ("CHANGELOG.md", "## [1.1.0]\n\n- x\n", "changelog", "no", "no section for 1.2.0"),
        ("CHANGELOG.md", "## [1.2.0] - 2026-01-01\n", "changelog", "no", "nothing below"),
        ("CHANGELOG.md", "## [1.2.0]\n\n- x\n", "changelog", "no", "has no date"),
        ("CHANGELOG.md", None, "changelog", "no", "there is none"),
        ("README.md", "`pip install tide==1.1.0`\n", "documents", "no", "README.md:1 names 1.1.0"),
        ("docs/a/b.md", "lab/tide/actions/x@v1.0.3\n", "documents", "no", "docs/a/b.md:1 names 1.0.3"),
        ("docs/a.md", "uses: lab/tide/actions/x@<commit> # v1.1.0\n", "documents", "no", "docs/a.md:1 names 1.1.0"),
        ("docs/a.md", f"uses: lab/tide/actions/x@{'a' * 40} # v1.1.0\n", "documents", "yes", ""),
        ("tools/README.md", "`pip install tide==1.1.0`\n", "documents", "no", "tools/README.md:1 names 1.1.0"),
        ("docs/a.md", "`pip install water-tide==1.1.0`\n", "documents", "yes", ""),
        ("requirements.txt", None, "lock", "no", "there is no lock"),
        ("requirements.txt", "click==8.5.1\n", "lock", "no", "no hash for click"),
        ("requirements.txt", f"click==7.0 --hash=sha256:{'1' * 64}\n", "lock", "no", "lacks click>=8 (it has 7.0)"),
        ("requirements.txt", f"nosuch==1 --hash=sha256:{'1' * 64}\n{LOCK}", "licences", "unknown", "nosuch 1"),
        ("pyproject.toml", '[project]\nname = "tide"\nversion = "1.2.0.dev1"\n', "version", "no", "development"),
    ],
)
def test_each_thing_that_does_not(
    repository: Make, file: str, text: str | None, about: str, says: str, told: str
) -> None:
    files = {k: v for k, v in (FILES | {file: text}).items() if v is not None}
    root = repository(files)
    subprocess.run(["git", "remote", "add", "origin", "https://github.com/lab/tide.git"], cwd=root, check=True)
    found = asked(root)
    assert found[about][0] == says, found
    assert told in found[about][1]


def test_what_setup_py_asks_for_is_unknown_not_nothing(repository: Make) -> None:
    files = {"setup.py": "from setuptools import setup\nsetup(name='tide', version='1.2.0', license='MIT')\n"}
    found = asked(repository(files))
    assert (found["lock"][0], found["licences"][0]) == ("unknown", "unknown")


def test_tags(repository: Make) -> None:
    root = repository(FILES)
    assert asked(root, tag="v1.3.0")["tag"] == ("no", "v1.3.0 is not a tag for 1.2.0")
    subprocess.run(["git", "tag", "v1.2.0"], cwd=root, check=True)
    assert asked(root)["tag"] == ("yes", "v1.2.0 is at this commit")
    subprocess.run(["git", "commit", "-q", "--allow-empty", "-m", "x"], cwd=root, check=True)
    assert asked(root)["tag"][0] == "no"
    subprocess.run(["git", "tag", "v1.3.0"], cwd=root, check=True)
    assert asked(root)["order"][0] == "no"


def test_uncommitted_changes_and_the_badge_of_another(repository: Make) -> None:
    there = "https://raw.githubusercontent.com/{}/badges/badge.svg"
    root = repository(FILES | {"README.md": f"![b]({there.format('lab/other')})\n"})
    subprocess.run(["git", "remote", "add", "origin", "https://github.com/lab/tide.git"], cwd=root, check=True)
    assert asked(root)["badge"] == ("no", "README.md:1 shows the badge of lab/other")
    (root / "README.md").write_text(f"![b]({there.format('lab/tide')})\n")
    found = asked(root)
    assert (found["badge"][0], found["changes"][0]) == ("yes", "no")


def test_the_gate_is_kept_by_this_very_commit(repository: Make) -> None:
    root = repository(FILES)
    source = open_source(root)
    found = judge(Request(path=str(root), tools=False))
    assert str(gate_kept(found, "QC.Met01", source.commit).says) in ("yes", "no")
    assert gate_kept(found, "gold", source.commit).says == "no"
    assert gate_kept(found, "gold", "0" * 40).says == "unknown"
    part = judge(Request(path=str(root), tools=False, select=("QC.Ver",)))
    assert "only a part" in gate_kept(part, "QC.Ver01", source.commit).text


def test_what_a_person_says_of_licences(repository: Make) -> None:
    root = repository(FILES | {"requirements.txt": f"nosuch==1 --hash=sha256:{'1' * 64}\n{LOCK}"})
    assert asked(root, licences={"nosuch": "MIT"})["licences"][0] == "yes"
    assert asked(root, licences={"nosuch": "GPL-3.0-only"})["licences"] == ("no", "nosuch 1 is under GPL-3.0-only")
    assert asked(root, programs=("nosuch",))["licences"][0] == "yes"
    with pytest.raises(InputError, match="has no other"):
        asked(root, programs=("other",))


@pytest.mark.parametrize(
    ("project", "dependency", "says"),
    [
        ("Apache-2.0", "MIT", "yes"),
        ("Apache-2.0", "GPL-3.0-or-later", "no"),
        ("Apache-2.0", "MIT OR GPL-3.0-only", "yes"),
        ("Apache-2.0", "MIT AND GPL-3.0-only", "no"),
        ("Apache-2.0", "LGPL-3.0-only", "yes"),
        ("Apache-2.0", "MPL-2.0 AND 0BSD", "yes"),
        ("GPL-3.0-or-later", "Apache-2.0", "yes"),
        ("MIT OR Apache-2.0", "BSD-3-Clause", "yes"),
        ("MIT", "GPL-3.0-only WITH GCC-exception-3.1", "unknown"),
        ("MIT", "LicenseRef-mine", "unknown"),
        ("MIT", "((", "unknown"),
    ],
)
def test_licences_that_go_together(project: str, dependency: str, says: str) -> None:
    assert compatible(project, dependency) == says


def test_not_told_is_unknown_and_a_known_no_wins() -> None:
    silent = Dependency(name="a", version="1")
    assert judged("MIT", [silent])[0] == "unknown"
    assert judged("MIT", [silent, Dependency(name="b", version="1", licence="GPL-3.0-only")])[0] == "no"
    assert judged("MIT", [])[0] == "yes"
    assert judged("MIT", [Dependency(name="a", version="1", said="Public Domain")])[0] == "yes"
    assert judged("MIT", [Dependency(name="a", version="1", said="Public domain, or so")])[0] == "unknown"


@pytest.mark.parametrize(
    ("metadata", "classifiers", "licence"),
    [
        ({"License-Expression": "MIT OR Apache-2.0"}, [], "MIT OR Apache-2.0"),
        ({"License": "apache 2.0"}, [], "Apache-2.0"),
        ({"License": "see LICENSE"}, ["License :: OSI Approved :: MIT License"], "MIT"),
        ({}, ["License :: OSI Approved :: BSD License"], "BSD-3-Clause"),
        ({}, ["License :: OSI Approved :: MIT License", "License :: Other/Proprietary License"], ""),
        ({"License": "Copyright me, all rights reserved"}, [], ""),
        ({}, [], ""),
    ],
)
def test_what_metadata_say(metadata: dict[str, str], classifiers: list[str], licence: str) -> None:
    assert licence_of(metadata, classifiers)[0] == licence


def test_only_the_very_version_that_is_locked_counts() -> None:
    here = Dependency(name="click", version=version("click"))
    other = Dependency(name="click", version="0.1")
    assert [bool(d.licence) for d in with_licences([here, other])] == [True, False]


def test_locks_in_other_forms(repository: Make) -> None:
    uv = '[[package]]\nname = "Click"\nversion = "8.1"\nsdist = { hash = "sha256:' + "a" * 64 + '" }\n'
    own = '[[package]]\nname = "tide"\nversion = "1"\nsource = { editable = "." }\n'
    pylock = (
        '[[packages]]\nname = "click"\nversion = "8.1"\n[[packages.wheels]]\nhashes = { sha256 = "' + "b" * 64 + '" }\n'
    )
    source = open_source(repository({"uv.lock": uv + own, "pylock.toml": pylock}))
    found = {name: locked(source, name) for name in ("uv.lock", "pylock.toml")}
    assert {n: [(d.name, d.version, d.hashes) for d in f[1]] for n, f in found.items() if f} == {
        "uv.lock": [("click", "8.1", ("a" * 64,))],
        "pylock.toml": [("click", "8.1", ("b" * 64,))],
    }
    with pytest.raises(InputError, match="no such file"):
        locked(source, "other.lock")


WORKSPACE = FILES | {
    "pyproject.toml": FILES["pyproject.toml"] + '[tool.uv.workspace]\nmembers = ["parts/*"]\n',
    "parts/ebb/pyproject.toml": '[project]\nname = "tide-ebb"\nversion = "1.2.0"\ndependencies = ["tide==1.2.0"]\n',
    "parts/ebb/src/tide_ebb/__init__.py": '__version__ = "1.2.0"\n',
    "app/pyproject.toml": '[project]\nname = "app"\nversion = "1.2.0"\ndependencies = ["tide-ebb==1.2.0", "x==3"]\n',
    "tests/data/pyproject.toml": '[project]\nname = "a"\nversion = "9"\ndependencies = ["tide==8"]\n',
}


@pytest.mark.parametrize(
    ("file", "before", "told"),
    [
        ("parts/ebb/pyproject.toml", 'version = "1.2.0"', "parts/ebb/pyproject.toml:3 says 1.1.0"),
        ("parts/ebb/pyproject.toml", "tide==1.2.0", "parts/ebb/pyproject.toml:4 says 1.1.0"),
        ("parts/ebb/src/tide_ebb/__init__.py", "1.2.0", "parts/ebb/src/tide_ebb/__init__.py:1 says 1.1.0"),
        ("app/pyproject.toml", 'version = "1.2.0"', "app/pyproject.toml:3 says 1.1.0"),
        ("app/pyproject.toml", "tide-ebb==1.2.0", "app/pyproject.toml:4 says 1.1.0"),
    ],
)
def test_the_packages_of_a_workspace_tell_one_version(repository: Make, file: str, before: str, told: str) -> None:
    assert asked(repository(WORKSPACE))["version"][0] == "yes"
    other = WORKSPACE | {file: WORKSPACE[file].replace(before, before.replace("1.2.0", "1.1.0"))}
    assert asked(repository(other, "other"))["version"] == ("no", told)


def test_a_badge_without_a_remote_may_be_anybodys(repository: Make) -> None:
    badge = "![quality](https://raw.githubusercontent.com/lab/tide/badges/badge.svg)\n"
    root = repository(FILES | {"README.md": badge})
    assert asked(root)["badge"][0] == "unknown"
    subprocess.run(["git", "remote", "add", "origin", "https://github.com/lab/tide.git"], cwd=root, check=True)
    assert asked(root)["badge"][0] == "yes"

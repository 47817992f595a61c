"""The locks pin everything with hashes, satisfy what the projects ask for, and name no index host."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = ("run.txt", "dev.txt", "uv.txt", "dagger-next.txt")


def pinned(file: Path) -> dict[str, tuple[Requirement, list[str]]]:
    """Name -> (requirement, hashes) of a lock."""
    text = file.read_text(encoding="utf-8").replace("\\\n", " ")
    found: dict[str, tuple[Requirement, list[str]]] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        requirement, *hashes = line.split(" --hash=")
        parsed = Requirement(requirement)
        hashes = [h.strip() for h in hashes]
        assert canonicalize_name(parsed.name) not in found, f"{parsed.name} is locked twice"
        found[canonicalize_name(parsed.name)] = (parsed, hashes)
    return found


def projects(checkout: Path) -> list[dict[str, Any]]:
    folders = [checkout, *sorted(checkout.glob("plugins/*/")), checkout / "pipelines"]
    files = [f for folder in folders if (f := folder / "pyproject.toml").is_file()]
    return [tomllib.loads(f.read_text(encoding="utf-8")) for f in files]


def asked_for(checkout: Path, *, dev: bool) -> list[Requirement]:
    """What the distributions of this repository ask for, one another left out."""
    found = projects(checkout)
    own = {canonicalize_name(p["project"]["name"]) for p in found}
    texts: list[str] = []
    for p in found:
        texts += p["project"].get("dependencies", [])
        texts += [r for extra in p["project"].get("optional-dependencies", {}).values() for r in extra]
        if dev:
            texts += [r for group in p.get("dependency-groups", {}).values() for r in group if isinstance(r, str)]
            texts += p["build-system"]["requires"]
    requirements = [Requirement(t) for t in texts]
    return [r for r in requirements if canonicalize_name(r.name) not in own]


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_is_pinned_and_hashed(name: str, checkout: Path) -> None:
    found = pinned(checkout / "requirements" / name)
    assert found
    for requirement, hashes in found.values():
        assert [s.operator for s in requirement.specifier] == ["=="], requirement
        assert hashes, f"{requirement} has no hash"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", h) for h in hashes), requirement


@pytest.mark.parametrize("name", LOCKS)
def test_no_host_is_named(name: str, checkout: Path) -> None:
    text = (checkout / "requirements" / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^-|index-url|find-links|trusted-host", text, re.MULTILINE)


@pytest.mark.parametrize(("name", "dev"), [("run.txt", False), ("dev.txt", True)])
def test_the_lock_satisfies_the_projects(name: str, dev: bool, checkout: Path) -> None:
    found = pinned(checkout / "requirements" / name)
    wrong = []
    for wanted in asked_for(checkout, dev=dev):
        if canonicalize_name(wanted.name) not in found:
            wrong.append(f"{wanted} is not locked")
            continue
        [version] = found[canonicalize_name(wanted.name)][0].specifier
        if not wanted.specifier.contains(version.version, prereleases=True):
            wrong.append(f"{wanted} is locked to {version.version}")
    assert wrong == [], "run requirements/update.sh"


def test_both_locks_agree(checkout: Path) -> None:
    run, dev = (pinned(checkout / "requirements" / name) for name in ("run.txt", "dev.txt"))
    assert len(run) > 10
    assert set(run) <= set(dev)
    assert {n: str(r.specifier) for n, (r, _) in run.items()} == {n: str(dev[n][0].specifier) for n in run}

"""A hand-written truth: small repositories, and what each sub-criterion must say about them.

``<SUB-CRITERION>/<outcome>[-name]/`` is one example; the outcome is ``pass``, ``fail``, ``na`` or ``unknown``. Each
file in it is a file of the repository, except:

``_settings.toml``  the table ``[tool.assaymark.policy]``
``_forge.json``     what was seen on the forge, as `assaymark.subject.forge.Forge.from_json` reads it
``_probe.json``     what the documentation's address answered: the fields of `assaymark.subject.docs_site.Probe`
``_repo.toml``      asks for a real Git history (without it there is none)::

    branch = "main"                     # the main branch
    remote = "https://github.com/example/project.git"
    branches = ["dev"]                  # further branches at the last commit of the main one
    remote-branches = ["main"]          # the same below refs/remotes/origin/
    as-of = 2026-11-01                  # the day of the assessment

    [[commit]]                          # all keys may be left out
    message = "Add the parser"
    author = "Ada Example <ada@example.org>"
    date = 2026-01-01T12:00:00Z         # else a day after the one before
    on = "feature"                      # else the main branch; a new one starts where the main one is
    files = ["README.md", "docs/"]      # which files of the example it adds; the first adds those that none names
    write = { "VERSION" = "1.1" }       # files that it writes besides
    remove = ["old.txt"]
    merge = ["feature"]                 # branches that it joins
    tags = ["v1.0.0"]
"""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from assaymark import catalogue, registry, scoring
from assaymark.api import Check, Evidence, Options
from assaymark.engine import Facts, run_check
from assaymark.model import Outcome, Requirement, Subcriterion
from assaymark.subject.checkout import open_subject
from assaymark.testing import AS_OF, Blob, File, NewCommit, facts_of, link, repository_of, tree_of

HERE = Path(__file__).parent
SPECIAL = ("_repo.toml", "_settings.toml", "_forge.json", "_probe.json")
OUTCOMES = {
    "pass": Outcome.PASSED,
    "fail": Outcome.FAILED,
    "na": Outcome.NOT_APPLICABLE,
    "unknown": Outcome.UNKNOWN,
}
EXAMPLES = sorted(p for p in HERE.glob("*/*") if p.is_dir() and p.parent.name[0] not in "._")

# Sub-criteria that need no example of one kind, with the reason; only what the standard leaves free may stand here.
EXEMPT: dict[tuple[str, str], str] = {
    ("QC.Sty01.1", "fail"): "the standard allows several styles; using one of them is no fault",
    ("QC.Uni01.2", "fail"): "the standard allows less coverage of third-party code; not using that is no fault",
    ("QC.Dep03.1", "fail"): "the standard allows several ways to deploy; offering one is no fault",
}


@cache
def definitions() -> dict[str, Subcriterion]:
    """Every sub-criterion of the catalogue and of all shipped profiles; those that plugins judge have theirs there."""
    found = {s.id: s for name in catalogue.profiles() for s in catalogue.profile(name).subcriteria}
    known = registry.builtin().checks.keys() | {""}
    return {i: d for i, d in (found | catalogue.load().subcriteria()).items() if (*d.checks, "")[0] in known}


def checks_of(definition: Subcriterion) -> tuple[Check, ...]:
    known = registry.builtin().checks
    missing = [name for name in definition.checks if name not in known]
    assert not missing, f"{definition.id} names checks that do not exist: {missing}"
    return tuple(known[name] for name in definition.checks)


def files_of(example: Path) -> dict[str, File]:
    found: dict[str, File] = {}
    for folder, folders, names in os.walk(example):
        folders[:] = [name for name in folders if name != "__pycache__"]
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in [*names, *links]:
            place = Path(folder) / name
            path = place.relative_to(example).as_posix()
            if path in SPECIAL:
                continue
            if place.is_symlink():
                found[path] = link(str(place.readlink()))
            else:
                found[path] = Blob(place.read_bytes(), 0o100755 if os.access(place, os.X_OK) else 0o100644)
    return found


def commits_of(spec: Mapping[str, Any], files: Mapping[str, File]) -> list[NewCommit]:
    """The commits of ``_repo.toml``; one with everything when it names none."""
    commits = [dict(c) for c in spec.get("commit", [{"message": "Begin"}])]
    named = [c.pop("files", ()) for c in commits]
    chosen = [[path for path in files if _named(path, names)] for names in named]
    rest = [path for path in files if not any(path in paths for paths in chosen)]
    if chosen:  # `commit = []` is a repository without commits
        chosen[0] += rest
    return [
        NewCommit(
            write={path: files[path] for path in paths} | c.pop("write", {}),
            **{key: tuple(value) if isinstance(value, list) else value for key, value in c.items()},
        )
        for c, paths in zip(commits, chosen, strict=True)
    ]


def _named(path: str, names: list[str]) -> bool:
    return any(path == name or (name.endswith("/") and path.startswith(name)) for name in names)


def given(example: Path, tmp_path: Path) -> dict[str, Any]:
    """The facts that an example states; the rest is gathered from them."""
    files, facts = files_of(example), {}
    as_of: date = AS_OF
    if (example / "_settings.toml").is_file():
        facts["settings"] = tomllib.loads((example / "_settings.toml").read_text(encoding="utf-8"))
    if (example / "_forge.json").is_file():
        from assaymark.subject.forge import Forge, ForgeSeen

        facts["forge"] = Forge.from_json(json.loads((example / "_forge.json").read_text(encoding="utf-8")))
        facts["forge_seen"] = ForgeSeen(facts["forge"])
    if (example / "_probe.json").is_file():
        from assaymark.subject.docs_site import Probe

        facts["docs_probe"] = Probe(**json.loads((example / "_probe.json").read_text(encoding="utf-8")))
    if not (example / "_repo.toml").is_file():
        return facts_of(tree_of(files), **facts)
    spec = tomllib.loads((example / "_repo.toml").read_text(encoding="utf-8"))
    as_of = spec.pop("as-of", as_of)
    commits = commits_of(spec, files)
    spec.pop("commit", None)
    keywords = {key.replace("-", "_"): value for key, value in spec.items()}
    opened = open_subject(repository_of(tmp_path / "repository", commits, bare=True, **keywords))
    start = {"subject": opened.subject, "opened": opened, "options": Options(as_of=as_of)}
    return facts_of(opened.tree, **start, **facts)


def judge(example: Path, tmp_path: Path) -> tuple[Subcriterion, list[Evidence]]:
    definition = definitions()[example.parent.name]
    facts = Facts(registry.builtin().facts.values(), given(example, tmp_path))
    return definition, [e for check in checks_of(definition) for e in run_check(check, facts)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_the_example_is_judged_as_its_name_says(example: Path, tmp_path: Path) -> None:
    expected = OUTCOMES[example.name.partition("-")[0]]
    definition, evidence = judge(example, tmp_path)
    said = "\n".join(f"  {e.check}: {e.outcome}: {e.message}" for e in evidence)
    assert scoring.outcome_of(evidence) is expected, f"{definition.id}: {definition.text}\n{said}"
    for piece in evidence:
        assert piece.message.strip(), f"{piece.check} says nothing"
        if piece.outcome is Outcome.FAILED:
            assert piece.remedy or definition.remedy, f"{piece.check} does not say what to do"
        for finding in piece.findings:
            assert finding.location is None or not finding.location.path.startswith("/")


def test_every_example_is_of_a_sub_criterion_that_checks_decide() -> None:
    known = {i for i, d in definitions().items() if d.checks}
    assert {e.parent.name for e in EXAMPLES} <= known


def test_every_sub_criterion_that_checks_decide_has_both_examples() -> None:
    found = {(e.parent.name, e.name.partition("-")[0]) for e in EXAMPLES}
    wanted = {(i, kind) for i, d in definitions().items() if d.checks for kind in ("pass", "fail")}
    assert sorted(wanted - found - EXEMPT.keys()) == []


def test_no_file_of_an_example_is_ignored_by_git(checkout: Path) -> None:
    """Else an example passes here and is another one everywhere else; ``git add --force`` such a file."""
    if not (checkout / ".git").exists():
        pytest.skip("not a Git checkout")
    command = ["git", "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--", str(HERE)]
    listed = subprocess.run(command, cwd=checkout, capture_output=True, check=True).stdout.decode().split("\0")
    assert [path for path in listed if path and "__pycache__" not in path] == []


def test_only_what_the_standard_leaves_free_is_exempt() -> None:
    for (id, kind), reason in EXEMPT.items():
        assert definitions()[id].requirement in (Requirement.MAY, Requirement.NONE)
        assert kind in ("pass", "fail")
        assert len(reason) > 20

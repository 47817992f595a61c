"""The whole command on hostile or odd subjects: a clear message, the right exit status, every report, never a pass
that nobody saw. The parts are tested one by one elsewhere; here they are what a person types."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from assaymark.data import schema
from assaymark.testing import NewCommit, link, repository_of, submodule

REPORTS = [
    *("assessment.json", "assessment_output.json", "badge.json", "badge.svg"),
    *("junit.xml", "provenance.json", "report.html", "report.sarif", "summary.md"),
]
MEGABYTE = 1_000_000
Judge = Callable[..., "Seen"]


class Seen:
    """What a run left: its exit status, its words and its reports."""

    def __init__(self, done: subprocess.CompletedProcess[str], folder: Path) -> None:
        self.done, self.folder = done, folder
        self.status, self.said = done.returncode, done.stderr
        self.files = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []

    @property
    def assessment(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "assessment.json").read_text())
        return found

    def of(self, id: str) -> dict[str, Any]:
        found: dict[str, Any] = next(s for s in self.assessment["subcriteria"] if s["id"] == id)
        return found

    def everything(self) -> str:
        return self.done.stdout + "".join((self.folder / n).read_text() for n in self.files)

    def evidence(self, check: str) -> dict[str, Any]:
        found: dict[str, Any] = next(
            e for s in self.assessment["subcriteria"] for e in s["evidence"] if e["check"] == check
        )
        return found


@pytest.fixture
def judge(assaymark: Callable[..., Any], tmp_path: Path) -> Judge:
    """Assesses with all reports written, and holds what must be true of every run that got so far."""

    def run(subject: Path, *words: str, tools: bool = False, **environment: str) -> Seen:
        out = tmp_path / "out"
        quiet = () if tools else ("--no-tools",)
        seen = Seen(assaymark("assess", subject, *quiet, *words, "--output", out, **environment), out)
        assert "Traceback" not in seen.said, seen.said
        assert seen.status == 0, seen.said
        assert seen.files == REPORTS
        jsonschema.Draft202012Validator(json.loads(schema("assessment").read_text())).validate(seen.assessment)
        return seen

    return run


def nothing(root: Path) -> Path:
    root.mkdir()
    return root


def no_commit(root: Path) -> Path:
    return repository_of(root)


def no_commit_bare(root: Path) -> Path:
    return repository_of(root, bare=True)


def only_an_empty_commit(root: Path) -> Path:
    return repository_of(root, [NewCommit()])


class TestShapes:
    @pytest.mark.parametrize("make", [nothing, no_commit, no_commit_bare, only_an_empty_commit])
    def test_nothing_to_judge_is_judged(self, make: Callable[[Path], Path], judge: Judge, tmp_path: Path) -> None:
        seen = judge(make(tmp_path / "r"))
        assert seen.assessment["level"] == "none"
        assert seen.of("QC.Doc06.1")["outcome"] == "failed"
        assert seen.of("QC.Sty04")["outcome"] == "not-applicable"
        assert seen.of("QC.Uni01")["outcome"] == "not-applicable"
        assert not [s["id"] for s in seen.assessment["subcriteria"] if s["outcome"] == "error"]

    def test_a_folder_without_git_says_what_it_lacks(self, judge: Judge, tmp_path: Path) -> None:
        root = nothing(tmp_path / "r")
        (root / "main.py").write_text("x = 1\n")
        seen = judge(root)
        assert seen.of("QC.Acc02")["outcome"] == "failed"
        assert seen.of("QC.Wor02")["outcome"] == "unknown"

    def test_a_bare_repository_is_judged_as_its_checkout(self, judge: Judge, tmp_path: Path) -> None:
        commits = [NewCommit(write={"README.md": "# Tide\n", "tide.py": "x = 1\n"})]
        bare = judge(repository_of(tmp_path / "bare.git", commits, bare=True)).assessment
        tree = judge(repository_of(tmp_path / "tree", commits)).assessment
        assert [s["outcome"] for s in bare["subcriteria"]] == [s["outcome"] for s in tree["subcriteria"]]
        assert bare["subject"]["commit"] == tree["subject"]["commit"]

    def test_a_shallow_clone_does_not_guess(self, judge: Judge, tmp_path: Path) -> None:
        commits = [NewCommit(write={"README.md": str(n)}, tags=(f"v1.{n}.0",)) for n in range(3)]
        origin = repository_of(tmp_path / "origin", [*commits, NewCommit(write={"a.py": "x = 1\n"})])
        clone = ["git", "clone", "-q", "--depth", "1", origin.as_uri(), str(tmp_path / "clone")]
        subprocess.run(clone, check=True, capture_output=True)
        seen = judge(tmp_path / "clone")
        assert seen.of("QC.Ver01")["outcome"] == "unknown"
        assert "shallow" in seen.of("QC.Ver01")["evidence"][0]["message"]

    def test_submodules_are_not_entered(self, judge: Judge, tmp_path: Path) -> None:
        modules = '[submodule "sub"]\n\tpath = sub\n\turl = https://example.org/sub.git\n'
        root = repository_of(tmp_path / "r", [NewCommit(write={".gitmodules": modules, "sub": submodule()})])
        (root / "sub").mkdir(exist_ok=True)
        (root / "sub" / "LICENSE").write_text("not ours")
        assert "not ours" not in judge(root).everything()

    def test_what_is_no_subject_is_the_users_mistake(self, assaymark: Callable[..., Any], tmp_path: Path) -> None:
        (tmp_path / "text.tar.gz").write_text("no archive")
        (tmp_path / "wrong").mkdir()
        (tmp_path / "wrong" / ".git").write_text("gitdir: /nonexistent\n")
        os.mkfifo(tmp_path / "pipe")
        for name in ("nowhere", "text.tar.gz", "wrong", "pipe"):
            done = assaymark("assess", tmp_path / name, "--no-tools", "--format", "json")
            assert (done.returncode, done.stdout) == (2, ""), name
            assert name in done.stderr
            assert "Traceback" not in done.stderr


class TestFiles:
    def test_links_that_leave_the_root_are_not_followed(self, judge: Judge, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("# Secret manual\n\nthe password is swordfish\n")
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "LICENSE").write_text("swordfish")
        links = {
            "README.md": "../secret",
            "LICENSE": "/etc/passwd",
            "docs": "../folder",
            "up": "..",
            "zero": "/dev/zero",
        }
        root = repository_of(tmp_path / "r", [NewCommit(write={name: link(to) for name, to in links.items()})])
        seen = judge(root, tools=True)
        assert seen.of("QC.Doc06.1")["outcome"] == "failed"
        assert "swordfish" not in seen.everything()
        assert "root:x:" not in seen.everything()

    def test_names_of_any_bytes_do_no_harm(self, judge: Judge, tmp_path: Path) -> None:
        names = (
            *("a b.py", "new\nline.py", "\udcff\udcfe.py", "\x1b[31mred.py", "::error::x.py", "-rf.py", "\u202evil.py"),
            *("<img src=x onerror=alert(1)>.json", "@everyone.json", "a\rb.json", "docs/|pipe|.md"),
        )
        files = {n: "{broken" if n.endswith("json") else "import os\nx = (\n" for n in names}
        seen = judge(repository_of(tmp_path / "r", [NewCommit(write=files)]), tools=True)
        text = seen.everything()
        assert "onerror" in text, "the file is named, or this test shows nothing"
        for bad in ("\x1b", "\u202e", "\n::error", "\r"):
            assert bad not in text, repr(bad)
        for name in ("report.html", "summary.md", "junit.xml"):
            assert "<img src=x" not in (seen.folder / name).read_text()
        assert "@everyone" not in (seen.folder / "summary.md").read_text()

    def test_data_that_cannot_be_read_is_never_a_pass(self, judge: Judge, tmp_path: Path) -> None:
        bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
            f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
        )
        files = {
            "pyproject.toml": "a = [\n",
            "setup.cfg": "[x",
            "codemeta.json": '{"a":',
            "package.json": "[" * 100_000,
            "pom.xml": '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>',
            "CITATION.cff": "cff-version: 1.2.0\n" + bomb,
            ".github/workflows/ci.yml": "on: [push\njobs:\n",
            ".gitlab-ci.yml": bomb,
            ".pre-commit-config.yaml": bomb,
            "mkdocs.yml": "\tx\n: : :",
            "README.md": b"\xff\xfe\x00",
            "setup.py": "def f(:",
        }
        seen = judge(repository_of(tmp_path / "r", [NewCommit(write=files)]))
        assert seen.of("QC.Met01")["outcome"] == "failed"
        assert "aliases" in seen.evidence("met.file")["message"]
        for id in ("QC.Sty04", "QC.Uni04", "QC.Del01", "QC.Doc06.1", "QC.Doc03.1"):
            assert seen.of(id)["outcome"] != "passed", id

    @pytest.mark.parametrize("broken", ["gate = [", "[[waiver]]\nid = 1\n", b"\xff"])
    def test_a_configuration_that_cannot_be_read_is_named(
        self, broken: str | bytes, repository: Callable[..., Path], assaymark: Callable[..., Any]
    ) -> None:
        done = assaymark("assess", repository({".assaymark.toml": broken}), "--no-tools")
        assert done.returncode == 2
        assert ".assaymark.toml" in done.stderr
        assert "Traceback" not in done.stderr

    def test_two_hundred_megabytes(self, judge: Judge, tmp_path: Path) -> None:
        root = repository_of(tmp_path / "r", [NewCommit(write={"CITATION.cff": "x", "big.py": "x", "LICENSE": "x"})])
        for name in ("CITATION.cff", "big.py", "LICENSE"):
            os.truncate(root / name, 200 * MEGABYTE)
        seen = judge(root)
        assert seen.of("QC.Met01")["outcome"] != "passed"
        assert seen.of("QC.Lic01")["outcome"] != "passed"

    def test_fifty_thousand_files(self, judge: Judge, tmp_path: Path) -> None:
        files = {f"package{n % 500}/module{n}.txt": "x\n" for n in range(50_000)}
        seen = judge(repository_of(tmp_path / "r.git", [NewCommit(write=files)], bare=True))
        assert seen.assessment["level"] == "none"
        assert sum(len((seen.folder / n).read_bytes()) for n in seen.files) < 2 * MEGABYTE


GO = {"main.go": "package main\n\nfunc main() {}\n"}
GO_VERSION = "echo go version go1.26.8 linux/amd64"


class TestTools:
    """``gofmt`` comes from PATH and nowhere else: what stands there is what the test says."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        """A PATH on which there are Git and a shell, and nothing else that could judge anything."""
        folder = tmp_path / "bin"
        folder.mkdir()
        for name in ("git", "sh", "head", "sleep", "kill"):
            found = shutil.which(name)
            if found:
                (folder / name).symlink_to(found)
        return folder

    @pytest.mark.parametrize(
        ("script", "says"),
        [
            (None, "not installed"),
            ("exit 0", "does not answer with its version"),
            ("kill -9 $$", "killed"),
            ("exit 137", "killed"),
            ("exec head -c 1000000000 /dev/zero", "more than can be read"),
            ("exit 0", "planted"),
            ("printf main.g", "cannot be used"),
            ("echo panic >&2; exit 3", "panic"),
        ],
    )
    def test_a_tool_that_breaks_never_passes(
        self, script: str | None, says: str, path: Path, repository: Callable[..., Path], judge: Judge
    ) -> None:
        answer = "exit 1" if "version" in says else GO_VERSION  # gofmt itself has none
        for name, text in {"gofmt": script, "go": answer}.items():
            if text is not None:
                (path / name).write_text(f"#!/bin/sh\n{text}\n")
                (path / name).chmod(stat.S_IRWXU)
        seen = judge(repository(GO), "--select", "QC.Sty01", tools=True, PATH=str(path))
        assert seen.of("QC.Sty01")["outcome"] in ("unknown", "error")
        assert says in seen.evidence("tool.gofmt")["message"]

    def test_without_network_nothing_is_installed_and_it_says_so(
        self, path: Path, repository: Callable[..., Path], judge: Judge
    ) -> None:
        seen = judge(
            repository({"main.js": "var x = 1;\n", ".oxlintrc.json": "{}\n"}),
            *("--select", "QC.Sty01", "--provision"),
            tools=True,
            PATH=str(path),
            PIP_NO_INDEX="1",
        )
        answer = seen.evidence("tool.oxlint")
        assert answer["outcome"] == "unknown"
        assert "installing it failed" in answer["message"]

    def test_without_network_the_forge_is_unknown(self, repository: Callable[..., Path], judge: Judge) -> None:
        root = repository({"README.md": "x"})
        origin = "https://github.com/example/project.git"
        subprocess.run(["git", "remote", "add", "origin", origin], cwd=root, check=True)
        nowhere = "http://127.0.0.1:9"
        seen = judge(root, "--forge", "--select", "QC.Wor01", HTTPS_PROXY=nowhere, https_proxy=nowhere)
        assert seen.of("QC.Wor01")["outcome"] == "unknown"
        assert "could not be read" in seen.of("QC.Wor01")["evidence"][0]["message"]

    @pytest.mark.service("flake8", "pylint")
    def test_no_configuration_of_a_linter_executes_anything(
        self, repository: Callable[..., Path], judge: Judge, tmp_path: Path
    ) -> None:
        marker = tmp_path / "EXECUTED"
        evil = f"open({str(marker)!r}, 'w')"
        files: Mapping[str, str] = {
            ".pylintrc": f"[MAIN]\ninit-hook={evil}\nload-plugins=plugin\n",
            ".flake8": "[flake8:local-plugins]\nextension =\n  X = plugin:Plugin\npaths = .\n",
            "plugin.py": f"{evil}\ndef register(linter): pass\n",
            "conftest.py": f"{evil}\n",
            "sitecustomize.py": f"{evil}\n",
            "json.py": f"{evil}\n",
            "app.py": "import os\n",
            ".assaymark.toml": f"[[step]]\nname = 'x'\ncriterion = 'QC.Uni01'\ncommand = ['touch {marker}']\n",
        }
        seen = judge(repository(files), "--select", "QC.Sty01,QC.Uni01", tools=True)
        assert not marker.exists()
        for name in ("tool.flake8", "tool.pylint"):
            assert seen.evidence(name)["outcome"] == "failed", seen.evidence(name)["message"]
        assert "needs --run-steps" in seen.evidence("step.x")["message"]

"""A repository in memory or on disk, and programs that behave as a test wants."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from assaymark.api import Entry
from assaymark.subject.tree import IndexedTree
from assaymark.tools import manifest as manifests
from assaymark.tools.manifest import Manifest

Files = Mapping[str, str | bytes]

MANIFEST = """
name = "lint"
about = "A linter for tests."
kind = "style"
languages = ["Python"]
subcriteria = ["QC.Sty01"]
default = true
command = ["lint", "{files}"]
ran = [0, 1]
format = "json"
executes_code = "never"
timeout = 20
[version]
args = ["--version"]
pattern = 'lint (\\d\\S*)'
[parser]
results = "findings"
path = "file"
line = "line"
rule = "rule"
message = "message"
severity = "severity"
problems = "skipped"
problem_path = "file"
problem_message = "why"
"""


def blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def tree_of(files: Files) -> IndexedTree:
    content = {path: data.encode() if isinstance(data, str) else data for path, data in files.items()}
    entries = [Entry(path, 0o100644, blob(data), len(data)) for path, data in content.items()]
    return IndexedTree(entries, lambda entry, limit: content[entry.path][:limit])


def write(root: Path, files: Files) -> Path:
    for path, data in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data.encode() if isinstance(data, str) else data)
    return root


@pytest.fixture
def tree() -> Callable[[Files], IndexedTree]:
    return tree_of


@pytest.fixture
def on_disk(tmp_path: Path) -> Callable[[Files], Path]:
    return lambda files: write(tmp_path / "repo", files)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Put a shell script on PATH; it answers ``--version`` by itself unless told otherwise."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def make(script: str, name: str = "lint", version: str | None = "lint 1.2.3") -> Path:
        answer = f'if [ "$1" = --version ]; then echo "{version}"; exit 0; fi\n' if version else ""
        file = folder / name
        file.write_text(f"#!/bin/sh\n{answer}{script}\n", encoding="utf-8")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
        return file

    return make


@pytest.fixture
def lint() -> Callable[..., Manifest]:
    """The manifest of the linter for tests, with keys replaced: ``lint(timeout=1)`` or ``lint("[canary] ...")``."""

    def make(more: str = "", **keys: object) -> Manifest:
        import json

        text = MANIFEST if keys.get("format", "json") == "json" else MANIFEST.partition("[parser]")[0]
        lines = text.splitlines()
        for key, value in keys.items():
            text = json.dumps(value)
            at = [n for n, line in enumerate(lines) if line.startswith(f"{key} =")]
            if at:
                lines[at[0]] = f"{key} = {text}"
            else:
                lines.insert(2, f"{key} = {text}")
        return manifests.read("\n".join((*lines, more)), "lint.tool.toml")

    return make

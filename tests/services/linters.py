"""The linters of Actions and workflows, as strict as they can be."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINTERS = ("zizmor", "jactionlint", "check-jsonschema")
_ZIZMOR = ("--offline", "--no-progress", "--persona", "pedantic", "--strict-collection", "--format", "plain")


def lint(*, actions: Sequence[Path] = (), workflows: Sequence[Path] = ()) -> str:
    """What the linters complain of; empty when all are content."""
    said = run("zizmor", *_ZIZMOR, *actions, *workflows) + run("jactionlint", "--strict-exit", *actions, *workflows)
    for schema, files in (("vendor.github-actions", actions), ("vendor.github-workflows", workflows)):
        if files:
            said += run("check-jsonschema", "--builtin-schema", schema, *files)
    return said


def run(program: str, *words: str | Path) -> str:
    """Run a program that lies beside Python; what it said, empty when it ended well."""
    done = subprocess.run(
        [Path(sys.executable).with_name(program), *words], cwd=ROOT, capture_output=True, text=True, errors="replace"
    )
    return "" if done.returncode == 0 else f"{done.stdout}{done.stderr}"

"""The guide for who has never seen it: its commands, run one after the other, end in a badge that holds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

NAMES = ("README.md", "CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "LICENSE")


@pytest.mark.service("openssl")
def test_from_nothing_to_a_badge_that_others_can_check(repository: Callable[..., Path], checkout: Path) -> None:
    text = (checkout / "docs" / "badges.md").read_text(encoding="utf-8")
    section = text.split("## From nothing", 1)[1].split("\n## ", 1)[0]
    commands, promised = re.findall(r"```(?:sh|text)\n(.*?)```", section, re.DOTALL)
    root = repository({name: (checkout / name).read_bytes() for name in NAMES} | {"tide.py": '"""Tides."""\n'})
    subprocess.run(["git", "remote", "add", "origin", "https://github.com/lab/tide.git"], cwd=root, check=True)
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip # one line of options
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith("✓ ")] == promised.splitlines()
    assert "credential.jwt" in {path.name for path in (root / "report").iterdir()}
    assert not list(root.rglob("*.pem"))

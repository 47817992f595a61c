"""The guide for who has never seen it: its commands, run one after the other, end in a badge that holds."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assaymark.__main__ import main

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


EMPTY = {
    "README.md": "# Tides\n\nWater goes up.\n",
    "README.html": "<h1>Tides</h1>\n\n<p>Water goes up.</p>\n",
    "README.rst": "Tides\n=====\n\nWater goes up.\n",
    "README.org": "#+TITLE: Tides\n\nWater goes up.\n",
}


def test_what_the_guide_prints_is_what_embed_writes(
    repository: Callable[..., Path], checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (checkout / "docs" / "badges.md").read_text(encoding="utf-8")
    section = text.split("## In a README", 1)[1].split("\n## ", 1)[0]
    printed = dict(re.findall(r"```(markdown|html|rst|org)\n(.*?)```", section, re.DOTALL))
    commands = re.findall(r"^assaymark (badge embed README\.md)$", section, re.MULTILINE)
    commands += re.findall(r"`assaymark (badge embed [^`]+)`", section)
    assert (len(printed), len(commands)) == (4, 4)
    root = repository({name: content.encode() for name, content in EMPTY.items()})
    subprocess.run(["git", "remote", "add", "origin", "https://github.com/lab/tide.git"], cwd=root, check=True)
    monkeypatch.chdir(root)
    for command, (markup, block) in zip(commands, printed.items(), strict=True):
        assert main(shlex.split(command)) == 0
        name = shlex.split(command)[2]
        title, _, rest = EMPTY[name].partition("\n\n")
        assert (root / name).read_text() == f"{title}\n\n{block}\n{rest}", markup
        shown(markup, (root / name).read_text())


def shown(markup: str, text: str) -> None:
    """What a reader of the page gets: a picture with its text, which leads to the report."""
    if markup == "org":
        assert re.search(r"^\[\[https://github\.com/lab/tide/[^]]+\]\[https://[^]]+badge\.svg\]\]$", text, re.MULTILINE)
        return
    if markup == "rst":
        assert re.search(
            r"^\.\. image:: https://\S+badge\.svg\n   :alt: .+\n   :target: https://github\.com/lab/tide/tree/badges\n\n",
            text,
            re.MULTILINE,
        )
        return
    if markup == "markdown":
        from markdown_it import MarkdownIt

        text = MarkdownIt("commonmark").render(text)
    picture = re.search(r'<a [^>]*href="https://github\.com/lab/tide/tree/badges"[^>]*>.*?<img [^>]+>', text, re.DOTALL)
    assert picture, text
    assert 'alt="assaymark quality badge, see the report"' in picture[0]
    assert "assaymark badge end" not in re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)

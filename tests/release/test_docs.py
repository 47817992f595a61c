"""The page on releases: every command in it is run on a sample, in the order of the page."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from releasing import assaymark, git
from zenodo_fake import TOKEN, FakeZenodo

from assaymark.release import folder

if TYPE_CHECKING:
    from github_fake import FakeGitHub

PAGE = Path(__file__).parents[2] / "docs" / "release.md"
COMMANDS = re.findall(r"(?m)^\$ (.*)$", PAGE.read_text(encoding="utf-8"))
# A sample of two files has no level to speak of: all else is as on the page.
HERE = {"--gate silver": "--gate QC.Lic01 --no-tools", "release build": "release build --no-isolation"}


@pytest.mark.service("github-openapi")
def test_the_page_is_run_from_the_top(sample: Path, fake_github: FakeGitHub) -> None:
    git(sample, "tag", "--delete", "v1.2.0")
    done = 0
    with FakeZenodo() as zenodo:
        world = fake_github.environment | {"ZENODO_SANDBOX_TOKEN": TOKEN}
        for command in COMMANDS:
            words = shlex.split(command.partition(" && ")[0])
            if words[0] == "git":
                git(sample, *words[1:])
                fake_github.state.git.tag("v1.2.0", git(sample, "rev-parse", "HEAD"))
            elif "--image" in words or "images,github" in words or words[1] == "init":
                continue  # `test_whole` does these, with a registry; `init` is tried below
            else:
                for said, meant in HERE.items():
                    command = command.replace(said, meant)
                words = shlex.split(command)[1:]
                words += ["--zenodo-address", zenodo.base] if "zenodo" in words else []
                code = 0
                if "verify" in words:
                    words[2], code = str(sample / "release" / "tide-1.2.0.tar.gz"), 3  # nobody signed it
                assaymark(*words, cwd=sample, code=code, **world)
            done += 1
        assert [d["done"] for d in zenodo.deposits.values()] == [True]
    assert done >= 8
    assert not fake_github.state.releases[0]["draft"]


def test_the_page_names_every_file_and_every_verb(sample: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in (folder.MANIFEST, folder.SUMS, folder.NOTES, folder.BUNDLE, folder.STATEMENT, folder.REPORT):
        assert f"`{name}`" in text, name
    from assaymark.cli.release import command

    assert [name for name in command.commands if f"assaymark release {name}" not in text] == []
    listed = CliRunner().invoke(command.commands["check"], ["--help"]).output
    for option in ("--licence", "--program", "--fetch"):
        assert option in listed
        assert option in text

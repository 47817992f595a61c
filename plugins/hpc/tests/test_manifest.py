"""The manifest: what is wrong is said with file and key."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.api import InputError
from assaymark_hpc.manifest import OWN, read

GOOD = """
image = "tool.tar"
architecture = "arm64"
start = ["tool", "--version"]
max_size = 1000
setuid = ["/usr/bin/su"]
[[test]]
name = "version"
command = ["tool", "--version"]
exit = 0
contains = "1.2"
time = 5
"""


def test_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "smoke.toml"
    file.write_text(GOOD)
    found = read(file)
    assert found.image == str(tmp_path / "tool.tar")
    assert (found.architecture, found.start, found.max_size) == ("arm64", ("tool", "--version"), 1000)
    assert [(t.name, t.command, t.exit, t.contains, t.time) for t in found.tests] == [
        ("version", ("tool", "--version"), 0, "1.2", 5.0)
    ]
    assert found.digest.startswith("sha256:")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ('image = "tool.tar"\n->', "'image'"),
        ("max_size = 1000->max_size = -1", "'max_size'"),
        ("max_size = 1000->max_size = true", "'max_size'"),
        ("architecture->architectur", "did you mean 'architecture'"),
        ('name = "version"->name = "Version 1"', "test[0]"),
        ('name = "version"->name = "start"', "cannot be the name"),
        ('command = ["tool", "--version"]\n->', "'command'"),
        ('command = ["tool"->command = [1', "'command'"),
        ("exit = 0->exit = 256", "'exit'"),
        ("time = 5->tim = 5", "did you mean 'time'"),
        ("[[test]]->[test]", "[[test]]"),
        ('start = ["tool", "--version"]->start = "tool"', "'start'"),
        ("image = ->image == ", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_said(change: str, says: str, tmp_path: Path) -> None:
    old, _, new = change.partition("->")
    assert old in GOOD
    file = tmp_path / "smoke.toml"
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(InputError) as caught:
        read(file)
    assert says in str(caught.value)
    assert "smoke.toml" in str(caught.value)


def test_a_test_is_named_once(tmp_path: Path) -> None:
    file = tmp_path / "smoke.toml"
    file.write_text(GOOD + GOOD[GOOD.index("[[test]]") :])
    with pytest.raises(InputError, match="cannot be the name"):
        read(file)


def test_our_own_names_are_complete() -> None:
    from assaymark_hpc.manifest import PROBES

    assert len(set(OWN)) == len(OWN) == len(PROBES) + 7


@given(text=st.text(max_size=200))
def test_garbage_is_an_error_of_the_user(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("m") / "smoke.toml"
    file.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(InputError):
        read(file)

"""The manifest: what is wrong is said with file and key."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.api import InputError
from assaymark_hpc.asked import Bandwidth, Gpu, Mpi, Needs
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
MORE = """
long = ["tool", "serve"]
brought = ["libtbb.so.12"]
start_within = 2.5
bandwidth = { memory = 5.0, gpu = 900 }
recipe = "Dockerfile"
[site]
kernel = "4.18"
driver = "550.54.15"
[mpi]
tasks = 4
launcher = ["srun", "--mpi=pmix"]
scaling = [1, 2]
efficiency = 0.7
[gpu]
count = 2
together = true
[[test]]
name = "bandwidth"
command = ["stream"]
matches = "Copy"
output = "out/r.dat"
sha256 = "DIGEST"
performance = { pattern = 'Copy: +([0-9.]+)', reference = 10.0, lower = 0.1, unit = "GB/s" }
""".replace("DIGEST", "a" * 64)


def test_all_that_can_be_asked(tmp_path: Path) -> None:
    file = tmp_path / "smoke.toml"
    file.write_text('image = "x"\n' + MORE)
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    found = read(file)
    assert found.brought == ("libtbb.so.12",)
    assert found.site == Needs(kernel=(4, 18), driver=(550, 54, 15))
    assert found.recipe == ("Dockerfile", "FROM scratch\n")
    assert found.mpi == Mpi(tasks=4, launcher=("srun", "--mpi=pmix"), scaling=(1, 2), efficiency=0.7)
    assert found.gpu == Gpu(count=2, together=True)
    assert found.start_within == 2.5
    assert found.bandwidth == Bandwidth(memory=5.0, gpu=900.0)
    assert found.long == ("tool", "serve")
    [test] = found.tests
    assert (test.matches, test.output, test.sha256) == ("Copy", "out/r.dat", "a" * 64)
    assert test.performance is not None
    assert test.performance.bounds == (9.0, math.inf)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("tasks = 4->tasks = 1", "one rank shows nothing"),
        ("scaling = [1, 2]->scaling = [2, 1]", "rising order"),
        ("scaling = [1, 2]->scaling = [2]", "two numbers"),
        ("scaling = [1, 2]->scaling = [0, 1]", "numbers of ranks"),
        ("efficiency = 0.7->efficiency = -1", "0 or more"),
        ("efficiency = 0.7->efficiency = nan", "0 or more"),
        ("count = 2->count = 0", "1 or more"),
        ("[gpu]\ncount = 2\ntogether = true->gpu = 2\n", "must be a table"),
        ('matches = "Copy"->matches = "("', "no regular expression"),
        ('matches = "Copy"->matches = "(a+)+$"', "take for ever"),
        ('matches = "Copy"->matches = "(a|a)*$"', "take for ever"),
        ('matches = "Copy"->matches = "((x{2,}y?)z)+"', "take for ever"),
        ('output = "out/r.dat"->output = "../r"', "below the working folder"),
        ('output = "out/r.dat"\n->', "of what file"),
        ("a" * 64 + "->abc", "64 hexadecimal"),
        ("lower = 0.1, ->", "'lower' or 'upper'"),
        ("([0-9.]+)->[0-9.]+", "one group"),
        ("reference->referenc", "did you mean 'reference'"),
        ('"bandwidth"->"again-x"', "cannot be the name"),
        ('kernel = "4.18"->kernel = "new"', "must be a version"),
        ('kernel = "4.18"->kernel = 4.18', "'kernel'"),
        ("together = true->together = 1", "true or false"),
        ("memory = 5.0->memory = -5.0", "0 or more"),
        ("memory = 5.0->memories = 5.0", "did you mean 'memory'"),
        ("driver = ->drivers = ", "did you mean 'driver'"),
        ('recipe = "Dockerfile"->recipe = "Containerfile"', "the recipe cannot be read"),
    ],
)
def test_what_is_wrong_with_more_is_said(change: str, says: str, tmp_path: Path) -> None:
    old, _, new = change.partition("->")
    assert old in MORE
    file = tmp_path / "smoke.toml"
    text = MORE.replace(old, new)
    if new.startswith("gpu = "):
        text = "gpu = 2\n" + MORE.replace(old, "")
    file.write_text('image = "x"\n' + text)
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    with pytest.raises(InputError) as caught:
        read(file)
    assert says in str(caught.value)


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

    assert len(set(OWN)) == len(OWN) == len(PROBES) + 15


@given(text=st.text(max_size=200))
def test_garbage_is_an_error_of_the_user(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("m") / "smoke.toml"
    file.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(InputError):
        read(file)

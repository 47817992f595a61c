"""What is carried to a node: the same bytes as long as nothing changes, and no more than was asked for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from assaymark.errors import InputError
from assaymark.runners import kit as kits
from assaymark.runners.kit import Kit, kit


def names(file: Path) -> set[str]:
    with tarfile.open(file) as archive:
        return set(archive.getnames())


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    return kit(tmp_path_factory.mktemp("carried"), ())


def test_it_is_made_once_and_holds_what_runs_here(carried: Kit, tmp_path: Path) -> None:
    made = carried._replace(file=Path(shutil.copy2(carried.file, tmp_path)))
    before = made.file.stat().st_mtime_ns
    assert kit(tmp_path, ()) == made
    assert made.file.stat().st_mtime_ns == before
    assert [p.name for p in tmp_path.iterdir()] == [made.file.name]
    assert (made.python, made.machine) == (f"{sys.version_info.major}.{sys.version_info.minor}", os.uname().machine)
    found = names(made.file)
    assert {"lib/assaymark/runners/kit.py", "lib/assaymark/_data/criteria/profiles/assaymark.toml"} <= found
    assert {"lib/assaymark/runners/errand.py", "lib/click/core.py", "scripts.json"} <= found
    assert "lib/assaymark_python/__init__.py" in found, "what is installed looks the same"
    assert not any("assaymark_pipelines" in name or "__pycache__" in name for name in found)
    assert not any(name.startswith(("lib/pylint/", "lib/pytest/", "lib/numpy/")) for name in found)


def test_it_is_laid_out_and_runs_without_anything_else(carried: Kit, tmp_path: Path) -> None:
    parcel = tmp_path / "work/parcel.tar.gz"
    parcel.parent.mkdir()
    with tarfile.open(parcel, "w:gz") as archive:
        archive.add(kits.__file__, "tool/kit.py")
    errand = Path(kits.__file__).with_name("errand.py")
    argv = [
        sys.executable,
        "-I",
        str(errand),
        str(carried.file),
        "assess",
        "source/tool",
        "--no-tools",
        "--format",
        "json",
    ]
    for _ in range(2):  # the second finds the environment
        done = subprocess.run(
            argv, cwd=parcel.parent, env={"PATH": os.environ["PATH"]}, capture_output=True, check=True
        )
        assert json.loads(done.stdout)["subject"]["path"] == "."
    [environment] = [p for p in carried.file.parent.iterdir() if p.is_dir()]
    told = subprocess.run([environment / "bin/assaymark", "--version"], capture_output=True, text=True, check=True)
    assert told.stdout.startswith("assaymark ")
    told = subprocess.run(
        [environment / "bin/python", "-I", "-c", "import assaymark; print(assaymark.__file__)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip # one short call
    assert told.stdout.startswith(str(environment))


@pytest.mark.parametrize(("kit_at", "machine", "version", "why"), [
    ("/nonexistent/k.tar.gz", os.uname().machine, "3.11", "does not see /nonexistent/k.tar.gz"),
    ("", "s390x", "3.11", "was packed on a s390x"),
    ("", os.uname().machine, "3.5", "there is no Python 3.5 here"),
])  # fmt: skip # a table of cases
def test_a_node_that_does_not_fit_says_so(kit_at: str, machine: str, version: str, why: str, tmp_path: Path) -> None:
    file = tmp_path / "kit.tar.gz"
    file.touch()
    script = Path(kits.__file__).with_name("errand.sh")
    argv = ["/bin/sh", str(script), "assess", kit_at or str(file), "", machine, version, "assess"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 125
    assert why in done.stderr.splitlines()[-1]


def test_a_distribution_without_a_record_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Bare:
        name, files, entry_points = "bare", None, ()

    with pytest.raises(InputError, match="bare has no record"):
        list(kits._items(Bare(), {}))  # type: ignore[arg-type]  # as little as it takes


def test_where_nothing_says_what_is_asked_for_all_that_is_there_is_carried(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the environment of our actions."""
    monkeypatch.setattr(kits, "_requires", lambda name: [])
    own, others = kits._chosen(frozenset({"python"}))
    assert {"assaymark", "assaymark-python"} <= set(own)
    assert {"click", "rich", "pytest"} <= set(others)
    assert not any(name.startswith("assaymark") for name in others)

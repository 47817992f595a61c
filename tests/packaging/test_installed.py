"""The same program comes out of a wheel, a zipped wheel, an editable install and a copy without ``.git``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

ASK = (
    "import sys; from assaymark import catalogue, data; "
    "print(len(catalogue.load().criteria), *catalogue.profiles()); "
    "print(data.schema('config').is_file(), file=sys.stderr)"
)


def ask(command: Sequence[str | Path], **environment: str) -> str:
    """Standard output of a program that runs away from the checkout."""
    run = subprocess.run(
        command, cwd="/", env=environ(environment), capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def environ(more: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")} | dict(more)


@pytest.fixture(scope="session")
def expected(checkout: Path) -> str:
    """What the checkout itself answers."""
    return ask([sys.executable, "-c", ASK], PYTHONPATH=str(checkout / "src"))


@pytest.fixture(scope="session")
def installed(core: Any, plugins: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with our wheels; their dependencies are lent by the development environment."""
    place = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True, timeout=120)
    python = place / "bin" / "python"
    wheels = [core.wheel, *(built.wheel for built in plugins.values())]
    install: list[str | Path] = [
        "uv",
        "pip",
        "install",
        "--quiet",
        "--offline",
        "--no-deps",
        "--no-index",
        "--python",
        python,
    ]
    # Offline, so neither the cache nor the home of whoever runs this matters.
    subprocess.run([*install, "--no-cache", *wheels], check=True, timeout=120)
    [site] = place.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return place


@pytest.mark.service("uv")
def test_the_wheel_in_a_fresh_environment(installed: Path, expected: str, checkout: Path) -> None:
    python = installed / "bin" / "python"
    assert ask([installed / "bin" / "assaymark", "--version"]).startswith("assaymark 0.")
    assert ask([python, "-c", ASK]) == expected
    place = ask([python, "-c", "import assaymark; print(assaymark.__file__)"])
    assert not Path(place.strip()).is_relative_to(checkout)


@pytest.mark.service("uv")
def test_the_plugins_are_found_in_a_fresh_environment(installed: Path, plugins: dict[str, Any]) -> None:
    listing = "from assaymark import registry; print(*sorted(p.name for p in registry.load().plugins))"
    assert ask([installed / "bin" / "python", "-c", listing]).split() == sorted(plugins)


@pytest.mark.service("git", "uv")
def test_the_verdict_of_the_wheel_is_that_of_the_checkout(installed: Path, checkout: Path, tmp_path: Path) -> None:
    subject = tmp_path / "subject"
    subject.mkdir()
    (subject / "README.md").write_text("# Subject\n\nIt solves nothing.\n", encoding="utf-8")
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "First"]):
        subprocess.run(["git", *words], cwd=subject, check=True, timeout=60)
    arguments = ["assess", str(subject), "--no-tools", "--no-cache", "--as-of", "2026-01-01", "--format", "json"]
    of_wheel = json.loads(ask([installed / "bin" / "assaymark", *arguments]))
    of_checkout = json.loads(ask([sys.executable, "-m", "assaymark", *arguments], PYTHONPATH=str(checkout / "src")))
    assert len(of_wheel["subcriteria"]) > 90
    del of_wheel["run"], of_checkout["run"]
    assert of_wheel == of_checkout


def test_inside_the_zipped_wheel(core: Any, expected: str) -> None:
    path = os.pathsep.join([str(core.wheel), sysconfig.get_path("purelib")])
    assert ask([sys.executable, "-c", ASK], PYTHONPATH=path) == expected
    where = ask([sys.executable, "-c", "import assaymark; print(assaymark.__file__)"], PYTHONPATH=path)
    assert core.wheel.name in where
    assert ask([sys.executable, "-m", "assaymark", "--version"], PYTHONPATH=path).startswith("assaymark 0.")


def test_a_copy_without_git(clean: Path, expected: str) -> None:
    assert not (clean / ".git").exists()
    assert ask([sys.executable, "-c", ASK], PYTHONPATH=str(clean / "src")) == expected


def test_the_development_environment_is_editable(checkout: Path, expected: str) -> None:
    place = ask([sys.executable, "-c", "import assaymark; print(assaymark.__file__)"]).strip()
    assert Path(place).is_relative_to(checkout / "src")
    assert ask([sys.executable, "-c", ASK]) == expected


def test_a_missing_data_folder_is_said_plainly(core: Any, tmp_path: Path) -> None:
    with zipfile.ZipFile(core.wheel) as archive:
        archive.extractall(tmp_path)
    shutil.rmtree(tmp_path / "assaymark" / "_data")
    run = subprocess.run(
        [sys.executable, "-c", ASK],
        env=environ({"PYTHONPATH": str(tmp_path)}),
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "assaymark was installed without its 'criteria' folder" in run.stderr

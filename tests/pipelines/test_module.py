"""The Dagger module registers: every function, argument and default, seen from the engine's side. No engine runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from dagger_engine_scripted import Ended, Scripted, said

from assaymark import __version__

REGISTER = """
import anyio, dagger
from assaymark_module import Assaymark
async def main():
    async with dagger.connection(dagger.Config(retry=None)):
        await Assaymark.__dagger_module__.register()
    await dagger.close()
anyio.run(main)
"""


@pytest.fixture
def module(checkout) -> Path:
    return checkout / "pipelines" / "module"


def environment(module: Path, file: Path, engine) -> dict[str, str]:
    more = {"DAGGER_MAIN_OBJECT": "Assaymark", "DAGGER_MODULE": "assaymark", "DAGGER_MODULE_FILE": str(file)}
    return os.environ | more | engine.environment | {"PYTHONPATH": str(module / "src")}


@pytest.fixture
def registered(module, engine, tmp_path):
    started = engine(Scripted([]))
    file = tmp_path / "module.json"
    done = subprocess.run(
        [sys.executable, "-c", REGISTER],
        env=environment(module, file, started),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return started, started.node(json.loads(file.read_text()))


def functions(engine, node) -> dict[str, list[str]]:
    """Name of each function -> what was said of it."""
    found = {}
    for call in node.line():
        if call.field != "withObject":
            continue
        for inner in engine.node(call.arguments["object"]).line():
            if inner.field in ("withFunction", "withConstructor"):
                made = engine.node(inner.arguments["function"])
                root = next(iter(made.line()))
                found[root.arguments["name"]] = [engine.chain(made)]
    return found


def test_every_pipeline_is_a_function_and_the_gates_are_checks(registered):
    engine, node = registered
    found = functions(engine, node)
    assert set(found) - {""} == {
        *("assess", "check_assess", "check_validate", "docs", "model", "release_build", "smoke", "validate"),
    }
    for name, (chain,) in found.items():
        assert (".withCheck(" in chain) is name.startswith("check"), chain
        if name == "release_build":
            assert 'withCachePolicy(policy="Never")' in chain
        elif name:
            assert 'withCachePolicy(policy="PerSession")' in chain
    assert 'withArg(name="source"' in found["assess"][0]
    assert 'defaultPath="/"' in found[""][0]


def test_a_function_gives_the_reports_of_a_failed_gate_and_a_check_fails(module, engine, tmp_path):
    """Through the SDK's own (de)serialisation, as the engine calls it."""
    report = {"/reports/assessment.json": b"{}"}
    started = engine(Scripted([(said("assaymark"), Ended(1, stderr="not met", files=report))]))
    script = """
import anyio, dagger, json, sys
from dagger import dag
from assaymark_module import Assaymark
async def main():
    async with dagger.connection(dagger.Config(retry=None)):
        source = await dag.directory().with_new_file("README.md", "x").id()
        state = {"source": source, "base": "x@sha256:" + "a" * 64, "installed": True, "mirror": "", "index": ""}
        call = Assaymark.__dagger_module__.get_result
        folder = await call("Assaymark", state, "assess", {})
        print(json.dumps(str(folder)))
        try:
            await call("Assaymark", state, "check_assess", {})
        except Exception as problem:
            print(repr(problem.__cause__ or problem))
    await dagger.close()
anyio.run(main)
"""
    file = tmp_path / "module.json"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(module, file, started),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    folder, check = done.stdout.splitlines()[:2]
    files = started.back._directory(started, started.node(json.loads(folder)))
    assert set(files) == {"assessment.json", "pipeline.json"}
    assert json.loads(files["pipeline.json"])["status"] == 1
    assert "not met" in check


def test_engine_and_sdk_have_one_version(module, checkout):
    from dagger._engine._version import CLI_VERSION

    told = json.loads((module / "dagger.json").read_text())
    assert told["engineVersion"] == f"v{CLI_VERSION}"
    lock = (checkout / "requirements" / "run.txt").read_text()
    assert f"dagger-io=={CLI_VERSION}" in lock


def test_the_module_takes_along_what_it_is_built_from(module, checkout):
    project = tomllib.loads((module / "pyproject.toml").read_text())
    assert project["project"]["dependencies"][0] == f"assaymark-pipelines=={__version__}"
    for place in json.loads((module / "dagger.json").read_text())["include"]:
        assert (module / place).exists(), place
    for name, source in project["tool"]["uv"]["sources"].items():
        if name != "dagger-io":
            assert (module / source["path"] / "pyproject.toml").is_file()
    shipped = tomllib.loads((checkout / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    included = {(module / p).resolve() for p in json.loads((module / "dagger.json").read_text())["include"]}
    for folder in (*shipped["packages"], *shipped["force-include"]):
        assert any((checkout / folder).resolve().is_relative_to(place) for place in included), folder

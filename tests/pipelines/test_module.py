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
    path = os.pathsep.join(filter(None, (str(module / "src"), os.environ.get("PYTHONPATH"))))
    return os.environ | more | engine.environment | {"PYTHONPATH": path}


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
        *("image", "image_candidate", "image_promote"),
    }
    for name, (chain,) in found.items():
        assert (".withCheck(" in chain) is name.startswith("check"), chain
        if name in ("release_build", "image_candidate", "image_promote"):
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


IMAGE = """
import anyio, dagger, json
from dagger import dag
from assaymark_module import Assaymark
MANIFEST = 'schema = 1\\nrepository = "127.0.0.1:5/lab/tool"\\nsbom = false\\nplain_http = true\\ntags = ["version"]'
JUDGED = json.dumps({"subject": {"digest": "sha256:" + "1" * 64, "kind": "image"}, "subcriteria": [
    {"id": "IMG.1", "outcome": "passed"}]})
async def main():
    async with dagger.connection(dagger.Config(retry=None)):
        source = dag.directory().with_new_file("Dockerfile", "FROM scratch")
        folder = dag.directory().with_new_file("image.toml", MANIFEST).with_new_file("judged.json", JUDGED)
        state = {"source": await source.id(), "base": "x@sha256:" + "a" * 64, "installed": True}
        told = {"manifest": await folder.file("image.toml").id(), "commit": "c" * 40, "date": "2026-11-30"}
        login = {"user": "ada", "password": await dag.secret("env://PASSWORD").id()}
        call = Assaymark.__dagger_module__.get_result
        alone = await call("Assaymark", state, "image", told)
        made = await call("Assaymark", state, "image_candidate", told | login)
        told["version"] = "1.4.2"
        reports = {"judged": [await folder.file("judged.json").id()]}
        candidate = folder.with_new_file("candidate.json", json.dumps({"schema": 1, "sifs": {},
            "reference": "127.0.0.1:5/lab/tool-candidate:c@sha256:" + "1" * 64, "digest": "sha256:" + "1" * 64,
            "platforms": {"linux/amd64": "sha256:" + "1" * 64}}))
        reports["candidate"] = await candidate.file("candidate.json").id()
        done = await call("Assaymark", state, "image_promote", told | login | reports)
        print(json.dumps([str(alone), str(made), str(done)]))
        try:
            await call("Assaymark", state, "image_promote", told | login | reports | {"judged": []})
        except Exception as problem:
            print(repr(problem.__cause__ or problem))
    await dagger.close()
anyio.run(main)
"""


def test_an_image_is_built_and_promoted_and_nothing_of_it_is_published_unasked(module, engine, tmp_path):
    layout = {"/reports/index.json": b"{}", "/reports/image/oci-layout": b"{}"}
    rules = [
        (said("oci:/reports/image"), Ended(0, files=layout)),
        (said("--preserve-digests"), Ended(0, files={"/reports/promoted.txt": b"ok"})),
        (said("apt-get"), Ended(0)),
    ]
    started = engine(Scripted(rules))
    done = subprocess.run(
        [sys.executable, "-c", IMAGE],
        env=environment(module, tmp_path / "module.json", started),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    folders, refused = done.stdout.splitlines()[:2]
    alone, made, promoted = (started.back._directory(started, started.node(id)) for id in json.loads(folders))
    assert set(alone) == {"pipeline.json"}
    assert started.back.published == ["127.0.0.1:5/lab/tool-candidate:cccccccccccc"]
    assert json.loads(made["candidate.json"])["reference"].startswith("127.0.0.1:5/lab/tool-candidate:cccccccccccc@")
    assert promoted["promoted.txt"] == b"ok"
    assert "nothing is promoted that was not judged" in refused


def test_both_configurations_say_the_same(module, checkout):
    """What 0.21 reads and what 1.0 reads; the keys are those of its published schema."""
    before = json.loads((module / "dagger.json").read_text())
    after = tomllib.loads((module / "dagger-module.toml").read_text())
    assert set(after) <= {"name", "engineVersion", "include", "source", "runtime", "dependencies", "codegen", "clients"}
    assert (after["name"], after["include"]) == (before["name"], before["include"])
    assert after["runtime"] == before["sdk"]
    locked = (checkout / "requirements" / "dagger-next.txt").read_text().split()[0].partition("==")[2]
    assert after["engineVersion"] == "v" + locked.replace("b", "-beta.")


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

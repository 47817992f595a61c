"""The same pipelines with their steps really run.

In Docker Engine, behind the stand-in (`dagger_engine_docker`): programs of this machine (Python with assaymark, Git,
skopeo) are mounted read-only into a small image. And, where one is given, in a real Dagger engine, with real images.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import docker_engine
import images
import pytest
import registry
from dagger_engine_docker import Docker
from images import File, Made

from assaymark.api import Outcome
from assaymark_pipelines.settings import Settings

on_docker = pytest.mark.service("root", "dockerd", "docker", "busybox")
BASE = "registry.example.org/base@sha256:" + "b" * 64
APPLETS = ("sh", "cat", "echo", "true", "false", "cut", "sha256sum", "env", "kill", "mkdir")


@pytest.fixture(scope="module")
def docker(tmp_path_factory):
    """A Docker Engine that holds one small image, as `BASE`."""
    program = shutil.which("busybox")
    assert program
    layer = {name: File(folder=True, mode=0o755) for name in ("bin", "etc", "tmp", "root")}
    layer["bin/busybox"] = File(Path(program).read_bytes(), 0o755)
    layer |= {f"bin/{name}": File(link="busybox") for name in APPLETS}
    layer["etc/passwd"] = File(b"root:x:0:0::/root:/bin/sh\n")
    config = {"Env": [f"PATH={path()}", "HOME=/root", "LC_ALL=C.UTF-8"]}
    archive = images.docker_archive(Made([layer], config), tmp_path_factory.mktemp("base") / "base.tar")
    with docker_engine.running() as host:
        subprocess.run(["docker", "-H", host, "load", "-i", archive], check=True, capture_output=True)
        yield host


def path() -> str:
    return ":".join(("/bin", str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin"))


def volumes(checkout: Path) -> tuple[str, ...]:
    """Where programs and their libraries lie on this machine."""
    found = {"/usr", "/lib", "/lib64", sys.prefix, sys.base_prefix, str(checkout), "/etc/containers", "/etc/ssl"}
    return tuple(sorted(place for place in found if Path(place).exists()))


@pytest.fixture
def back(docker, checkout):
    def make(**how):
        return Docker(docker, {BASE: "lab/tool:1"}, volumes=volumes(checkout), **how)

    return make


@dataclass(frozen=True)
class There:
    """Where steps run: ``run`` performs a coroutine function, ``origin`` gives assaymark, in an open session."""

    run: Callable
    settings: Settings
    origin: Callable


@pytest.fixture(params=[pytest.param("docker", marks=on_docker), pytest.param("engine", marks=pytest.mark.engine)])
def there(request, checkout):
    if request.param == "engine":
        from assaymark_pipelines.elsewhere import OTHER
        from assaymark_pipelines.host import folder
        from assaymark_pipelines.toolbox import Origin

        really = request.getfixturevalue("really")
        return There(really, Settings(), lambda: Origin(checkout=folder(checkout, OTHER)))
    from assaymark_pipelines.toolbox import Origin

    play, back = request.getfixturevalue("play"), request.getfixturevalue("back")
    return There(lambda function: play(back(), function)[0], settings(), lambda: Origin(installed=True))


def settings():
    return Settings(base=BASE)


def test_a_repository_is_judged_in_a_container_as_it_is_here(there, repository, tmp_path):
    root = repository({"README.md": "# Tool\n", "LICENSE": "MIT\n", "tool.py": "print('x')\n"})
    words = ("--no-tools", "--as-of", "2026-11-30", "--no-cache")

    async def go():
        from assaymark_pipelines import assess
        from assaymark_pipelines.host import exported, repository

        asked = (*words, "--gate", "gold")
        results = await assess.assess(there.settings, there.origin(), repository(root), asked)
        await exported(results, tmp_path / "there")
        return results

    (result,) = there.run(go)
    assert (result.outcome, result.code) == (Outcome.FAILED, 1), result
    assert "gold" in result.stderr
    here = subprocess.run(
        [sys.executable, "-m", "assaymark", "assess", root, *words, "--output", tmp_path / "here"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert here.returncode == 0, here.stderr
    told = [json.loads((tmp_path / place / "assessment.json").read_text()) for place in ("here", "there")]
    for key in ("level", "missing", "subcriteria", "findings", "profile_digest"):
        assert told[0][key] == told[1][key], key
    assert told[0]["subject"]["commit"] == told[1]["subject"]["commit"]
    assert (tmp_path / "there" / "badge.svg").is_file()


def test_crashes_and_findings_are_told_apart_and_all_is_exported(there, tmp_path):
    async def go():
        from assaymark_pipelines.gate import Gate, together
        from assaymark_pipelines.host import exported
        from assaymark_pipelines.toolbox import fetched

        box = fetched(there.settings.base, there.settings)

        def gate(name, script, proof="report"):
            return Gate(name=name, box=box, argv=("sh", "-c", script), proof=proof)

        gates = [
            gate("clean", "echo ok > /reports/report"),
            gate("findings", "echo bad > /reports/report; echo seen; exit 1"),
            gate("nothing", "exit 0"),
            gate("killed", "echo half > /reports/report; kill -9 $$"),
            Gate(name="absent", box=box, argv=("no-such-program",)),
        ]
        results = await together(gates, there.settings)
        await exported(results, tmp_path)
        return results

    results = there.run(go)
    assert [(r.name, r.outcome.value, r.code) for r in results] == [
        ("clean", "passed", 0),
        ("findings", "failed", 1),
        ("nothing", "error", 0),
        ("killed", "error", 137),
        ("absent", "error", 127),
    ]
    assert (tmp_path / "clean" / "report").read_text() == "ok\n"
    assert (tmp_path / "findings" / "report").read_text() == "bad\n"
    assert results[1].stdout == "seen\n"


@on_docker
def test_a_secret_reaches_the_step_and_stays_nowhere(play, back, monkeypatch, docker):
    monkeypatch.setenv("A_TOKEN", "s3cr3t-s3cr3t")

    async def go():
        from dagger import dag

        from assaymark_pipelines.toolbox import fetched

        box = fetched(BASE, settings()).with_secret_variable("TOKEN", dag.secret("env://A_TOKEN"))
        return await box.with_exec(["sh", "-c", 'echo "${#TOKEN}"']).stdout()

    made = back()
    told, engine = play(made, go)
    assert told == "13\n"
    assert "s3cr3t" not in "\n".join(engine.queries)
    for image in made.made:
        config = subprocess.run(["docker", "-H", docker, "inspect", image], capture_output=True, check=True).stdout
        assert b"s3cr3t" not in config


@on_docker
@pytest.mark.service("skopeo", "docker-registry")
def test_an_image_goes_from_its_source_to_its_tags_with_one_digest(play, back, tmp_path, monkeypatch, assaymark):
    """Built, tried, published as a candidate, judged, promoted: the bytes in the registry stay the same."""
    from assaymark_pipelines.manifest import read
    from assaymark_pipelines.tags import About

    source = tmp_path / "source"
    source.mkdir()
    shutil.copy(str(shutil.which("busybox")), source / "busybox")
    (source / "Dockerfile").write_text(
        'FROM scratch\nARG GREETING\nCOPY busybox /bin/sh\nENV GREETING=$GREETING\nENTRYPOINT ["/bin/sh"]\n'
    )
    monkeypatch.setenv("DOCKER_BUILDKIT", "0")
    monkeypatch.setenv("PASSWORD", registry.PASSWORD)
    about = About(commit="c" * 40, date="2026-11-30", version="1.4.2", source="https://example.org/lab/tool")
    with registry.serving(tmp_path, login=True) as address:
        manifest = read(
            f"""
            schema = 1
            repository = "{address}/lab/tool"
            tags = ["version", "minor", "latest"]
            sbom = false
            user = "USER_NAME"
            password = "PASSWORD"
            plain_http = true
            skopeo = "{BASE}"
            build_args = {{ GREETING = "hello" }}
            test = [{{ name = "shell", command = ["/bin/sh", "-c", "exit 3"], status = 3 }}]
            """.encode(),
            "image.toml",
        )
        out = tmp_path / "out"

        async def build():
            from assaymark_pipelines.flow import built
            from assaymark_pipelines.host import exported, folder

            results = await built(manifest, folder(source), about, settings(), registry.USER, out)
            await exported(results, out)
            return results

        results, _ = play(back(network="host"), build)
        assert [(r.name, r.outcome.value) for r in results] == [
            *(("build-linux-amd64", "passed"), ("test-shell-linux-amd64", "passed")),
            *(("publish", "passed"), ("image", "passed")),
        ], results
        told = json.loads((out / "candidate.json").read_text())
        assert listed(address, "lab/tool-candidate") == {"c" * 12: told["digest"]}
        assert listed(address, "lab/tool") == {}

        done = assaymark("smoke", out / "image" / "image", "--output", tmp_path / "report")
        assert done.returncode == 0, done.stderr
        judged = json.loads((tmp_path / "report" / "assessment.json").read_text())
        assert judged["subject"]["digest"] == told["digest"]

        async def promote():
            from assaymark_pipelines.image import candidate_of, promote

            candidate = candidate_of((out / "candidate.json").read_text(), "candidate.json")
            return await promote(manifest, candidate, about, settings(), registry.USER, os.urandom(4).hex())

        for _ in range(2):
            (result,), _ = play(back(network="host"), promote)
            assert result.outcome is Outcome.PASSED, result
            assert listed(address, "lab/tool") == dict.fromkeys(("1.4.2", "1.4", "latest"), told["digest"])

        manifest = replace(manifest, build_args={"GREETING": "changed"})
        play(back(network="host"), build)
        another = json.loads((out / "candidate.json").read_text())["digest"]
        assert another != told["digest"]
        (result,), _ = play(back(network="host"), promote)
        assert result.outcome is Outcome.FAILED
        assert "raise the version" in result.stderr
        assert listed(address, "lab/tool") == dict.fromkeys(("1.4.2", "1.4", "latest"), told["digest"])


def listed(address: str, repository: str) -> dict[str, str]:
    """Tag -> digest, asked of the registry itself."""
    place = ["--tls-verify=false", "--creds", f"{registry.USER}:{registry.PASSWORD}"]
    tags = subprocess.run(
        ["skopeo", "list-tags", *place, f"docker://{address}/{repository}"], capture_output=True, check=False
    )
    if tags.returncode:
        return {}
    found = {}
    for tag in json.loads(tags.stdout)["Tags"]:
        raw = subprocess.run(
            ["skopeo", "inspect", *place, "--raw", f"docker://{address}/{repository}:{tag}"],
            capture_output=True,
            check=True,
        ).stdout
        found[tag] = images.digest_of(raw)
    return found

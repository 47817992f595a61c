"""The same pipelines with their steps really run.

In Docker Engine, behind the stand-in (`dagger_engine_docker`): programs of this machine (Python with assaymark, Git,
skopeo, mksquashfs, siftool) are mounted read-only into a small image. And, where one is given, in a real Dagger engine,
with real images; ASSAYMARK_ENGINE_REGISTRY is then an empty registry of images (HOST:PORT, by plain HTTP, without a
login) that this machine and the engine both reach.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
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
from assaymark_pipelines.tags import About

on_docker = pytest.mark.service("root", "dockerd", "docker", "busybox")
# Taken before any test cleans the environment.
REGISTRY = os.environ.get("ASSAYMARK_ENGINE_REGISTRY", "")
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
    """Where steps run: ``run`` performs a coroutine function, ``origin`` gives assaymark, in an open session.

    ``registry`` serves one of images, with a login or not; ``skopeo`` is an image that has it ('' for Debian's own).
    ``kept`` gives all that was asked for and all that stays of it, as far as it can be seen.
    """

    run: Callable
    settings: Settings
    origin: Callable
    registry: Callable[[Path], AbstractContextManager[str]]
    login: bool
    skopeo: str
    kept: Callable[[], str]


@pytest.fixture(params=[pytest.param("docker", marks=on_docker), pytest.param("engine", marks=pytest.mark.engine)])
def there(request, checkout):
    return request.getfixturevalue(f"in_{request.param}")


@pytest.fixture
def in_engine(really, checkout):
    from assaymark_pipelines.elsewhere import OTHER
    from assaymark_pipelines.host import folder
    from assaymark_pipelines.toolbox import Origin

    def serving(_: Path) -> AbstractContextManager[str]:
        if not REGISTRY:
            pytest.skip("needs a registry that a real engine reaches: ASSAYMARK_ENGINE_REGISTRY")
        return nullcontext(REGISTRY)

    def origin():
        return Origin(checkout=folder(checkout, OTHER))

    return There(really, Settings(), origin, serving, login=False, skopeo="", kept=str)


@pytest.fixture
def in_docker(play, back, docker):
    from assaymark_pipelines.toolbox import Origin

    network = "none"

    def run(function):
        made.append(back(network=network))
        value, engine = play(made[-1], function)
        asked.extend(engine.queries)
        return value

    def kept() -> str:
        words = ["docker", "-H", docker, "inspect", *(image for each in made for image in each.made)]
        return subprocess.run(words, capture_output=True, check=True, text=True).stdout + "\n".join(asked)

    def serving(place: Path) -> AbstractContextManager[str]:
        nonlocal network
        network = "host"  # that of this machine, where the registry is
        return registry.serving(place, login=True)

    made: list[Docker] = []
    asked: list[str] = []
    return There(
        run,
        settings(),
        lambda: Origin(installed=True),
        serving,
        login=True,
        skopeo=BASE,
        kept=kept,
    )


ABOUT = About(commit="c" * 40, date="2026-11-30", version="1.4.2", source="https://example.org/lab/tool")


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


def test_a_secret_reaches_the_step_and_stays_nowhere(there, monkeypatch):
    monkeypatch.setenv("A_TOKEN", "s3cr3t-s3cr3t")

    async def go():
        from dagger import dag

        from assaymark_pipelines.toolbox import fetched

        box = fetched(there.settings.base, there.settings)
        box = box.with_secret_variable("TOKEN", dag.secret("env://A_TOKEN"))
        return await box.with_exec(["sh", "-c", 'echo "${#TOKEN}"']).stdout()

    assert there.run(go) == "13\n"
    assert "s3cr3t" not in there.kept()


@pytest.fixture
def source(tmp_path, monkeypatch):
    """The smallest image there is, and what the registry of these tests asks for."""
    place = tmp_path / "source"
    place.mkdir()
    shutil.copy(str(shutil.which("busybox")), place / "busybox")
    (place / "Dockerfile").write_text(
        'FROM scratch\nARG GREETING\nCOPY busybox /bin/sh\nENV GREETING=$GREETING\nENTRYPOINT ["/bin/sh"]\n'
    )
    monkeypatch.setenv("DOCKER_BUILDKIT", "0")
    monkeypatch.setenv("PASSWORD", registry.PASSWORD)
    return place


def manifest_for(address, there):
    from assaymark_pipelines.manifest import read

    login = 'user = "USER_NAME"\npassword = "PASSWORD"' if there.login else ""
    return read(
        f"""
        schema = 1
        repository = "{address}/lab/tool"
        tags = ["version", "minor", "latest"]
        sbom = false
        sif = "debian"
        {login}
        plain_http = true
        skopeo = "{there.skopeo}"
        build_args = {{ GREETING = "hello" }}
        test = [{{ name = "shell", command = ["/bin/sh", "-c", "exit 3"], status = 3 }}]
        """.encode(),
        "image.toml",
    )


def build_for(manifest, source, there, out):
    """Builds, tries and publishes a candidate; gives the results."""

    async def build():
        from assaymark_pipelines.flow import CANDIDATE, built
        from assaymark_pipelines.host import exported, folder, write
        from assaymark_pipelines.registry import login_of

        login = login_of(manifest, registry.USER if there.login else "")
        results = await built(
            manifest,
            folder(source),
            ABOUT,
            there.settings,
            login,
            lambda found: write(out / CANDIDATE, found.to_json()),
        )
        await exported(results, out)
        return results

    return there.run(build)


def promote_for(manifest, there, out):
    """Promotes the candidate of a build; gives the results."""

    async def promote():
        from assaymark_pipelines.image import candidate_of, promote
        from assaymark_pipelines.registry import login_of

        candidate = candidate_of((out / "candidate.json").read_text(), "candidate.json")
        login = login_of(manifest, registry.USER if there.login else "")
        return await promote(manifest, candidate, ABOUT, there.settings, login, os.urandom(4).hex())

    return there.run(promote)


@pytest.mark.service("busybox", "skopeo", "docker-registry", "mksquashfs", "siftool")
def test_an_image_goes_from_its_source_to_its_tags_with_one_digest(there, source, tmp_path, assaymark):
    """Built, tried, published as a candidate, judged, promoted: the bytes in the registry stay the same."""
    out = tmp_path / "out"
    with there.registry(tmp_path) as address:
        manifest = manifest_for(address, there)
        results = build_for(manifest, source, there, out)
        assert [(r.name, r.outcome.value) for r in results] == [
            *(("build-linux-amd64", "passed"), ("test-shell-linux-amd64", "passed"), ("sif-linux-amd64", "passed")),
            *(("publish", "passed"), ("image", "passed"), ("publish-sif-linux-amd64", "passed")),
        ], results
        told = json.loads((out / "candidate.json").read_text())
        sif = told["sifs"]["linux/amd64"]
        assert listed(address, "lab/tool-candidate", there) == {"c" * 12: told["digest"], "c" * 12 + "-sif-amd64": sif}
        assert listed(address, "lab/tool", there) == {}

        done = assaymark("smoke", out / "image" / "image", "--output", tmp_path / "report")
        assert done.returncode == 0, done.stderr
        judged = json.loads((tmp_path / "report" / "assessment.json").read_text())
        assert judged["subject"]["digest"] == told["digest"]

        tags = ("1.4.2", "1.4", "latest")
        final = dict.fromkeys(tags, told["digest"]) | {f"{tag}-sif-amd64": sif for tag in tags}
        for _ in range(2):
            results = promote_for(manifest, there, out)
            assert [r.outcome for r in results] == [Outcome.PASSED] * 2, results
            assert listed(address, "lab/tool", there) == final
        pulled(address, "lab/tool:latest-sif-amd64", there, told["digest"], out / "sif-linux-amd64" / "image.sif")

        manifest = replace(manifest, build_args={"GREETING": "changed"})
        build_for(manifest, source, there, out)
        another = json.loads((out / "candidate.json").read_text())
        assert another["digest"] != told["digest"]
        [result] = promote_for(manifest, there, out)
        assert result.outcome is Outcome.FAILED
        assert "raise the version" in result.stderr
        mixed = told | {"sifs": another["sifs"]}
        (out / "candidate.json").write_text(json.dumps(mixed))
        _, result = promote_for(manifest, there, out)
        assert result.outcome is Outcome.ERROR
        assert "it was not made from" in result.stderr, "the SIF of another image"
        assert listed(address, "lab/tool", there) == final


def pulled(address, name, there, image, file):
    """The SIF behind a tag is the file that was made, in the form in which Apptainer takes it, and names its image."""
    raw = subprocess.run(
        ["skopeo", "inspect", *access(there), "--raw", f"docker://{address}/{name}"], capture_output=True, check=True
    ).stdout
    told = json.loads(raw)
    [layer] = told["layers"]
    assert layer["mediaType"] == told["artifactType"] == "application/vnd.sylabs.sif.layer.v1.sif"
    assert (layer["digest"], layer["size"]) == (images.digest_of(file.read_bytes()), file.stat().st_size)
    assert told["config"]["mediaType"] == "application/vnd.sylabs.sif.config.v1+json"
    assert told["subject"]["digest"] == image
    assert file.read_bytes()[32:41] == b"SIF_MAGIC"


def access(there) -> list[str]:
    creds = ["--creds", f"{registry.USER}:{registry.PASSWORD}"] if there.login else []
    return ["--tls-verify=false", *creds]


def listed(address: str, repository: str, there) -> dict[str, str]:
    """Tag -> digest, asked of the registry itself."""
    tags = subprocess.run(
        ["skopeo", "list-tags", *access(there), f"docker://{address}/{repository}"], capture_output=True, check=False
    )
    if tags.returncode:
        return {}
    found = {}
    for tag in json.loads(tags.stdout)["Tags"]:
        raw = subprocess.run(
            ["skopeo", "inspect", *access(there), "--raw", f"docker://{address}/{repository}:{tag}"],
            capture_output=True,
            check=True,
        ).stdout
        found[tag] = images.digest_of(raw)
    return found

"""The command lines of engines. Where the program is not to be had, the words it documents are what is tested."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import images
import pytest

from assaymark.errors import InputError
from assaymark.images.source import manifest, opened
from assaymark.job import Confinement, Handle, Job, Resources, State
from assaymark.runners.choose import ENGINES, Places, back_of, engine_named, runner
from assaymark.runners.engines.apptainer import Apptainer
from assaymark.runners.engines.bubblewrap import Bubblewrap
from assaymark.runners.engines.docker import Docker
from assaymark.runners.engines.load import as_docker, config_digest, loaded
from assaymark.runners.engines.udocker import Udocker
from assaymark.runners.folder import WORK
from assaymark.runners.local import Processes
from assaymark.runners.shared import SharedFolder
from assaymark.runners.wait import wait

STRICT = Confinement(read_only=True, network=False)
JOB = Job(id="job", command=("tool", "--version"), image="i.tar", confinement=STRICT, environment={"A": "b"})
# Writes down its arguments, then runs the command after the image.
FAKE = """#!/bin/sh
[ "$1" = --version ] && { echo "apptainer version 1.3.0"; exit 0; }
printf '%s\\n' "$@" "env:$APPTAINERENV_A" > "$ASSAYMARK_RECORD"
while [ "$1" != /image ]; do shift; done
shift
exec "$@"
"""
Program = Callable[[str, str], Path]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    def make(name: str, script: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        return folder / name

    return make


def test_apptainer_by_its_documented_words(program: Program, tmp_path: Path) -> None:
    record = tmp_path / "record"
    program("apptainer", FAKE.replace("$ASSAYMARK_RECORD", str(record)))
    engine = Apptainer(lambda _: Path("/image"))
    assert engine.problem() is None
    assert engine.version() == "1.3.0"
    at = SharedFolder(Processes("container"), tmp_path / "jobs", engine, 0.3)
    # Images for GPUs have variables with commas, which --env takes for the ends of values.
    variables = {"A": 'compute,utility "x"=$(id)'}
    handle = at.submit(replace(JOB, command=("/bin/sh", "-c", "exit 5"), environment=variables))
    [status] = wait(at, [handle])["job"]
    assert (status.state, status.code) == (State.EXITED, 5)
    words = record.read_text().splitlines()
    assert words[:5] == ["exec", "--containall", "--no-home", "--cleanenv", "--no-eval"]
    assert words.pop() == f"env:{variables['A']}"
    assert words[words.index("--bind") + 1] == f"{handle.folder}/runs/0/work:/mnt"
    assert words[words.index("--network") + 1] == "none"
    assert words[words.index("/image") + 1 :] == ["/bin/sh", "-c", "exit 5"]


@pytest.mark.parametrize("bind", ["/home:/home", "/home", "/ceph:/home/assaymark"])
def test_a_home_of_the_site_is_not_covered(bind: str) -> None:
    job = replace(JOB, home=True)
    for engine in (
        Apptainer(lambda _: Path("/image"), binds=(bind,)),
        Bubblewrap(lambda _: Path("/image"), binds=(bind,)),
    ):
        with pytest.raises(InputError, match="the site mounts its own"):
            engine.wrap(job)


def test_apptainer_mounts_a_home_in_its_own_way() -> None:
    words = Apptainer(lambda _: Path("/image")).wrap(replace(JOB, home=True)).argv
    assert words[words.index("--home") + 1] == f"{WORK}/home:/home/assaymark"
    assert "--no-home" not in words


@pytest.mark.parametrize("how", [replace(STRICT, user=5), replace(STRICT, read_only=False)])
def test_what_apptainer_cannot_take_away_is_refused(how: Confinement) -> None:
    with pytest.raises(InputError, match="apptainer"):
        Apptainer(lambda _: Path("/image")).wrap(replace(JOB, confinement=how))


def test_apptainer_takes_its_caller_for_an_ordinary_user_unless_that_is_root(program: Program) -> None:
    engine = Apptainer(lambda _: Path("/image"))
    job = replace(JOB, confinement=replace(STRICT, user=Confinement.ORDINARY))
    program("id", "#!/bin/sh\necho 1000\n")
    assert "/image" in engine.wrap(job).argv
    for told, why in (("echo 0", "root"), ("exit 1", "found out")):
        program("id", f"#!/bin/sh\n{told}\n")
        with pytest.raises(InputError, match=why):
            engine.wrap(job)


def test_udocker_takes_nothing_away_by_itself(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UDOCKER_DIR", "/tools")
    monkeypatch.setenv("UDOCKER_DEFAULT_EXECUTION_MODE", "R1")
    program("bwrap", "#!/bin/sh\nexit 0\n")
    engine = Udocker(lambda _: Path("/image"), binds=("/ceph:/data",))
    job = replace(JOB, environment={"A": "b", "E": ""})
    text = " ".join(engine.wrap(job).argv)
    for words in (
        "bwrap --dev-bind / / --ro-bind /image /image", "--tmpfs /image/tmp --unshare-net -- env", "UDOCKER_DIR=/tools",
        "UDOCKER_DEFAULT_EXECUTION_MODE=P1", "-q run --location=/image", f"--user={os.getuid()}",
        f"--volume={WORK}:/mnt --workdir=/mnt --volume=/ceph:/data", "--env=A=b --env=E= --nobanner ours",
    ):  # fmt: skip # a table of cases
        assert words in text, words
    assert text.endswith(" ours tool --version")
    assert "--unshare-net" not in engine.wrap(replace(job, confinement=Confinement())).argv
    assert ("--allow-root" in text) == (os.getuid() == 0)
    for wrong in (
        replace(job, confinement=replace(STRICT, read_only=False)),
        replace(job, confinement=replace(STRICT, user=5)),
        replace(job, resources=Resources(gpus=1)),
        replace(job, command=("tool", "")),
    ):
        with pytest.raises(InputError, match="udocker"):
            engine.wrap(wrong)
    program("bwrap", "#!/bin/sh\nexit 1\n")
    with pytest.raises(InputError, match="takes nothing away"):
        engine.wrap(job)


def test_docker_takes_everything_away() -> None:
    job = replace(JOB, confinement=replace(STRICT, user=5), resources=Resources(memory=64))
    wrapped = Docker(lambda job, program: "sha256:1").wrap(job)
    text = " ".join(wrapped.argv)
    for words in (
        "--cap-drop ALL", "--security-opt no-new-privileges", "--network none", "--read-only", "--user 5:5",
        "--memory 64m", "--pull never", f"--volume {WORK}:/mnt", "--entrypoint tool sha256:1 --version",
    ):  # fmt: skip # a table of cases
        assert words in text, words
    assert wrapped.limits_memory
    assert wrapped.cleanup[-3:-1] == ("rm", "--force")
    assert "--rm" not in wrapped.argv


@pytest.mark.parametrize(("options", "group"), [("[name=seccomp]", None), ("[name=rootless]", 0)])
def test_any_user_of_docker_is_in_our_group(options: str, group: int | None, program: Program) -> None:
    program("docker", f"#!/bin/sh\necho '{options}'\n")
    argv = Docker(lambda job, program: "sha256:1").wrap(JOB).argv
    assert argv[argv.index("--group-add") + 1] == str(os.getgid() if group is None else group)


def test_podman_is_asked_in_the_same_words() -> None:
    wrapped = Docker(lambda job, program: f"{program}-image", "podman").wrap(JOB)
    assert wrapped.argv[wrapped.argv.index("run") - 1] == "podman"
    assert "podman-image" in wrapped.argv


@pytest.mark.parametrize("write", [images.docker_archive, images.oci_layout])
def test_an_image_is_handed_to_docker_as_it_is(write: Callable[..., Path], tmp_path: Path) -> None:
    path = write(images.Made([{"a": images.File(b"1")}, {"b": images.File(b"2")}]), tmp_path / "image")
    with opened(path) as source, (tmp_path / "out.tar").open("wb") as file:
        found = manifest(source)
        as_docker(source, found, file)
        identity = config_digest(source, found)
    with opened(tmp_path / "out.tar") as source:
        again = manifest(source)
        assert again.digest == identity
        assert len(again.layers) == 2
        assert json.loads(json.dumps(again.config)) == json.loads(json.dumps(found.config))


def test_a_program_that_is_not_there_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    at = Places(jobs=tmp_path, images=tmp_path)
    for name in ENGINES:
        engine = engine_named(name, at)
        assert engine.problem(), name
        assert engine.version() is None, name
    with pytest.raises(InputError, match="no container engine works"):
        runner("container", None, at)
    assert runner("sandbox", None, at).problem()
    assert "not installed" in str(runner("slurm", None, at).problem())


def test_a_sandbox_that_leaves_the_network_is_none(program: Program, tmp_path: Path) -> None:
    program("bwrap", "#!/bin/sh\nprintf 'a\\nb\\n    lo: 0\\n  eth0: 0\\n'\n")
    problem = engine_named("bubblewrap", Places(jobs=tmp_path, images=tmp_path)).problem()
    assert problem
    assert "network" in problem


@pytest.mark.parametrize(("name", "says"), [("slrm", "slurm"), ("cloud", "one of")])
def test_a_runner_that_is_not_there(name: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        runner(name, None, Places(jobs=tmp_path, images=tmp_path))
    assert says in str(caught.value)
    with pytest.raises(InputError):
        back_of(Handle(runner=name, id="x", folder=str(tmp_path)))


def test_an_engine_where_none_belongs(tmp_path: Path) -> None:
    at = Places(jobs=tmp_path, images=tmp_path)
    for kind, engine in (("local", "docker"), ("container", "rkt"), ("slurm", "docker")):
        with pytest.raises(InputError):
            runner(kind, engine, at)
    with pytest.raises(InputError, match="no container engine"):
        runner("local", None, at).submit(JOB)


def test_what_docker_cannot_load_is_said(tmp_path: Path) -> None:
    (tmp_path / "root/bin").mkdir(parents=True)
    (tmp_path / "image.sqfs").write_bytes(b"hsqs" + b"\0" * 200)
    for name in ("root", "image.sqfs"):
        with pytest.raises(InputError, match="takes no unpacked folder"):
            loaded(replace(JOB, image=str(tmp_path / name)), "docker")


def test_an_unpacked_folder_is_given_to_an_engine_that_takes_one(program: Program, tmp_path: Path) -> None:
    program("docker", "#!/bin/sh\necho 27.0\n")
    program("bwrap", "#!/bin/sh\nprintf 'a\\nb\\n    lo: 0\\n'\n")
    for other in ("podman", "apptainer", "singularity", "ch-run"):
        program(other, "#!/bin/sh\nexit 1\n")
    (tmp_path / "root/bin").mkdir(parents=True)
    at = Places(jobs=tmp_path, images=tmp_path)
    for image, engine in ((tmp_path / "root", "bubblewrap"), (tmp_path / "image.tar", "docker"), (None, "docker")):
        found = runner("container", None, at, image=image).engine
        assert found is not None
        assert found.name == engine


@pytest.mark.service("bwrap", "busybox", "mksquashfs", "unsquashfs")
def test_one_file_is_unpacked_and_run(tmp_path: Path) -> None:
    from assaymark.images.convert import converted
    from assaymark.images.unpack import unpacked

    made = images.docker_archive(images.Made([images.busybox()]), tmp_path / "i.tar")
    root, digest = unpacked(made, tmp_path / "cache")
    path = converted(root, "squashfs", tmp_path / "cache", digest.replace(":", "-"))
    at = runner("container", "bubblewrap", Places(jobs=tmp_path / "jobs", images=tmp_path / "images"), settle=0.3)
    handle = at.submit(Job(id="one", command=("/bin/tool",), image=str(path)))
    assert wait(at, [handle])["one"][0].code == 0


@pytest.mark.service("bwrap", "busybox")
def test_a_folder_in_place_is_not_touched(tmp_path: Path) -> None:
    from assaymark.images.unpack import unpacked

    made = images.docker_archive(images.Made([images.busybox()]), tmp_path / "i.tar")
    root, _ = unpacked(made, tmp_path / "cache")
    at = runner("container", "bubblewrap", Places(jobs=tmp_path / "jobs", images=tmp_path / "images"), settle=0.3)
    handle = at.submit(Job(id="place", command=("/bin/tool",), image=str(root)))
    assert wait(at, [handle])["place"][0].code == 0
    assert not (tmp_path / "images").exists()
    (root / "mnt").rmdir()
    with pytest.raises(InputError, match="lacks mnt"):
        at.submit(Job(id="other", command=("/bin/tool",), image=str(root)))

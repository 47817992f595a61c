"""What goes wrong between us and a login node: nothing is started twice, nothing lost, nothing believed too early."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import login_node
import pytest
import slurm
from offloading import NEEDS, Place, job, running, until, waiting

from assaymark.errors import InputError
from assaymark.job import Site, State
from assaymark.runners.choose import Places, back_of, runner
from assaymark.runners.login import Login
from assaymark.runners.shared import SharedFolder
from assaymark.runners.wait import wait

NAME = "login+charliecloud"
pytestmark = pytest.mark.service(*NEEDS[NAME])


@pytest.fixture
def up(login: login_node.LoginNode) -> Iterator[login_node.LoginNode]:
    """The login node, up again at the end."""
    yield login
    if login.process is None:
        login.start()


def test_the_connection_drops_while_a_job_runs(place: Place, up: login_node.LoginNode, tmp_path: Path) -> None:
    at = place(NAME)
    handle = at.submit(job("dropped", f"{waiting(tmp_path / 'go')}; echo done; exit 6"))
    until(at, handle, lambda s: s.state is State.RUNNING)
    up.stop()
    [away] = at.status(handle)
    assert away.state is State.RUNNING
    assert "cannot be asked" in away.reason
    up.start()
    (tmp_path / "go").touch()
    assert until(at, handle, lambda s: s.state.over).code == 6
    assert at.logs(handle).stdout == b"done\n"


def test_the_connection_drops_before_the_answer(
    place: Place, up: login_node.LoginNode, cluster: slurm.Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job was taken, nobody heard it: it is found, not started again."""
    at = place(NAME)
    asked = Login.shell

    def deaf(self: Login, script: str, **more: object) -> object:
        done = asked(self, script, **more)  # type: ignore[arg-type]  # handed on as it came
        if script.startswith("sbatch"):
            up.stop()
            return replace(done, returncode=None, stdout=b"", problem="the connection was lost")
        return done

    with monkeypatch.context() as patch:
        patch.setattr(Login, "shell", deaf)
        handle = at.submit(job("unheard", "sleep 1; echo ran; exit 5"))
    assert handle.reference is None
    [away] = at.status(handle)
    assert not away.state.over
    up.start()
    again = at.submit(job("unheard", "echo never"))
    assert (again.reference or "").isdecimal()
    assert until(at, again, lambda s: s.state.over).code == 5
    assert at.logs(again).stdout == b"ran\n"
    names = cluster.ask("squeue", "-h", "-t", "all", "-o", "%j").split()
    assert len([n for n in names if "unheard" in n]) == 1


def test_a_site_that_stays_away_is_said_to_and_the_job_is_kept(
    place: Place, up: login_node.LoginNode, tmp_path: Path
) -> None:
    at = place(NAME)
    handle = at.submit(job("away", f"{waiting(tmp_path / 'go')}; exit 7"))
    until(at, handle, lambda s: s.state is State.RUNNING)
    up.stop()
    [status] = wait(at, [replace(handle, time=1, submitted=0, queue=1)], grace=0)["away"]
    assert status.state in (State.TIMED_OUT, State.WAITED_OUT)
    assert "could not be cancelled" in status.reason
    up.start()
    (tmp_path / "go").touch()
    assert until(at, handle, lambda s: s.state.over).code == 7


CONTROLLER = """
import sys
from pathlib import Path
from assaymark.job import Job
from assaymark.runners.choose import Places, runner
from assaymark.job import Site
from assaymark.runners.wait import wait
work, far, config = sys.argv[1:]
site = Site(name="ci", runner="slurm", login="login", ssh_config=config, work=far, engine="charliecloud")
at = runner("slurm", None, Places(jobs=Path(work), images=Path(work)), 1.0, site)
handle = at.submit(Job(id="survivor", command=("/bin/sh", "-c", "sleep 3; echo done; exit 6")))
print("submitted", flush=True)
wait(at, [handle])
"""


def test_a_controller_is_killed_and_taken_up_by_its_handle(place: Place, login: login_node.LoginNode) -> None:
    at = place(NAME)
    far = at.back.far.work  # type: ignore[attr-defined]  # that of Slurm
    argv = [sys.executable, "-c", CONTROLLER, str(at.root), far, str(login.config)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as controller:
        assert controller.stdout
        assert controller.stdout.readline() == b"submitted\n"
        controller.kill()
    handle = at.submit(job("survivor", "echo never"))
    status = wait(back_of(handle, Places(at.root, at.root)), [handle])["survivor"][0]
    assert (status.state, status.code) == (State.EXITED, 6)
    assert at.logs(handle).stdout == b"done\n"
    assert running(f"-F {login.config}")[1:] == []


def other(at: SharedFolder, tmp_path: Path, config: str) -> SharedFolder:
    """The same site, reached by another configuration of ssh."""
    (tmp_path / "ssh").write_text(config)
    site = Site(
        name="x", runner="slurm", login="login", ssh_config=str(tmp_path / "ssh"), work="/x", engine="apptainer"
    )
    return runner("slurm", None, Places(at.root, at.root), 0.3, site)


def test_an_unknown_host_is_refused(place: Place, login: login_node.LoginNode, tmp_path: Path) -> None:
    (tmp_path / "known").write_text(f"[127.0.0.1]:{login.port} {(login.folder / 'user.pub').read_text()}")
    at = other(place(NAME), tmp_path, login.config.read_text().replace(f"{login.folder}/known", f"{tmp_path}/known"))
    assert "host key" in (at.problem() or "").lower()
    with pytest.raises(InputError, match="cannot be copied"):
        at.submit(job("refused", "true"))


def test_a_port_that_nobody_listens_on(place: Place, login: login_node.LoginNode, tmp_path: Path) -> None:
    at = other(place(NAME), tmp_path, login.config.read_text().replace(f"Port {login.port}", "Port 1"))
    assert "refused" in (at.problem() or "")


def test_an_image_goes_on_where_the_copy_stopped(login: login_node.LoginNode, tmp_path: Path) -> None:
    node = Login("login", config=str(login.config))
    data = bytes(range(256)) * 5000
    (tmp_path / "data").write_bytes(data)
    (tmp_path / "there").write_bytes(data[:777_777])
    node.put(tmp_path / "data", str(tmp_path / "there"))
    assert (tmp_path / "there").read_bytes() == data


def test_a_module_that_is_not_there_ends_the_job_with_a_reason(place: Place) -> None:
    at = place(NAME)
    back = replace(at.back, modules=("no-such-module/1",))  # type: ignore[type-var]  # a dataclass
    at = replace(at, back=back)
    handle = at.submit(job("module", "true"))
    status = until(at, handle, lambda s: s.state.over)
    assert status.state is State.NO_VERDICT


def test_what_a_login_shell_prints_is_no_answer(login: login_node.LoginNode) -> None:
    node = Login("login", config=str(login.config))
    done = node.asked(["printf", "%s", "a b\n$(id) 'q'"])
    assert (done.returncode, done.stdout) == (0, b"a b\n$(id) 'q'")
    assert node.asked(["sh", "-c", "exit 255"]).returncode == 255
    killed = node.asked(["sh", "-c", "kill -9 $$"])
    assert killed.returncode == 137
    with pytest.raises(InputError, match="no name of a login node"):
        Login("-oProxyCommand=id")


def test_a_disk_that_is_full_on_the_other_side(place: Place, tmp_path: Path) -> None:
    at = place(NAME)
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160k", "none", str(small)], check=True)
    try:
        far = replace(at.back.far, work=str(small))  # type: ignore[attr-defined]  # that of Slurm
        there = replace(at, back=replace(at.back, far=far))  # type: ignore[type-var]  # a dataclass
        handle = there.submit(job("full", "cat /dev/zero > filled 2>/dev/null; exit 0"))
        status = until(there, handle, lambda s: s.state.over)
        assert (status.state, status.code) == (State.NO_VERDICT, None), status
        assert status.reason
        with pytest.raises(InputError, match="No space left"):
            there.submit(job("no-room", "exit 0"))
        there.forget(handle)
        assert until(there, there.submit(job("no-room", "exit 3")), lambda s: s.state.over).code == 3
    finally:
        subprocess.run(["umount", "--lazy", str(small)], check=True)

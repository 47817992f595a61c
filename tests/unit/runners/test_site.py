"""``sites.toml``: every mistake is named with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from assaymark.errors import InputError
from assaymark.runners.choose import runner
from assaymark.runners.far import Far
from assaymark.runners.login import Login
from assaymark.runners.site import RUNNERS, default, site, sites
from assaymark.runners.slurm import Slurm

WHOLE = """
[site.vega]
runner = "slurm"
login = "user@vega"
port = 2222
ssh_config = "ssh"
work = "/ceph/work"
engine = "apptainer"
partition = "gpu"
account = "d2026"
flags = ["--constraint=a100"]
modules = ["apptainer/1.3", "OpenMPI/4.1.5-GCC-12.3.0"]
binds = ["/ceph", "/exa5/scratch:/scratch"]
network = "none"
launcher = ["srun", "--mpi=pmix"]
gpus = 4
[site.here]
runner = "container"
"""


def written(folder: Path, text: str) -> Path:
    (folder / "sites.toml").write_text(text)
    return folder / "sites.toml"


def test_all_that_can_be_said(tmp_path: Path) -> None:
    found = site("vega", written(tmp_path, WHOLE))
    assert found.binds == ("/ceph:/ceph", "/exa5/scratch:/scratch")
    assert found.ssh_config == str(tmp_path / "ssh")
    assert found.launcher == ("srun", "--mpi=pmix")
    at = runner("slurm", site=found)
    assert at.back == Slurm(Far(Login("user@vega", 2222, str(tmp_path / "ssh")), "/ceph/work"), found.modules)
    assert at.site == "vega"
    assert at.engine is not None
    assert at.engine.name == "apptainer"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no site"),
        ("[", "not valid TOML"),
        ("[sites.x]", "did you mean 'site'"),
        ("[site]\nx = 1", "must be a table"),
        ("[site.x]", "'runner' is missing"),
        ("[site.x]\nrunner = 'pbs'", "must be one of"),
        ("[site.x]\nrunner = 'slurm'\npartitoin = 'a'", "did you mean 'partition'"),
        ("[site.x]\nrunner = 'slurm'\nlogin = 'a'", "'work' is missing"),
        ("[site.x]\nrunner = 'slurm'\nlogin = 'a'\nwork = '/w'", "'engine' is missing"),
        ("[site.x]\nrunner = 'container'\nlogin = 'a'", "for the runner slurm"),
        ("[site.x]\nrunner = 'slurm'\nwork = '../up'", "absolute path"),
        ("[site.x]\nrunner = 'slurm'\nwork = '/a/../b'", "absolute path"),
        ("[site.x]\nrunner = 'slurm'\nbinds = ['/a:$(id)']", "absolute path"),
        ("[site.x]\nrunner = 'slurm'\nmodules = ['a; rm -rf /']", "names of modules"),
        ("[site.x]\nrunner = 'slurm'\nmodules = ['-x']", "names of modules"),
        ("[site.x]\nrunner = 'slurm'\nport = 0", "whole number from 1"),
        ("[site.x]\nrunner = 'slurm'\ngpus = true", "whole number"),
        ("[site.x]\nrunner = 'slurm'\npartition = ''", "something in it"),
        ("[site.x]\nrunner = 'interlink'", "'url' is missing"),
        ("[site.x]\nrunner = 'interlink'\nurl = 'https://me:word@host'", "no user or password"),
        ("[site.x]\nrunner = 'interlink'\nurl = 'file:///etc'", "must be an address"),
        ("[site.x]\nrunner = 'interlink'\nurl = 'https://h'\nkey = 'k'", "go together"),
        ("[site.x]\nrunner = 'interlink'\nurl = 'https://h'\nannotations = {a = 1}", "something in it"),
        ("[site.'a b']\nrunner = 'slurm'", "name of a site"),
        ("[site.x]\nrunner = 'slurm'\nnetwork = 'some'", "one of: open, none"),
    ],
)
def test_a_mistake_is_named(text: str, told: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError) as problem:
        sites(path)
    assert told in str(problem.value)
    assert str(path) in str(problem.value)


def test_a_site_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, WHOLE)
    with pytest.raises(InputError, match="did you mean 'vega'"):
        site("vga", path)
    monkeypatch.setenv("ASSAYMARK_SITES", str(path))
    assert site("here").runner == "container"
    monkeypatch.delenv("ASSAYMARK_SITES")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert default() == tmp_path / "config/assaymark/sites.toml"
    with pytest.raises(InputError, match="cannot be read"):
        site("here")


def test_a_site_is_reached_by_its_own_runner(tmp_path: Path) -> None:
    found = site("here", written(tmp_path, WHOLE))
    with pytest.raises(InputError, match="reached by the runner 'container'"):
        runner("slurm", site=found)
    assert set(RUNNERS) >= {"slurm", "container", "sandbox"}

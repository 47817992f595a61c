from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from assaymark import proc
from assaymark.tools import provision as module
from assaymark.tools.provision import Unprovisionable, provision, provisioned

PINS = ("lint==1.0",)


@pytest.fixture
def installer(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """In place of the installers: what they were asked, and a program where they would put it."""
    calls: list[list[str]] = []

    def run(argv: list[str], **kwargs: Any) -> proc.Completed:
        calls.append([str(word) for word in argv])
        calls[-1].append(f"env={sorted(kwargs['env'])}")
        if "install" in argv:
            python = Path(argv[argv.index("--python") + 1] if "--python" in argv else argv[0])
            python.parent.mkdir(parents=True, exist_ok=True)
            (python.parent / "lint").write_text("#!/bin/sh\n")
        return proc.Completed(0)

    monkeypatch.setattr(module.proc, "run", run)
    return calls


def test_it_is_installed_once_pinned_and_from_wheels(installer: list[list[str]]) -> None:
    assert provisioned("lint", "lint", PINS) is None
    found = provision("lint", "lint", PINS)
    assert found.path.name == "lint"
    assert found.origin == "provisioned"
    assert provision("lint", "lint", PINS) == found == provisioned("lint", "lint", PINS)
    assert len(installer) == 2
    install = installer[1]
    assert "lint==1.0" in install
    assert "--no-build" in install or "--only-binary=:all:" in install


def test_other_pins_are_another_environment(installer: list[list[str]]) -> None:
    assert provision("lint", "lint", PINS) != provision("lint", "lint", ("lint==2.0",))


def test_tokens_are_not_handed_on(installer: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GH_TOKEN", "x")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid")
    provision("lint", "lint", PINS)
    assert all("GH_TOKEN" not in call[-1] and "HTTPS_PROXY" in call[-1] for call in installer)


def test_without_uv_pip_does_it(installer: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.shutil, "which", lambda *args, **kwargs: None)
    provision("lint", "lint", PINS)
    assert "venv" in installer[0]
    assert "pip" in installer[1]


def test_a_failure_says_why_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.proc, "run", lambda *a, **k: proc.Completed(1, stderr=b"no such package\n"))
    with pytest.raises(Unprovisionable, match="no such package"):
        provision("lint", "lint", PINS)
    assert provisioned("lint", "lint", PINS) is None


def test_a_package_without_the_program_says_so(installer: list[list[str]]) -> None:
    with pytest.raises(Unprovisionable, match="has no program called other"):
        provision("lint", "other", PINS)


def test_two_at_once_install_once(installer: list[list[str]]) -> None:
    threads = [threading.Thread(target=provision, args=("lint", "lint", PINS)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(installer) == 2


def test_the_folder_is_the_users_cache(installer: list[list[str]]) -> None:
    assert str(provision("lint", "lint", PINS).path).startswith(os.environ["XDG_CACHE_HOME"])

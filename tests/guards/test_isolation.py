"""The guards of conftest.py guard."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

# An address of the range reserved for documentation (RFC 5737): nothing answers there, guard or no guard.
ELSEWHERE = ("192.0.2.1", 9)


def test_another_machine_cannot_be_reached() -> None:
    with socket.socket() as s, pytest.raises(OSError, match="tried to connect"):
        s.connect(ELSEWHERE)
    with socket.socket() as s, pytest.raises(OSError, match="tried to connect"):
        s.connect_ex(ELSEWHERE)
    with pytest.raises(OSError, match="asked for the address"):
        socket.create_connection(ELSEWHERE)


def test_names_of_other_machines_are_not_resolved() -> None:
    with pytest.raises(OSError, match="asked for the address"):
        socket.getaddrinfo("example.org", 443)


def test_loopback_works() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = threading.Thread(target=lambda: server.accept()[0].close())
        answer.start()
        with socket.create_connection(server.getsockname(), timeout=5) as client:
            assert client.recv(1) == b""
        answer.join()


def test_home_is_empty_and_temporary(clean_environment: Path) -> None:
    assert Path.home() == clean_environment
    assert [p.name for p in clean_environment.iterdir()] == [".gitconfig"]


def test_git_knows_an_identity_and_no_host_configuration(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    shown = subprocess.run(
        ["git", "-C", tmp_path, "log", "-1", "--format=%an %cn"], check=True, capture_output=True, text=True
    )
    assert shown.stdout == "Ada Example Ada Example\n"


def test_environment_is_clean() -> None:
    allowed = {"GIT_CONFIG_NOSYSTEM", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"}
    prefixes = ("GITHUB_", "GIT_", "RUNNER_", "ASSAYMARK_", "XDG_")
    assert {name for name in os.environ if name.startswith(prefixes)} <= allowed
    assert "CI" not in os.environ


@given(st.integers())
def test_the_fixtures_do_not_disturb_hypothesis(number: int) -> None:
    assert isinstance(number, int)
    assert "CI" not in os.environ


PROBE = """
import pytest

@pytest.mark.service("a-program-that-nobody-has")
def test_needs_it():
    raise AssertionError("must not run")

@pytest.mark.service("git")
def test_has_it():
    pass
"""


@pytest.mark.parametrize(("strict", "closing"), [("", "1 passed, 1 skipped"), ("1", "1 passed, 1 error")])
def test_a_missing_service_skips_or_fails(
    strict: str, closing: str, pytester: pytest.Pytester, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makeconftest((checkout / "conftest.py").read_text(encoding="utf-8"))
    pytester.makeini("[pytest]\nmarkers = service(name): needs a program\n")
    pytester.makepyfile(PROBE)
    monkeypatch.setenv("ASSAYMARK_CI", strict)
    result = pytester.runpytest_subprocess("-q", "-ra", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines([f"*{closing}*"])
    result.stdout.fnmatch_lines(["*a-program-that-nobody-has*"])

"""The example of the guide, from its files to the badge, by its own commands; and the verb itself."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assaymark_services.manifest import looks_like, read


def blocks(text: str) -> list[tuple[str, str]]:
    """Language and text of each block, in order."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as given:
        return int(given.getsockname()[1])


def answering(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until somebody listens."""
    for _ in range(600):
        assert process.poll() is None, "the service of the guide ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the service of the guide does not listen")


@pytest.mark.service("openssl", "git")
def test_the_example_of_the_guide_gets_silver_and_a_badge(checkout: Path, tmp_path: Path) -> None:
    guide = (checkout / "docs" / "services.md").read_text(encoding="utf-8")
    code = dict(blocks(guide))
    port = free_port()
    for name, kind in (("tides.py", "python"), ("service.toml", "toml")):
        (tmp_path / name).write_text(code[kind].replace("8443", str(port)), encoding="utf-8")
    (tmp_path / "README.md").write_text("# Tides\n", encoding="utf-8")
    [shell] = [text for _, text in blocks(guide) if "openssl req" in text]
    commands = shell.splitlines()
    begin = next(i for i, line in enumerate(commands) if line.startswith("export"))
    script = "\n".join(commands[:begin])
    done = subprocess.run(["/bin/sh", "-ec", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    env = {**os.environ, "TIDES_TOKEN": "a-token-of-the-test-77"}
    with subprocess.Popen([sys.executable, "tides.py"], cwd=tmp_path, env=env) as service:
        try:
            answering(port, service)
            [line] = [c for c in commands if c.startswith("assaymark service")]
            words = [sys.executable, "-m", *line.split(), "--gate", "silver", "--timeout", "60"]
            run = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        finally:
            service.kill()
    assert run.returncode == 0, run.stdout + run.stderr
    report = json.loads((tmp_path / "report" / "assessment.json").read_text(encoding="utf-8"))
    assert report["level"] == "silver"
    assert report["subject"]["kind"] == "service"
    assert "silver" in (tmp_path / "report" / "badge.svg").read_text(encoding="utf-8")
    provenance = json.loads((tmp_path / "report" / "provenance.json").read_text(encoding="utf-8"))
    assert report["subject"]["digest"].removeprefix("sha256:") in json.dumps(provenance)
    everything = (
        run.stdout + run.stderr + "".join(f.read_text("utf-8") for f in (tmp_path / "report").iterdir() if f.is_file())
    )
    assert "a-token-of-the-test-77" not in everything


def verb(*words: str) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "-m", "assaymark", "service", *words]
    return subprocess.run(run, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["none.toml"], "cannot be read"),
        (["https://tides.example.org"], "--allow-host tides.example.org"),
        (["ftp://127.0.0.1"], "http://"),
        (["http://127.0.0.1", "--allow-host", "*.example.org"], "is no host"),
        (["http://127.0.0.1", "--engine", "docker"], "--deploy"),
        (["http://127.0.0.1", "--deploy", "here"], "[deployment]"),
    ],
)
def test_what_is_wrong_is_exit_2(words: list[str], said: str) -> None:
    done = verb(*words)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr


def test_an_address_alone_leaves_most_unknown() -> None:
    done = verb(f"http://127.0.0.1:{free_port()}", "--format", "json")
    assert done.returncode == 0, done.stderr
    found = {s["id"]: s["outcome"] for s in json.loads(done.stdout)["subcriteria"]}
    assert set(found.values()) == {"unknown", "failed"}
    assert {i for i, o in found.items() if o == "failed"} == {
        "SvcQC.Sec01",
        "SvcQC.Sec01.1",
        "SvcQC.Sec04.1",
        "SVC.Web04",
    }


def test_the_template_of_init_is_a_manifest(checkout: Path) -> None:
    text = (checkout / "pipelines" / "templates" / "service.toml").read_text(encoding="utf-8")
    assert looks_like(text)
    found = read(text, "service.toml")
    commented = "\n".join(line.removeprefix("# ") for line in text.splitlines() if "=" in line or "[" in line)
    assert {*found, "credentials", "protected", "deployment"} == set(read(commented, "service.toml"))

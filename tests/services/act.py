"""Runs workflows with `act`, on this machine and without the network, and tells what they did.

Users write ``uses: assaymark/assaymark/actions/<verb>@<commit>``; so do the workflows of the tests. Third-party actions
are mapped to the stand-ins of ``tests/standins``; what is not mapped cannot be fetched.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
OURS = f"assaymark/assaymark/actions/{{}}@{COMMIT}"
PARTS = ("actions", "badges", "criteria", "pipelines", "plugins", "requirements", "src", "pyproject.toml", ".github")
# Workflows of ours that others call.
CALLED = ("assay.yml", "make-release.yml")
STANDINS = ("attest", "checkout", "upload-artifact", "download-artifact")
_USES = re.compile(r"uses:\s*(actions/[\w-]+)@([0-9a-f]{40})")
TIMEOUT = 120


def copy_of_ours(to: Path) -> Path:
    """This repository as a runner would have it, without what a checkout has lying around."""
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc", "tests", ".*_cache", "*.egg-info")
    to.mkdir(parents=True)
    for name in PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=ignore)
        elif source.is_file():
            shutil.copy2(source, to / name)
    return to


def named(text: str) -> str:
    """A workflow in which ``$/``, this repository at this commit, is written out: act does not know it."""
    return re.sub(r"uses: \$/(\S+)", rf"uses: assaymark/assaymark/\1@{COMMIT}", text)


def environment_of_ours() -> Path:
    """The environment that runs the tests: it has assaymark and its plugins."""
    return Path(sys.prefix)


@dataclass(frozen=True)
class Ran:
    """What a run did, from act's log of JSON lines."""

    code: int
    events: tuple[Mapping[str, Any], ...]
    rest: str
    folder: Path

    def outputs(self, step: str) -> dict[str, str]:
        """The outputs of a step of the workflow."""
        found = self._of("set-output")
        return {e["name"]: e.get("arg", "") for e in found if e.get("stepID") == [step]}

    def legs(self, output: str, over: str) -> dict[str, str]:
        """An output of the steps of a matrix, by the ``over`` of each leg; act tells one result for all of them."""
        found = [e for e in self._of("set-output") if e["name"] == output and len(e["stepID"]) == 1]
        return {e["matrix"][over]: e.get("arg", "") for e in found if over in (e.get("matrix") or {})}

    def of_job(self, job: str) -> Ran:
        """What one job of the workflow did."""
        return replace(self, events=tuple(e for e in self.events if e.get("jobID") == job))

    def annotations(self) -> list[tuple[str, str, Mapping[str, str]]]:
        """Kind, message and properties of each, in order."""
        kinds = ("error", "warning", "notice")
        return [(e["command"], e["arg"], e.get("kvPairs") or {}) for e in self._of(*kinds)]

    def summary(self) -> str:
        """The step summaries together."""
        seen = [e["content"] for e in self._of("summary") if len(e.get("stepID", ())) > 1]
        return "\n".join(seen)

    def commands(self) -> list[str]:
        """The names of all commands that a line of the log held."""
        quiet = ("set-output", "set-env", "add-path", "summary")
        return [e["command"] for e in self.events if e.get("command") and e["command"] not in quiet]

    def log(self) -> str:
        """What the steps printed, commands included."""
        lines = (e.get("raw") or (e["msg"] if e.get("raw_output") else "") for e in self.events)
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines if line)

    def jobs(self) -> list[tuple[str, str]]:
        """Job and result, one for each leg of a matrix."""
        return [(e["jobID"], e["jobResult"]) for e in self.events if "jobResult" in e]

    def step(self, name: str) -> str:
        """The result of a step of the workflow."""
        found = [e["stepResult"] for e in self.events if e.get("stepID") == [name] and e.get("stage") == "Main"]
        return next((r for r in reversed([r for r in found if r])), "")

    def artifact(self, name: str) -> Path:
        """The folder of an uploaded artifact."""
        return self.folder / "standins" / "artifacts" / name

    def told(self) -> str:
        """Everything, for the message of a failing test."""
        return "\n".join([*(str(e.get("msg", "")).rstrip() for e in self.events), self.rest])[-6_000:]

    def _of(self, *names: str) -> list[Mapping[str, Any]]:
        return [e for e in self.events if e.get("command") in names]


@dataclass(frozen=True)
class Act:
    """Runs workflows in a folder of its own; ``ours`` is a copy of this repository."""

    folder: Path
    ours: Path
    environment: Path | None

    def run(
        self,
        repository: Path,
        workflow: str,
        *,
        event: str = "push",
        payload: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        options: Iterable[str] = (),
        path: str | None = None,
        network: bool = False,
    ) -> Ran:
        """Run a workflow (its text) on what lies in ``repository``."""
        self.folder.mkdir(parents=True, exist_ok=True)
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        file = self.folder / "workflow.yml"
        file.write_text(workflow, encoding="utf-8")
        words = [
            _program(),
            event,
            "-W",
            str(file),
            "-P",
            "ubuntu-latest=-self-hosted",
            "-P",
            "ubuntu-24.04=-self-hosted",
        ]
        words += ["--json", "--no-cache-server", "--action-offline-mode", "--container-daemon-socket", "-"]
        words += ["--action-cache-path", str(self.folder / "cache")]
        for name, place in self._mapped(workflow).items():
            words += ["--local-repository", f"{name}={place}"]
        if payload is not None:
            (self.folder / "event.json").write_text(json.dumps(payload), encoding="utf-8")
            words += ["-e", str(self.folder / "event.json")]
        given = {"STANDIN_DIR": str(self.folder / "standins"), "STANDIN_REPOSITORY": str(repository)}
        if self.environment:
            given["ASSAYMARK_ENVIRONMENT"] = str(self.environment)
        for name, value in (given | dict(env or {})).items():
            words += ["--env", f"{name}={value}"]
        for name, value in (secrets or {}).items():
            words += ["-s", f"{name}={value}"]
        done = subprocess.run(
            [*words, *options],
            cwd=repository,
            env=self._bare(home, path, network),
            capture_output=True,
            timeout=TIMEOUT,
        )
        return _read(done, self.folder)

    def _mapped(self, workflow: str) -> dict[str, Path]:
        """Every ``owner/name@commit`` that the workflow or one of our actions uses."""
        found = {f"assaymark/assaymark@{COMMIT}": self.ours}
        files = [*self.ours.glob("actions/*/action.yml"), *(self.ours / ".github/workflows" / name for name in CALLED)]
        texts = [workflow, *(f.read_text(encoding="utf-8") for f in files)]
        for name, commit in {match for text in texts for match in _USES.findall(text)}:
            standin = name.removeprefix("actions/")
            if standin in STANDINS:
                found[f"{name}@{commit}"] = ROOT / "tests" / "standins" / standin
        return found

    def _bare(self, home: Path, path: str | None, network: bool) -> dict[str, str]:
        found = {"PATH": path or os.environ["PATH"], "HOME": str(home), "DOCKER_HOST": "unix:///nonexistent"}
        nowhere = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY"), "http://127.0.0.1:9") | {"NO_PROXY": "127.0.0.1"}
        return found if network else found | nowhere


def _program() -> str:
    beside = Path(sys.executable).with_name("act")
    return str(beside) if beside.exists() else "act"


def _read(done: subprocess.CompletedProcess[bytes], folder: Path) -> Ran:
    events, rest = [], [done.stderr.decode("utf-8", "replace")]
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        if line.startswith("{"):
            events.append(json.loads(line))
        else:
            rest.append(line)
    return Ran(done.returncode, tuple(events), "\n".join(rest), folder)

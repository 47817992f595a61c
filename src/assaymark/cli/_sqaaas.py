"""The inputs of the action that SQAaaS users know, as those of ``assess``; and the outputs it promised."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assaymark.errors import InputError

PROFILE = "sqaaas-v3"
# Below what GitHub takes for all outputs of a job together.
REPORT_LIMIT = 800_000
CLONE_TIMEOUT = 900
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?/[A-Za-z0-9._~/-]+")
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "protocol.allow=never",
    "protocol.https.allow=always",
    "protocol.http.allow=always",
)
_NETWORK = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy", "SSL_CERT_FILE")


def inputs_of(given: Mapping[str, str], scratch: Path) -> dict[str, str]:
    """``repo``, ``branch``, ``qc_uni_steps`` and ``fail-on`` as inputs of ``assess``.

    ``CHECKOUT`` in the environment is the folder into which the action checked the caller's own repository out.

    Raises InputError for a repository that cannot be had or a step file that is missing.
    """
    adapted = {"profile": PROFILE, "gate": given.get("fail-on", ""), "path": os.environ.get("CHECKOUT") or "."}
    adapted["token"] = given.get("token", "")
    steps = [_step(name) for name in given.get("qc_uni_steps", "").split()]
    if given.get("repo"):
        adapted["path"] = str(clone(given["repo"], given.get("branch", ""), scratch / "repository"))
    if steps:
        from assaymark.tools.stepfile import configuration

        scratch.mkdir(parents=True, exist_ok=True)
        file = scratch / "steps.toml"
        file.write_text(configuration(steps), encoding="utf-8")
        adapted |= {"config": str(file), "run-steps": "true"}
    return adapted


def _step(name: str) -> dict[str, Any]:
    from assaymark.tools.stepfile import check_name, read

    file = Path(f"{check_name(name)}.json")
    try:
        return read(file.read_text(encoding="utf-8"), name)
    except OSError as problem:
        hint = "let the action sqaaas-step write it in an earlier step of this job"
        raise InputError(f"there is no step file for {name!r}", where=str(file), hint=hint) from problem
    except UnicodeDecodeError as problem:
        raise InputError("is no step file", where=str(file)) from problem


def clone(address: str, branch: str, to: Path) -> Path:
    """A full clone, with what a commit needs to be judged; nothing of it is executed.

    Raises InputError when the address is none or the repository cannot be had.
    """
    from assaymark import proc

    if not _ADDRESS.fullmatch(address):
        raise InputError(f"{address!r} is not the address of a repository", hint="write it as https://host/owner/name")
    if branch.startswith("-"):
        raise InputError(f"{branch!r} is no branch")
    words = ["git", *(w for s in _SETTINGS for w in ("-c", s)), "clone", "--quiet", "--no-recurse-submodules"]
    words += [*(("--branch", branch) if branch else ()), "--", address, str(to)]
    network = {name: os.environ[name] for name in _NETWORK if name in os.environ}
    to.parent.mkdir(parents=True, exist_ok=True)
    done = proc.run(words, cwd=to.parent, env={"GIT_LFS_SKIP_SMUDGE": "1", **network}, timeout=CLONE_TIMEOUT)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise InputError(f"cannot be cloned: {said[-1] if said else 'git failed'}", where=address)
    if done.returncode is None:
        raise InputError(f"cannot be cloned: {done.problem}", where=address)
    return to


def outputs_of(folder: Path) -> dict[str, str]:
    """What the action promises beyond the outputs of ``assess``: ``report`` itself, bounded, and where all of it is."""
    file = folder / "assessment_output.json"
    if not file.is_file():
        return {}
    data = json.loads(file.read_text(encoding="utf-8"))
    return {
        "report": bounded(data, REPORT_LIMIT),
        "report-path": str(file.resolve()),
        "verdict": data["assaymark"]["level"],
    }


def bounded(data: Any, limit: int) -> str:
    """Compact JSON in at most ``limit`` bytes: long texts and lists are cut, ever shorter, until it fits."""
    text = json.dumps(data, separators=(",", ":"))
    for most in (5_000, 1_000, 300, 100, 30, 10):
        if len(text) <= limit:
            return text
        text = json.dumps(_cut(data, most), separators=(",", ":"))
    return text if len(text) <= limit else "{}"


def _cut(value: Any, most: int) -> Any:
    if isinstance(value, dict):
        return {key: _cut(item, most) for key, item in value.items()}
    if isinstance(value, list):
        return [_cut(item, most) for item in value[:most]]
    if isinstance(value, str) and len(value) > 2 * most + 60:
        return value[: 2 * most + 57] + "..."
    return value

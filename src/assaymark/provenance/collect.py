"""What a CI host says of itself, by an allow-list of names: nothing else of the environment is looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping

from assaymark.provenance.account import NOTHING, Run, Value

_PATTERNS = {
    "GITHUB_SERVER_URL": r"https?://[A-Za-z0-9.:-]{1,200}",
    "GITHUB_REPOSITORY": r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}",
    "GITHUB_RUN_ID": r"[0-9]{1,20}",
    "GITHUB_RUN_ATTEMPT": r"[0-9]{1,6}",
    "GITHUB_JOB": r"[A-Za-z0-9_-]{1,100}",
    "GITHUB_WORKFLOW_REF": r"[^\s?#]{1,500}",
    "GITHUB_WORKFLOW_SHA": r"[0-9a-f]{40,64}",
    "GITHUB_EVENT_NAME": r"[a-z_]{1,50}",
    "GITHUB_REF": r"refs/[^\s]{1,300}",
    "RUNNER_ENVIRONMENT": r"github-hosted|self-hosted",
    "RUNNER_OS": r"[A-Za-z]{1,20}",
    "RUNNER_ARCH": r"[A-Z0-9]{1,20}",
    "ASSAYMARK_MATRIX": r"[A-Za-z0-9._-]{1,100}",
}


def run_of(environment: Mapping[str, str], *, started: str, ended: str, report: str) -> Run:
    """The run as the environment tells it; outside a CI host it is named by the digest of its report.

    A value that does not look as it should is left out: it may come from the pull request.
    """
    told = {name: environment.get(name, "") for name in _PATTERNS}
    seen = {name: value for name, value in told.items() if re.fullmatch(_PATTERNS[name], value)}
    if not {"GITHUB_REPOSITORY", "GITHUB_RUN_ID"} <= set(seen):
        return Run(id=f"urn:assaymark:run:{report}", started=started, ended=ended)
    server = seen.get("GITHUB_SERVER_URL", "https://github.com")
    url = f"{server}/{seen['GITHUB_REPOSITORY']}/actions/runs/{seen['GITHUB_RUN_ID']}"
    url += f"/attempts/{seen.get('GITHUB_RUN_ATTEMPT', '1')}"
    matrix = seen.get("ASSAYMARK_MATRIX")
    return Run(
        id=url,
        url=url,
        started=started,
        ended=ended,
        job="-".join(part for part in (seen.get("GITHUB_JOB", "job"), matrix) if part),
        server=server,
        repository=seen["GITHUB_REPOSITORY"],
        owner=seen["GITHUB_REPOSITORY"].partition("/")[0],
        workflow=seen.get("GITHUB_WORKFLOW_REF"),
        workflow_commit=seen.get("GITHUB_WORKFLOW_SHA"),
        event=seen.get("GITHUB_EVENT_NAME"),
        ref=seen.get("GITHUB_REF"),
        runner=seen.get("RUNNER_ENVIRONMENT"),
        facts=_machine(seen),
    )


def _machine(seen: Mapping[str, str]) -> Mapping[str, Value]:
    facts: dict[str, Value] = {
        name: seen[variable] for name, variable in (("os", "RUNNER_OS"), ("arch", "RUNNER_ARCH")) if variable in seen
    }
    return facts or NOTHING

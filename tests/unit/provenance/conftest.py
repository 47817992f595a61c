"""One account, of a made-up assessment in a made-up GitHub run."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from assaymark.model import Assessment
from assaymark.provenance.account import Account
from assaymark.provenance.assessed import account_of
from assaymark.reports import json as report

GITHUB = {
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/widget",
    "GITHUB_RUN_ID": "41",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_JOB": "assess",
    "GITHUB_WORKFLOW_REF": "acme/widget/.github/workflows/ci.yml@refs/heads/main",
    "GITHUB_WORKFLOW_SHA": "a" * 40,
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_REF": "refs/heads/main",
    "RUNNER_ENVIRONMENT": "github-hosted",
    "RUNNER_OS": "Linux",
}


@cache
def judged() -> Assessment:
    spec = importlib.util.spec_from_file_location(
        "assaymark_tests_sample", Path(__file__).parents[1] / "reports" / "sample.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: Assessment = module.sample()
    return made


@pytest.fixture
def assessment() -> Assessment:
    """The sample: bronze, a waiver, an attestation, something broken, something unknown."""
    return judged()


@pytest.fixture
def account() -> Callable[..., Account]:
    """Makes the account of an assessment (the sample by default) told on a GitHub runner."""

    def make(environment: dict[str, str] = GITHUB, given: Assessment | None = None, **more: Any) -> Account:
        known = given or judged()
        return account_of(known, report.render(known).encode(), environment, **more)

    return make


@pytest.fixture
def hosted(account: Callable[..., Account]) -> Account:
    """Told on a GitHub runner."""
    return account()


@pytest.fixture
def local(account: Callable[..., Account]) -> Account:
    """Told on a laptop."""
    return account({})


@pytest.fixture
def github() -> dict[str, str]:
    """What a GitHub runner tells."""
    return dict(GITHUB)

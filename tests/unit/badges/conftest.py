"""Samples of assessments, those of the reports' tests."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from assaymark import catalogue
from assaymark.badges.award import UNCONFIGURED
from assaymark.model import Assessment, Evidence, Grade, Level, Outcome, SubcriterionResult

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
COMMIT = "3f2a9c1" + "0" * 33
REPOSITORY = "github.com/o/n"
SEEN = Evidence(outcome=Outcome.PASSED, message="it was seen", check="test.seen")


@pytest.fixture(scope="session")
def samples(checkout: Path) -> ModuleType:
    path = checkout / "tests" / "unit" / "reports" / "sample.py"
    name = "assaymark_tests_sample"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def golden(samples: ModuleType) -> Assessment:
    """Everything passed, under the profile as it is shipped, so that gold follows."""
    profile = catalogue.profile("assaymark")
    first = {i: rule.level for rule in sorted(profile.levels, key=lambda r: -r.level.rank) for i in rule.require}
    results = tuple(
        SubcriterionResult(
            definition=d, outcome=Outcome.PASSED, grade=Grade.MEASURED, evidence=(SEEN,), required_for=first.get(i)
        )
        for i, d in catalogue.load().subcriteria(profile).items()
    )
    a: Assessment = samples.golden()
    return replace(
        a,
        subject=replace(a.subject, repository=REPOSITORY, commit=COMMIT, dirty=False),
        config_digest=UNCONFIGURED,
        profile=profile.id,
        profile_version=profile.version,
        profile_digest=profile.digest,
        level=Level.GOLD,
        missing={rule.level: () for rule in profile.levels},
        withheld={},
        criteria=(),
        results=results,
        notices=(),
        attested=0,
        partial=(),
    )

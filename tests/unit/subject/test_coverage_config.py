from __future__ import annotations

import pytest

from assaymark.subject.coverage_config import CoverageConfig, coverage_config
from assaymark.testing import tree_of


def found(path: str, text: str) -> CoverageConfig:
    return coverage_config.provide(tree_of({path: text}))


@pytest.mark.parametrize(
    ("path", "text", "general", "by_path"),
    [
        ("pyproject.toml", "[tool.coverage.report]\nfail_under = 85\n", 85.0, []),
        (".coveragerc", "[report]\nfail_under = 80\n", 80.0, []),
        (
            "codecov.yml",
            "coverage:\n status:\n  project:\n   default: {target: 75%}\n   core: {target: 95%, paths: [src/core]}\n",
            75.0,
            [("src/core", 95.0)],
        ),
        (
            "jest.config.js",
            "module.exports = {coverageThreshold: {global: {lines: 70}, './src/core/': {lines: 95}}}\n",
            70.0,
            [("./src/core/", 95.0)],
        ),
        (
            "pom.xml",
            "<a>jacoco<rule><limit><minimum>0.80</minimum></limit></rule><rule><include>org.core</include><minimum>0.95</minimum></rule></a>",
            80.0,
            [("org.core", 95.0)],
        ),
        ("codecov.yml", "coverage: {status: {project: {default: {target: auto}}}}\n", None, []),
        (
            "codecov.yml",
            "coverage: {status: {project: {unit: {target: 90%, flags: [unit], paths: ['!x/tests/']}}}}\n",
            90.0,
            [],
        ),
        ("codecov.yml", "coverage: {status: {project: {types: {target: 20%, flags: [mypy]}}}}\n", 20.0, []),
        ("codecov.yml", "- not\n- a mapping\n", None, []),
    ],
)
def test_thresholds(path: str, text: str, general: float | None, by_path: list[tuple[str, float]]) -> None:
    seen = found(path, text)
    assert seen.general == general
    assert [(t.pattern, t.percent) for t in seen.by_path] == by_path


@pytest.mark.parametrize(
    ("path", "text", "pattern", "line"),
    [
        (".coveragerc", "[run]\nomit =\n    third_party/*\n", "third_party/*", 2),
        ("pyproject.toml", '[tool.coverage.run]\nomit = ["vendor/*"]\n', "vendor/*", 2),
        ("codecov.yml", "ignore:\n  - extern/**\n", "extern/**", 2),
        ("sonar-project.properties", "sonar.coverage.exclusions=vendor/**\n", "vendor/**", 1),
    ],
)
def test_exclusions(path: str, text: str, pattern: str, line: int) -> None:
    assert [(e.pattern, e.line) for e in found(path, text).excluded] == [(pattern, line)]


def test_what_cannot_be_read_says_nothing() -> None:
    assert found("codecov.yml", "a: [\n") == CoverageConfig()

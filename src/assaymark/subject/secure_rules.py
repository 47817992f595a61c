"""The fact ``secure_rules``: rule sets of secure-coding guides that a linter's configuration switches on."""

from __future__ import annotations

import re

from assaymark.api import Tree, fact
from assaymark.patterns import late
from assaymark.records import NamedTuple

_LIMIT = 200_000
# Tool, files, what switches the rules on, what they are called. Each such rule refers to a CWE or to OWASP.
_SETS: tuple[tuple[str, tuple[str, ...], re.Pattern[str], str], ...] = (
    (
        "ruff",
        ("pyproject.toml", "ruff.toml", ".ruff.toml"),
        late(r"(?:extend-)?select\s*=\s*\[[^\]]{0,3000}?[\"'](?:S|ALL)[\"']"),
        "the security rules of flake8-bandit",
    ),
    (
        "flake8",
        (".flake8", "setup.cfg", "tox.ini"),
        late(r"^(?:extend-)?select\s*=[^\n]*\bS\b", re.MULTILINE),
        "the security rules of flake8-bandit",
    ),
    ("clang-tidy", (".clang-tidy",), late(r"(?<!-)\bcert-\*"), "the CERT secure-coding checks"),
    (
        "eslint",
        (".eslintrc*", "eslint.config.*"),
        late(r"plugin:security/|eslint-plugin-security|plugin:no-unsanitized"),
        "the rules of eslint-plugin-security",
    ),
    (
        "golangci",
        (".golangci.yml", ".golangci.yaml"),
        late(r"^[ \t]+-[ \t]*gosec\b", re.MULTILINE),
        "the rules of gosec",
    ),
    ("rubocop", (".rubocop.yml",), late(r"^Security/|Security:", re.MULTILINE), "the security cops of RuboCop"),
    ("build plugin", ("pom.xml",), late(r"findsecbugs"), "the detectors of Find Security Bugs"),
)


class SecureRule(NamedTuple):
    """A rule set and where it is switched on."""

    tool: str
    path: str
    line: int
    rules: str


class SecureRules(NamedTuple):
    """All rule sets found."""

    found: tuple[SecureRule, ...] = ()


@fact
def secure_rules(tree: Tree) -> SecureRules:
    """Read from linters' configuration in the root."""
    found = []
    for tool, names, pattern, rules in _SETS:
        for entry in tree.find(*names):
            text = tree.text(entry.path, _LIMIT)
            match = pattern.search(text)
            if match:
                found.append(SecureRule(tool, entry.path, text.count("\n", 0, match.end()) + 1, rules))
    return SecureRules(tuple(found))

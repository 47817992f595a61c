"""What a tool said, in our words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from assaymark.api import Parsed
from assaymark.model import Finding, Location, Severity
from assaymark.tools.manifest import Manifest
from assaymark.tools.verdict import told


def finding(rule: str, message: str) -> Finding:
    return Finding(rule=rule, message=message, severity=Severity.ERROR, location=Location(path="a.php", line=1))


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("Camel", ["Snake"]),
        ("Cam*", ["Snake"]),
        ("Camel: * ::open *", ["Camel", "Snake"]),
        ('Camel: *::open"*', ["Snake"]),
        ('*: *::open"*', []),
        ('Camel: *::close"*', ["Camel", "Snake"]),
    ],
)
def test_a_rule_is_ignored_as_a_whole_or_for_some_messages(
    pattern: str, left: list[str], lint: Callable[..., Manifest]
) -> None:
    manifest = replace(lint(), canary=None, parser={"ignore": [pattern]})
    said = Parsed(findings=tuple(finding(rule, f'{rule}: "Wrapper::open" is wrong') for rule in ("Camel", "Snake")))
    assert [f.rule for f in told(manifest, said).findings] == [f"{manifest.name}/{rule}" for rule in left]

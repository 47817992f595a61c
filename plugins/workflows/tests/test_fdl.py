"""Function definitions as people write them: recognised whatever their layout."""

from __future__ import annotations

import pytest

from assaymark_workflows.fdl.detect import detect


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("functions:\n  oscar:\n  - c: {}\n", True),
        ("# ours\nfunctions: # all\n\n  # one\n  oscar:\n", True),
        ("functions: {oscar: [{c: {name: a}}]}\n", True),
        ('{"functions": {"oscar": []}}\n', True),
        ('{\n  "functions": {\n    "oscar": []\n  }\n}\n', True),
        ("functions:\n  aws:\n  - lambda: {}\n", False),
        ("text: functions of oscar\n", False),
        ("functions: oscar\n", False),
        ("my_functions:\n  oscar: []\n", False),
    ],
)
def test_is_known_by_its_content(text: str, answer: bool) -> None:
    assert detect("any.yaml", text.encode()) is answer

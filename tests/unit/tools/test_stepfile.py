from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark import config
from assaymark.errors import InputError
from assaymark.tools.stepfile import check_name, configuration, document, read

# As the platform's own action writes it (keys and order; the text is ours).
THEIRS: dict[str, Any] = {
    "docs": "https://example.org/commands",
    "docker": {"image": "lab/py:1"},
    "executable": "",
    "args": [
        {
            "type": "positional",
            "description": "Shell lines",
            "value": ["make deps", "pytest -q"],
            "format": "string",
            "selectable": True,
            "repeatable": True,
            "id": "commands",
        }
    ],
    "reporting": {
        "validator": "jenkins_exit_status",
        "subcriterion": "QC.Uni01",
        "lang_name": "bash",
        "tool_name": "bash",
    },
    "name": "commands",
    "lang": "default",
}


def test_the_shape_is_theirs() -> None:
    made = document("commands", container="lab/py:1", value="make deps\n\npytest -q\n")
    data = json.loads(made)
    assert list(data) == list(THEIRS)
    assert list(data["args"][0]) == list(THEIRS["args"][0])
    assert data["args"][0]["value"] == THEIRS["args"][0]["value"]
    assert (data["docker"], data["reporting"], data["lang"]) == (
        THEIRS["docker"],
        THEIRS["reporting"],
        THEIRS["lang"],
    )
    assert made.splitlines()[1].startswith('    "docs"')


def test_theirs_is_read() -> None:
    assert read(json.dumps(THEIRS), "unit") == {
        "name": "unit",
        "criterion": "QC.Uni01",
        "command": ("make deps", "pytest -q"),
        "container": "lab/py:1",
    }


@pytest.mark.parametrize(
    ("tool", "value", "command"),
    [
        ("pytest", "tests/unit", "pytest tests/unit"),
        ("pytest", "", "pytest"),
        ("pytest", "a b; id", "pytest 'a b; id'"),
        ("tox", "py311", "tox -e py311"),
        ("tox", "", "tox"),
    ],
)
def test_what_a_tool_runs(tool: str, value: str, command: str) -> None:
    step = read(document(tool, value=value), "unit")
    assert step["command"] == (command,)
    assert step["container"] is None, "an image that nobody asked for is not used"


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a b", "-x", ".x", "x" * 101, "a\n", "$(id)"])
def test_a_name_is_the_stem_of_a_file(name: str) -> None:
    with pytest.raises(InputError, match="cannot be the name of a step"):
        check_name(name)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is no step file"),
        ("[]", "is no step file"),
        ("[" * 100_000, "is no step file"),
        ('{"name": "make"}', "is for 'make'"),
        ('{"name": ["commands"]}', "is not known"),
        ('{"name": "commands"}', "has no command"),
        ('{"name": "commands", "args": [{"id": "commands", "value": [1]}]}', "is no text"),
        ('{"name": "commands", "args": [{"id": "commands", "value": {"a": 1}}]}', "is no text"),
        (" " * 1_000_001, "is no step file"),
    ],
)
def test_what_is_no_step_file_is_said(text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as raised:
        read(text, "unit")
    assert raised.value.where == "unit.json"


@pytest.mark.parametrize("docker", [None, "image", {"image": ""}, {"image": "--privileged"}, {"image": 3}])
def test_an_image_that_is_none_is_none(docker: Any) -> None:
    assert read(json.dumps(THEIRS | {"docker": docker}), "unit")["container"] is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "args", "id", "value", "docker", "image"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_values)
def test_any_document_is_a_step_or_an_error(value: Any) -> None:
    text = json.dumps({"name": "commands", "args": value, "docker": value})
    try:
        step = read(text, "unit")
    except InputError:
        return
    assert all(isinstance(line, str) and line.strip() for line in step["command"])


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip), min_size=1, max_size=4)
)
def test_any_command_arrives_in_the_configuration(lines: list[str]) -> None:
    steps = [{"name": "unit", "criterion": "QC.Uni01", "command": tuple(lines), "container": None}]
    text = configuration(steps)
    assert tomllib.loads(text)["step"][0]["command"] == lines
    [found] = config.read(text, "steps.toml").steps
    assert found["command"] == tuple(lines)

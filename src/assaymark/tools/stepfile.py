"""Step files: one test step of a project in the shape that SQAaaS exchanges (`<name>.json`).

They are written for whoever reads that shape, and read from whoever wrote it. A step is run on the caller's own
runner; in a container only when the user named an image, which the shape shows by the lack of ``reviewed``.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from assaymark.errors import InputError
from assaymark.records import NamedTuple

LIMIT = 1_000_000
CRITERION = "QC.Uni01"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


class _Tool(NamedTuple):
    """What the shape says about a tool; ``argument`` is the one that users give."""

    lang: str
    executable: str
    argument: Mapping[str, Any]
    reporting: Mapping[str, str]
    image: str
    more: Mapping[str, Any] = {}


def _reporting(lang: str, tool: str) -> dict[str, str]:
    return {
        "validator": "jenkins_exit_status",
        "subcriterion": CRITERION,
        "lang_name": lang,
        "tool_name": tool,
    }


TOOLS: Mapping[str, _Tool] = {
    "commands": _Tool(
        lang="default",
        executable="",
        argument={
            "type": "positional",
            "description": "Lines of shell",
            "value": [],
            "format": "string",
            "selectable": True,
            "repeatable": True,
            "id": "commands",
        },
        reporting=_reporting("bash", "bash"),
        image="docker.io/library/debian:stable",
    ),
    "pytest": _Tool(
        lang="Python",
        executable="pytest",
        argument={
            "type": "positional",
            "description": "File or folder with the tests",
            "value": "",
            "format": "string",
            "selectable": True,
            "repeatable": False,
            "id": "test_path",
        },
        reporting=_reporting("Python", "pytest"),
        image="docker.io/library/python:3",
        more={"version": "latest"},
    ),
    "tox": _Tool(
        lang="Python",
        executable="tox",
        argument={
            "type": "optional",
            "description": "Environment of tox",
            "value": "",
            "option": "-e",
            "format": "string",
            "selectable": True,
            "repeatable": False,
            "id": "tox_env",
        },
        reporting=_reporting("Python", "tox"),
        image="docker.io/library/python:3",
        more={"jepl_support": True},
    ),
}


def check_name(name: str) -> str:
    """A name that can be the stem of a file. Raises InputError."""
    if not _NAME.fullmatch(name):
        hint = "use letters, digits, dots, dashes and underscores"
        raise InputError(f"{name!r} cannot be the name of a step", hint=hint)
    return name


def document(tool: str, *, container: str = "", value: str = "") -> str:
    """The text of a step file; ``value`` is that of the tool's own argument (one command per line, a path, a name)."""
    known = TOOLS[tool]
    given: str | list[str] = value
    if known.argument["repeatable"]:
        given = [line for line in value.splitlines() if line.strip()]
    data = {
        "docs": f"https://assaymark.github.io/assaymark/migration/#{tool}",
        "docker": {"image": container} if container else {"image": known.image, "reviewed": "2026-11-21"},
        "executable": known.executable,
        "args": [{**known.argument, "value": given}] if given else [],
        "reporting": dict(known.reporting),
        "name": tool,
        "lang": known.lang,
        **known.more,
    }
    return json.dumps(data, indent=4)


def read(text: str, name: str) -> dict[str, Any]:
    """A step as the configuration has it, from a step file of ours or of the platform's action.

    Raises InputError when it is not what a step file is, or of a tool that is not known.
    """
    where = f"{name}.json"
    try:
        data = json.loads(text) if len(text) <= LIMIT else None
    except (ValueError, RecursionError) as problem:
        raise InputError(f"is no step file: {problem}", where=where) from problem
    if not isinstance(data, dict):
        raise InputError("is no step file", where=where)
    tool = data.get("name")
    if not isinstance(tool, str) or tool not in TOOLS:
        raise InputError(f"is for {tool!r}, which is not known", where=where, hint=f"known: {', '.join(TOOLS)}")
    given = _value(data.get("args"), TOOLS[tool].argument["id"], where)
    return {
        "name": name,
        "criterion": CRITERION,
        "command": _commands(tool, given, where),
        "container": _image(data.get("docker")),
    }


def _value(arguments: object, id: str, where: str) -> list[str]:
    found = arguments if isinstance(arguments, list) else []
    values = [a.get("value") for a in found if isinstance(a, dict) and a.get("id") == id]
    lines: list[Any] = [line for v in values for line in (v if isinstance(v, list) else [v])]
    if not all(isinstance(line, str) for line in lines):
        raise InputError(f"its argument {id!r} is no text", where=where)
    return [line for line in lines if line.strip()]


def _commands(tool: str, given: Sequence[str], where: str) -> tuple[str, ...]:
    if tool == "commands":
        if not given:
            raise InputError("has no command", where=where)
        return tuple(given)
    option = TOOLS[tool].argument.get("option")
    words = [TOOLS[tool].executable, *(([option] if option else []) if given else []), *given]
    return (shlex.join(words),)


def _image(docker: object) -> str | None:
    if not isinstance(docker, dict) or "reviewed" in docker:
        return None
    image = docker.get("image")
    return image if isinstance(image, str) and image and not image.startswith("-") else None


def configuration(steps: Sequence[Mapping[str, Any]]) -> str:
    """Steps as the text of a configuration file (TOML)."""
    return "\n".join(_table(step) for step in steps)


def _table(step: Mapping[str, Any]) -> str:
    lines = ["[[step]]"]
    for key, value in step.items():
        if value is not None:
            items = [_quoted(v) for v in ([value] if isinstance(value, str) else value)]
            lines.append(f"{key} = {items[0] if isinstance(value, str) else '[' + ', '.join(items) + ']'}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A basic string of TOML: like one of JSON, but DEL must be escaped, and a lone surrogate cannot be written."""
    clean = text.encode("utf-8", "replace").decode()
    return json.dumps(clean, ensure_ascii=False).replace("\x7f", "\\u007f")

"""The fields of a workflow, a task, a dependency and a variable: names, types, values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from assaymark_workflows.ophidia.text import around_parameters, substituted
from assaymark_workflows.problems import Problems, hint, is_slip, nearest, replace
from assaymark_workflows.source import Place, Pointer

# The order in which the server reads them: what follows a value that is no string is lost.
WORKFLOW = (
    *("name", "author", "abstract", "sessionid", "exec_mode", "ncores", "cwd", "cdd", "cube", "callback_url"),
    *("on_error", "command", "on_exit", "run", "output_format", "host_partition", "url", "nhost", "nthreads"),
    *("project", "save", "checkpoint", "direct_output"),
)
TASK = ("name", "operator", "on_error", "on_exit", "run", "save", "type", "checkpoint")
DEPENDENCY = ("argument", "order", "task", "type", "filter", "output_argument", "output_order")
VARIABLE = ("key", "svalue", "ivalue")

_LISTS = {"workflow": ("tasks",), "task": ("arguments", "dependencies", "variables")}
_ORDERS = {"workflow": WORKFLOW, "task": TASK, "dependency": DEPENDENCY, "variable": VARIABLE}
_IGNORED = {"task": ("extra",)}
_REQUIRED = {"workflow": ("name",), "task": ("name", "operator"), "dependency": ("task",)}

_YES_NO = ("yes", "no")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "exec_mode": ("sync", "async"),
    "on_exit": ("nop", "oph_delete", "oph_deletecontainer"),
    "run": _YES_NO,
    "save": _YES_NO,
    "direct_output": _YES_NO,
    "output_format": ("classic", "compact", "extended", "extended_compact"),
}
_TASK_TYPES = ("ophidia", "cdo", "generic", "control")
_DEPENDENCY_TYPES = ("all", "single", "embedded")
_LABELS = ("no", "all", "last")
_COUNTS = {"ncores": 1, "nthreads": 1, "nhost": 0, "order": 0, "output_order": 0}
_INTEGER = re.compile(r"[0-9]{1,9}")
_ON_ERROR = re.compile(r"skip|continue|break|abort|repeat +[0-9]{1,9}(?: +[0-9]{1,9}(?: +\S+)?)?")
_ACTIONS = ("skip", "continue", "break", "abort", "repeat")
_WORDS = {str: "a string", bool: "a boolean", int: "a number", float: "a number", type(None): "null", list: "an array"}


def word(value: Any) -> str:
    """What a value of JSON is."""
    return _WORDS.get(type(value), "an object")


class Fields:
    """Checks the fields of one object after the other."""

    def __init__(self, problems: Problems, parameters: Mapping[str, str]) -> None:
        self._problems = problems
        self._parameters = parameters

    def check(self, kind: str, value: dict[str, Any], pointer: Pointer) -> None:
        """Report unknown, missing, empty and wrong fields of a workflow, task, dependency or variable."""
        order = _ORDERS[kind]
        lists = _LISTS.get(kind, ())
        lost = False
        for key in order:
            if key not in value:
                continue
            content = value[key]
            if type(content) is not str:
                self._not_text(key, content, pointer, () if lost else order[order.index(key) + 1 :], value)
                lost = True
            elif key in _CHECKED:
                self._value(kind, key, content, (*pointer, key))
        for key in value:
            if key not in order and key not in lists and key not in _IGNORED.get(kind, ()):
                self._unknown(kind, key, value, pointer)
        for key in lists:
            if key in value and not isinstance(value[key], list):
                self._problems.add("OPH-S003", f"{key} has to be an array, not {word(value[key])}", (*pointer, key))
        for key in _REQUIRED.get(kind, ()):
            if key not in value:
                self._problems.add("OPH-S001", f"the {kind} has no {key}", pointer)
            elif value[key] == "":
                self._problems.add("OPH-S002", f"the {key} of the {kind} is empty", (*pointer, key))

    def _not_text(self, key: str, value: Any, pointer: Pointer, later: tuple[str, ...], whole: Any) -> None:
        at = (*pointer, key)
        message = f"{key} has to be a string, not {word(value)}"
        gone = [name for name in later if name in whole]
        if gone:
            message += f"; the server drops it and every field it reads later: {', '.join(gone)}"
        fix, edits = None, []
        if isinstance(value, bool | int | float):
            text = (
                ("yes" if value else "no") if isinstance(value, bool) and key in ("run", "save") else json.dumps(value)
            )
            fix = f'write "{text}"'
            edits = [replace(self._problems.span(at), f'"{text}"')]
        self._problems.add("OPH-S007", message, at, fix=fix, edits=edits)

    def _unknown(self, kind: str, key: str, value: dict[str, Any], pointer: Pointer) -> None:
        names = (*_ORDERS[kind], *_LISTS.get(kind, ()))
        near = nearest(key, names)
        at = Place((*pointer, key), key=True)
        message = f"{key!r} is no field of a {kind} and is ignored"
        if near is None or near in value:
            self._problems.add("OPH-S005", message, at)
            return
        edits = [replace(self._problems.span(at), f'"{near}"')] if is_slip(key, near) else []
        fix = f"write {near}" if edits else None
        self._problems.add("OPH-S005", f"{message}; did you mean {near!r}?", at, fix=fix, edits=edits)

    def _value(self, kind: str, key: str, written: str, at: Pointer) -> None:
        text = substituted(written, self._parameters)
        if "$" in text:
            # Whatever a parameter stands for, what is around it stays.
            if key in _COUNTS and not around_parameters(text).isdigit() and around_parameters(text):
                self._count(key, text, at)
            return
        if key == "on_error":
            self._on_error(text, at)
        elif key == "type":
            self._choice(key, text, _TASK_TYPES if kind == "task" else _DEPENDENCY_TYPES, at)
        elif key in _CHOICES:
            if text or key == "exec_mode":
                self._choice(key, text, _CHOICES[key], at)
        elif key in _COUNTS:
            self._count(key, text, at)
        elif key in ("cwd", "cdd"):
            if text and not text.startswith(("/", "@", "&")):
                self._problems.add("OPH-S013", f"{key} has to be an absolute path, not {text!r}", at)
        elif key == "checkpoint" and text in _LABELS:
            self._problems.add(
                "OPH-S014", f"{text!r} cannot be the label of a checkpoint: it has a meaning of its own", at
            )

    def _choice(self, key: str, text: str, allowed: tuple[str, ...], at: Pointer) -> None:
        if text in allowed:
            return
        near = nearest(text, allowed)
        edits = (
            [replace(self._problems.span(at), f'"{near}"')]
            if near and near.casefold() == text.strip().casefold()
            else []
        )
        fix = f"write {near}" if edits else None
        message = f"{key} cannot be {text!r}: it is one of {', '.join(allowed)}{hint(text, allowed)}"
        self._problems.add("OPH-S006", message, at, fix=fix, edits=edits)

    def _count(self, key: str, text: str, at: Pointer) -> None:
        least = _COUNTS[key]
        if not text:
            return
        if not _INTEGER.fullmatch(text) or int(text) < least:
            self._problems.add("OPH-S008", f"{key} has to be an integer of at least {least}, not {text!r}", at)

    def _on_error(self, text: str, at: Pointer) -> None:
        if _ON_ERROR.fullmatch(text):
            return
        forms = "skip, continue, break, abort or repeat N [seconds [type]]"
        if text.startswith("repeat"):
            message = f"on_error {text!r}: after repeat come the number of attempts and, if wanted, seconds and a type"
        else:
            message = f"on_error cannot be {text!r}: it is {forms}{hint(text, _ACTIONS)}"
        self._problems.add("OPH-S009", message, at)


_CHECKED = {*_CHOICES, *_COUNTS, "on_error", "type", "cwd", "cdd", "checkpoint"}

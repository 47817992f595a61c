"""The arguments of flow control that the table cannot describe: counters, keys and values, waiting, conditions."""

from __future__ import annotations

import re

from assaymark_workflows.ophidia.document import Task
from assaymark_workflows.problems import Problems

_NUMBER = r"[+-]?[0-9]{1,12}"
_COUNTER = re.compile(rf"({_NUMBER})(?::({_NUMBER}))?(?::({_NUMBER}|end))?|({_NUMBER}):(end)")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_DEADLINE = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]) (?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
)
_FORBIDDEN = re.compile(r"[;=|,:@&{}]")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?=[ \t]*(\()?)")
_QUOTED = re.compile(r"'[^']*'")
_CONSTANTS = {
    *("true", "false", "and", "or", "not", "nan", "inf", "e", "pi", "log2e", "log10e", "ln2", "ln10", "pi_2", "pi_4"),
    *("1_pi", "2_pi", "2_sqrtpi", "sqrt2", "sqrt1_2"),
}
_UNKNOWN = frozenset("$@&")


def check_control(task: Task, problems: Problems) -> None:
    """Everything about one task of flow control except its place in the graph."""
    check = _CHECKS.get(task.operator)
    if check:
        check(task, problems)


def open_value(value: str) -> bool:
    """Whether only the run knows a value."""
    return not _UNKNOWN.isdisjoint(value)


def _for(task: Task, problems: Problems) -> None:
    _keys(task, "key", problems)
    values, counter = task.given("values"), task.given("counter")
    values, counter = ("" if text == "-" else text for text in (values, counter))
    if task.given("parallel") == "yes":
        for name, text in (("values", values), ("counter", counter)):
            if "@" in text or "&" in text:
                message = (
                    f"a parallel loop is unrolled before the run, so the variable in {name} is taken as it is written"
                )
                problems.add("OPH-X007", message, task.at(name))
    if not values and not counter and not task.given("input") and not task.given("src_path"):
        problems.add(
            "OPH-V003", "the loop has neither values nor a counter, so it runs once", (*task.pointer, "operator")
        )
    length = _counted(task, counter, values, problems) if counter and not open_value(counter) else None
    if length is None or not values or _run_time(values) or task.given("input") or task.given("src_path"):
        return
    items = values.count("|") + 1
    if length != items:
        message = f"the counter has {length} numbers and values has {items} items; they have to be as many"
        problems.add("OPH-V002", message, task.at("counter"))


def _run_time(values: str) -> bool:
    """Whether items may stand for something else: a variable, a response of a task, an expression."""
    return open_value(values) or "[" in values or "EVAL(" in values or "." in values or "(" in values or "*" in values


def _counted(task: Task, counter: str, values: str, problems: Problems) -> int | None:
    """How many numbers a counter gives; None when that is not known."""
    total: int | None = 0
    for item in counter.split(","):
        match = _COUNTER.fullmatch(item.strip())
        if match is None:
            problems.add(
                "OPH-V001", f"{item!r} is no counter: it is a, a:b or a:step:b with integers", task.at("counter")
            )
            return None
        if match[5] or match[3] == "end":
            if not values:
                problems.add("OPH-V001", "end in a counter needs values to count", task.at("counter"))
            total = None
            continue
        number = _span(match, item, task, problems)
        if number is None:
            return None
        total = None if total is None else total + number
    return total


def _span(match: re.Match[str], item: str, task: Task, problems: Problems) -> int | None:
    if match[2] is None:
        return 1
    start, step, stop = (int(match[1]), int(match[2]), int(match[3])) if match[3] else (int(match[1]), 1, int(match[2]))
    if step == 0:
        problems.add("OPH-V001", f"the step of the counter {item!r} is 0", task.at("counter"))
        return None
    if start > stop:
        problems.add("OPH-V001", f"the counter {item!r} ends before it begins", task.at("counter"))
        return None
    return (stop - start) // abs(step) + 1


def _keys(task: Task, argument: str, problems: Problems) -> None:
    value = task.given(argument)
    if value in ("", "-") or open_value(value):
        return
    for key in value.split("|"):
        found = _FORBIDDEN.search(key)
        if found or not key:
            what = f"contains {found[0]!r}" if found else "is empty"
            problems.add("OPH-X004", f"the name of a variable {what}: {key!r}", task.at(argument))


def _set(task: Task, problems: Problems) -> None:
    for argument in ("key", "keys"):
        _keys(task, argument, problems)
    key = task.given("keys") if task.given("keys") not in ("", "-") else task.given("key")
    if key in ("", "-"):
        hidden = any("$" in argument.key for argument in task.arguments)
        if not hidden:
            problems.add("OPH-V006", "set needs key or keys", task.at("key"))
        return
    value = task.given("value")
    if open_value(key) or _run_time(value) or value in ("", "-"):
        return
    keys, values = key.count("|") + 1, value.count("|") + 1
    if values < keys:
        message = f"{keys} keys and only {values} value{'s' if values > 1 else ''}"
        problems.add("OPH-V006", message, task.at("value"))


def _wait(task: Task, problems: Problems) -> None:
    _keys(task, "key", problems)
    kind = task.given("type") or "clock"
    timeout, timeout_type = task.given("timeout"), task.given("timeout_type") or "duration"
    if open_value(kind) or open_value(timeout) or open_value(timeout_type):
        return
    if timeout_type == "deadline":
        if not _DEADLINE.fullmatch(timeout):
            problems.add("OPH-V004", f"a deadline is written YYYY-MM-DD hh:mm:ss, not {timeout!r}", task.at("timeout"))
    elif kind != "input" and kind in ("clock", "file") and (not timeout or timeout.lstrip().startswith("-")):
        message = f"waiting for ever is possible for type input only; type {kind} needs a timeout"
        problems.add("OPH-V004", message, task.at("timeout"))
    named = any(task.given(name) not in ("", "-") for name in ("filename", "fileref", "input", "output"))
    passed = any(d.type != "embedded" for d in task.dependencies)
    if kind == "file" and not named and not passed:
        problems.add(
            "OPH-V005", "type file needs the name of a file: filename, fileref, input or output", task.at("type")
        )


def _if(task: Task, problems: Problems) -> None:
    condition = task.given("condition")
    if not condition:
        return
    text = _QUOTED.sub(lambda match: "0" * len(match[0]), condition)
    if text.count("(") != text.count(")"):
        problems.add("OPH-X006", "the brackets of the condition do not match", task.at("condition"))
    if open_value(text):
        return
    for match in _WORD.finditer(text):
        before = text[match.start() - 1] if match.start() else ""
        if match[1] or match[0].lower() in _CONSTANTS or before.isdigit() or before in (".", "_"):
            continue
        message = (
            f"the condition contains the name {match[0]!r}, which has no value; a variable is written @{{{match[0]}}}"
        )
        problems.add("OPH-X006", message, task.at("condition"))


_CHECKS = {"oph_for": _for, "oph_set": _set, "oph_wait": _wait, "oph_if": _if, "oph_elseif": _if}

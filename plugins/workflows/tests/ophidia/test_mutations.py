"""Workflows that are right, each broken in one known way: the fault is found, in its line."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from assaymark.api import Severity
from assaymark_workflows.ophidia.validate import validate

RULES = Path(__file__).parents[1] / "rules"
ROUNDS = 12
NEEDLE = "zzz"

Fault = Callable[[dict[str, Any], random.Random], str | None]


class Nothing:
    """A context without settings."""

    settings: Mapping[str, Any] = {}

    def check_time(self) -> None:
        """There is no hurry."""


def problems_of(text: str) -> list[tuple[str, Severity, int, str]]:
    found = validate("workflow.json", text.encode(), Nothing())  # type: ignore[arg-type]
    assert found is not None
    return [
        (p.finding.rule, p.finding.severity, p.finding.location.line or 0, p.finding.message)
        for p in found
        if p.finding.location
    ]


def task(name: str, operator: str, arguments: list[str], parents: list[str], **more: str) -> dict[str, Any]:
    edges = [{"task": parent, "type": "single"} for parent in parents]
    return {"name": name, "operator": operator, "arguments": arguments, "dependencies": edges, **more}


def sample(seed: int) -> dict[str, Any]:
    """A valid workflow of some loops and selections, different for each seed."""
    dice = random.Random(seed)
    tasks = [task("Import", "oph_importnc", ["container=c", "measure=tos", "src_path=/d.nc", "imp_dim=time"], [])]
    last = "Import"
    for number in range(dice.randint(2, 5)):
        inner = f"Reduce {number}"
        operation = dice.choice(["max", "min", "avg"])
        arguments = [f"operation={operation}", "ncores=2", f"description=Step {number}"]
        shape = dice.choice(["plain", "loop", "choice"])
        if shape == "plain":
            tasks.append(task(inner, "oph_reduce", arguments, [last], on_error="skip", on_exit="nop"))
            last = inner
        elif shape == "loop":
            head, end = f"Loop {number}", f"End {number}"
            tasks.append(task(head, "oph_for", [f"key=key{number}", "values=a|b", "counter=1:2"], [last]))
            tasks.append(
                task(inner, "oph_reduce", [*arguments[:2], f"description=@{{key{number}}}"], [head], run="yes")
            )
            tasks.append(task(end, "oph_endfor", [], [inner]))
            last = end
        else:
            head, other, end = f"If {number}", f"Else {number}", f"Endif {number}"
            tasks.append(task(head, "oph_if", ["condition=(1 > 0)"], [last]))
            tasks.append(task(inner, "oph_reduce", arguments, [head], save="no"))
            tasks.append(task(other, "oph_else", [], [head]))
            tasks.append(task(end, "oph_endif", [], [inner, other]))
            last = end
    tasks.append(task("Export", "oph_exportnc2", ["output_path=/out", "ncores=1"], [last]))
    return {"name": "Sample", "author": "Ada", "abstract": "One", "ncores": "2", "exec_mode": "sync", "tasks": tasks}


def pick(raw: dict[str, Any], dice: random.Random, *operators: str) -> dict[str, Any] | None:
    found = [t for t in raw["tasks"] if not operators or t["operator"] in operators]
    return dice.choice(found) if found else None


def unknown_operator(raw: dict[str, Any], dice: random.Random) -> str | None:
    chosen = pick(raw, dice)
    assert chosen
    chosen["operator"] += NEEDLE
    return NEEDLE


def unknown_parent(raw: dict[str, Any], dice: random.Random) -> str | None:
    chosen = dice.choice([t for t in raw["tasks"] if t["dependencies"]])
    chosen["dependencies"][0]["task"] += NEEDLE
    return NEEDLE


def same_name(raw: dict[str, Any], dice: random.Random) -> str | None:
    first, second = sorted(dice.sample(range(len(raw["tasks"])), 2))
    raw["tasks"][second]["name"] = raw["tasks"][first]["name"]
    return f"@second {json.dumps(raw['tasks'][first]['name'])}"


def wrong_choice(raw: dict[str, Any], dice: random.Random) -> str | None:
    chosen = pick(raw, dice, "oph_reduce")
    if chosen:
        chosen["arguments"][0] = f"operation={NEEDLE}"
    return NEEDLE if chosen else None


def missing_argument(raw: dict[str, Any], dice: random.Random) -> str | None:
    chosen = pick(raw, dice, "oph_reduce", "oph_importnc", "oph_for")
    assert chosen
    wanted = {"oph_reduce": "operation=", "oph_importnc": "measure=", "oph_for": "key="}[chosen["operator"]]
    chosen["arguments"] = [a for a in chosen["arguments"] if not a.startswith(wanted)]
    return f"@operator {chosen['name']}"


def gone(raw: dict[str, Any], chosen: dict[str, Any]) -> str:
    """Takes a task out, so that what followed it follows what it followed; the number of its block."""
    for other in raw["tasks"]:
        for edge in other["dependencies"]:
            if edge["task"] == chosen["name"]:
                edge["task"] = chosen["dependencies"][0]["task"]
    raw["tasks"].remove(chosen)
    return str(chosen["name"]).split()[-1]


def no_end(raw: dict[str, Any], dice: random.Random) -> str | None:
    chosen = pick(raw, dice, "oph_endfor", "oph_endif")
    if chosen is None:
        return None
    return f"@operator {'Loop' if chosen['operator'] == 'oph_endfor' else 'If'} {gone(raw, chosen)}"


def no_beginning(raw: dict[str, Any], dice: random.Random) -> str | None:
    chosen = pick(raw, dice, "oph_for")
    return f"@operator End {gone(raw, chosen)}" if chosen is not None else None


def number_instead_of_text(raw: dict[str, Any], dice: random.Random) -> str | None:
    place = dice.choice([raw, *raw["tasks"]])
    place[dice.choice([k for k in ("name", "ncores", "operator") if k in place])] = 987654
    return "987654"


def circle(raw: dict[str, Any], dice: random.Random) -> str | None:
    raw["tasks"][0]["dependencies"].append({"task": raw["tasks"][-1]["name"]})
    return f'"task": {json.dumps(raw["tasks"][-1]["name"])}'


def no_equals(raw: dict[str, Any], dice: random.Random) -> str | None:
    chosen = pick(raw, dice)
    assert chosen
    chosen["arguments"].append(NEEDLE)
    return NEEDLE


def semicolon(raw: dict[str, Any], dice: random.Random) -> str | None:
    chosen = pick(raw, dice)
    assert chosen
    chosen["arguments"].append(f"description={NEEDLE};")
    return NEEDLE


def on_error(raw: dict[str, Any], dice: random.Random) -> str | None:
    dice.choice([raw, *raw["tasks"]])["on_error"] = dice.choice([NEEDLE, f"repeat {NEEDLE}", f"skip {NEEDLE}"])
    return NEEDLE


def unknown_argument(raw: dict[str, Any], dice: random.Random) -> str | None:
    chosen = pick(raw, dice)
    assert chosen
    chosen["arguments"].append(f"{NEEDLE}=1")
    return NEEDLE


def unknown_field(raw: dict[str, Any], dice: random.Random) -> str | None:
    dice.choice([raw, *raw["tasks"]])[NEEDLE] = "1"
    return NEEDLE


def unknown_variable(raw: dict[str, Any], dice: random.Random) -> str | None:
    chosen = pick(raw, dice, "oph_reduce")
    if chosen:
        chosen["arguments"][2] = f"description={dice.choice(['@', '&'])}{{{NEEDLE}}}"
    return NEEDLE if chosen else None


def itself(raw: dict[str, Any], dice: random.Random) -> str | None:
    chosen = pick(raw, dice)
    assert chosen
    chosen["name"] += NEEDLE
    for other in raw["tasks"]:
        for edge in other["dependencies"]:
            edge["task"] = edge["task"] if edge["task"] + NEEDLE != chosen["name"] else chosen["name"]
    chosen["dependencies"].append({"task": chosen["name"], "order": "77"})
    return f'"task": "{chosen["name"]}",\n          "order"'


def bad_counter(raw: dict[str, Any], dice: random.Random) -> str | None:
    chosen = pick(raw, dice, "oph_for")
    if chosen:
        chosen["arguments"][2] = dice.choice(
            ["counter=5:1", "counter=1:0:3", "counter=1;2", "counter=1:2:3:4", "counter=1:3"]
        )
        return str(chosen["arguments"][2])
    return None


def bracket(raw: dict[str, Any], dice: random.Random) -> str | None:
    chosen = pick(raw, dice, "oph_if")
    if chosen:
        chosen["arguments"][0] = "condition=(1 > 0"
    return '(1 > 0"' if chosen else None


def out_of_range(raw: dict[str, Any], dice: random.Random) -> str | None:
    chosen = pick(raw, dice, "oph_reduce")
    if chosen:
        chosen["arguments"][1] = dice.choice(["ncores=-7", "ncores=zzz"])
    return chosen["arguments"][1] if chosen else None


def wrong_field(raw: dict[str, Any], dice: random.Random) -> str | None:
    place = dice.choice([raw, *raw["tasks"]])
    place[dice.choice(["on_exit", "run", "save"])] = NEEDLE
    return NEEDLE


def wrong_edge(raw: dict[str, Any], dice: random.Random) -> str | None:
    chosen = dice.choice([t for t in raw["tasks"] if t["dependencies"]])
    chosen["dependencies"][0]["type"] = NEEDLE
    return NEEDLE


FAULTS: list[Fault] = [
    *(unknown_operator, unknown_parent, same_name, wrong_choice, missing_argument, no_end, no_beginning, circle),
    *(number_instead_of_text, no_equals, semicolon, on_error, unknown_argument, unknown_field, unknown_variable),
    *(itself, bad_counter, bracket, out_of_range, wrong_field, wrong_edge),
]


def line_of(text: str, needle: str) -> int:
    if needle.startswith("@operator "):
        begin = text.index(f'"name": {json.dumps(needle.removeprefix("@operator "))}')
        return text.count("\n", 0, text.index('"operator"', begin)) + 1
    if needle.startswith("@second "):
        name = f'"name": {needle.removeprefix("@second ")}'
        return text.count("\n", 0, text.index(name, text.index(name) + 1)) + 1
    return text.count("\n", 0, text.index(needle)) + 1


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.__name__)
def test_the_fault_is_found_in_its_line(fault: Fault) -> None:
    tried, missed = 0, []
    for seed in range(ROUNDS):
        raw = copy.deepcopy(sample(seed))
        needle = fault(raw, random.Random(seed))
        if needle is None:
            continue
        tried += 1
        text = json.dumps(raw, indent=2)
        line = line_of(text, needle)
        found = problems_of(text)
        if not any(at == line and severity != Severity.NOTE for _, severity, at, _ in found):
            missed.append((seed, line, found))
    assert tried
    assert missed == []


def test_samples_are_right() -> None:
    for seed in range(50):
        assert problems_of(json.dumps(sample(seed), indent=2)) == []


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_broken_json_is_found_near_the_break(seed: int) -> None:
    dice = random.Random(seed)
    text = json.dumps(sample(seed), indent=2)
    at = dice.choice([i for i, mark in enumerate(text) if mark in '{}[]:",'])
    broken = text[:at] + text[at + 1 :]
    line = text.count("\n", 0, at) + 1
    found = [place for _, severity, place, _ in problems_of(broken) if severity is Severity.ERROR]
    assert found
    # A missing bracket shows where the next thing does not fit: after it, when the text stops making sense.
    assert min(found) >= line - 1
    if text[at] in ':"':
        assert min(found) <= line + 1


@pytest.mark.parametrize("path", sorted(RULES.glob("OPH-*/pass*.json")), ids=lambda p: p.parent.name)
def test_every_error_survives_reformatting(path: Path) -> None:
    from assaymark_workflows.ophidia.text import cleaned
    from assaymark_workflows.problems import Problems

    data = path.read_bytes()
    plain = json.loads(cleaned(data, Problems("x", Path(__file__))))
    for indent in (None, 1):
        found = problems_of(json.dumps(plain, indent=indent))
        assert [problem for problem in found if problem[1] is Severity.ERROR] == []

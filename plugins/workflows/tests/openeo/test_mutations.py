"""Graphs that are right, each broken in one known way: the fault is found, in its line."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from assaymark.api import Severity
from assaymark_workflows.openeo.validate import validate

ROUNDS = 12
NEEDLE = "zzz"
RULES = Path(__file__).parents[1] / "rules"

Graph = dict[str, Any]
Fault = Callable[[Graph, random.Random], str]


class Nothing:
    """A context without settings."""

    settings: Mapping[str, Any] = {}

    def check_time(self) -> None:
        """There is no hurry."""

    def exists(self, path: str) -> bool:
        """No other file is there."""
        return False


def problems_of(text: str) -> list[tuple[str, Severity, int, str]]:
    found = validate("graph.json", text.encode(), Nothing())  # type: ignore[arg-type]
    assert found is not None
    places = ((p.finding, p.finding.location) for p in found)
    return [(one.rule, one.severity, at.line or 0, one.message) for one, at in places if at]


def node(process: str, /, **arguments: Any) -> Graph:
    return {"process_id": process, "arguments": arguments}


def child(process: str, /, **arguments: Any) -> Graph:
    return {"process_graph": {"only": {**node(process, **arguments), "result": True}}}


def sample(seed: int) -> Graph:
    """A valid graph, different for each seed."""
    dice = random.Random(seed)
    box = {"west": 10.5, "south": 45, "east": 11, "north": 46, "crs": 4326}
    load = node("load_collection", id="S2", spatial_extent=box, temporal_extent=["2020-01-01", "2020-02-01"])
    graph = {"load": {**load, "description": "where it begins"}}
    last = "load"
    steps = [
        node("reduce_dimension", dimension="t", reducer=child("mean", data={"from_parameter": "data"})),
        node("apply", process=child("absolute", x={"from_parameter": "x"})),
        node("filter_bands", bands=["B04", "B08"]),
        node("filter_temporal", extent=["2020-01-01T00:00:00Z", None]),
        node("aggregate_temporal_period", period="month", reducer=child("max", data={"from_parameter": "data"})),
        node("filter_labels", dimension="t", condition=child("eq", x={"from_parameter": "value"}, y="a")),
        node("resample_spatial", resolution=20, method="near"),
    ]
    for number, step in enumerate(dice.sample(steps, dice.randint(2, 5))):
        step["arguments"] = {"data": {"from_node": last}, **step["arguments"]}
        last = f"step{number}"
        graph[last] = step
    graph["save"] = {**node("save_result", data={"from_node": last}, format="GTiff"), "result": True}
    return graph


def pick(graph: Graph, dice: random.Random, *processes: str) -> Graph:
    found = [one for one in graph.values() if not processes or one["process_id"] in processes]
    return dice.choice(found)


def unknown_process(graph: Graph, dice: random.Random) -> str:
    pick(graph, dice)["process_id"] += NEEDLE
    return NEEDLE


def unknown_node(graph: Graph, dice: random.Random) -> str:
    chosen = dice.choice([one for one in graph.values() if "data" in one["arguments"]])
    chosen["arguments"]["data"]["from_node"] += NEEDLE
    return NEEDLE


def node_of_a_child(graph: Graph, dice: random.Random) -> str:
    graph["step0"]["arguments"]["data"] = {"from_node": "only"}
    graph["extra"] = node("apply", data={"from_node": "load"}, process=child("absolute", x={"from_parameter": "x"}))
    return '"from_node": "only"'


def node_of_the_parent(graph: Graph, dice: random.Random) -> str:
    graph["step0"] = node("apply", data={"from_node": "load"}, process=child("absolute", x={"from_node": "save"}))
    return '"from_node": "save"'


def unknown_parameter(graph: Graph, dice: random.Random) -> str:
    graph["step0"] = node("apply", data={"from_node": "load"}, process=child("absolute", x={"from_parameter": NEEDLE}))
    return NEEDLE


def no_result(graph: Graph, dice: random.Random) -> str:
    del graph["save"]["result"]
    return "{"


def two_results(graph: Graph, dice: random.Random) -> str:
    graph["load"]["result"] = True
    return "@last result"


def no_result_in_a_child(graph: Graph, dice: random.Random) -> str:
    inner = child("absolute", x={"from_parameter": "x"})
    inner["process_graph"]["only"]["result"] = False
    graph["step0"] = node("apply", data={"from_node": "load"}, process=inner)
    graph.pop("step1")
    graph["save"]["arguments"]["data"]["from_node"] = "step0"
    return "@child"


def circle(graph: Graph, dice: random.Random) -> str:
    graph["load"]["arguments"]["spatial_extent"] = {"from_node": "save"}
    return "@circle"


def missing(graph: Graph, dice: random.Random) -> str:
    chosen = dice.choice(["load", "save"])
    del graph[chosen]["arguments"][{"load": "id", "save": "format"}[chosen]]
    return f"@arguments {chosen}"


def no_arguments(graph: Graph, dice: random.Random) -> str:
    chosen = dice.choice(list(graph))
    del graph[chosen]["arguments"]
    return f'"{chosen}": {{'


def no_process(graph: Graph, dice: random.Random) -> str:
    chosen = dice.choice(list(graph))
    del graph[chosen]["process_id"]
    return f'"{chosen}": {{'


def unknown_argument(graph: Graph, dice: random.Random) -> str:
    pick(graph, dice)["arguments"][NEEDLE] = 1
    return NEEDLE


def unknown_field(graph: Graph, dice: random.Random) -> str:
    pick(graph, dice)[NEEDLE] = 1
    return NEEDLE


def wrong_type(graph: Graph, dice: random.Random) -> str:
    arguments = graph["save"]["arguments"]
    arguments["format"] = dice.choice([987654, True, ["x"], {"x": 1}, None])
    return '"format"'


def upside_down(graph: Graph, dice: random.Random) -> str:
    graph["load"]["arguments"]["spatial_extent"]["south"] = 77
    return '"south"'


def inside_out(graph: Graph, dice: random.Random) -> str:
    graph["load"]["arguments"]["spatial_extent"]["west"] = 77
    return '"west"'


def incomplete_box(graph: Graph, dice: random.Random) -> str:
    del graph["load"]["arguments"]["spatial_extent"][dice.choice(["west", "south", "east", "north"])]
    return '"spatial_extent"'


def text_in_a_box(graph: Graph, dice: random.Random) -> str:
    graph["load"]["arguments"]["spatial_extent"][dice.choice(["west", "south", "east", "north"])] = NEEDLE
    return NEEDLE


def code_too_small(graph: Graph, dice: random.Random) -> str:
    graph["load"]["arguments"]["spatial_extent"]["crs"] = 7
    return '"crs"'


def bad_date(graph: Graph, dice: random.Random) -> str:
    text = dice.choice(["2020-13-01", "2020-02-31", "01.02.2020", "2020-01-01T", "yesterday"])
    graph["load"]["arguments"]["temporal_extent"][dice.choice([0, 1])] = text
    return text


def reversed_dates(graph: Graph, dice: random.Random) -> str:
    graph["load"]["arguments"]["temporal_extent"] = ["2021-01-01", "2020-01-01"]
    return "2020-01-01"


def half_an_interval(graph: Graph, dice: random.Random) -> str:
    graph["load"]["arguments"]["temporal_extent"] = dice.choice([["2020-01-01"], [], [None, None]])
    return '"temporal_extent"'


def mixed_reference(graph: Graph, dice: random.Random) -> str:
    graph["save"]["arguments"]["data"]["from_parameter"] = "x"
    return "@data of save"


def wrong_kind_of_node(graph: Graph, dice: random.Random) -> str:
    graph["words"] = node("text_concat", data=["a"])
    graph["save"]["arguments"]["data"]["from_node"] = "words"
    return '"from_node": "words"'


def not_allowed(graph: Graph, dice: random.Random) -> str:
    graph["step0"] = node("resample_spatial", data={"from_node": "load"}, method=NEEDLE)
    return NEEDLE


def wrong_callback(graph: Graph, dice: random.Random) -> str:
    condition = child("text_concat", data=[NEEDLE])
    graph["step0"] = node("filter_labels", data={"from_node": "load"}, dimension="t", condition=condition)
    return "text_concat"


def nothing_uses_it(graph: Graph, dice: random.Random) -> str:
    graph[NEEDLE] = node("filter_bands", data={"from_node": "load"}, bands=["B04"])
    return NEEDLE


FAULTS: list[Fault] = [
    *(unknown_process, unknown_node, node_of_a_child, node_of_the_parent, unknown_parameter, no_result, two_results),
    *(no_result_in_a_child, circle, missing, no_arguments, no_process, unknown_argument, unknown_field, wrong_type),
    *(upside_down, inside_out, incomplete_box, text_in_a_box, code_too_small, bad_date, reversed_dates),
    *(half_an_interval, mixed_reference, wrong_kind_of_node, not_allowed, wrong_callback, nothing_uses_it),
]


def lines_of(text: str, needle: str) -> set[int]:
    if needle == "@last result":
        at = text.rindex('"result": true')
    elif needle == "@child":
        at = text.index('"process_graph"', text.index('"step0"'))
    elif needle == "@data of save":
        at = text.index('"data"', text.index('"save": {'))
    elif needle == "@circle":  # any of its edges
        return {number for number, line in enumerate(text.split("\n"), 1) if '"from_node"' in line}
    elif needle.startswith("@arguments "):
        at = text.index('"arguments"', text.index(f'"{needle.removeprefix("@arguments ")}": {{'))
    else:
        at = text.index(needle)
    return {text.count("\n", 0, at) + 1}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.__name__)
def test_the_fault_is_found_in_its_line(fault: Fault) -> None:
    missed = []
    for seed in range(ROUNDS):
        graph = sample(seed)
        needle = fault(graph, random.Random(seed))
        form = [
            graph,
            {"id": "my_process", "process_graph": graph},
            {"title": "x", "process": {"process_graph": graph}},
        ]
        text = json.dumps(form[seed % 3 if needle != "{" else 0], indent=2)
        lines = lines_of(text, needle)
        found = problems_of(text)
        if not any(at in lines and severity != Severity.NOTE for _, severity, at, _ in found):
            missed.append((seed, lines, found))
    assert missed == []


def test_samples_are_right() -> None:
    for seed in range(60):
        graph = sample(seed)
        for form in (graph, {"process_graph": graph}, {"process": {"process_graph": graph}}):
            assert problems_of(json.dumps(form, indent=2)) == []


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_broken_json_is_found(seed: int) -> None:
    dice = random.Random(seed)
    text = json.dumps(sample(seed), indent=2)
    at = dice.choice([i for i, mark in enumerate(text) if mark in ':"'])
    found = [line for _, severity, line, _ in problems_of(text[:at] + text[at + 1 :]) if severity is Severity.ERROR]
    line = text.count("\n", 0, at) + 1
    assert found
    assert line <= min(found) <= line + 1

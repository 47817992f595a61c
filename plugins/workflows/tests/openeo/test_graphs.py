"""What no single rule shows: the three forms, scopes inside scopes, profiles, look-alikes, texts built to hurt."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.api import Unreachable
from assaymark_workflows.openeo.detect import detect, root
from assaymark_workflows.openeo.table import predefined
from assaymark_workflows.openeo.types import fits
from assaymark_workflows.openeo.validate import validate

Json = dict[str, Any]


class World:
    """A context with settings and files."""

    def __init__(self, files: Mapping[str, str] | None = None, **settings: Any) -> None:
        self.files = files or {}
        self.settings: Mapping[str, Any] = settings

    def read(self, path: str) -> bytes:
        """A file, or Unreachable."""
        if path not in self.files:
            raise Unreachable("it is not there")
        return self.files[path].encode()

    def exists(self, path: str) -> bool:
        """Whether there is such a file."""
        return path in self.files

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        """Made at once."""
        return make()

    def check_time(self) -> None:
        """There is no hurry."""


def said(value: Any, world: World | None = None) -> list[str] | None:
    text = value if isinstance(value, str) else json.dumps(value)
    found = validate("graph.json", text.encode(), world or World())  # type: ignore[arg-type]
    return None if found is None else [problem.finding.rule for problem in found]


def node(process: str, arguments: Json, **more: Any) -> Json:
    return {"process_id": process, "arguments": arguments, **more}


def only(process: str, arguments: Json) -> Json:
    return {"a": node(process, arguments, result=True)}


def callback(process: str, arguments: Json) -> Json:
    return {"process_graph": only(process, arguments)}


def test_parameters_of_enclosing_graphs_can_be_used() -> None:
    inner = callback("add", {"x": {"from_parameter": "x"}, "y": {"from_parameter": "offset"}})
    outer = callback("array_apply", {"data": {"from_parameter": "data"}, "process": inner})
    graph = only("reduce_dimension", {"data": {"from_parameter": "cube"}, "dimension": "t", "reducer": outer})
    declared = [{"name": "cube", "schema": {"type": "object", "subtype": "datacube"}}, {"name": "offset", "schema": {}}]
    assert "OEO-R003" not in (said({"parameters": declared, "process_graph": graph}) or [])
    assert "OEO-R003" in (said({"parameters": declared[:1], "process_graph": graph}) or [])


def test_child_graphs_of_unknown_processes_may_use_any_parameter() -> None:
    graph = only("somebodys_process", {"do": callback("absolute", {"x": {"from_parameter": "whatever"}})})
    assert said({"parameters": [], "process_graph": graph}) == ["OEO-R005"]


def test_a_filter_of_metadata_is_a_graph_of_its_own() -> None:
    clear = callback("lte", {"x": {"from_parameter": "value"}, "y": 70})
    arguments = {"id": "S2", "spatial_extent": None, "temporal_extent": None, "properties": {"cloud": clear}}
    assert said(only("load_collection", arguments)) == []
    clear["process_graph"]["a"]["arguments"]["x"] = {"from_parameter": "valu"}
    assert said({"parameters": [], "process_graph": only("load_collection", arguments)}) == ["OEO-R003"]


def test_profiles() -> None:
    assert said(only("run_cwl_locally", {"anything": 1})) == ["OEO-R005"]
    assert said(only("run_cwl_locally", {"anything": 1}), World(profile="intertwin")) == []
    assert said(only("run_oscar", {"service": "a", "more": 2}), World(profile="intertwin")) == []
    assert said(only("run_oscar", {"more": 2}), World(profile="intertwin")) == ["OEO-R008"]
    assert said(only("abs", {"x": 2}), World(profile="intertwin")) == ["OEO-R006"]
    wrong = only("absolute", {"x": 2, "xx": 3})
    assert said(wrong, World(profile="community")) == ["OEO-R009"]
    assert said(wrong, World(profile="strict")) == ["OEO-R007"]
    assert said(wrong, World(profile="nonsense")) == ["OEO-E001"]


@pytest.mark.parametrize("listed", [None, "[", '{"processes": 5}', "5"])
def test_a_list_of_processes_that_cannot_be_used_is_said(listed: str | None) -> None:
    world = World({} if listed is None else {"list.json": listed}, processes="list.json")
    assert said(only("absolute", {"x": 1}), world) == ["OEO-E001"]


def test_a_list_of_processes_tells_types_too() -> None:
    text = {"type": "string"}
    listed = [
        {"id": "name_of", "parameters": [{"name": "x", "optional": True, "schema": text}], "returns": {"schema": text}}
    ]
    world = World({"list.json": json.dumps(listed)}, processes="list.json")
    assert said(only("name_of", {}), world) == []
    assert said(only("name_of", {"x": 5}), world) == ["OEO-T001"]


def test_a_namespace_is_somebody_elses() -> None:
    assert said({"a": node("mine", {"x": 1}, namespace="ada", result=True)}) == []


def test_a_process_that_lies_beside_is_known() -> None:
    inner = only("add", {"x": {"from_parameter": "x"}, "y": 1})
    parameters = [{"name": "x", "schema": {"type": "number"}}, {"name": "more", "optional": True, "schema": {}}]
    text = json.dumps({"id": "increase", "parameters": parameters, "process_graph": inner})
    world = World({"increase.json": text, "broken.json": "{", "other.json": text})
    assert said(only("increase", {"x": 1}), world) == []
    assert said(only("increase", {"x": "a"}), world) == ["OEO-T001"]
    assert said(only("increase", {}), world) == ["OEO-R008"]
    assert said(only("broken", {}), world) == said(only("other", {}), world) == ["OEO-R005"]


def test_references_are_found_at_any_depth() -> None:
    graph = only("inspect", {"data": [{"deep": [[{"from_node": "nowhere"}]]}]})
    assert said(graph) == ["OEO-R001"]


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "[]",
        "{}",
        '{"process_graph": "see below"}',
        '{"type": "object", "properties": {"process_graph": {}, "process_id": {"type": "string"}}}',
        '{"process_graph": {"type": "object"}}',
        '{"stac_version": "1.0.0", "links": [], "expression": {"process_graph": {}}}',
        '[{"process_id": "add", "arguments": {}}]',
        '{"a": {"process_id": 5}}',
        '{"a": {"process_id": "add"}, "b": 5}',
        '{"process_id": "add", "arguments": {"x": ',
        '{"process": {"pid": 5}, "process_id": "x"}',
    ],
)
def test_what_looks_similar_is_left_alone(text: str) -> None:
    assert said(text) is None or not detect("x.json", text.encode()) or text.startswith('{"process_id"')


def test_forms() -> None:
    graph = only("absolute", {"x": 1})
    forms = [graph, {"process_graph": graph}, {"title": "job", "process": {"process_graph": graph}}]
    assert [found.pointer for found in map(root, forms) if found] == [
        (),
        ("process_graph",),
        ("process", "process_graph"),
    ]


@pytest.mark.parametrize("process", predefined().ids)
def test_every_definition_can_be_read(process: str) -> None:
    found = predefined().get(process)
    assert found is not None
    assert found.parameters or process in ("e", "pi", "nan", "create_data_cube")
    for parameter in found.parameters.values():
        assert parameter.name
        assert fits(parameter.schemas, parameter.schemas)


def test_a_process_without_arguments_misses_exactly_the_required_ones() -> None:
    for id in predefined().ids:
        found = predefined().get(id)
        assert found is not None
        required = sum(one.required for one in found.parameters.values())
        rules = said(only(id, {})) or []
        assert sum(rule in ("OEO-R008", "OEO-R010") for rule in rules) == required


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["from_node", "from_parameter", "process_graph", "west", "type", "a"]), inner)
    ),
    max_leaves=6,
)


@given(st.sampled_from(predefined().ids), st.dictionaries(st.text(max_size=2), JUNK, max_size=3), st.data())
def test_no_argument_makes_it_fall(process: str, more: Json, data: st.DataObject) -> None:
    found = predefined().get(process)
    assert found is not None
    given_ones = {name: data.draw(JUNK) for name in found.parameters}
    assert said(only(process, given_ones | more)) is not None


@given(st.dictionaries(st.text(max_size=3), JUNK, max_size=4), JUNK)
def test_no_shape_makes_it_fall(graph: Json, parameters: Any) -> None:
    graph["ok"] = node("absolute", {"x": 1})
    said(graph)
    said({"process_graph": graph, "parameters": parameters, "id": parameters})
    said({"process": {"process_graph": graph, "parameters": [parameters]}})


def test_texts_that_were_built_to_hurt_end_soon() -> None:
    chain = {f"n{i}": node("add", {"x": 1, "y": {"from_node": f"n{i - 1}"} if i else 2}) for i in range(20_000)}
    chain["n19999"]["result"] = True
    deep: Json = only("absolute", {"x": 1})
    for _ in range(80):
        deep = only("apply", {"data": {"from_parameter": "x"}, "process": {"process_graph": deep}})
    nested: Any = 1
    for _ in range(100):
        nested = [nested, nested] if _ < 12 else [nested]
    wide = only("array_create", {"data": list(range(200_000))})
    for graph, rules in (
        (chain, set()),
        (deep, {"OEO-C001"}),
        (only("inspect", {"data": nested}), set()),
        (wide, set()),
    ):
        begin = time.process_time()
        found = said(graph)
        assert found is not None
        assert set(found) & {"OEO-C001"} == rules
        assert time.process_time() - begin < 2


def test_nesting_without_end_is_a_finding() -> None:
    text = '{"a": {"process_id": "add", "arguments": {"x": ' + "[" * 100_000
    assert said(text) == ["OEO-Y001"]


POLYGON = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}


@pytest.mark.parametrize(
    ("process", "arguments", "rules"),
    [
        ("load_collection", {"id": "a", "spatial_extent": {"type": "Circle"}}, ["OEO-R010", "OEO-V006"]),
        ("load_collection", {"id": "a", "spatial_extent": {"type": "FeatureCollection"}}, ["OEO-R010", "OEO-V006"]),
        ("load_collection", {"id": "a", "spatial_extent": {"type": "Point"}}, ["OEO-R010", "OEO-V006"]),
        (
            "load_geojson",
            {"data": {"type": "Feature", "geometry": {"type": "GeometryCollection"}}},
            ["OEO-P001", "OEO-V006"],
        ),
        ("load_geojson", {"data": POLYGON}, ["OEO-P001"]),
        ("filter_temporal", {"data": {"from_node": "a"}, "extent": ["2020-01-01", {"from_parameter": "x"}]}, None),
        ("date_shift", {"date": "2020-01-31", "value": 1, "unit": "month"}, []),
        ("date_shift", {"date": "31.1.2020", "value": 1, "unit": "month"}, ["OEO-V007"]),
        ("date_shift", {"date": "2020-01-31", "value": 1.5, "unit": "month"}, ["OEO-T001"]),
        ("date_shift", {"date": "2020-01-31", "value": 2.0, "unit": "month"}, []),
        ("array_element", {"data": [1], "index": -1}, ["OEO-V001"]),
        ("quantiles", {"data": [1, 2], "probabilities": [0.2, 1.5]}, ["OEO-V001"]),
        ("aggregate_temporal", {"intervals": [["2020-01-01", "2020-01-01"]], "labels": ["a", "a"]}, None),
        ("array_create", {"data": [1, 2], "repeat": 0}, ["OEO-V001"]),
        ("text_begins", {"data": "abc", "pattern": "a", "case_sensitive": "yes"}, ["OEO-T001"]),
        ("vector_buffer", {"geometries": POLYGON, "distance": 0}, ["OEO-D004", "OEO-P001", "OEO-V001"]),
        ("clip", {"x": 1, "min": 2, "max": True}, ["OEO-T001"]),
        ("if", {"value": True, "accept": {"from_node": 3}}, ["OEO-S007"]),
        ("count", {"data": [1], "condition": False}, ["OEO-V001"]),
        ("constant", {"x": {"process_graph": {"a": {"process_id": "e", "arguments": {}, "result": True}}}}, []),
    ],
)
def test_values(process: str, arguments: Json, rules: list[str] | None) -> None:
    found = said({"process_graph": only(process, arguments)})
    assert found is not None
    if rules is not None:
        assert sorted(found) == rules


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"process_id": "no name", "arguments": {}}, "OEO-S002"),
        ({"process_id": "absolute", "arguments": 5}, "OEO-S003"),
        ({"process_id": "absolute", "arguments": {"x": 1}, "description": 5}, "OEO-S004"),
        ({"process_id": "absolute", "arguments": {"x": 1}, "descripton": "x"}, "OEO-S005"),
    ],
)
def test_fields_of_nodes(wrong: Json, rule: str) -> None:
    assert rule in (said({**only("absolute", {"x": 1}), "b": wrong}) or [])


def test_a_text_in_another_encoding_is_told() -> None:
    text = json.dumps(only("absolute", {"x": 1})).encode("utf-16")
    problems = validate("graph.json", text, World())  # type: ignore[arg-type]
    assert [p.finding.rule for p in problems or ()] == ["OEO-Y001"]
    assert validate("other.json", '{"process_id": 1}'.encode("utf-16"), World()) is None  # type: ignore[arg-type]

"""What single tasks may say, where no example of a rule shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from assaymark_workflows.ophidia.validate import validate


class Settings:
    """A context with settings only."""

    def __init__(self, **settings: Any) -> None:
        self.settings: Mapping[str, Any] = settings

    def check_time(self) -> None:
        """There is no hurry."""


IMPORT = {"name": "in", "operator": "oph_importnc", "arguments": ["container=c", "measure=m", "src_path=/x.nc"]}


def rules_of(operator: str, *arguments: str, **more: Any) -> list[str]:
    task = {"name": "t", "operator": operator, "arguments": list(arguments), "dependencies": [{"task": "in"}], **more}
    text = json.dumps({"name": "w", "tasks": [IMPORT, task]})
    found = validate("w.json", text.encode(), Settings())  # type: ignore[arg-type]
    assert found is not None
    return [problem.finding.rule for problem in found]


@pytest.mark.parametrize(
    ("operator", "arguments", "rules"),
    [
        ("oph_reduce", ["cube=c", "operation=max", "nthreads=-"], []),
        ("oph_reduce", ["cube=c", "operation=max|min"], []),
        ("oph_reduce", ["cube=c", "operation=max|most"], ["OPH-T003"]),
        ("oph_reduce", ["cube=c", "operation=MAX"], ["OPH-T003"]),
        ("oph_reduce", ["cube=c", "operation=@o"], ["OPH-X001"]),
        ("oph_reduce", ["cube=c", "operation=max", "order=2.5e1"], []),
        ("oph_reduce", ["cube=c", "operation=max", "order=-1"], ["OPH-T005"]),
        ("oph_importnc", ["measure=m", "src_path=/x", "container=c", "leap_month=13"], ["OPH-T005"]),
        ("oph_importnc", ["measure=m", "src_path=/x", "container=c", "offset=1|x"], ["OPH-T004"]),
        ("oph_reduce", ["$1", "cube=c"], []),
        ("oph_reduce", ["$1=max", "cube=c"], []),
        ("oph_delete", ["cube=[cube_filter=1:2;level!=3]"], []),
        ("oph_delete", ["cube=[level!=x]"], ["OPH-V009"]),
        ("oph_delete", ["cube=[level=1;odd]"], ["OPH-V009"]),
        ("oph_delete", ["cube=[run!=no]"], ["OPH-V009"]),
        ("oph_delete", ["cube=[run=perhaps]"], ["OPH-V009"]),
        ("oph_delete", ["cube=]["], ["OPH-V008"]),
        ("oph_delete", ["cube=[metadata_key!=k;metadata_value=v]"], ["OPH-V010"]),
        ("oph_delete", ["cube=[@k=v]"], ["OPH-X001"]),
        ("oph_importnc", ["measure=m", "src_path=[path=/a/../b]", "container=c"], ["OPH-V011"]),
        ("oph_wait", ["type=$1"], []),
        ("oph_wait", ["type=input", "key=a|b"], []),
        ("oph_wait", ["type=clock", "timeout=-5"], ["OPH-V004"]),
        ("oph_set", ["key=a||b", "value=1|2|3"], ["OPH-P002", "OPH-X004"]),
        ("oph_set", ["KEY=a", "Value=1"], ["OPH-P002"]),
        ("oph_set", ["key=a", "value=1", "id=7"], []),
        ("oph_set", ["$1=a"], []),
        ("oph_script", ["script=a.sh", "password=secret"], ["OPH-C001", "OPH-R005"]),
        ("oph_fs", ["command=ls", "dpath=/data"], []),
        ("oph_apply", ["cube=c", "query=oph_x(measure,'&&')"], []),
        ("oph_apply", ["cube=c", "query=@{}"], ["OPH-X005"]),
        ("oph_apply", ["cube=c", "query=@{a$1}"], []),
    ],
)
def test_arguments(operator: str, arguments: list[str], rules: list[str]) -> None:
    assert sorted(rules_of(operator, *arguments)) == rules


def test_tasks_of_other_types() -> None:
    assert rules_of("-sellonlatbox,1,2,3,4", "input=a.nc", type="cdo") == []
    assert rules_of("-sellonlatbox", "nonsense=a.nc", type="cdo") == ["OPH-R005"]
    assert rules_of("ls -l", type="generic") == []
    assert rules_of("$1", "anything=1") == []


@pytest.mark.parametrize("edges", [[5], ["in"], [None], [[]]])
def test_dependencies_of_another_shape(edges: list[Any]) -> None:
    assert "OPH-S003" in rules_of("oph_list", dependencies=edges)


def test_variables_of_a_task() -> None:
    own = [{"key": "k", "svalue": "x"}, {"svalue": "no key"}]
    assert rules_of("oph_apply", "cube=c", "query=@k &{k}", variables=own) == []
    assert rules_of("oph_apply", "cube=c", "query=@k", variables=[{"key": 5}]) == ["OPH-X001", "OPH-S007"]
    assert "OPH-S003" in rules_of("oph_apply", "cube=c", "query=x", variables=["k"])


def test_a_task_that_is_no_object() -> None:
    text = json.dumps({"name": "w", "tasks": [IMPORT, 5]})
    found = validate("w.json", text.encode(), Settings())  # type: ignore[arg-type]
    assert [problem.finding.rule for problem in found or ()] == ["OPH-S003"]


def test_circles_beside_other_tasks_are_found_once() -> None:
    edges = {"a": "", "b": "ad", "c": "b", "d": "c", "e": "da"}
    names = [
        {"name": name, "operator": "oph_list", "arguments": [], "dependencies": [{"task": one} for one in parents]}
        for name, parents in edges.items()
    ]
    found = validate("w.json", json.dumps({"name": "w", "tasks": names}).encode(), Settings())  # type: ignore[arg-type]
    assert [p.finding.rule for p in found or () if p.finding.rule != "OPH-P001"] == ["OPH-G001"]


@pytest.mark.parametrize(("ended", "rules"), [(False, ["OPH-R001", "OPH-G003"]), (True, ["OPH-R001"])])
def test_blocks_are_judged_unless_one_may_hang_on_a_dependency_that_leads_nowhere(
    ended: bool, rules: list[str]
) -> None:
    tasks = [
        IMPORT,
        {"name": "loop", "operator": "oph_for", "arguments": ["key=i", "values=1|2"], "dependencies": [{"task": "in"}]},
        {"name": "x", "operator": "oph_list", "arguments": ["level=1"], "dependencies": [{"task": "gone"}]},
        {"name": "y", "operator": "oph_list", "arguments": ["level=1"], "dependencies": [{"task": "x"}]},
    ]
    if ended:
        tasks.append({"name": "end", "operator": "oph_endfor", "arguments": [], "dependencies": [{"task": "y"}]})
    text = json.dumps({"name": "w", "tasks": tasks})
    found = validate("w.json", text.encode(), Settings())  # type: ignore[arg-type]
    assert found is not None
    assert sorted(p.finding.rule for p in found if p.finding.severity == "error") == sorted(rules)

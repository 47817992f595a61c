"""Documents of TOSCA, OSCAR and GitHub Actions that are right, each broken in one known way: the fault is found, in
its line. Those of the other formats stand with their tests."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import assaymark
from assaymark.api import Severity
from assaymark.validation import programs

SEEDS = range(12)
NEEDLE = "zzz"
Document = dict[str, Any]
Fault = Callable[[Document, random.Random], str]


def fdl(seed: int) -> Document:
    """Services of OSCAR with all that they may have, different for each seed."""
    dice = random.Random(seed)
    services = []
    for number in range(dice.randint(1, 4)):
        service = {
            "name": f"service-{number}",
            "image": f"ghcr.io/example/tool:1.{number}",
            "script": "script.sh",
            "memory": dice.choice(["512Mi", "2Gi", "1e9"]),
            "cpu": dice.choice(["0.5", "500m", 2]),
            "log_level": dice.choice(["INFO", "DEBUG"]),
            "alpine": dice.choice([True, False]),
            "visibility": "restricted",
            "allowed_users": ["ada@example.org"],
            "synchronous": {"min_scale": 1, "max_scale": 4},
            "expose": {"min_scale": 1, "max_scale": 5, "api_port": [8080], "cpu_threshold": 70, "auth_type": "basic"},
            "input": [{"storage_provider": "minio.default", "path": f"bucket-{number}/in"}],
            "output": [{"storage_provider": "webdav.dcache", "path": f"/out/{number}", "suffix": ["txt"]}],
            "environment": {"variables": {"LEVEL": "1"}},
            "volume": {"name": f"data-{number}", "size": "1Gi", "mount_path": "/data"},
        }
        services.append({"main": service})
    return {
        "functions": {"oscar": services},
        "storage_providers": {"webdav": {"dcache": {"hostname": "dcache.example.org", "login": "ada"}}},
        "clusters": {"main": {"endpoint": "https://oscar.example.org", "ssl_verify": True}},
    }


def service(document: Document, dice: random.Random) -> Document:
    chosen: Document = dice.choice(document["functions"]["oscar"])["main"]
    return chosen


def fdl_value(path: str, *values: object) -> Fault:
    """A fault that puts one of some values at ``path`` of a service; they hold the needle, or are unlike all others."""

    def fault(document: Document, dice: random.Random) -> str:
        *way, last = path.split(".")
        place: Any = service(document, dice)
        for name in way:
            place = place[int(name) if name.isdigit() else name]
        value = dice.choice(values)
        place[last] = value
        return f"{last}: {value}" if isinstance(value, int | float) else str(value)

    fault.__name__ = f"fdl {path}"
    return fault


def fdl_unknown(document: Document, dice: random.Random) -> str:
    chosen = service(document, dice)
    place: Document = dice.choice(
        [chosen, chosen["expose"], chosen["synchronous"], chosen["volume"], chosen["output"][0]]
    )
    place[NEEDLE] = 1
    return NEEDLE


def fdl_missing(document: Document, dice: random.Random) -> str:
    chosen = service(document, dice)
    chosen.pop(dice.choice(["name", "image", "script"]))
    document["functions"]["oscar"] = [
        {NEEDLE: entry["main"]} if entry["main"] is chosen else entry for entry in document["functions"]["oscar"]
    ]
    return NEEDLE


def fdl_twice(document: Document, dice: random.Random) -> str:
    chosen = copy.deepcopy(service(document, dice))
    chosen["image"] = "ghcr.io/example/other:1.0"
    document["functions"]["oscar"].append({"main": chosen})
    return f"@last name: {chosen['name']}"


def fdl_loop(document: Document, dice: random.Random) -> str:
    chosen = service(document, dice)
    where = f"{chosen['input'][0]['path']}/zzz"
    chosen["output"][0] = {"storage_provider": "minio.default", "path": where}
    return where


def fdl_scale(document: Document, dice: random.Random) -> str:
    service(document, dice)[dice.choice(["expose", "synchronous"])]["min_scale"] = 77
    return "min_scale: 77"


FDL_FAULTS: list[Fault] = [
    *(fdl_unknown, fdl_missing, fdl_twice, fdl_loop, fdl_scale),
    fdl_value("name", "Zzz_", "-zzz", "zzz" * 15),
    fdl_value("memory", "12zzz", "zzzMi", "1 Gizzz"),
    fdl_value("cpu", "zzz", "1,zzz"),
    fdl_value("log_level", "zzz", "INFOzzz"),
    fdl_value("alpine", "zzz"),
    fdl_value("visibility", "zzz"),
    fdl_value("expose.cpu_threshold", 170, -5),
    fdl_value("expose.api_port", "zzz", 70000),
    fdl_value("expose.auth_type", "zzz"),
    fdl_value("synchronous.max_scale", "zzz", -3),
    fdl_value("input.0.storage_provider", "zzz.default", "webdav.zzz", "s3.zzz"),
    fdl_value("output.0.storage_provider", "zzz.default", "webdav.zzz"),
    fdl_value("script", "zzz.sh", "../../zzz.sh", "/zzz.sh"),
    fdl_value("volume.size", "zzz"),
    fdl_value("volume.mount_path", "zzz/relative"),
    fdl_value("volume.name", "Zzz data"),
]


def tosca(seed: int) -> Document:
    """A template with types of its own and a few machines, different for each seed."""
    dice = random.Random(seed)
    nodes: Document = {}
    for number in range(dice.randint(1, 3)):
        nodes[f"machine-{number}"] = {
            "type": "tosca.nodes.Compute",
            "capabilities": {
                "host": {"properties": {"num_cpus": {"get_input": "cpus"}, "mem_size": f"{dice.randint(1, 64)} GB"}},
                "os": {"properties": {"type": "linux"}},
            },
        }
        nodes[f"service-{number}"] = {
            "type": "my.nodes.Service",
            "properties": {"port": 8000 + number, "mode": dice.choice(["fast", "safe"]), "owner": {"name": "Ada"}},
            "requirements": [{"host": f"machine-{number}"}],
            "interfaces": {"Standard": {"create": "script.sh"}},
        }
    return {
        "tosca_definitions_version": dice.choice(["tosca_simple_yaml_1_0", "tosca_simple_yaml_1_3"]),
        "data_types": {
            "my.Person": {"derived_from": "tosca.datatypes.Root", "properties": {"name": {"type": "string"}}}
        },
        "node_types": {
            "my.nodes.Service": {
                "derived_from": "tosca.nodes.SoftwareComponent",
                "properties": {
                    "port": {"type": "PortDef"},
                    "mode": {"type": "string", "constraints": [{"valid_values": ["fast", "safe"]}]},
                    "owner": {"type": "my.Person"},
                },
            }
        },
        "topology_template": {
            "inputs": {"cpus": {"type": "integer", "default": 2, "constraints": [{"in_range": [1, 64]}]}},
            "node_templates": nodes,
            "groups": {"all": {"type": "tosca.groups.Root", "members": ["service-0"]}},
            "policies": [{"near": {"type": "tosca.policies.Placement", "targets": ["service-0"]}}],
            "outputs": {
                "address": {"value": {"get_attribute": ["machine-0", "public_address"]}},
                "port": {"value": {"get_property": ["service-0", "port"]}},
            },
        },
    }


def node(document: Document, dice: random.Random, prefix: str) -> Document:
    nodes = document["topology_template"]["node_templates"]
    chosen: Document = nodes[dice.choice(sorted(name for name in nodes if name.startswith(prefix)))]
    return chosen


def tosca_value(prefix: str, path: str, *values: object) -> Fault:
    """A fault that puts one of some values at ``path`` of a node (or, without prefix, of the topology)."""

    def fault(document: Document, dice: random.Random) -> str:
        *way, last = path.split(".")
        place: Any = node(document, dice, prefix) if prefix else document["topology_template"]
        for name in way:
            place = place[int(name) if name.isdigit() else name]
        value = dice.choice(values)
        place[int(last) if last.isdigit() else last] = value
        return f"{last}: {value}" if isinstance(value, int | float) else str(value)

    fault.__name__ = f"tosca {prefix} {path}"
    return fault


def tosca_unknown(document: Document, dice: random.Random) -> str:
    topology = document["topology_template"]
    chosen = node(document, dice, "service")
    dice.choice([document, topology, chosen, chosen["properties"], topology["inputs"]["cpus"]])[NEEDLE] = "1"
    return NEEDLE


def tosca_unknown_part(document: Document, dice: random.Random) -> str:
    node(document, dice, "machine")["capabilities"][NEEDLE] = {"properties": {}}
    return NEEDLE


def tosca_unknown_requirement(document: Document, dice: random.Random) -> str:
    node(document, dice, "service")["requirements"].append({NEEDLE: "machine-0"})
    return NEEDLE


def tosca_missing(document: Document, dice: random.Random) -> str:
    nodes = document["topology_template"]["node_templates"]
    nodes[NEEDLE] = copy.deepcopy(node(document, dice, "service"))
    if dice.choice([True, False]):
        del nodes[NEEDLE]["type"]
    else:
        del nodes[NEEDLE]["properties"][dice.choice(["port", "mode", "owner"])]
    return NEEDLE


TOSCA_FAULTS: list[Fault] = [
    *(tosca_unknown, tosca_unknown_part, tosca_unknown_requirement, tosca_missing),
    tosca_value("service", "type", "my.nodes.Serviczzz", "tosca.nodes.zzz"),
    tosca_value("service", "properties.port", "zzz", 70000, -12),
    tosca_value("service", "properties.mode", "zzz"),
    tosca_value("service", "properties.owner.name", 4711),
    tosca_value("service", "properties.owner", "zzz"),
    tosca_value("service", "requirements.0.host", "machinzzz"),
    tosca_value("service", "interfaces.Standard.create", "zzz.sh"),
    tosca_value("machine", "type", "tosca.nodes.Computzzz"),
    tosca_value("machine", "capabilities.host.properties.num_cpus", "zzz", -3, 0),
    tosca_value("machine", "capabilities.host.properties.mem_size", "12 zzz", "zzz GB"),
    tosca_value("machine", "capabilities.host.properties.num_cpus.get_input", "zzz"),
    tosca_value("", "inputs.cpus.type", "zzz"),
    tosca_value("", "inputs.cpus.default", "zzz", 99, -7),
    tosca_value("", "groups.all.members.0", "zzz"),
    tosca_value("", "groups.all.type", "tosca.groups.zzz"),
    tosca_value("", "policies.0.near.type", "tosca.policies.zzz"),
    tosca_value("", "policies.0.near.targets.0", "zzz"),
    tosca_value("", "outputs.address.value.get_attribute.0", "zzz"),
    tosca_value("", "outputs.address.value.get_attribute.1", "zzz"),
    tosca_value("", "outputs.port.value.get_property.1", "zzz"),
]


def line_of(text: str, needle: str) -> int:
    at = text.rindex(needle.removeprefix("@last ")) if needle.startswith("@last ") else text.index(needle)
    return text.count("\n", 0, at) + 1


def written(document: Document) -> str:
    import yaml

    text: str = yaml.safe_dump(document, sort_keys=False, width=1_000)
    return text


def places(folder: Path, **settings: object) -> dict[str, set[int]]:
    """Lines of every document at which something is said that is more than a note."""
    found: dict[str, set[int]] = {}
    for problem in assaymark.validate(folder, cache=False).problems:
        where = problem.finding.location
        if where is not None and problem.finding.severity is not Severity.NOTE:
            found.setdefault(where.path, set()).add(where.line or 0)
    return found


def laid(folder: Path, documents: dict[str, str]) -> Path:
    for path, text in documents.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    (folder / "script.sh").write_text("true\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("make", [fdl, tosca], ids=lambda make: make.__name__)
def test_samples_are_right(make: Callable[[int], Document], tmp_path: Path) -> None:
    laid(tmp_path, {f"{seed}.yaml": written(make(seed)) for seed in SEEDS})
    validation = assaymark.validate(tmp_path, cache=False)
    assert len(validation.judgements) == len(SEEDS)
    assert [p.finding for p in validation.problems if p.finding.severity is not Severity.NOTE] == []


@pytest.mark.parametrize(
    ("make", "fault"),
    [(fdl, fault) for fault in FDL_FAULTS] + [(tosca, fault) for fault in TOSCA_FAULTS],
    ids=lambda value: value.__name__,
)
def test_the_fault_is_found_in_its_line(make: Callable[[int], Document], fault: Fault, tmp_path: Path) -> None:
    documents: dict[str, str] = {}
    wanted: dict[str, int] = {}
    for seed in SEEDS:
        document = make(seed)
        needle = fault(document, random.Random(seed))
        text = written(document)
        documents[f"{seed}.yaml"], wanted[f"{seed}.yaml"] = text, line_of(text, needle)
    found = places(laid(tmp_path, documents))
    missed = {path: (line, documents[path].splitlines()[line - 1], found.get(path)) for path, line in wanted.items()
              if line not in found.get(path, set())}  # fmt: skip # a table of cases
    assert missed == {}


WORKFLOW = """\
name: test
on:
  push:
    branches: [main]
permissions:
  contents: read
jobs:
  build:
    runs-on: ubuntu-24.04
    strategy:
      matrix:
        python: ['3.11', '3.12']
    outputs:
      version: ${{ steps.version.outputs.value }}
    steps:
      - uses: actions/checkout@v4
      - id: version
        run: echo "value=1" >> "$GITHUB_OUTPUT"
      - run: echo "$PYTHON"
        env:
          PYTHON: ${{ matrix.python }}
  publish:
    needs: build
    if: github.ref == 'refs/heads/main'
    runs-on: ubuntu-24.04
    timeout-minutes: 10
    steps:
      - run: echo "$VERSION"
        shell: bash
        env:
          VERSION: ${{ needs.build.outputs.version }}
"""
# What stands in the workflow, and what is put in its place.
SLIPS = [
    ("  push:", "  pushh:"),
    ("    branches:", "    brances:"),
    ("  contents: read", "  contents: reed"),
    ("  contents: read", "  contens: read"),
    ("    runs-on: ubuntu-24.04\n    strategy:", "    run-on: ubuntu-24.04\n    strategy:"),
    ("    needs: build", "    needs: bild"),
    ("    needs: build", "    needs: publish"),
    ("github.ref ==", "githb.ref =="),
    ("github.ref ==", "github.ref = "),
    ("steps.version.outputs", "steps.versoin.outputs"),
    ("matrix.python }}", "matrix.pyton }}"),
    ("matrix.python }}", "matrix.python }"),
    ("matrix.python }}", "startWith(matrix.python) }}"),
    ("needs.build.outputs.version", "needs.biuld.outputs.version"),
    ("needs.build.outputs.version", "needs.build.outputs.verson"),
    ("timeout-minutes: 10", "timeout-minutes: ten"),
    ("timeout-minutes: 10", "timeout-minute: 10"),
    ("shell: bash", "shell: bsh"),
    ("uses: actions/checkout@v4", "uses: actions/checkout"),
    ("uses: actions/checkout@v4", "use: actions/checkout@v4"),
    ("uses: actions/checkout@v4", "uses: ./gone"),
    ("      - id: version\n", "      - id: 1 version\n"),
    ("permissions:", "permission:"),
    ("    outputs:\n", "    output:\n"),
    ("        env:\n          PYTHON", "        envs:\n          PYTHON"),
]


@pytest.mark.skipif(programs.find("jactionlint") is None, reason="needs the linter of GitHub Actions")
def test_slips_in_workflows_are_found_in_their_line(tmp_path: Path) -> None:
    documents = {".github/workflows/right.yml": WORKFLOW}
    wanted: dict[str, int] = {}
    for number, (right, wrong) in enumerate(SLIPS):
        path = f".github/workflows/{number}.yml"
        assert WORKFLOW.count(right) >= 1, right
        documents[path] = WORKFLOW.replace(right, wrong, 1)
        wanted[path] = line_of(WORKFLOW, right)
    found = places(laid(tmp_path, documents))
    assert ".github/workflows/right.yml" not in found
    missed = {SLIPS[int(path.split("/")[-1][:-4])]: (line, found.get(path)) for path, line in wanted.items()
              if line not in found.get(path, set())}  # fmt: skip # a table of cases
    assert missed == {}

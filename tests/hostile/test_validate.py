"""Documents made to exhaust or to betray whoever reads them end in under a second, with a finding and no connection."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from assaymark.__main__ import main

CWL = "cwlVersion: v1.2\nclass: CommandLineTool\nbaseCommand: echo\ninputs: []\noutputs: []\n"
STEP = (
    "cwlVersion: v1.2\nclass: Workflow\ninputs: []\noutputs: []\n"
    "steps:\n  one:\n    run: {run}\n    in: []\n    out: []\n"
)
IMPORT = "cwlVersion: v1.2\nclass: CommandLineTool\nbaseCommand: a\ninputs: {{$import: {path}}}\noutputs: []\n"
TOSCA = "tosca_definitions_version: tosca_simple_yaml_1_3\n"
FDL = "functions:\n  oscar:\n  - c:\n      name: a\n      image: i:1\n      script: /etc/passwd\n"
OPHIDIA = '{"name": "x", "tasks": [{"name": "t", "operator": "oph_list", "arguments": [%s]}]}'

OPENEO = '{"a": {"process_id": "absolute", "arguments": {"x": 1}, "result": true}}'


def alias_bomb(head: str) -> bytes:
    lines = [f"{head}a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    return "\n".join(lines).encode()


def huge(head: str) -> bytes:
    return head.encode().ljust(100_000_000, b"\n")


def deep(head: str) -> bytes:
    return (head + "deep: " + "[" * 10_000 + "]" * 10_000 + "\n").encode()


CASES: dict[str, dict[str, bytes]] = {
    "an alias bomb in CWL": {"a.cwl": alias_bomb(CWL)},
    "an alias bomb in TOSCA": {"a.yaml": alias_bomb(TOSCA)},
    "an alias bomb in FDL": {"a.yaml": alias_bomb(FDL)},
    "100 MB of CWL": {"a.cwl": huge(CWL)},
    "100 MB of TOSCA": {"a.yaml": huge(TOSCA)},
    "100 MB of Ophidia": {"a.json": huge(OPHIDIA % "")},
    "nesting in CWL": {"a.cwl": deep(CWL)},
    "nesting in TOSCA": {"a.yaml": deep(TOSCA)},
    "nesting in Ophidia": {"a.json": (OPHIDIA % ("[" * 10_000 + "]" * 10_000)).encode()},
    "a workflow that runs itself": {"a.cwl": STEP.format(run="a.cwl").encode()},
    "workflows that run each other": {
        "a.cwl": STEP.format(run="b.cwl").encode(), "b.cwl": STEP.format(run="a.cwl").encode(),
    },
    "an import that imports itself": {"a.cwl": IMPORT.format(path="a.cwl").encode()},
    "templates that import each other": {
        "a.yaml": f"{TOSCA}imports: [b.yaml]\n".encode(), "b.yaml": f"{TOSCA}imports: [a.yaml]\n".encode(),
    },
    "nesting in blocks": {"a.cwl": (CWL + "deep:\n  " + "- " * 10_000 + "a\n").encode()},
    "nesting in keys": {"a.cwl": ("? " * 10_000 + "a\n").encode()},
    "nesting that never ends": {"a.cwl": (CWL + "deep: " + "{a: " * 100_000).encode()},
    "CWL in UTF-16": {"a.cwl": CWL.encode("utf-16")},
    "CWL in UTF-16 with another name": {"a.yaml": CWL.encode("utf-16-be")},
    "CWL in Latin-1": {"a.cwl": (CWL + "label: Größe\n").encode("latin-1")},
    "TOSCA in UTF-16": {"a.yaml": TOSCA.encode("utf-16")},
    "FDL in UTF-32": {"a.yaml": FDL.encode("utf-32")},
    "Ophidia in UTF-16": {"a.json": (OPHIDIA % "").encode("utf-16")},
    "Ophidia in Latin-1": {"a.json": (OPHIDIA % '"path=größe"').encode("latin-1")},
    "openEO in UTF-16": {"a.json": OPENEO.encode("utf-16")},
    "Snakemake in UTF-16": {"Snakefile": b"\xff\xfe" + "rule a:\n    shell: 'x'\n".encode("utf-16-le")},
    "Nextflow in UTF-16": {"a.nf": "process a {\n}\n".encode("utf-16")},
    "too much of Nextflow": {"a.nf": b"process a {\n}\n" + b"// x\n" * 400_000},
    "an import of /etc/passwd": {"a.cwl": IMPORT.format(path="/etc/passwd").encode()},
    "a run of /etc/passwd": {"a.cwl": STEP.format(run="/etc/passwd").encode()},
    "a run by file address": {"a.cwl": STEP.format(run="file:///etc/passwd").encode()},
    "a run above the root": {"a.cwl": STEP.format(run="../../../../etc/passwd").encode()},
    "a link out of the root": {"a.cwl": STEP.format(run="link.cwl").encode()},
    "a script of /etc": {"a.yaml": FDL.encode()},
    "a template import of /etc": {"a.yaml": f"{TOSCA}imports: [/etc/passwd]\n".encode()},
}  # fmt: skip # a table of cases


def findings(folder: Path, capfd: pytest.CaptureFixture[str], *words: str) -> list[dict[str, object]]:
    begin = time.monotonic()
    status = main(["validate", str(folder), "--format", "json", "--no-cache", *words])
    spent = time.monotonic() - begin
    files = json.loads(capfd.readouterr().out)["files"]
    assert spent < 1
    errors = any(x["severity"] == "error" for f in files for x in f["findings"])
    assert status in ((1, 3) if errors else (0,))
    assert not any(f["valid"] for f in files if f["findings"] and any(x["severity"] == "error" for x in f["findings"]))
    return [finding for f in files for finding in f["findings"]]


@pytest.mark.parametrize("name", CASES)
def test_it_ends_at_once_with_a_finding(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside.cwl").write_text(CWL)
    for path, data in CASES[name].items():
        (root / path).write_bytes(data)
    if "link" in name:
        (root / "link.cwl").symlink_to("../outside.cwl")
    main(["validate", str(root), "--quiet", "--no-cache"])  # what a first run imports is not what is measured
    capfd.readouterr()
    told = findings(root, capfd)
    # Templates that import each other have a meaning, if a strange one.
    severities = {"warning"} if name == "templates that import each other" else {"error"}
    assert severities <= {str(f["severity"]) for f in told}
    if name.startswith(
        ("an import of", "a run of", "a run by", "a run above", "a link", "a script", "a template import")
    ):
        assert "WF-C001" in [f["rule"] for f in told]
        assert not any("root:" in str(f["message"]) for f in told)


@pytest.fixture
def listening() -> Iterator[Callable[[], tuple[int, int]]]:
    """A port of the loopback interface, and how many connected to it."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.1)
    count, ending = [0], [False]

    def accept() -> None:
        while not ending[0]:
            try:
                server.accept()[0].close()
                count[0] += 1
            except TimeoutError:
                continue

    thread = Thread(target=accept)
    thread.start()
    yield lambda: (server.getsockname()[1], count[0])
    ending[0] = True
    thread.join()
    server.close()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "a.cwl",
            "cwlVersion: v1.2\nclass: CommandLineTool\nbaseCommand: a\ninputs: {{$import: '{url}'}}\noutputs: []\n",
        ),
        ("a.cwl", STEP.replace("{run}", "'{url}'").replace("{{", "{")),
        ("a.yaml", TOSCA + "imports:\n  - {url}\n"),
    ],
)
def test_no_connection_is_made(
    path: str, text: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], listening: Callable[[], tuple[int, int]]
) -> None:
    (tmp_path / path).write_text(text.format(url=f"http://127.0.0.1:{listening()[0]}/x"))
    main(["validate", str(tmp_path), "--format", "json", "--no-cache"])
    files = json.loads(capfd.readouterr().out)["files"]
    assert "WF-C002" in [f["rule"] for file in files for f in file["findings"]]
    time.sleep(0.15)
    assert listening()[1] == 0

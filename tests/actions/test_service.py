"""actions/service as a user's workflow sees it, run by act, on a service of this machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from act import OURS, Act
from tides_service import READER, Behaviour, Service, served

pytestmark = pytest.mark.service("act")
Make = Callable[[Mapping[str, str | bytes]], Path]
WORKFLOW = f"""\
on: push
permissions: {{}}
jobs:
  judge:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1
      - id: judge
        uses: {OURS.format("service")}
        with: {{ manifest: service.toml, gate: "GATE", timeout: "60" }}
        env: {{ TIDES_READER: "{READER}" }}
"""
MANIFEST = """\
url = "URL"
credentials.reader.env = "TIDES_READER"
protected = [{ path = "/stations", allowed = ["reader"] }]
"""


@pytest.mark.parametrize(("gate", "outcome"), [("SvcQC.Sec02", "passed"), ("bronze", "failed")])
def test_the_gate_decides_and_the_credential_stays_secret(gate: str, outcome: str, act: Act, repository: Make) -> None:
    with served(Service(Behaviour()).app()) as port:
        root = repository({"service.toml": MANIFEST.replace("URL", f"http://127.0.0.1:{port}")})
        ran = act.run(root, WORKFLOW.replace("GATE", gate))
    found = ran.outputs("judge")
    assert found["outcome"] == outcome, ran.told()
    assert found["level"] == "none"
    report = json.loads((ran.artifact("assaymark-service") / "assessment.json").read_text(encoding="utf-8"))
    passed = {s["id"] for s in report["subcriteria"] if s["outcome"] == "passed"}
    assert {"SvcQC.Sec02", "SvcQC.Sec04", "SVC.Web01"} <= passed
    assert READER not in json.dumps(report)

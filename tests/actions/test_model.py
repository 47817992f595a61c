"""actions/model as a user's workflow sees it, run by act."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from act import OURS, Act

pytestmark = pytest.mark.service("act")
Make = Callable[[Mapping[str, str | bytes]], Path]
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"
TABLE = "id,value,prediction\n" + "".join(f"{i},{i % 7},{i % 7 + (i % 5 - 2) / 10}\n" for i in range(200))
MANIFEST = """title = "A line"
task = "regression"
[reference]
file = "table.csv"
key = "id"
target = "value"
[predictions]
file = "table.csv"
[[metric]]
name = "rmse"
at-most = {}
"""


def workflow(given: Mapping[str, str]) -> str:
    """Checkout, and the model with these inputs."""
    lines = "".join(f"          {name}: {json.dumps(value)}\n" for name, value in given.items())
    return f"""\
on: push
permissions: {{}}
jobs:
  judge:
    runs-on: ubuntu-latest
    steps:
      - uses: {CHECKOUT}
      - id: judge
        uses: {OURS.format("model")}
        with:
          manifest: model.toml
{lines}"""


def test_a_model_is_validated_and_its_report_kept(act: Act, repository: Make) -> None:
    ran = act.run(repository({"model.toml": MANIFEST.format(0.2), "table.csv": TABLE}), workflow({"gate": "ML.Per01"}))
    assert ran.code == 0, ran.told()
    assert ran.outputs("judge")["outcome"] == "passed"
    kept = {f.name for f in ran.artifact("assaymark-model").iterdir()}
    assert {"assessment.json", "report.html", "report.sarif", "badge.svg", "provenance.json"} <= kept
    assert "ML.Per" in ran.summary()


def test_a_threshold_that_is_missed_is_red(act: Act, repository: Make) -> None:
    ran = act.run(repository({"model.toml": MANIFEST.format(0.01), "table.csv": TABLE}), workflow({"gate": "ML.Per01"}))
    assert ran.code == 1
    assert ran.outputs("judge")["outcome"] == "failed"
    assert "misses" in ran.log()


def test_the_state_of_the_last_assessment_is_an_output(act: Act, repository: Make) -> None:
    root = repository({"model.toml": MANIFEST.format(0.2), "table.csv": TABLE})
    first = act.run(root, workflow({}))
    (root / "last.json").write_bytes((first.artifact("assaymark-model") / "assessment.json").read_bytes())
    for table, expected in ((TABLE, "current"), (TABLE.replace("199,", "200,"), "stale")):
        (root / "table.csv").write_text(table)
        for words in (["add", "."], ["commit", "--quiet", "--message", "Observe"]):
            subprocess.run(["git", *words], cwd=root, check=True)
        ran = act.run(root, workflow({"last": "last.json", "stale": "true", "artifact": f"assaymark-{expected}"}))
        assert ran.code == 0, ran.told()
        assert ran.outputs("judge")["state"] == expected

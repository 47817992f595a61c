"""Entry points of the repository, run as jobs: isolated, limited, twice; and only by the verb that asks for it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import assaymark
from assaymark.api import Resources
from assaymark.case import Request, judge
from assaymark.model import Outcome
from assaymark_models.command import case_of
from assaymark_models.manifest import load
from assaymark_models.running import Execution

GOOD = "import math\ndef predict(columns):\n    return [20 + 60 * math.exp(-0.5 * t) for t in columns['time']]\n"


@pytest.fixture
def entry(surrogate: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The surrogate as a function of the repository; the reference has noise, as a sensor does."""
    monkeypatch.setenv("ASSAYMARK_WORK", str(tmp_path / "work"))
    table = surrogate.tables["reference.csv"]
    table["temperature"] = table["temperature"] + np.random.default_rng(1).normal(0, 0.3, len(table["time"]))
    surrogate.manifest["predictions"] = {}
    surrogate.manifest["model"] |= {"entry": "cooling.py:predict", "inputs": ["time"]}
    del surrogate.manifest["model"]["file"], surrogate.manifest["no-regression"]
    surrogate.manifest["robustness"] = [{"name": "noise", "noise": 0.01, "metric": "rmse", "tolerance": 0.5}]
    surrogate.manifest["resources"] = {"limit": [{"name": "milliseconds-per-row", "at-most": 100}]}
    surrogate.files["cooling.py"] = GOOD.encode()
    return surrogate


def test_an_entry_point_is_run_twice_disturbed_and_measured(entry: Any) -> None:
    found = entry.assessment(select=("ML.Per", "ML.Rep", "ML.Rob", "ML.Res", "ML.Pro", "ML.Con"))
    open_ = {r.definition.id: r.evidence[0].message for r in found.results if r.outcome is not Outcome.PASSED}
    assert set(open_) <= {"ML.Pro01"}
    assert {"seconds", "peak-memory-mb"} <= set(found.run.facts)
    assert found.run.facts["runner"] == "local"
    assert found.run.facts["isolation"] in ("sandbox", "process")
    numbers = next(r for r in found.results if r.definition.id == "ML.Pro02").evidence[0].metrics
    assert str(numbers["entry point"]).startswith("sha256:")


def test_what_differs_from_run_to_run_is_no_part_of_the_verdict(entry: Any) -> None:
    one, two = (entry.assessment(select=("ML.Per", "ML.Rep", "ML.Res")) for _ in range(2))
    assert replace(one, run=two.run) == two


def test_a_model_that_rolls_dice_is_not_reproducible(entry: Any) -> None:
    entry.files["cooling.py"] = (
        b"import os\ndef predict(columns):\n    return [os.urandom(1)[0] for t in columns['time']]\n"
    )
    assert entry.results("ML.Rep")["ML.Rep01"].outcome is Outcome.FAILED


def test_a_model_that_takes_the_seed_is_reproducible(entry: Any) -> None:
    dice = "import random\ndef predict(columns):\n    return [random.gauss(50, 1) for t in columns['time']]\n"
    entry.files["cooling.py"] = dice.encode()
    assert entry.results("ML.Rep")["ML.Rep01"].outcome is Outcome.PASSED


def test_the_verb_alone_runs_it(entry: Any, tmp_path: Path) -> None:
    entry.files["cooling.py"] = f"open({str(tmp_path / 'ran')!r}, 'w')\n{GOOD}".encode()
    place = entry.write()
    for found in (assaymark.assess(place), assaymark.assess(entry.folder, tools=False)):
        said = next(r for r in found.results if r.definition.id == "ML.Per01")
        assert said.outcome is Outcome.UNKNOWN
        assert "not run here" in said.evidence[0].message
    assert not (tmp_path / "ran").exists()


@pytest.mark.service("bwrap")
def test_it_sees_no_network_and_writes_nowhere_else(entry: Any, tmp_path: Path) -> None:
    spy = f"""
import math, socket
def predict(columns):
    for port in (53, 80):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            pass
    names = [n for _, n in socket.if_nameindex()]
    assert names == ["lo"], names
    try:
        open({str(tmp_path / "written")!r}, "w")
    except OSError:
        return [20 + 60 * math.exp(-0.5 * t) for t in columns["time"]]
    raise SystemExit("it could be written")
"""
    entry.files["cooling.py"] = spy.encode()
    result = entry.results("ML.Per")["ML.Per01"]
    assert result.outcome is Outcome.PASSED, result.evidence[0].message
    assert not (tmp_path / "written").exists()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def predict(columns):\n    raise ValueError('too warm')\n", "too warm"),
        ("def other(columns):\n    pass\n", "predict"),
        ("import nowhere_to_be_found\n", "nowhere_to_be_found"),
        ("def predict(columns):\n    return [1.0]\n", "1 rows for 600"),
        ("def predict(columns):\n    return {'other': columns['time']}\n", "no column prediction"),
        ("def predict(columns):\n    import os\n    os._exit(7)\n", "exit status 7"),
        ("def predict(columns):\n    return 5\n", "could not be run"),
    ],
)
def test_a_model_that_breaks_is_unknown(code: str, said: str, entry: Any) -> None:
    entry.files["cooling.py"] = code.encode()
    result = entry.results("ML.Per")["ML.Per01"]
    assert result.outcome is Outcome.UNKNOWN
    assert said in result.evidence[0].message


def test_a_model_that_hangs_is_ended(entry: Any) -> None:
    entry.files["cooling.py"] = b"import time\ndef predict(columns):\n    time.sleep(600)\n"
    entry.execution = Execution(resources=Resources(time=2))
    clock = time.monotonic()
    result = entry.results("ML.Per")["ML.Per01"]
    assert result.outcome is Outcome.UNKNOWN
    assert "timed-out" in result.evidence[0].message
    assert time.monotonic() - clock < 120


@pytest.mark.parametrize("name", ["../cooling.py:predict", "/etc/passwd.py:predict", "nowhere.py:predict"])
def test_an_entry_point_elsewhere_is_not_run(name: str, entry: Any, tmp_path: Path) -> None:
    (tmp_path / "cooling.py").write_text(GOOD)
    entry.manifest["model"]["entry"] = name
    assert entry.results("ML.Per")["ML.Per01"].outcome is Outcome.UNKNOWN


def test_a_file_that_the_model_reads_comes_along(entry: Any) -> None:
    entry.files |= {
        "rate.txt": b"-0.5",
        "cooling.py": GOOD.replace("-0.5", "float(open('rate.txt').read())").encode(),
    }
    assert entry.results("ML.Per")["ML.Per01"].outcome is Outcome.UNKNOWN
    entry.manifest["model"]["files"] = ["rate.txt"]
    assert entry.results("ML.Per")["ML.Per01"].outcome is Outcome.PASSED


def test_a_runner_that_is_none_is_unknown(entry: Any) -> None:
    entry.execution = Execution(runner="nowhere")
    result = entry.results("ML.Per")["ML.Per01"]
    assert result.outcome is Outcome.UNKNOWN
    assert "no runner" in result.evidence[0].message


@pytest.mark.service("bwrap")
def test_the_same_at_two_runners(entry: Any) -> None:
    """The sandbox has the programs of the system alone: the harness needs nothing but Python."""
    entry.execution = Execution(again="sandbox")
    result = entry.results("ML.Rep")["ML.Rep01"]
    assert result.outcome is Outcome.PASSED, result.evidence[0].message


# This awk knows no exp: the limit of (1 + x/n)^n does.
AWK = """busybox awk -F, 'NR == 1 { print "prediction"; next }
{ e = 1 - 0.5 * $1 / 1024; for (i = 0; i < 10; i++) e = e * e
  printf "%.12g\\n", 20 + 60 * e }' inputs.csv > predictions.csv"""


@pytest.mark.service("bwrap", "busybox")
def test_an_image_is_run_by_a_runner(entry: Any) -> None:
    import images

    entry.write()
    del entry.manifest["model"]["entry"], entry.manifest["resources"]
    entry.manifest["model"] |= {"image": "model.tar", "command": ["/bin/sh", "-c", AWK]}
    entry.execution = Execution(runner="sandbox")
    images.docker_archive(images.Made([images.busybox()]), entry.folder / "model.tar")
    result = entry.results("ML.Per", "ML.Rep", "ML.Pro02")
    said = {i: r.evidence[0].message for i, r in result.items() if r.outcome is not Outcome.PASSED}
    assert said == {}
    assert str(result["ML.Pro02"].evidence[0].metrics["image"]).startswith("sha256:")
    entry.manifest["model"]["command"] = ["/bin/sh", "-c", "exit 3"]
    assert "exit status 3" in entry.results("ML.Per")["ML.Per01"].evidence[0].message


def test_a_missing_image_is_unknown(entry: Any) -> None:
    del entry.manifest["model"]["entry"]
    entry.manifest["model"] |= {"image": "model.tar", "command": ["predict"]}
    entry.write()
    result = judge(case_of(load(entry.folder / "model.toml"), Execution()), Request(select=("ML.Per",))).assessment
    assert result.results[0].outcome is Outcome.UNKNOWN


def test_a_list_of_numbers_of_numpy_is_read_as_numbers(entry: Any) -> None:
    entry.files["cooling.py"] = (
        b"import numpy as np\ndef predict(columns):\n    return [20 + 60 * np.exp(-0.5 * t) for t in columns['time']]\n"
    )
    result = entry.results("ML.Per")["ML.Per01"]
    assert result.outcome is Outcome.PASSED, result.evidence[0].message


def test_what_the_model_says_is_shown_while_it_runs(entry: Any, capsys: pytest.CaptureFixture[str]) -> None:
    entry.files["cooling.py"] = f"print('weights are loaded')\n{GOOD}".encode()
    entry.results("ML.Per")
    said = capsys.readouterr().err
    assert "| weights are loaded\n" in said
    assert ": exit 0\n" in said


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def other(columns):\n    return []\n", "AttributeError: module 'cooling' has no attribute 'predict'"),
        ("def predict(columns):\n    return columns['tme']\n", "KeyError: 'tme' (cooling.py, line 2)"),
        ("import sys\nsys.exit('no weights here')\n", "no weights here"),
    ],
)
def test_why_a_model_could_not_be_run_is_told_in_one_line(code: str, said: str, entry: Any) -> None:
    entry.files["cooling.py"] = code.encode()
    message = entry.results("ML.Per")["ML.Per01"].evidence[0].message
    assert message == f"the model could not be run (exit status 1): {said}"

"""PROV: what the ``prov`` package reads is what was written, sound and the same every time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import prov
import pytest
from jsonschema import Draft4Validator
from prov.model import ProvDocument

from assaymark.errors import InputError
from assaymark.model import Assessment, Evidence, Finding, Location, Outcome, ToolRef
from assaymark.provenance import prov as writer
from assaymark.provenance.account import Account, Artifact
from assaymark.provenance.constraints import violations
from assaymark.reports import json as report


def read(text: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return ProvDocument.deserialize(content=text)


def test_prov_reads_every_record_back(hosted: Account) -> None:
    text = writer.render(hosted)
    document = read(text)
    value = json.loads(text)
    assert len(document.records) == sum(len(records) for section, records in value.items() if section != "prefix")
    assert ProvDocument.deserialize(content=document.serialize(format="json")) == document


def test_the_document_is_sound_wherever_it_is_told(hosted: Account, local: Account) -> None:
    for account in (hosted, local):
        assert violations(writer.document(account)) == ()


def test_the_document_keeps_the_schema_of_prov_json(hosted: Account) -> None:
    found = list(Path(prov.__file__).parent.rglob("prov-json.schema.json"))
    if not found:
        pytest.skip("this prov ships no schema")
    schema = json.loads(found[0].read_text(encoding="utf-8"))
    assert list(Draft4Validator(schema).iter_errors(writer.document(hosted))) == []


@pytest.mark.parametrize("notation", ["provn", "xml", "jsonld"])
def test_other_notations_tell_the_same(hosted: Account, notation: str) -> None:
    text = writer.render(hosted)
    back = ProvDocument.deserialize(content=writer.convert(text, notation), format=notation)
    assert len(back.records) == len(read(text).records)


def test_a_notation_that_is_not_installed_says_how_to_come_by_it(
    hosted: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prov.serializers import Registry
    from prov.serializers.provjson import ProvJSONSerializer

    monkeypatch.setattr(Registry, "serializers", {"json": ProvJSONSerializer})
    text = writer.render(hosted)
    with pytest.raises(InputError, match=r"assaymark\[rdf\]"):
        writer.convert(text, "xml")


def test_turtle_names_the_commit(hosted: Account) -> None:
    turtle = writer.convert(writer.render(hosted), "rdf")
    assert f"commit:{hosted.subject.commit} a " in turtle
    assert "prov:Activity" in turtle


def test_who_what_and_from_what(hosted: Account) -> None:
    value = writer.document(hosted)
    report = f"sha256:{hosted.report.sha256}"
    commit = f"commit:{hosted.subject.commit}"
    assert value["prefix"]["commit"] == "https://github.com/lab/tidegrid/commit/"
    assert value["prefix"]["run"] == "https://github.com/acme/widget/actions/runs/41/attempts/2#"
    assert value["entity"][report]["am:verdict"] == hosted.verdict
    makers = [r["prov:activity"] for r in value["wasGeneratedBy"].values() if r["prov:entity"] == report]
    assert makers == ["run:assess-verdict"]
    assert all(
        any(u["prov:activity"] == check and u["prov:entity"] == commit for u in value["used"].values())
        for check, record in value["activity"].items()
        if record["prov:type"]["$"] == "am:Check"
    )
    assert value["agent"]["tool:flake8%407.1.1"]["am:sha256"] == "ab" * 32
    assert [r["prov:responsible"] for r in value["actedOnBehalfOf"].values()] == ["id:https%3A%2F%2Fgithub.com%2Facme"]


def test_a_waiver_and_a_grade_are_told(hosted: Account) -> None:
    entities = writer.document(hosted)["entity"]
    waived = entities["run:assess-result-QC.Met01"]
    assert waived["am:outcome"] == "failed"
    assert waived["am:waiver"].startswith("until 2027-01-31: ")
    assert entities["run:assess-result-QC.Doc06.6"]["am:grade"] == "attested"


def test_the_last_assessment_is_what_this_one_revises(account: Callable[..., Account]) -> None:
    before = Artifact(name="assessment.json", kind="report", sha256="9" * 64, commit="8" * 40)
    value = writer.document(account(previous=before))
    pairs = {
        (r["prov:generatedEntity"], r["prov:usedEntity"]) for r in value["wasDerivedFrom"].values() if "prov:type" in r
    }
    told = account(previous=before)
    assert pairs == {
        (f"commit:{told.subject.commit}", "commit:" + "8" * 40),
        (f"sha256:{told.report.sha256}", "sha256:" + "9" * 64),
    }
    assert violations(value) == ()


def test_times_differ_and_content_does_not(account: Callable[..., Account], assessment: Assessment) -> None:
    later = replace(assessment, run=replace(assessment.run, started="2026-11-22T00:00:00+02:00", duration=9.0))
    one, two = account(), account(given=later)
    assert one.content == two.content
    assert one.report.sha256 != two.report.sha256
    assert two.run.started == "2026-11-21T22:00:00.000Z"


def test_the_same_bytes_whatever_the_hash_seed_and_the_zone(hosted: Account, tmp_path: Path) -> None:
    script = tmp_path / "draw.py"
    folder = Path(__file__).parent
    script.write_text(
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('c', {str(folder / 'conftest.py')!r})\n"
        "c = importlib.util.module_from_spec(spec); spec.loader.exec_module(c)\n"
        "from assaymark.provenance import crate, everse, folder\n"
        "from assaymark.provenance.assessed import account_of\n"
        "from assaymark.reports import json as report\n"
        "a = c.judged(); made = folder.documents(account_of(a, report.render(a).encode(), c.GITHUB), {})\n"
        "sys.stdout.write(''.join(made.values()))\n"
    )
    texts = set()
    for seed, zone in (("0", "UTC"), ("1", "Asia/Tokyo"), ("4711", "America/Lima")):
        run = subprocess.run(
            [sys.executable, script],
            env={"PATH": os.environ["PATH"], "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            check=True,
        )
        texts.add(run.stdout)
    assert len(texts) == 1
    assert writer.render(hosted).encode() in texts.pop()


def test_the_kind_of_work_follows_from_what_was_judged(account: Callable[..., Account], assessment: Assessment) -> None:
    for kind, work in (("software", "assessment"), ("model", "model-validation"), ("image", "smoke-test")):
        told = account(given=replace(assessment, subject=replace(assessment.subject, kind=kind)))
        assert writer.document(told)["activity"]["run:run"]["prov:label"] == work


def test_what_was_measured_is_told(hosted: Account) -> None:
    activities = writer.document(hosted)["activity"]
    (coverage,) = [a for name, a in activities.items() if "tool.coverage" in name]
    assert coverage["am:metric-line-rate"] == 0.814


def test_documents_that_agree_are_merged(account: Callable[..., Account]) -> None:
    one = writer.document(account())
    assert writer.merged([one, one]) == one
    other = json.loads(json.dumps(one))
    other["agent"]["tool:flake8%407.1.1"]["prov:label"] = "something else"
    with pytest.raises(ValueError, match="flake8"):
        writer.merged([one, other])


def test_a_report_tells_the_same_as_the_run_that_wrote_it(
    account: Callable[..., Account], assessment: Assessment
) -> None:
    """Findings come in any order, a tool prints what cannot be encoded, and a number may be none."""
    found = [
        Finding(rule=f"R{n % 3}", message=f"m {n} \udcff", location=Location(path=f"f{n % 5}.py", line=n, column=1))
        for n in range(40, 0, -1)
    ]
    told = Evidence(
        outcome=Outcome.FAILED,
        message="bad \udcff byte",
        check="tool.x",
        findings=(Finding(rule="R0", message="nowhere"), *found),
        metrics={"share": float("nan"), "huge": 2**70, "text": "\udcff", "b": 1.5, "a": 2},
        tool=ToolRef(name="x", version="", digest=None),
    )
    results = (replace(assessment.results[0], outcome=Outcome.FAILED, evidence=(told,)), *assessment.results[1:])
    given = replace(assessment, results=results)
    again = report.from_own(report.render(given))
    assert writer.render(account(given=given)) == writer.render(account(given=again))


ELSEWHERE = """\
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from assaymark.badges import assessed, endpoint, svg
from assaymark.provenance import folder
from assaymark.provenance.assessed import account_of
from assaymark.reports.json import from_own
data = open(sys.argv[2], "rb").read()
a = from_own(data.decode())
made = [*folder.documents(account_of(a, data, {}), {}).values(), svg.render(assessed.level(a)),
        endpoint.render(assessed.level(a))]
print(hashlib.sha256("".join(made).encode()).hexdigest())
"""


def interpreters() -> list[str]:
    """Every Python at hand that we support, this one first; a name may stand for nothing that runs."""
    found = [sys.executable]
    for minor in range(11, 16):
        place = shutil.which(f"python3.{minor}")
        known = place and subprocess.run(
            [place, "-I", "-c", f"import sys; sys.exit(sys.version_info[:2] != (3, {minor}))"],
            capture_output=True,
            check=False,
        )
        if place and known and known.returncode == 0:
            found.append(place)
    return found


def test_the_same_bytes_on_every_python_at_hand(checkout: Path) -> None:
    sample = checkout / "tests" / "snapshots" / "bronze.json"
    made = {}
    for python in interpreters():
        words = [python, "-I", "-c", ELSEWHERE, str(checkout / "src"), str(sample)]
        run = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
        assert run.returncode == 0, run.stderr
        made[python] = run.stdout
    assert len(set(made.values())) == 1, made
    assert len(next(iter(made.values())).strip()) == 64

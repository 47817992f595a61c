"""The crate: what the profiles demand, read by the ``rocrate`` package."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import Any

import pytest

from assaymark.provenance import crate
from assaymark.provenance.account import Account, Artifact
from assaymark.provenance.uris import CRATE, CRATE_PROFILES, FAILED

BESIDE = (Artifact(name="provenance.json", kind="file", sha256="5" * 64, media_type="application/json"),)


def graph(account: Account) -> dict[str, Any]:
    return {entity["@id"]: entity for entity in crate.document(account, BESIDE)["@graph"]}


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        inner = [r for v in value.values() for r in references(v)]
        return [*inner, value["@id"]] if set(value) == {"@id"} else inner
    return [r for v in value for r in references(v)] if isinstance(value, list) else []


def test_every_reference_within_leads_somewhere(hosted: Account, local: Account) -> None:
    for account in (hosted, local):
        entities = graph(account)
        allowed = {
            CRATE,
            "http://schema.org/CompletedActionStatus",
            FAILED,
            "https://docs.github.com/actions",
            "https://github.com",
        }
        named = {r for entity in entities.values() for r in references(entity)}
        assert sorted(named - set(entities) - allowed) == []


def test_the_root_has_what_the_profiles_demand(hosted: Account) -> None:
    entities = graph(hosted)
    root = entities["./"]
    assert {r["@id"] for r in root["conformsTo"]} == {
        CRATE_PROFILES[k][0] for k in ("process", "workflow", "workflowhub")
    }
    assert {"name", "description", "datePublished", "license"} <= set(root)
    assert [r["@id"] for r in root["hasPart"]][:2] == ["assessment.json", "provenance.json"]
    workflow = entities[root["mainEntity"]["@id"]]
    assert workflow["@id"] == f"https://github.com/acme/widget/blob/{'a' * 40}/.github/workflows/ci.yml"
    assert set(workflow["@type"]) == {"File", "SoftwareSourceCode", "ComputationalWorkflow"}
    runs = [e for e in entities.values() if e.get("instrument") == {"@id": workflow["@id"]}]
    assert [r["@id"] for r in runs] == ["https://github.com/acme/widget/actions/runs/41/attempts/2"]
    assert entities["ro-crate-metadata.json"]["about"] == {"@id": "./"}


def test_a_check_that_found_something_worked_and_one_that_broke_failed(hosted: Account) -> None:
    actions = [e for e in graph(hosted).values() if e["@type"] == "CreateAction" and e["@id"].startswith("#check-")]
    assert len(actions) == len(hosted.steps)
    by_step = {step.id: step for step in hosted.steps}
    for action in actions:
        broke = by_step[action["name"]].outcome in ("error", "unknown")
        assert (action["actionStatus"] == FAILED) == broke
        assert ("error" in action) == broke
    assert any(by_step[a["name"]].outcome == "failed" and a["actionStatus"] != FAILED for a in actions)


def test_a_provenance_run_crate_tells_step_by_step(hosted: Account) -> None:
    entities = {e["@id"]: e for e in crate.document(hosted, BESIDE, steps=True)["@graph"]}
    assert CRATE_PROFILES["provenance"][0] in {r["@id"] for r in entities["./"]["conformsTo"]}
    workflow = entities[entities["./"]["mainEntity"]["@id"]]
    assert "HowTo" in workflow["@type"]
    assert len(workflow["step"]) == len(hosted.steps)
    actions = set()
    for reference in entities["#organize"]["object"]:
        control = entities[reference["@id"]]
        step = entities[control["instrument"]["@id"]]
        action = entities[control["object"]["@id"]]
        assert step["workExample"] == action["instrument"]
        assert {"@id": step["@id"]} in workflow["step"]
        assert step["workExample"] in workflow["hasPart"]
        actions.add(action["@id"])
    assert len(actions) == len(hosted.steps)
    assert entities["#organize"]["result"]["@id"] == hosted.run.url
    named = {r for entity in entities.values() for r in references(entity)}
    assert {r for r in named if r.startswith("#")} <= set(entities)


def test_without_a_workflow_it_is_a_process_run_crate(local: Account) -> None:
    root = {e["@id"]: e for e in crate.document(local, steps=True)["@graph"]}["./"]
    assert [r["@id"] for r in root["conformsTo"]] == [CRATE_PROFILES["process"][0]]
    assert "mainEntity" not in root


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_rocrate_reads_it(hosted: Account, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from rocrate.rocrate import ROCrate

        (tmp_path / "ro-crate-metadata.json").write_text(crate.render(hosted, BESIDE))
        for name in ("assessment.json", "provenance.json"):
            (tmp_path / name).write_text("{}")
        read = ROCrate(str(tmp_path))
    assert read.mainEntity["name"] == "ci.yml"
    ids = {entity.id for entity in read.get_entities()}
    written = {entity["@id"] for entity in json.loads(crate.render(hosted, BESIDE))["@graph"]}
    assert written <= ids


# The terms of Workflow Run RO-Crate that we use; what RO-Crate itself defines, its reader knows.
RUN_TERMS = {"ContainerImage", "containerImage", "environment", "registry", "sha256", "tag"}


def test_every_word_is_defined_by_a_context(hosted: Account, local: Account) -> None:
    """A word that no context defines means nothing in linked data: it would be dropped without notice."""
    import rocrate

    shipped = Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld"
    known = set(json.loads(shipped.read_text(encoding="utf-8"))["@context"]) | RUN_TERMS | {"@id", "@type"}
    for account in (hosted, local):
        document = crate.document(account, BESIDE, steps=True)
        own = {term for context in document["@context"] if isinstance(context, dict) for term in context}
        used = {key for entity in document["@graph"] for key in entity}
        used |= {t for e in document["@graph"] for t in ([e["@type"]] if isinstance(e["@type"], str) else e["@type"])}
        assert used - known - own == set()
        assert own <= used, "no context for words that are not used"


def test_times_have_an_offset_as_the_profile_asks(hosted: Account) -> None:
    times = [e[key] for e in graph(hosted).values() for key in ("startTime", "endTime") if key in e]
    assert times
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?\+00:00", time) for time in times)

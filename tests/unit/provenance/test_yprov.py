"""A yProv service: what is pushed comes back or its loss is told; others' documents are put right on import."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prov.model import ProvDocument
from yprov_service import Store, running

from assaymark.__main__ import main
from assaymark.errors import InputError, Undetermined
from assaymark.provenance import prov, upstream, yprov4sqa
from assaymark.provenance.account import Account
from assaymark.provenance.constraints import violations
from assaymark.provenance.milestones import Milestone
from assaymark.provenance.projection import differences, project
from assaymark.provenance.yprov import Service, document_name


@pytest.fixture
def service() -> Iterator[tuple[str, Store]]:
    with running() as found:
        yield found


def client(address: str, user: str = "ada", password: str = "lovelace") -> Service:
    made = Service(address, pause=0)
    made.log_in(user, password)
    return made


def test_all_of_a_projection_comes_back(service: tuple[str, Store], hosted: Account) -> None:
    address, store = service
    sent = project(prov.document(hosted), "d" * 64)
    client(address).replace("am-tidegrid-1", sent)
    kept = client(address).read("am-tidegrid-1")
    assert list(differences(sent, kept)) == []
    assert kept["entity"]["am:document"]["am:sha256"] == "d" * 64
    assert store.asked[1:3] == ["GET /api/v0/documents", "PUT /api/v0/documents/am-tidegrid-1"]


def test_without_the_projection_much_would_be_lost(service: tuple[str, Store], hosted: Account) -> None:
    address, _ = service
    full = prov.document(hosted)
    client(address).replace("full", full)
    assert len(list(differences(full, client(address).read("full")))) > 10


THINGS: dict[str, Any] = {"prefix": {"ex": "http://e/"}, "entity": {"ex:a": {}, "ex:b": {}}, "activity": {"ex:r": {}}}
# What the real service drops, breaks at, or can never read again, in documents of other makers.
AWKWARD = {
    "an end that is not declared": {"used": {"_:1": {"prov:activity": "ex:r", "prov:entity": "ex:nowhere"}}},
    "a mention": {"mentionOf": {"_:1": {"prov:specificEntity": "ex:a", "prov:generalEntity": "ex:b",
                                        "prov:bundle": "ex:b"}}},
    "an end without a trigger": {"wasEndedBy": {"_:1": {"prov:activity": "ex:r", "prov:ender": "ex:s"}}},
    "a start without a trigger": {"wasStartedBy": {"_:1": {"prov:activity": "ex:r", "prov:starter": "ex:s"}}},
    "an influence of nobody knows what": {"wasInfluencedBy": {"_:1": {"prov:influencee": "ex:x",
                                                                      "prov:influencer": "ex:y"}}},
    "a derivation by an activity": {"wasDerivedFrom": {"_:1": {"prov:generatedEntity": "ex:a",
                                                               "prov:usedEntity": "ex:b", "prov:activity": "ex:r"}}},
    "a role and a time": {"used": {"_:1": {"prov:activity": "ex:r", "prov:entity": "ex:a", "prov:role": "in",
                                           "prov:time": "2026-11-21T10:00:00Z"}}},
    "values of every kind": {"entity": {"ex:a": {
        "ex:n": 3, "ex:f": 0.5, "ex:t": True, "ex:l": {"$": "x", "lang": "de"}, "ex:two": ["1", "2"],
        "prov:type": {"$": "ex:T", "type": "xsd:QName"}, "ex:p": "a%%b", "prov:label": "", "prov:value": 1,
    }, "ex:b": {}, "ex:a/b": {}}},
    "a bundle": {"bundle": {"ex:bu": {"entity": {"ex:inside": {"ex:n": 1}}}}},
    "a name with a blank": {"agent": {"ex:Ada Lovelace": {}}},
}  # fmt: skip # a table of cases


@pytest.mark.parametrize("more", AWKWARD.values(), ids=AWKWARD)
def test_what_the_service_cannot_keep_is_put_so_that_it_can(service: tuple[str, Store], more: dict[str, Any]) -> None:
    address, _ = service
    sent = project({**THINGS, **more}, "1" * 64)
    client(address).replace("doc", sent)
    assert list(differences(sent, client(address).read("doc"))) == []


def test_what_is_not_there_is_not_deleted_since_that_is_refused(service: tuple[str, Store]) -> None:
    address, store = service
    with pytest.raises(InputError, match="403"):
        client(address)._ask("DELETE", "/documents/nowhere")
    store.asked.clear()
    client(address).replace("doc", {})
    client(address).replace("doc", {})
    asked = [line for line in store.asked if "login" not in line]
    assert asked == [
        "GET /api/v0/documents", "PUT /api/v0/documents/doc",
        "GET /api/v0/documents", "DELETE /api/v0/documents/doc", "PUT /api/v0/documents/doc",
    ]  # fmt: skip # a list of requests


def test_a_list_that_is_none_is_undetermined(service: tuple[str, Store], monkeypatch: pytest.MonkeyPatch) -> None:
    address, _ = service
    made = client(address)
    monkeypatch.setattr(made, "_ask", lambda *words, **more: {"result": "all of them"})
    with pytest.raises(Undetermined, match="which documents"):
        made.replace("doc", {})


def test_a_second_push_leaves_nothing_of_the_first(service: tuple[str, Store]) -> None:
    address, _ = service
    one = project({"prefix": {"ex": "http://e/"}, "entity": {"ex:old": {}}}, "1" * 64)
    two = project({"prefix": {"ex": "http://e/"}, "entity": {"ex:new": {}}}, "2" * 64)
    client(address).replace("doc", one)
    client(address).replace("doc", two)
    assert list(differences(two, client(address).read("doc"))) == []


def test_each_loss_is_told() -> None:
    sent = project(
        {
            "prefix": {"ex": "http://e/"},
            "entity": {"ex:a": {"ex:n": 3}, "ex:b": {}},
            "wasDerivedFrom": {"ex:d": {"prov:generatedEntity": "ex:a", "prov:usedEntity": "ex:b"}},
        },
        "1" * 64,
    )
    kept = deepcopy(sent)
    del kept["entity"]["ex:b"]
    kept["entity"]["ex:a"]["ex:n"] = "4"
    kept["entity"]["ex:c"] = {}
    kept["wasDerivedFrom"] = {"_:id1": {"prov:generatedEntity": "ex:b", "prov:usedEntity": "ex:a"}}
    assert list(differences(sent, kept)) == [
        "entity ex:b is gone",
        "entity ex:c was not sent",
        "ex:n of entity ex:a is '4', not '3'",
        "wasDerivedFrom ex:a -> ex:b is gone",
        "wasDerivedFrom ex:b -> ex:a was not sent",
    ]
    assert list(differences(sent, "x")) == ["the answer is no PROV-JSON document"]


def test_the_document_of_another_owner_is_left_alone(service: tuple[str, Store]) -> None:
    address, store = service
    client(address).replace("doc", {"entity": {}})
    with pytest.raises(InputError, match="refuses"):
        client(address, "bob", "builder").replace("doc", {"entity": {"ex:x": {}}})
    assert store.owners["doc"] == "ada"


def test_a_wrong_password_is_told_once(service: tuple[str, Store]) -> None:
    address, store = service
    with pytest.raises(InputError, match="401"):
        client(address, "ada", "wrong")
    assert len(store.asked) == 1


def test_failures_are_tried_again_a_few_times(service: tuple[str, Store]) -> None:
    address, store = service
    made = client(address)
    store.failures[:] = [502, 503]
    made.replace("doc", {"entity": {}})
    store.failures[:] = [500] * 9
    with pytest.raises(Undetermined, match="500"):
        made.read("doc")
    assert len(store.failures) == 6


def test_a_service_that_is_not_there_is_undetermined() -> None:
    with pytest.raises(Undetermined, match="did not answer"):
        Service("http://127.0.0.1:9", "x", pause=0).read("doc")


@pytest.mark.parametrize("address", ["", "file:///etc/passwd", "http://a b", "http://u:p@host", "host:3000"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InputError, match="not the address"):
        Service(address)


@pytest.mark.parametrize("name", ["ab", "A-doc", "x" * 64, "a_b", "doc-", "system-x", "a/b", "1ab"])
def test_a_name_that_storage_would_not_take_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="no name"):
        Service("http://127.0.0.1:9", pause=0).read(name)


class Mute(Service):
    """Gives no answer, without asking anyone."""

    def _ask(self, *question: Any, **more: Any) -> Any:
        raise Undetermined("it did not answer")


@given(st.text(max_size=90), st.text(max_size=9))
def test_every_name_that_we_make_is_taken(repository: str, key: str) -> None:
    name = document_name(repository, key)
    assert name == document_name(repository, key)
    with pytest.raises(Undetermined):  # a name that is refused is an InputError, before anyone is asked
        Mute("http://127.0.0.1:9").read(name)


def test_push_and_pull_on_the_command_line(
    service: tuple[str, Store],
    hosted: Account,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    address, store = service
    place = tmp_path / "provenance.json"
    place.write_text(prov.render(hosted))
    assert main(["provenance", "push", str(place), "--url", address]) == 2
    monkeypatch.setenv("YPROV_USER", "ada")
    monkeypatch.setenv("YPROV_PASSWORD", "lovelace")
    assert main(["provenance", "push", str(place), "--url", address]) == 0
    name = capsysbinary.readouterr().out.decode().split()[-1]
    assert list(store.documents) == [name]
    assert main(["provenance", "pull", name, "--url", address]) == 0
    assert "am:document" in json.loads(capsysbinary.readouterr().out)["entity"]


WFS = {
    "prefix": {"default": "http://anotherexample.org/", "yprov4wfs": "http://example.org"},
    "activity": {"task 1": {
        "prov:startTime": "2026-01-01 10:00:00.1", "prov:endTime": "None", "prov:type": "prov:Activity",
        "yprov4wfs:status": "ok", "engine": None,
    }},
    "entity": {"in/file": {"prov:label": "/home/jane/in/file.nc"}},
    "used": {"5f0c": {"prov:activity": "task 1", "prov:entity": "in/file"}},
}  # fmt: skip # a table of cases
ML = {
    "prefix": {"yprov": "https://github.com/HPCI-Lab/yProv4ML", "provml": "prov-ml", "default": "my experiment"},
    "agent": {"jane": {}},
    "activity": {"exp_GR0_1": {"yprov:host_name": "node17", "yprov:PID": "12", "yprov:run_id": "1",
                               "prov:startedAtTime": "2026-01-01T10:00:00"}},
    "entity": {"loss//training": {"prov:type": "provml:Metric", "prov:label": ["a", "b"]}},
    "wasAssociatedWith": {"w": {"prov:activity": "exp_GR0_1", "prov:agent": "jane"}},
}  # fmt: skip # a table of cases


@pytest.mark.parametrize(("given", "maker"), [(WFS, "yProv4WFs"), (ML, "yProv4ML")])
def test_what_others_wrote_is_put_right(given: dict[str, Any], maker: str) -> None:
    made = upstream.imported(json.dumps(given).encode(), "doc.json")
    assert [e["am:maker"] for e in made["entity"].values() if "am:maker" in e] == [maker]
    assert violations(made, strict=False) == ()
    ProvDocument.deserialize(content=prov.dump(made))
    text = prov.dump(made)
    for private in ("jane", "node17", '"None"', "/home/"):
        assert private not in text, private
    assert all(a.startswith(("http", "urn:")) for a in made["prefix"].values())


def test_times_are_put_right_and_relations_still_meet() -> None:
    made = upstream.imported(json.dumps(WFS).encode(), "doc.json")
    (task,) = made["activity"]
    assert made["activity"][task]["prov:startTime"] == "2026-01-01T10:00:00.100000"
    assert "prov:endTime" not in made["activity"][task]
    (use,) = made["used"].values()
    assert use["prov:activity"] == task
    assert use["prov:entity"] in made["entity"]


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"entity": 1}', b"[" * 100_000])
def test_what_is_no_provenance_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"^x.json"):
        upstream.imported(data, "x.json")


def line() -> list[Milestone]:
    return [
        Milestone(
            commit=f"{n}" * 40,
            moment="2026-01-01T00:00:00Z",
            level=level,
            source="SQAaaS",
            sha256="e" * 64,
            repository="github.com/o/r",
            assessor="2.0",
            outcomes={"QC.Lic01": "passed", "QC.Lic02": "failed"},
        )
        for n, level in ((1, "none"), (2, "bronze"))
    ]


def test_the_view_for_readers_of_yprov4sqa() -> None:
    view = yprov4sqa.document(line(), numbered=True)
    assert view["entity"]["ex:repository1"]["ex:name"] == "o/r"
    assert view["entity"]["ex:assessment2"]["ex:commit_id"] == ["2" * 40]
    assert [view["entity"][f"ex:output{n}"]["ex:badge_won"] for n in (1, 2)] == ["no_badge", "bronze"]
    check = view["activity"]["ex:qc_QC.Lic2"]
    assert (check["ex:percentage"], check["ex:output"], check["ex:total_subcriteria"]) == ("50%", False, 2)
    assert view["wasGeneratedBy"]["_:wGB_qc_QC.Lic2_assessment2"]["prov:activity"] == "ex:qc_QC.Lic2"
    assert view["wasDerivedFrom"]["_:id_assessment2_output2"]["prov:generatedEntity"] == "ex:output2"


REPORT = {
    "meta": {"version": "2.1", "report_json_url": "https://example.org/r.json"},
    "repository": [{"url": "https://github.com/o/r", "commit_id": "ab" * 20, "tag": "main", "badge_status": "silver",
                    "avatar_url": "https://example.org/a.png", "description": "d", "languages": ["Python"]}],
    "report": {"QC.Lic": {"subcriteria": {"QC.Lic01": {"valid": True}}}},
    "badge": {"software": {"data": {"issuedOn": "2026-01-01T00:00:00.123456789Z", "entityType": "Assertion",
              "openBadgeId": "https://example.org/b", "createdAt": "2026-01-01T00:00:00Z",
              "badgeclassOpenBadgeId": "https://example.org/c"}}},
}  # fmt: skip # a table of cases
# The keys that readers of such documents look for, by kind of record.
KEYS = {
    "repository": {"prov:type", "ex:url", "ex:name", "ex:avatar_url", "ex:description", "ex:languages"},
    "assessment": {"prov:type", "ex:version", "ex:commit_id", "ex:commit_date", "ex:branch_name", "ex:report_json_url"},
    "output": {"prov:type", "ex:badge_won", "ex:Issued_On:str", "ex:entityType:str", "ex:openBadgeId:str",
               "ex:createdAt:str", "ex:badgeclassOpenBadgeId:str", "ex:image:str"},
}  # fmt: skip # a table of cases


def test_every_key_that_readers_look_for_is_there_and_prov_reads_it(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    from prov.model import ProvDocument

    (tmp_path / "r.json").write_text(json.dumps(REPORT))
    assert main(["provenance", "history", str(tmp_path / "r.json"), "--format", "yprov4sqa"]) == 0
    text = capsysbinary.readouterr().out.decode()
    view = json.loads(text)
    for kind, keys in KEYS.items():
        (record,) = (r for id, r in view["entity"].items() if id.startswith(f"ex:{kind}"))
        assert set(record) - {"ex:report_sha256"} == keys
        assert all(isinstance(record[k], list) for k in keys & {"ex:commit_id", "ex:commit_date", "ex:branch_name"})
    (check,) = view["activity"].values()
    assert set(check) == {
        "prov:type", "ex:description", "ex:output", "ex:percentage", "ex:total_subcriteria", "ex:success_subcriteria",
    }  # fmt: skip # a table of cases
    assert view["entity"][next(i for i in view["entity"] if "output" in i)]["ex:image:str"] == "No information"
    assert len(list(ProvDocument.deserialize(content=text).get_records())) == 4 + 1 + 4


def test_views_of_two_repositories_can_be_merged() -> None:
    one, other = yprov4sqa.document(line()), line()
    other = [Milestone(**{**_values(m), "repository": "github.com/o/s"}) for m in other]
    both = prov.merged([one, yprov4sqa.document(other)])
    assert len([id for id in both["entity"] if id.startswith("ex:assessment")]) == 4
    assert sum("output" in id for id in both["entity"]) == 2
    assert yprov4sqa.document([])["entity"] == {}


def _values(milestone: Milestone) -> dict[str, Any]:
    return {name: getattr(milestone, name) for name in Milestone.__dataclass_fields__}


def test_a_report_of_sqaaas_is_imported(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    report = {"repository": [{"url": "https://github.com/o/r", "commit_id": "ab" * 20, "badge_status": "silver"}],
              "report": {"QC.Lic": {"subcriteria": {"QC.Lic01": {"valid": True}}}}}  # fmt: skip # a table of cases
    (tmp_path / "r.json").write_text(json.dumps(report))
    assert main(["provenance", "import", str(tmp_path / "r.json")]) == 0
    made = json.loads(capsysbinary.readouterr().out)
    assert violations(made) == ()
    assert any(e.get("am:verdict") == "silver" for e in made["entity"].values())

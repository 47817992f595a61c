"""Every criterion passes where it should, and fails when the one thing that it is about is spoilt."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tides_service import ATTESTED, READER, WRITER, Authority, Behaviour, Project, Service, served

import assaymark
from assaymark import catalogue
from assaymark.model import DecidedBy, Grade, Level, Outcome
from assaymark_services.answers import page
from assaymark_services.client import Answer, Client, Trouble
from assaymark_services.manifest import SCHEMA, Manifest, load

ALL = {s.id: s for s in catalogue.load().subcriteria(catalogue.profile("service")).values()}
BY_WORD = [i for i, s in ALL.items() if s.decided_by == (DecidedBy.ATTESTED,)]


def pages(*names: str, text: str | None = None) -> Callable[[Project], None]:
    return lambda p: p.behaviour.pages.update(dict.fromkeys(names, text))


def behave(**how: Any) -> Callable[[Project], None]:
    return lambda p: [setattr(p.behaviour, k, v) for k, v in how.items()] and None


def say(table: str, **what: Any) -> Callable[[Project], None]:
    return lambda p: p.manifest[table].update({k.replace("_", "-"): v for k, v in what.items()})


UNDATED = "<p>" + "Words that say what is allowed here. " * 20 + "</p>"
DOCS, POLICIES = ("documentation",), ("policies",)
# id -> the tables that it is about, and what spoils it.
SPOILS: dict[str, tuple[tuple[str, ...], Callable[[Project], object]]] = {
    "SVC.Web01": ((), behave(status=500)),
    "SVC.Web02": ((), behave(headers={})),
    "SVC.Web03": ((), behave(cookie="session=1; Secure")),
    "SvcQC.Api01": (("api",), behave(height="high")),
    "SvcQC.Api01.2": (("api", "request"), lambda p: p.manifest["request"][0].update(path="/waves/bergen")),
    "SvcQC.Api02": (("api",), behave(everybody=True)),
    "SvcQC.Dep01": (("deployment",), lambda p: p.files.update({"deploy.sh": "exit 3"})),
    "SvcQC.Dep03.1": (("deployment",), lambda p: p.files.update({"deploy.sh": "echo changed all"})),
    "SvcQC.Doc01": (DOCS, pages("docs")),
    "SvcQC.Doc02": (DOCS, say("documentation", pid="our documentation")),
    "SvcQC.Doc03": (DOCS, say("documentation", source="docs/nowhere.md")),
    "SvcQC.Doc04": (DOCS, lambda p: p.manifest.update(released="2026-06-01")),
    "SvcQC.Doc06": (DOCS, say("documentation", licence="Creative Commons")),
    "SvcQC.Doc07": (DOCS, pages("admin-guide")),
    "SvcQC.Doc07.1": (DOCS, pages("admin-guide", text="<p>to be written</p>")),
    "SvcQC.Doc07.2": (DOCS, pages("reference")),
    "SvcQC.Fun01": (("request",), lambda p: p.manifest["request"][0].update(status=201)),
    "SvcQC.Fun01.1": (("api",), behave(height=None)),
    "SvcQC.Int02": (("dependency",), lambda p: p.manifest["dependency"][0].update({"supported-until": "2020-01-01"})),
    "SvcQC.Met01": (("monitoring",), behave(metrics="<html>all is well</html>")),
    "SvcQC.Mon01": (("monitoring",), say("monitoring", api="/waves")),
    "SvcQC.Mon01.1": (("monitoring",), behave(health=503)),
    "SvcQC.Mon01.2": (("monitoring",), say("monitoring", api="/tides/BERGEN")),
    "SvcQC.Per01": (("load",), lambda p: (behave(delay=0.02)(p), say("load", p95_ms=1)(p))),
    "SvcQC.Pol01": (POLICIES, pages("privacy")),
    "SvcQC.Pol01.1": (POLICIES, pages("aup", text=UNDATED)),
    "SvcQC.Pol01.2": (POLICIES, pages("access")),
    "SvcQC.Pol01.3": (POLICIES, pages("privacy", text="2026-01-01, soon")),
    "SvcQC.Sec02": (("protected",), behave(everybody=True)),
    "SvcQC.Sec03": (("protected",), behave(writers=(READER, WRITER))),
    "SvcQC.Sec04": (("protected",), behave(anybody_with_token=True)),
    "SvcQC.Sec04.1": ((), lambda p: p.permitted.update(ca=None)),
    "SvcQC.Sup01": (("support",), pages("help")),
    "SvcQC.Sup02": (("support",), pages("issues")),
}
# Tested below, with certificates and servers of their own.
APART = {"SVC.Web04", "SvcQC.Sec01", "SvcQC.Sec01.1"}


def test_a_good_service_gets_gold(project: Project) -> None:
    found = project.assessment()
    said = {
        r.definition.id: (r.outcome, [e.message for e in r.evidence])
        for r in found.results
        if r.outcome != Outcome.PASSED and r.definition.id not in BY_WORD
    }
    # Its resolver is on another host, which nobody allowed.
    assert set(said) <= {"SvcQC.Doc02"}, said
    assert found.level is Level.GOLD
    assert found.subject.kind == "service"
    assert (found.subject.repository, found.subject.path) == ("github.com/example/tides", "service.toml")
    by_word = {r.definition.id for r in found.results if r.grade is Grade.ATTESTED}
    assert by_word == set(ATTESTED)


def test_every_criterion_has_a_test() -> None:
    assert sorted(ALL) == sorted({*SPOILS, *APART, *BY_WORD})


@pytest.mark.parametrize("id", SPOILS)
def test_what_is_spoilt_fails_and_says_where_and_what_to_do(id: str, project: Project) -> None:
    tables, spoil = SPOILS[id]
    project.only(*tables)
    spoil(project)
    result = project.results(id)[id]
    assert result.outcome is Outcome.FAILED, [e.message for e in result.evidence]
    bad = next(e for e in result.evidence if e.outcome is Outcome.FAILED)
    assert bad.findings
    assert bad.findings[0].location
    assert bad.findings[0].location.path == "service.toml"
    assert bad.findings[0].location.line
    assert READER not in str(result)
    assert WRITER not in str(result)


def test_what_no_machine_decides_takes_a_persons_word_and_nothing_else(project: Project) -> None:
    project.only()
    project.attested = ()
    found = project.results(*BY_WORD)
    assert {r.outcome for r in found.values()} == {Outcome.UNKNOWN}
    project.attested = tuple(BY_WORD)
    found = project.results(*BY_WORD)
    assert {i: r.outcome for i, r in found.items()} == dict.fromkeys(BY_WORD, Outcome.PASSED)
    assert {r.grade for r in found.values()} == {Grade.ATTESTED}


def test_what_the_manifest_does_not_name_is_unknown(project: Project) -> None:
    project.only()
    project.attested = ()
    known = {*(f"SVC.Web0{n}" for n in range(1, 5)), "SvcQC.Sec01", "SvcQC.Sec01.1", "SvcQC.Sec04.1"}
    found = {r.definition.id: r.outcome for r in project.assessment().results}
    assert {i for i, o in found.items() if o is Outcome.PASSED} == known
    assert {o for i, o in found.items() if i not in known} == {Outcome.UNKNOWN}


def test_the_catalogue_has_all_of_the_baseline_and_four_of_our_own() -> None:
    assert len(ALL) == 81
    assert all(re.fullmatch(r"(SvcQC|SVC)\.[A-Z][a-z]{2}\d\d(\.\d)?", id) for id in ALL)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(302, Outcome.PASSED), (200, Outcome.PASSED), (404, Outcome.FAILED), (None, Outcome.UNKNOWN)],
)
def test_an_identifier_is_persistent_when_it_resolves(
    status: int | None, outcome: Outcome, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.only("documentation")
    project.manifest["documentation"] = {"pid": "10.1234/tides"}
    project.permitted["hosts"] = frozenset({"doi.org"})
    asked = Client.ask

    def ask(self: Client, url: str, *words: Any, **more: Any) -> Answer:
        if url != "https://doi.org/10.1234/tides":
            return asked(self, url, *words, **more)
        return Answer(url=url, status=status, trouble=Trouble.NONE if status else Trouble.UNREACHABLE)

    monkeypatch.setattr(Client, "ask", ask)
    assert project.results("SvcQC.Doc02")["SvcQC.Doc02"].outcome is outcome


def test_another_file_is_another_subject(project: Project) -> None:
    place = project.write()
    digests = {load(place).digest_of_all()}
    for name in ("height.json", "compose.yaml", "service.toml"):
        (project.folder / name).write_text((project.folder / name).read_text("utf-8") + "\n", encoding="utf-8")
        digests.add(load(place).digest_of_all())
    (project.folder / "height.json").unlink()
    digests.add(load(place).digest_of_all())
    assert len(digests) == 5


def test_the_published_schema_is_one_and_the_guide_tells_all_of_it(checkout: Path) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    guide = (checkout / "docs" / "services.md").read_text(encoding="utf-8")
    tables = {name: schema["properties"][name] for name in schema["properties"]}
    for name, table in tables.items():
        inner = table.get("items", table).get("properties", {})
        assert [k for k in (name, *inner) if f"`{k}`" not in guide and f"[{k}" not in guide] == [], name


def test_assess_takes_the_manifests_of_a_repository_in_and_contacts_nothing(project: Project) -> None:
    project.write()
    results = {r.definition.id: r for r in assaymark.assess(project.folder, tools=False).results}
    found = {i: r for i, r in results.items() if i in ALL}
    passed = {i for i, r in found.items() if r.outcome is Outcome.PASSED}
    assert passed == {"SvcQC.Doc03", "SvcQC.Doc06", *ATTESTED}
    assert found["SvcQC.Api01"].outcome is Outcome.UNKNOWN
    assert "not contacted" in found["SvcQC.Api01"].evidence[0].message
    assert set(found) == set(ALL)
    alone = assaymark.assess(project.folder / "service.toml")
    assert {r.definition.id: r.outcome for r in alone.results} == {i: r.outcome for i, r in found.items()}
    assert project.service.seen == []


@pytest.mark.parametrize(("more", "said"), [("surprise = 1\n", "unknown key surprise"), ("url = \n", "not valid TOML")])
def test_a_manifest_that_is_wrong_is_told(more: str, said: str, project: Project) -> None:
    place = project.write()
    place.write_text(more + place.read_text(encoding="utf-8"), encoding="utf-8")
    notices = assaymark.assess(project.folder, tools=False).notices
    assert [n for n in notices if said in n.message and n.location and n.location.path == "service.toml"]


def test_files_of_other_programs_are_no_manifests(tmp_path: Path) -> None:
    (tmp_path / "service.toml").write_text('name = "web"\nurl = "https://example.org"\n[Unit]\n', encoding="utf-8")
    found = assaymark.assess(tmp_path, tools=False)
    assert not [r for r in found.results if r.definition.id in ALL]


def test_without_tls_the_service_is_not_encrypted(tmp_path: Path, tokens: None, authority: Authority) -> None:
    service = Service(Behaviour())
    with served(service.app()) as port:
        project = Project(tmp_path / "project", service, f"http://127.0.0.1:{port}", None)
        project.only()
        found = project.results("SvcQC.Sec", "SVC.Web04")
    for id in ("SvcQC.Sec01", "SvcQC.Sec01.1", "SvcQC.Sec04.1", "SVC.Web04"):
        assert found[id].outcome is Outcome.FAILED, id


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b"<html><title>Tides</title></html>", Outcome.FAILED),
        (b"<html><div id=ui></div><SCRIPT src=/ui.js></SCRIPT></html>", Outcome.UNKNOWN),
        (b"<html><script>draw()</script>" + b"how the tide is computed " * 20 + b"</html>", None),
    ],
)
def test_a_page_that_scripts_draw_is_neither_empty_nor_seen(body: bytes, outcome: Outcome | None) -> None:
    manifest = Manifest(name="service.toml", text="", data={})
    found = page(
        manifest, "documented", Answer(url="http://127.0.0.1/docs", status=200, body=body), "the documentation"
    )
    assert (found.outcome if found else None) is outcome

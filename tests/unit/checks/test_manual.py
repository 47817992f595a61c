from __future__ import annotations

from typing import Any

from assaymark.checks.manual import online, rendered, updated
from assaymark.model import Outcome
from assaymark.subject.docs_site import DocsSite, DocsUrl, Place, Probe
from assaymark.subject.documents import Changelog, DocFile, Documents
from assaymark.subject.release_changes import ReleaseChanges
from assaymark.subject.releases import Release, parse_version
from assaymark.testing import evidence_of, tree_of

URL = DocsUrl("https://x.org/docs", "pyproject.toml")


def site(**parts: Any) -> DocsSite:
    return DocsSite(**{"generators": (), "publishers": (), "urls": (), **parts})


def release(tag: str) -> Release:
    version = parse_version(tag)
    assert version is not None
    return Release(tag=tag, version=version, series="", commit="c", time=0, reachable=True)


def test_only_a_page_that_answers_is_online() -> None:
    answers = {
        Probe(url="u", asked=True, status=200, html=True, seen="2026-11-01"): Outcome.PASSED,
        Probe(url="u", asked=True, status=200, html=False): Outcome.FAILED,
        Probe(url="u", asked=True, status=404): Outcome.FAILED,
        Probe(url="u", asked=True, status=403): Outcome.UNKNOWN,
        Probe(url="u", asked=True, status=503): Outcome.UNKNOWN,
        Probe(url="u", asked=True, problem="timed out"): Outcome.UNKNOWN,
        Probe(url="https://x.org", asked=False): Outcome.UNKNOWN,
    }
    for probe, outcome in answers.items():
        assert evidence_of(online, docs_site=site(urls=(URL,)), docs_probe=probe).outcome is outcome, probe


def test_the_remedy_names_the_host_to_allow() -> None:
    found = evidence_of(online, docs_site=site(urls=(URL,)), docs_probe=Probe(url=URL.url, asked=False))
    assert "--allow-host x.org" in str(found.remedy)


def test_a_host_that_renders_by_itself_is_enough() -> None:
    found = evidence_of(rendered, docs_site=site(urls=(DocsUrl("https://docs.rs/tide", "Cargo.toml"),)))
    assert found.outcome is Outcome.PASSED


def test_a_generator_that_nothing_publishes_is_not() -> None:
    found = evidence_of(rendered, docs_site=site(generators=(Place("docs/conf.py", None, "Sphinx"),)))
    assert found.outcome is Outcome.FAILED
    assert [f.location and f.location.path for f in found.findings] == ["docs/conf.py"]


def judge_updated(paths: set[str], versions: dict[str, int], page: str = "# Tides\n") -> Outcome:
    documents = Documents(
        contributing=(),
        conduct=(),
        security=(),
        changelogs=(Changelog(path="CHANGELOG.md", versions=versions),),
        fragments=(),
        pages=(DocFile(path="docs/a.md", markup="Markdown", size=500),),
        binaries=(),
    )
    changes = ReleaseChanges(latest=release("v1.1.0"), previous=release("v1.0.0"), paths=frozenset(paths))
    tree = tree_of({"docs/a.md": page})
    return evidence_of(updated, documents=documents, release_changes=changes, tree=tree).outcome


def test_documentation_keeps_step_with_releases() -> None:
    assert judge_updated({"CHANGELOG.md", "src/x.py"}, {"1.1.0": 3}) is Outcome.PASSED
    assert judge_updated({"docs/a.md"}, {"1.1": 3}) is Outcome.PASSED
    assert judge_updated({"docs/a.md"}, {"1.0.0": 3}) is Outcome.UNKNOWN
    assert judge_updated({"src/x.py"}, {"1.0.0": 3}) is Outcome.FAILED


def judge_release(tags: tuple[str, ...], versions: dict[str, int], blind: str = "") -> tuple[Outcome, str]:
    documents = Documents(
        contributing=(),
        conduct=(),
        security=(),
        changelogs=(Changelog(path="CHANGELOG.md", versions=versions),),
        fragments=(),
        pages=(),
        binaries=(),
    )
    latest = release(tags[0]) if tags else None
    changes = ReleaseChanges(latest=latest, previous=None, paths=frozenset(), blind=blind)
    found = evidence_of(updated, documents=documents, release_changes=changes)
    return found.outcome, found.message


def test_a_first_release_needs_its_entry() -> None:
    assert judge_release(("v1.0.0",), {"1.0.0": 3})[0] is Outcome.PASSED
    assert judge_release(("v1.0.0",), {"0.9.0": 3})[0] is Outcome.FAILED


def test_before_any_release_there_is_nothing_to_tell() -> None:
    outcome, message = judge_release((), {})
    assert outcome is Outcome.NOT_APPLICABLE
    assert "nothing has been released" in message
    assert judge_release((), {"1.0.0": 3})[0] is Outcome.UNKNOWN


def test_what_a_shallow_clone_hides_is_unknown() -> None:
    assert judge_release(("v1.0.0",), {"1.0.0": 3}, "the clone is shallow")[0] is Outcome.UNKNOWN
    assert judge_release((), {}, "the clone is shallow")[0] is Outcome.UNKNOWN


def test_a_release_without_a_change_of_the_code_needs_no_documentation() -> None:
    assert judge_updated({".github/workflows/ci.yml", "Project.toml", "tests/test_x.py"}, {}) is Outcome.NOT_APPLICABLE


def test_what_a_step_publishes_may_be_anything() -> None:
    """An application that lies on Pages is no documentation."""
    step = Place(".github/workflows/web.yml", 16, "peaceiris/actions-gh-pages", step=True)
    assert evidence_of(rendered, docs_site=site(publishers=(step,))).outcome is Outcome.UNKNOWN
    for known in ({"urls": (URL,)}, {"generators": (Place("mkdocs.yml", None, "MkDocs"),)}):
        assert evidence_of(rendered, docs_site=site(publishers=(step,), **known)).outcome is Outcome.PASSED
    service = Place(".readthedocs.yaml", 1, "Read the Docs")
    assert evidence_of(rendered, docs_site=site(publishers=(service,))).outcome is Outcome.PASSED


def test_a_reference_that_is_drawn_from_the_code_changes_with_it() -> None:
    reference = "# Reference\n\n```@autodocs\nModules = [Tide]\n```\n"
    assert judge_updated({"src/x.py"}, {"1.0.0": 3}, reference) is Outcome.UNKNOWN
    assert judge_updated({"README.txt"}, {"1.0.0": 3}, reference) is Outcome.NOT_APPLICABLE

from __future__ import annotations

import pytest

from assaymark.api import Check
from assaymark.checks.audiences import admin, developer, user
from assaymark.model import Evidence, Outcome
from assaymark.testing import File, evidence_of, link, tree_of

PAGE = "What a reader needs to know about the topic, with the steps to take and an example of each. " * 4


def judge(check: Check, files: dict[str, File], **docs: object) -> Evidence:
    return evidence_of(check, tree=tree_of(files), settings={"docs": docs} if docs else {})


@pytest.mark.parametrize("check", [developer, admin, user])
def test_an_audience_may_be_declared_away(check: Check) -> None:
    name = check.id.partition(".")[2]
    assert judge(check, {"README.md": "x"}, **{name: False}).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("value", ["notes/a.md", ["notes"], "/notes/"])
def test_declared_pages_must_be_there_and_say_something(value: object) -> None:
    assert judge(developer, {"notes/a.md": PAGE}, developer=value).outcome is Outcome.PASSED
    found = judge(developer, {"notes/a.md": "thin", "docs/development.md": PAGE}, developer=value)
    assert found.outcome is Outcome.FAILED
    assert found.findings


def test_words_are_matched_whole() -> None:
    """ "Support" is not about ports, "latest" not about tests."""
    found = judge(admin, {"README.md": "# x\n\n## Install\n\n## Write support\n"})
    assert found.outcome is Outcome.UNKNOWN
    assert judge(developer, {"README.md": "# x\n\n## The latest news\n"}).outcome is Outcome.FAILED


def test_a_service_without_a_word_on_running_it_fails() -> None:
    found = judge(admin, {"README.md": "# x\n\n## Install\n", "Dockerfile": "FROM scratch"})
    assert found.outcome is Outcome.FAILED
    assert "Dockerfile" in found.message


def test_empty_pages_do_not_count() -> None:
    assert judge(user, {"docs/usage.md": "# Usage\n"}).outcome is Outcome.FAILED
    assert judge(user, {"docs/usage.md": PAGE}).outcome is Outcome.PASSED


def test_what_only_announces_is_named() -> None:
    found = judge(user, {"README.md": "# x\n\n## Usage\n\nSoon.\n"})
    assert found.outcome is Outcome.FAILED
    assert found.message == "nothing is written for users: README.md:3 only announces it"
    [finding] = found.findings
    assert (finding.rule, finding.location and finding.location.line) == ("doc.announced-only", 3)


def test_a_linked_readme_is_read() -> None:
    text = "# x\n\n## Usage\n\n    x --all\n"
    assert judge(user, {"docs/index.md": text, "README.md": link("docs/index.md")}).outcome is Outcome.PASSED


def test_pages_meant_for_the_audience_come_first() -> None:
    pages = ("docs/api/macros/skip_compile.md", "docs/development/getting-started.md", "docs/install.md", "docs/use.md")
    found = judge(admin, {**dict.fromkeys(pages, PAGE), "README.md": "# x\n\n## Configuration\n\n    PORT=80\n"})
    assert "to install: docs/install.md" in found.message
    assert "docs/development/getting-started.md" in judge(user, dict.fromkeys(pages[:2], PAGE)).message
    assert "to install: INSTALL.md" in judge(admin, {"INSTALL.md": PAGE, "docs/configuration.md": PAGE}).message
    assert (
        "docs/start/quickstart.md"
        in judge(user, dict.fromkeys(("docs/api.md", "docs/start/quickstart.md"), PAGE)).message
    )
    assert judge(user, {"CORE_TEAM_GUIDE.md": PAGE}).outcome is Outcome.FAILED
    names = ("docs/memory-requirements.rst", "docs/build-tides.rst", "docs/configuration.rst")
    assert "to install: docs/build-tides.rst" in judge(admin, dict.fromkeys(names, PAGE)).message
    guide = {**dict.fromkeys(pages, PAGE), "docs/guide/first-steps.md": PAGE}
    assert "docs/guide/first-steps.md" in judge(user, guide).message
    assert "docs/development/getting-started.md" in judge(developer, dict.fromkeys(pages, PAGE)).message


@pytest.mark.parametrize("check", [developer, admin, user])
def test_documentation_that_lies_elsewhere_was_not_read(check: Check) -> None:
    text = "# Tides\n\n[Documentation](https://tides.readthedocs.io) is kept apart.\n"
    found = judge(
        check, {"README.md": text, "Dockerfile": "FROM scratch", "pyproject.toml": "[project]\nname='tides'\n"}
    )
    assert found.outcome is Outcome.UNKNOWN
    assert "https://tides.readthedocs.io" in found.message


def test_headings_of_pages_tell_what_their_names_do_not() -> None:
    text = "# Tides\n\n## Installation\n\nBy hand.\n\n## Configuration\n\nIn a file.\n"
    found = judge(admin, {"doc/README.md": text, "Dockerfile": "FROM scratch"})
    assert found.outcome is Outcome.PASSED
    assert "to install: doc/README.md:3 (Installation); to configure and operate: doc/README.md:7" in found.message
    only = judge(admin, {"doc/development/README.md": text, "Dockerfile": "FROM scratch"})
    assert only.outcome is Outcome.FAILED

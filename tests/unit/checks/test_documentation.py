from __future__ import annotations

import pytest

from assaymark.checks.documentation import MANDATORY, code_of_conduct, contributing, readme_content
from assaymark.model import Evidence, Outcome, Severity
from assaymark.testing import File, evidence_of, tree_of

WORDS = (
    "Tidegrid computes tides on grids that follow the coast, for people who model harbours and bays and need speed.\n"
)
GOOD = f"# Tidegrid\n\n{WORDS}\n## Install\n\nSee the [manual](https://x.org/docs) and [this](docs/a.md#top).\n"
RULES = "We want everybody to take part without fear. Be kind and assume good intent in all that others say. " * 4


def of_readme(text: str | bytes, **settings: object) -> Evidence:
    tree = tree_of({"README.md": text, "docs/a.md": "x"})
    return evidence_of(readme_content, tree=tree, settings=settings)


def of_conduct(text: str) -> Evidence:
    return evidence_of(code_of_conduct, tree=tree_of({"CODE_OF_CONDUCT.md": text}))


def of_contributing(**files: File) -> Evidence:
    return evidence_of(contributing, tree=tree_of(files))


def test_what_is_missing_beyond_the_mandatory_topics_is_noted() -> None:
    found = of_readme(GOOD)
    assert found.outcome is Outcome.PASSED
    assert {f.rule for f in found.findings} == {
        "doc.readme-testing",
        "doc.readme-versioning",
        "doc.readme-authors",
        "doc.readme-acknowledgments",
    }
    assert {f.severity for f in found.findings} == {Severity.NOTE}


def test_the_remedy_lists_exactly_what_is_missing() -> None:
    found = of_readme("# Tidegrid\n\nTides.\n")
    assert found.message == f"README.md lacks: {', '.join(MANDATORY)}"
    assert all(words in str(found.remedy) for words in ("describe", "get started", "link"))


def test_the_policy_may_ask_for_more() -> None:
    found = of_readme(GOOD, **{"readme-topics": ["description", "testing"]})
    assert found.message == "README.md lacks: testing"


def test_links_to_files_that_are_not_there_are_found() -> None:
    found = of_readme(GOOD + "\n[gone](docs/b.md) [folder](docs) [up](../x.md) [web](https://x.org)\n")
    broken = [f for f in found.findings if f.rule == "doc.readme-broken-link"]
    assert [(f.message, f.location and f.location.line) for f in broken] == [
        ("links docs/b.md, which is not in the repository", 9)
    ]


@pytest.mark.parametrize("text", [b"", b"\n", b"\0" * 100, b"#" * 1_000_000, "🌊".encode() * 300_000])
def test_empty_and_hostile_readmes_fail_and_do_not_crash(text: bytes) -> None:
    assert of_readme(text).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "contact",
    [
        "Report to conduct@example.org.",
        "Write to conduct (at) example (dot) org.",
        "Contact the maintainers in private.",
        "Incidents may be reported to the project team.",
        "We hold to the [covenant](https://x.org/code-of-conduct).",
        "Use the [reporting form](https://x.org/report).",
    ],
)
def test_somebody_to_turn_to_in_many_words(contact: str) -> None:
    assert of_conduct(f"{RULES}\n\n{contact}\n").outcome is Outcome.PASSED


@pytest.mark.parametrize("text", ["", "# Code of Conduct", RULES, f"{RULES} Write to [INSERT EMAIL ADDRESS]."])
def test_a_code_of_conduct_that_leaves_people_alone(text: str) -> None:
    found = of_conduct(text)
    assert found.outcome is Outcome.FAILED
    assert found.findings


def test_a_placeholder_is_shown_with_its_line() -> None:
    found = of_conduct(f"{RULES}\n\nWrite to [INSERT CONTACT METHOD].\n")
    assert [f.location and f.location.line for f in found.findings] == [3]


def test_a_bare_host_is_no_guide() -> None:
    found = of_contributing(**{"CONTRIBUTING.md": "See [the developers](https://example.org).\n"})
    assert found.outcome is Outcome.FAILED


def test_a_section_of_the_readme_is_named_in_the_remedy() -> None:
    people = of_contributing(**{"README.md": GOOD + "\n## Contributors\n\nAda Example, Bo Example\n"})
    assert "section" not in people.message
    found = of_contributing(**{"README.md": GOOD + "\n## Contributing\n\nSend patches.\n"})
    assert found.outcome is Outcome.FAILED
    assert "README.md:9" in found.message
    assert "CONTRIBUTING.md" in str(found.remedy)


def test_contributors_are_not_a_guide_for_contributors() -> None:
    text = GOOD + "\n[contributors](https://github.com/x/y/graphs/contributors)\n"
    assert of_contributing(**{"README.md": text}).outcome is Outcome.FAILED

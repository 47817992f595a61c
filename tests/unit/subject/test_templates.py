from __future__ import annotations

from typing import Any

import pytest

from assaymark.subject.templates import Templates, count_words, form_problem, templates
from assaymark.testing import link, tree_of


def read(**files: str) -> Templates:
    found: Templates = templates.provide(tree_of(files))
    return found


TEXT = "## What changes, and why?\n"


@pytest.mark.parametrize(
    "path",
    [
        "pull_request_template.md",
        "PULL_REQUEST_TEMPLATE",
        ".github/PULL_REQUEST_TEMPLATE.md",
        "docs/pull_request_template.txt",
        ".github/PULL_REQUEST_TEMPLATE/feature.md",
        ".gitlab/merge_request_templates/Default.md",
        ".gitea/pull_request_template.md",
    ],
)
def test_where_templates_for_requests_are(path: str) -> None:
    assert [t.path for t in read(**{path: TEXT}).requests] == [path]


@pytest.mark.parametrize(
    "path", ["src/pull_request_template.md", ".github/workflows/pull_request_template.yml", "a.md"]
)
def test_where_they_are_not(path: str) -> None:
    assert read(**{path: TEXT}) == Templates()


def test_links_are_not_followed() -> None:
    assert templates.provide(tree_of({"pull_request_template.md": link("/etc/passwd")})) == Templates()


@pytest.mark.parametrize(
    ("text", "usable"),
    [
        (TEXT, True),
        ("- [ ] tests\n", True),
        ("<!-- Say what changes and why -->", True),
        ("", False),
        ("##\n---\n- \n", False),
        ("TODO", False),
    ],
)
def test_a_template_must_ask_for_something(text: str, usable: bool) -> None:
    (found,) = read(**{".github/pull_request_template.md": text}).requests
    assert (found.problem is None) is usable


def test_boxes_are_counted() -> None:
    (found,) = read(**{"pull_request_template.md": "- [ ] a b c\n* [x] d\n-[ ] e\n  - [ ] f\n"}).requests
    assert found.tasks == 3


def test_words() -> None:
    assert count_words("# A *b* <!-- c --> -- | d|e") == 5


FORM: dict[str, Any] = {
    "name": "Defect",
    "description": "Something is wrong",
    "body": [{"type": "input", "id": "v", "attributes": {"label": "Version"}}],
}
TEXTAREA = {"type": "textarea", "attributes": {"label": "Steps"}}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, None),
        ({"body": [{"type": "markdown", "attributes": {"value": "x"}}, TEXTAREA]}, None),
        ({"name": ""}, "lacks 'name'"),
        ({"description": None}, "lacks 'description'"),
        ({"body": []}, "asks for nothing"),
        ({"body": "x"}, "asks for nothing"),
        ({"body": [{"type": "markdown", "attributes": {"value": "x"}}]}, "asks for nothing"),
        ({"body": [{"type": "slider", "attributes": {"label": "x"}}]}, "needs a 'type'"),
        ({"body": [{"type": "input"}]}, "needs 'attributes'"),
        ({"body": [{"type": "dropdown", "attributes": {"label": "x"}}]}, "attributes.options"),
        ({"body": ["x"]}, "needs a 'type'"),
        ({"body": [FORM["body"][0], FORM["body"][0]]}, "used twice"),
    ],
)
def test_what_github_refuses_in_a_form(change: dict[str, Any], problem: str | None) -> None:
    found = form_problem(FORM | change)
    assert found is None if problem is None else found is not None and problem in found[0]


def test_the_place_of_a_problem_is_told() -> None:
    form = "name: a\ndescription: b\nbody:\n  - type: input\n    attributes:\n      label: x\n  - type: slider\n"
    (found,) = read(**{".github/ISSUE_TEMPLATE/bug.yml": form}).issues
    assert (found.line, "needs a 'type'" in (found.problem or "")) == (7, True)


@pytest.mark.parametrize("form", ["name: [", "- a", "", "name: &a [*a]"])
def test_forms_that_cannot_be_read(form: str) -> None:
    (found,) = read(**{".github/ISSUE_TEMPLATE/bug.yaml": form}).issues
    assert found.problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("---\nname: a\nabout: b\n---\n\nSteps, version and logs\n", None),
        ("\ufeff---\r\nname: a\r\nabout: b\r\n---\r\nSteps, version and logs\r\n", None),
        ("Steps, version and logs", "no front matter"),
        ("---\nname: a\n---\nSteps, version and logs\n", "lacks about"),
        ("---\nname: [\n---\nSteps, version and logs\n", "cannot be read"),
        ("---\n- a\n---\nSteps, version and logs\n", "lacks name and about"),
    ],
)
def test_front_matter(text: str, problem: str | None) -> None:
    (found,) = read(**{".github/ISSUE_TEMPLATE/bug.md": text}).issues
    assert found.problem is None if problem is None else problem in (found.problem or "")


def test_the_old_single_template_needs_no_front_matter() -> None:
    found = read(**{".github/ISSUE_TEMPLATE.md": TEXT, ".github/ISSUE_TEMPLATE/config.yml": "x: y"}).issues
    assert [(t.path, t.problem) for t in found] == [(".github/ISSUE_TEMPLATE.md", None)]

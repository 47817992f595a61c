"""The templates that a forge offers to who opens an issue or a pull request, and whether they are usable."""

from __future__ import annotations

import re
from typing import Any

from assaymark.api import Entry, Tree, fact
from assaymark.patterns import late
from assaymark.records import NamedTuple
from assaymark.subject.parsing import ParseProblem, load_yaml, load_yaml_lines

LIMIT = 200_000
LEAST_WORDS = 3
_HOMES = ("", ".github", "docs", ".gitea", ".forgejo", ".gitlab")
_HOSTS = ("github", "gitea", "forgejo")
_INPUTS = {"markdown", "textarea", "input", "dropdown", "checkboxes", "upload"}
_TASK = late(r"^[ \t]{0,20}[-*+][ \t]{1,9}\[[ xX]?\][ \t]", re.MULTILINE)
_MARKS = late(r"<!--|-->|[#*_`>|\[\](){}=~-]+")
_FRONT = late(r"\A---[ \t]*\r?\n(.{0,5000}?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)


class Template(NamedTuple):
    """One template. ``problem`` (at ``line``) says why the forge or a person cannot use it; ``tasks`` counts boxes."""

    path: str
    text: str
    words: int = 0
    tasks: int = 0
    problem: str | None = None
    line: int | None = None


class Templates(NamedTuple):
    """Templates for pull (merge) requests and for issues, in the order of their paths."""

    requests: tuple[Template, ...] = ()
    issues: tuple[Template, ...] = ()


@fact
def templates(tree: Tree) -> Templates:
    """All templates in the places where forges look."""
    requests, issues = [], []
    for entry in tree:
        if entry.is_symlink or entry.is_submodule:
            continue
        path = entry.path.lower()
        if _is_request(path):
            requests.append(_plain(tree, entry))
        elif _is_issue(path):
            issues.append(_issue(tree, entry))
    return Templates(tuple(requests), tuple(issues))


def _is_request(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    stem = name.partition(".")[0]
    if folder in _HOMES and stem in ("pull_request_template", "merge_request_template"):
        return True
    home, _, last = folder.rpartition("/")
    listed = last in ("pull_request_template", "merge_request_templates") and home in _HOMES
    return listed and name.endswith((".md", ".txt", ".yml", ".yaml"))


def _is_issue(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    if folder in _HOMES and name.partition(".")[0] == "issue_template" and "." in name:
        return True
    home, _, last = folder.rpartition("/")
    if last not in ("issue_template", "issue_templates") or home not in _HOMES:
        return False
    return name.endswith((".md", ".yml", ".yaml")) and name.rpartition(".")[0] != "config"


def _plain(tree: Tree, entry: Entry) -> Template:
    text = tree.text(entry.path, LIMIT)
    words, tasks = count_words(text), len(_TASK.findall(text))
    problem = None if words >= LEAST_WORDS or tasks else f"asks for nothing: it has {words} words"
    return Template(path=entry.path, text=text, words=words, tasks=tasks, problem=problem)


def count_words(text: str) -> int:
    """Words a person reads, hints in comments included."""
    return sum(1 for word in _MARKS.sub(" ", text).split() if any(c.isalnum() for c in word))


def _issue(tree: Tree, entry: Entry) -> Template:
    listed = "/issue_template/" in f"/{entry.path.lower()}"
    if entry.name.lower().endswith((".yml", ".yaml")):
        return _form(tree, entry)
    template = _plain(tree, entry)
    if not listed or not entry.path.lower().startswith(tuple(f".{host}/" for host in _HOSTS)) or template.problem:
        return template
    problem = _front_problem(template.text)
    line = 1 if problem else None
    return Template(
        path=entry.path, text=template.text, words=template.words, tasks=template.tasks, problem=problem, line=line
    )


def _front_problem(text: str) -> str | None:
    """A template in a folder is offered only under the name and with the words that its front matter gives."""
    front = _FRONT.match(text.lstrip("\ufeff"))
    if front is None:
        return "has no front matter (name, about), so the forge does not offer it"
    try:
        data = load_yaml(front[1])
    except ParseProblem as problem:
        return f"its front matter cannot be read: {problem}"
    lacks = [key for key in ("name", "about") if not isinstance(data, dict) or not str(data.get(key) or "").strip()]
    return f"its front matter lacks {' and '.join(lacks)}" if lacks else None


def _form(tree: Tree, entry: Entry) -> Template:
    text = tree.text(entry.path, LIMIT)
    try:
        data, lines = load_yaml_lines(text)
    except ParseProblem as problem:
        return Template(path=entry.path, text=text, problem=f"cannot be read: {problem.message}", line=problem.line)
    found = form_problem(data)
    if found is None:
        return Template(path=entry.path, text=text, words=count_words(text))
    message, place = found
    return Template(path=entry.path, text=text, problem=message, line=lines.get(place))


def form_problem(data: Any) -> tuple[str, tuple[str | int, ...]] | None:
    """The first thing for which GitHub refuses an issue form, and its place; None when there is none."""
    if not isinstance(data, dict):
        return "is not a mapping", ()
    for key in ("name", "description"):
        if not isinstance(data.get(key), str) or not data[key].strip():
            return f"lacks {key!r}", (key,)
    body = data.get("body")
    if not isinstance(body, list) or not body:
        return "has no 'body', so it asks for nothing", ("body",)
    ids: set[str] = set()
    for i, item in enumerate(body):
        if problem := _input_problem(item, ids):
            return problem, ("body", i)
    if all(item.get("type") == "markdown" for item in body):
        return "shows text but asks for nothing", ("body",)
    return None


def _input_problem(item: Any, ids: set[str]) -> str | None:
    if not isinstance(item, dict) or item.get("type") not in _INPUTS:
        return f"an element of 'body' needs a 'type': one of {', '.join(sorted(_INPUTS))}"
    kind, attributes = item["type"], item.get("attributes")
    if not isinstance(attributes, dict):
        return f"a {kind} needs 'attributes'"
    needed = {"markdown": ("value",), "dropdown": ("label", "options"), "checkboxes": ("label", "options")}
    for key in needed.get(kind, ("label",)):
        if not attributes.get(key):
            return f"a {kind} needs 'attributes.{key}'"
    name = str(item.get("id") or "")
    if name and name in ids:
        return f"the id {name!r} is used twice"
    ids.add(name)
    return None

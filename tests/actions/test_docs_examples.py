"""The examples of workflows that the documentation shows: what they name is there, and those that can be are run.

Run elsewhere: several projects (test_projects), SQAaaS (test_sqaaas), a service (test_service), the workflow that signs
(test_assay), a key of your own (test_every_action). Not run: judging by Dagger, which needs its engine, and Pages.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from act import COMMIT, ROOT, Act

Make = Callable[..., Path]
PAGES = [ROOT / "README.md", ROOT / "actions" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
OURS = re.compile(r"assaymark/assaymark/(?P<place>[\w./-]+)@<commit>")


def examples() -> Iterator[tuple[str, str]]:
    """Page and text of every example that uses one of our actions or workflows."""
    for page in PAGES:
        for text in BLOCK.findall(page.read_text(encoding="utf-8")):
            if "assaymark/assaymark/" in text:
                yield page.relative_to(ROOT).as_posix(), text


def uses(node: Any) -> Iterator[dict[str, Any]]:
    """Every step or job that uses something."""
    if isinstance(node, dict):
        if "uses" in node:
            yield node
        for value in node.values():
            yield from uses(value)
    elif isinstance(node, list):
        for value in node:
            yield from uses(value)


def inputs_of(place: str) -> dict[str, Any]:
    """The inputs of an action, or of a workflow that others call."""
    file = ROOT / place
    found = yaml.safe_load((file / "action.yml" if file.is_dir() else file).read_text(encoding="utf-8"))
    inputs: dict[str, Any] = found["inputs"] if file.is_dir() else found[True]["workflow_call"]["inputs"]
    return inputs


@pytest.mark.parametrize(("page", "text"), list(examples()))
def test_what_an_example_names_is_there(page: str, text: str) -> None:
    steps = list(uses(yaml.safe_load(text)))
    named = [(OURS.fullmatch(step["uses"]), step) for step in steps if step["uses"].startswith("assaymark/")]
    assert named
    for match, step in named:
        assert match, step["uses"]
        known = inputs_of(match["place"])
        assert set(step.get("with", {})) <= set(known), page
        assert {name for name, i in known.items() if i.get("required")} <= set(step.get("with", {})), page


def test_what_others_made_is_pinned_as_in_our_own_workflows() -> None:
    pin = re.compile(r"(actions/[\w-]+)@([0-9a-f]{40}) # (v[\d.]+)")
    files = [*ROOT.glob(".github/workflows/*.yml"), *ROOT.glob("pipelines/templates/*.yml")]
    own = {m for file in files for m in pin.findall(file.read_text(encoding="utf-8"))}
    shown = {m for _, text in examples() for m in pin.findall(text)}
    assert shown
    assert shown <= own


CWL = "cwlVersion: v1.2\nclass: CommandLineTool\nlabel: Says it\nbaseCommand: echo\ninputs: {}\noutputs: {}\n"
DOCKER = """#!/bin/sh
[ "$1" = save ] && cp "$STANDIN_IMAGE" "$4"
"""
RUN = {
    "README.md": ("assess",),
    "actions/README.md": ("checkout", "assess"),
    "docs/validate.md": ("checkout", "validate"),
    "docs/smoke.md": ("smoke",),
}


def steps_of(page: str) -> list[dict[str, Any]]:
    """The steps of the first example of a page, with the commit that act knows."""
    text = next(text for name, text in examples() if name == page).replace("<commit>", COMMIT)
    found = yaml.safe_load(text)
    steps: list[dict[str, Any]] = found["steps"] if isinstance(found, dict) else found
    return steps


@pytest.mark.service("act", "bwrap", "busybox")
@pytest.mark.parametrize("page", RUN)
def test_the_example_of_a_page_runs(
    page: str, act: Act, repository: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from images import Made, busybox, docker_archive

    steps = steps_of(page)
    assert [step["uses"].partition("@")[0].rpartition("/")[2] for step in steps if "uses" in step] == list(RUN[page])
    if RUN[page][0] != "checkout":
        steps.insert(0, {"uses": next(step["uses"] for step in steps_of("actions/README.md"))})
    for program in ("docker", "podman"):
        (tmp_path / "programs").mkdir(exist_ok=True)
        (tmp_path / "programs" / program).write_text(DOCKER, encoding="utf-8")
        (tmp_path / "programs" / program).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "programs"), prepend=":")
    image = docker_archive(Made([busybox()]), tmp_path / "image.tar")
    steps[-1] |= {"id": "shown"}
    workflow = {"on": "push", "permissions": {}, "jobs": {"shown": {"runs-on": "ubuntu-latest", "steps": steps}}}
    root = repository({"README.md": "# Tide\n", "echo.cwl": CWL})
    ran = act.run(root, yaml.safe_dump(workflow), env={"STANDIN_IMAGE": str(image)})
    outcome = ran.outputs("shown")["outcome"]
    assert (outcome, ran.code) in (("passed", 0), ("failed", 1)), ran.told()
    assert ran.artifact(ran.outputs("shown")["artifact"]).is_dir()
    shutil.rmtree(tmp_path / "programs")

"""Every action, those of later verbs too: what it needs for its work, and what a stranger may do about it.

An action without an entry here fails a test: whoever adds one says what it does its work on.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from act import OURS, ROOT, Act, Ran
from hostile_checkout import hostile, words
from releasing import COMMIT, SAMPLE, listed
from runner_commands import commands, harmless

from assaymark.release.folder import NOTES

pytestmark = pytest.mark.service("act")
Make = Callable[..., Path]
Files = Mapping[str, str | bytes]
HEAD = "on: [push, pull_request]\npermissions: {}\njobs:\n"
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"
ACTIONS = {f.parent.name: yaml.safe_load(f.read_text("utf-8")) for f in sorted(ROOT.glob("actions/*/action.yml"))}
GITHUB = pytest.mark.service("github-openapi")


@dataclass(frozen=True)
class Work:
    """What an action does its work on: files, inputs, an earlier step, and the outputs that are then there."""

    outputs: tuple[str, ...] = ("outcome",)
    given: Mapping[str, str] = field(default_factory=dict)
    files: Files = field(default_factory=dict)
    before: str = ""
    env: str = ""
    artifact: str = ""


REPORTS = ("outcome", "level", "report-json", "sarif", "html")
JUDGED = f"      - uses: {OURS.format('assess')}\n        with: {{ no-tools: 'true', output: out, artifact: '' }}\n"
TABLE = "id,value,prediction\n" + "".join(f"{i},{i % 7},{i % 7 + (i % 5 - 2) / 10}\n" for i in range(50))
MODEL = """title = "A line"
task = "regression"
reference = { file = "table.csv", key = "id", target = "value" }
predictions = { file = "table.csv" }
metric = [{ name = "rmse", at-most = 1 }]
"""
CWL = "cwlVersion: v1.2\nclass: CommandLineTool\nlabel: Says it\nbaseCommand: echo\ninputs: {}\noutputs: {}\n"
DATA = 'title = "Levels"\n[[file]]\npath = "table.csv"\nprimary-key = ["id"]\n'
STEP = {"name": "unit", "tool": "commands", "commands": "true"}
GOOD = {name: (ROOT / name).read_text("utf-8") for name in ("README.md", "CONTRIBUTING.md", "CODE_OF_CONDUCT.md")}
GOOD |= {"LICENSE": (ROOT / "LICENSE").read_text("utf-8")}
WORK = {
    "assess": Work((*REPORTS, "folder", "badge", "findings"), {"no-tools": "true"}, artifact="assaymark"),
    "attest": Work(
        ("outcome", "badge", "credential"),
        {"folder": "out"},
        GOOD,
        JUDGED,
        "ASSAYMARK_SIGNING_KEY: '${{ secrets.SIGNING }}'",
    ),
    "badge": Work(("outcome",), {"folder": "out"}, before=JUDGED),
    "comment": Work(("outcome",), {"folder": "out"}, before=JUDGED),
    "data": Work(REPORTS, {"subject": "data.toml"}, {"data.toml": DATA, "table.csv": TABLE}, artifact="assaymark-data"),
    "model": Work(
        REPORTS, {"manifest": "model.toml"}, {"model.toml": MODEL, "table.csv": TABLE}, artifact="assaymark-model"
    ),
    "release": Work(("outcome",), {"folder": "rel"}),
    "release-build": Work(
        ("outcome", "level", "folder"),
        {"gate": "QC.Lic01", "no-tools": "true", "no-isolation": "true", "tag": ""},
        {
            **SAMPLE,
            "LICENSE": GOOD["LICENSE"],
            "requirements.txt": f"click=={version('click')} --hash=sha256:{'1' * 64}\n",
            "requirements/run.txt": "",  # else it would be the lock
        },
        artifact="release",
    ),
    "service": Work(REPORTS, {"manifest": "service.toml", "timeout": "60"}, artifact="assaymark-service"),
    "setup": Work(("environment",)),
    "smoke": Work(REPORTS, {"image": "image"}, artifact="assaymark-smoke-image"),
    "sqaaas-assessment": Work(("outcome", "report", "report-path", "verdict", "badge"), artifact="assaymark"),
    "sqaaas-step": Work(("step", "step-path"), STEP),
    "step": Work(("outcome", "step", "step-path"), STEP),
    "validate": Work(("outcome", "sarif", "junit"), {}, {"echo.cwl": CWL}, artifact="assaymark-validation"),
}
# Those that ask GitHub, and what they change there.
ASKING = ("badge", "comment", "release")
named = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=GITHUB if name in ASKING else ()) for name in ACTIONS]
)


def test_every_action_says_what_it_works_on() -> None:
    assert list(WORK) == list(ACTIONS)


def workflow(name: str, given: Mapping[str, str], env: str = "", before: str = "") -> str:
    """A job with this action; ``env`` is what the step has besides."""
    return f"{HEAD}{job('work', name, given, env=env, before=before)}"


def job(id: str, name: str, given: Mapping[str, str], *, env: str = "", before: str = "", strategy: str = "{}") -> str:
    """A job with this action; ``strategy`` is that of a matrix."""
    return f"""\
  {id}:
    strategy: {strategy}
    runs-on: ubuntu-latest
    steps:
      - uses: {CHECKOUT}
{before}      - id: work
        uses: {OURS.format(name)}
        env: {{ {env} }}
        with: {json.dumps(given)}
"""


@contextmanager
def files_of(name: str, root: Path) -> Iterator[Files]:
    """What an action works on, where it is made: an image, a folder to release, a service that runs."""
    if name == "smoke":
        from images import File, Made, oci_layout

        place = oci_layout(Made([{"bin/tool": File(b"#!/bin/sh\n", 0o755)}]), root / "image")
    elif name == "release":
        place = root / "rel"
        place.mkdir(parents=True)
        (place / "tide-1.2.0.tar.gz").write_bytes(b"sdist " * 500)
        (place / NOTES).write_text("High water.\n")
        listed(place)
    elif name == "service":
        from tides_service import Behaviour, Service, served

        with served(Service(Behaviour()).app()) as port:
            yield {"service.toml": f'url = "http://127.0.0.1:{port}"\n'}
        return
    else:
        yield WORK[name].files
        return
    yield {str(p.relative_to(root)): p.read_bytes() for p in sorted(place.rglob("*")) if p.is_file()}


def world(name: str, request: pytest.FixtureRequest) -> dict[str, Any]:
    """The event, the environment and the secrets of the job."""
    found: dict[str, Any] = {"env": {}, "secrets": {}}
    if name == "attest":
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519

        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        found["secrets"]["SIGNING"] = ed25519.Ed25519PrivateKey.generate().private_bytes(*form).decode()
    if name in ASKING:
        fake = request.getfixturevalue("fake_github")
        fake.state.git.tag("v1.2.0", COMMIT)
        found["env"] |= {"GITHUB_API_URL": fake.base, "GITHUB_REPOSITORY": "lab/tide"}
        found["secrets"]["GITHUB_TOKEN"] = "t0ken"
    return found


@named
def test_it_does_its_work_where_the_checkout_would_stop_it(
    name: str, act: Act, repository: Make, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    work, touched = WORK[name], tmp_path / "touched"
    with files_of(name, tmp_path / "made") as files:
        root = repository({**hostile(touched), **files})
        ran = act.run(root, workflow(name, work.given, work.env, work.before), **world(name, request))
    found = ran.outputs("work")
    assert ran.code == 0, ran.told()
    assert found.get("outcome", "passed") == "passed", ran.told()
    assert not touched.exists()
    assert [o for o in work.outputs if not found.get(o)] == [], found
    assert set(ACTIONS[name]["outputs"]) <= set(found)
    assert harmless(commands(ran.log()))
    if work.artifact:
        assert found.get("artifact", work.artifact) == work.artifact
        assert any(ran.artifact(work.artifact).iterdir())
    if name in ASKING:
        assert request.getfixturevalue("fake_github").asked("P"), "something was changed there"


@named
def test_no_input_is_a_command_or_another_output(
    name: str, act: Act, repository: Make, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    touched = tmp_path / "touched"
    text = words(touched)
    given = dict.fromkeys(ACTIONS[name].get("inputs", {}), text)
    ran = act.run(repository({"README.md": "# Tide\n"}), workflow(name, given), **world(name, request))
    assert ran.code == 1, ran.told()
    assert ran.outputs("work").get("outcome", "error") == "error"
    assert not touched.exists()
    assert harmless(commands(ran.log()))
    assert [kind for kind, _, _ in ran.annotations()] == ["error"], "it is said what is wrong"
    assert "a bug of ours" not in ran.log()
    if name in ASKING:
        assert request.getfixturevalue("fake_github").calls == []


GATED = [name for name, action in ACTIONS.items() if {"gate", "fail-on"} & set(action.get("inputs", {}))]


def from_a_fork() -> dict[str, Any]:
    """The event of a pull request from another repository."""
    here = {"full_name": "lab/tide", "default_branch": "main", "owner": {"login": "lab"}, "name": "tide"}
    head = {"sha": "e" * 40, "ref": "fix", "repo": {"full_name": "ana/tide"}}
    pull = {"number": 7, "base": {"sha": "f" * 40, "ref": "main", "repo": here}, "head": head}
    return {"number": 7, "repository": here, "pull_request": pull}


@pytest.mark.parametrize("name", GATED)
def test_a_gate_that_is_not_met_on_a_fork_is_red_and_leaves_everything(
    name: str, act: Act, repository: Make, tmp_path: Path
) -> None:
    work = WORK[name]
    gate = "fail-on" if name == "sqaaas-assessment" else "gate"
    with files_of(name, tmp_path / "made") as files:
        root = repository({"README.md": "# Tide\n", **files})
        text = workflow(name, {**work.given, gate: "gold"}, before=work.before)
        ran = act.run(root, text, event="pull_request", payload=from_a_fork())
    found = ran.outputs("work")
    assert ran.code == 1, ran.told()
    assert found["outcome"] == "failed", ran.told()
    assert [kind for kind, _, where in ran.annotations() if "file" not in where] == ["error"], "why it is red"
    if name == "release-build":  # nothing is built that may not be released
        assert not found["folder"]
        refused(ran)
        return
    assert [o for o in work.outputs if not found.get(o)] == []
    assert any(ran.artifact(work.artifact).iterdir())
    places = [where["file"] for _, _, where in ran.annotations() if "file" in where]
    assert [p for p in places if not (root / p).exists()] == [], "annotations lie in files of the repository"


def refused(ran: Ran) -> None:
    """What does not hold, why and what to do: in the summary, as annotations, and in an artifact of its own."""
    [(kind, message, where)] = ran.annotations()
    assert (kind, where["title"]) == ("error", "assaymark release build: gate")
    assert "gold: not met" in message
    assert "See: assaymark assess ." in message
    assert "| **gate** | ✗\u00a0no | gold: not met" in ran.summary()
    kept = {file.name for file in ran.artifact("release-refused").iterdir()}
    assert {"answers.json", "assessment.json", "report.html"} <= kept
    assert not ran.artifact("release").exists()


BREAKING = """\
import sys, assaymark.cli as c
r = c.run
c.run = lambda words: r(words) if words[0] == "action" else 1 / 0
from assaymark.__main__ import main
sys.argv = ["assaymark", "action", sys.argv[-1]]
sys.exit(main())
"""


def broken(place: Path) -> Path:
    """An environment whose assaymark breaks whatever it is asked for."""
    place.joinpath("bin").mkdir(parents=True)
    place.joinpath("breaking.py").write_text(BREAKING)
    program = place / "bin" / "python"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{place}/breaking.py" "$@"\n')
    program.chmod(0o755)
    return place


RUNNING = [name for name in ACTIONS if name != "setup"]  # which runs no verb


def test_a_crash_of_any_verb_is_red_and_says_where_to_report_it(act: Act, repository: Make, tmp_path: Path) -> None:
    environment = {"ASSAYMARK_ENVIRONMENT": str(broken(tmp_path / "broken"))}
    given = {
        name: {k: "" for k in ACTIONS[name]["inputs"] if k == "token"} | dict(WORK[name].given) for name in RUNNING
    }
    text = HEAD + "".join(job(name, name, given[name]) for name in RUNNING)
    root = repository({"README.md": "# Tide\n"})
    ran = act.run(root, text, env=environment)
    assert ran.code == 1
    for name in RUNNING:
        one = ran.of_job(name)
        assert one.outputs("work").get("outcome", "error") == "error", name
        [(kind, message, where)] = one.annotations()
        assert (kind, "a bug of ours" in where["title"]) == ("error", True), name
        assert "division by zero" in message
        assert "issues/new" in one.log(), name
    assert not ran.artifact(".").exists(), "there is nothing to keep"


TIDE, WAVE = "packages/tide", "packages/wave"
# What each verdict is about in a project, and the input that names it; wave is held to more than it has.
PARTS = {
    "assess": {"path": "PROJECT", "no-tools": "true", "gate": "GATE"},
    "data": {"subject": "PROJECT/data.toml", "gate": "GATE"},
    "model": {"manifest": "PROJECT/model.toml", "gate": "GATE"},
    "service": {"manifest": "PROJECT/service.toml", "timeout": "60", "gate": "GATE"},
    "smoke": {"image": "PROJECT/image", "gate": "GATE"},
    "validate": {"paths": "PROJECT"},
}


def both_projects(root: Path, port: int) -> dict[str, str | bytes]:
    """Two projects with something of each kind; the workflow of the wave is wrong."""
    from images import File, Made, oci_layout

    place = oci_layout(Made([{"bin/tool": File(b"#!/bin/sh\n", 0o755)}]), root / "image")
    image = {str(p.relative_to(root)): p.read_bytes() for p in sorted(place.rglob("*")) if p.is_file()}
    texts = {"README.md": "# Both\n", "model.toml": MODEL, "table.csv": TABLE, "data.toml": DATA, "echo.cwl": CWL}
    texts["service.toml"] = f'url = "http://127.0.0.1:{port}"\n'
    files = {f"{project}/{name}": content for project in (TIDE, WAVE) for name, content in (image | texts).items()}
    return {**files, f"{WAVE}/echo.cwl": CWL.replace("class: CommandLineTool", "class: CommandLineTools")}


def test_projects_in_a_matrix_do_not_touch_each_other(act: Act, repository: Make, tmp_path: Path) -> None:
    from tides_service import Behaviour, Service, served

    legs = [{"path": TIDE, "gate": ""}, {"path": WAVE, "gate": "gold"}]
    strategy = json.dumps({"fail-fast": False, "max-parallel": 1, "matrix": {"include": legs}})
    with served(Service(Behaviour()).app()) as port:
        root = repository(both_projects(tmp_path / "made", port))
        text = HEAD + "".join(job(name, name, given, strategy=strategy) for name, given in PARTS.items())
        text = text.replace("PROJECT", "${{ matrix.path }}").replace("GATE", "${{ matrix.gate }}")
        ran = act.run(root, text)
    kept: dict[str, tuple[str, str]] = {}
    for name in PARTS:
        one = ran.of_job(name)
        assert one.legs("outcome", "path") == {TIDE: "passed", WAVE: "failed"}, (name, ran.told())
        kept |= {artifact: (name, path) for path, artifact in one.legs("artifact", "path").items()}
        places = [where["file"] for _, _, where in one.annotations() if "file" in where]
        assert [p for p in places if not (root / p).is_file()] == [], "annotations lie in files of the repository"
    assert len(kept) == 2 * len(PARTS), "each has its own artifact"
    categories = {category(ran, artifact) for artifact in kept}
    assert len(categories) == 2 * len(PARTS), "code scanning keeps each apart"
    for artifact, (name, path) in kept.items():
        if name != "validate":
            report = json.loads((ran.artifact(artifact) / "assessment.json").read_text(encoding="utf-8"))
            assert report["subject"]["path"].startswith(path)


def category(ran: Ran, artifact: str) -> str:
    """Under which name code scanning would keep the findings."""
    log = json.loads((ran.artifact(artifact) / "report.sarif").read_text(encoding="utf-8"))
    return str(log["runs"][0]["automationDetails"]["id"])

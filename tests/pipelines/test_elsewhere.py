"""``assaymark assess --runner dagger``, as a process, against the stand-in."""

from __future__ import annotations

import json
import os

import dagger_engine
import pytest
from dagger_engine_scripted import Ended, Scripted, said

from assaymark.__main__ import main

REPORT = "assessment.json"


@pytest.fixture(scope="module")
def assessment(tmp_path_factory) -> bytes:
    """A real assessment, for the stand-in to give back."""
    import assaymark
    from assaymark.reports.json import render

    root = tmp_path_factory.mktemp("judged")
    (root / "README.md").write_text("# Tool\n")
    return render(assaymark.assess(root, tools=False)).encode()


@pytest.fixture
def rules(assessment):
    """The container is made; the verb ends as asked."""

    def make(code: int, stderr: str = ""):
        ended = Ended(code, stderr=stderr, files={f"/reports/{REPORT}": assessment})
        return [(said("assaymark", "assess"), ended), (lambda argv: True, Ended(0))]

    return make


def test_the_words_reach_the_container_and_the_report_comes_back(repository, assaymark, engine, rules, tmp_path):
    root = repository({"README.md": "# Tool\n"})
    baseline = tmp_path / "main.json"
    baseline.write_text("{}")
    back = Scripted(rules(1, "assaymark: gate not met: silver asks for QC.Lic01\n"))
    started = engine(back)
    words = ["--gate", "silver", "--no-tools", "--select", "QC.Doc", "--select", "QC.Lic", "--baseline", baseline]
    done = assaymark(
        "assess", root, *words, "--runner", "dagger", "--format", "json", "--output", tmp_path / "out",
        **started.environment,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["level"] == "none"
    assert "assaymark: gate not met: silver asks for QC.Lic01" in done.stderr
    (ran,) = [argv for argv in back.ran if argv[:2] == ["assaymark", "assess"]]
    assert ran == [
        *("assaymark", "assess", "/src", "--select", "QC.Doc", "--select", "QC.Lic", "--gate", "silver"),
        *("--baseline", "/inputs/0-main.json", "--no-tools", "--output", "/reports"),
    ]
    assert {p.name for p in (tmp_path / "out").iterdir()} == {REPORT, "pipeline.json"}
    [judged] = [chain for chain in started.evaluated("sync") if "assess" in chain]
    assert f'host().directory(path="{root}")' in judged
    assert '/inputs/0-main.json", source=host().file(path=' in judged


@pytest.mark.parametrize(("code", "status"), [(0, 0), (2, 2), (3, 3), (4, 3), (139, 3)])
def test_the_exit_status_comes_back(repository, engine, rules, code, status, capsys):
    engine(Scripted(rules(code)))
    assert main(["assess", str(repository({"a": "b"})), "--runner", "dagger"]) == status
    told = capsys.readouterr()
    assert "Traceback" not in told.err
    assert ("QC.Lic01" in told.out) is (code != 139)  # a signal leaves no report


def test_without_an_engine_it_says_what_is_missing(repository, assaymark, tmp_path):
    broken = tmp_path / "dagger"
    broken.write_text("#!/bin/sh\necho 'docker: not found' >&2\nexit 1\n")
    broken.chmod(0o755)
    done = assaymark("assess", repository({"a": "b"}), "--runner", "dagger", _EXPERIMENTAL_DAGGER_CLI_BIN=str(broken))
    assert done.returncode == 2
    assert "assaymark: no Dagger engine:" in done.stderr
    assert "it needs Docker" in done.stderr


def test_a_runner_that_nobody_brings(repository, assaymark):
    done = assaymark("assess", repository({"a": "b"}), "--runner", "daggre")
    assert done.returncode == 2
    assert "there is no runner 'daggre'" in done.stderr
    assert "did you mean 'dagger'?" in done.stderr


def test_a_linked_worktree_is_refused(repository, assaymark, engine, rules, tmp_path):
    import subprocess

    root = repository({"a": "b"})
    subprocess.run(["git", "worktree", "add", "--quiet", tmp_path / "tree"], cwd=root, check=True)
    started = engine(Scripted(rules(0)))
    done = assaymark("assess", tmp_path / "tree", "--runner", "dagger", **started.environment)
    assert done.returncode == 2
    assert "linked worktree" in done.stderr


def test_the_token_is_named_to_the_engine_and_never_sent(repository, engine, rules, monkeypatch):
    back = Scripted(rules(0))
    started = engine(back)
    secret = "ghp_" + "x" * 36
    monkeypatch.setenv("GITHUB_TOKEN", secret)
    for words in ([], ["--forge"]):
        started.queries.clear()
        assert main(["assess", str(repository({"a": "b"}, f"p{len(words)}")), "--runner", "dagger", *words]) == 0
        said_there = "\n".join(started.queries)
        assert secret not in said_there
        assert ("env://GITHUB_TOKEN" in said_there) is bool(words)


def test_caches_that_say_so_are_left_out_unless_tracked(repository, tmp_path):
    import subprocess

    from assaymark_pipelines.host import left_out

    root = repository({"a": "b", "kept/.gitignore": "*\n"})
    subprocess.run(["git", "add", "-f", "kept/.gitignore"], cwd=root, check=True)
    for name, text in {".venv": "*\n", "cache": "# made by a tool\n*\n", "own": "*.o\n"}.items():
        (root / name).mkdir()
        (root / name / ".gitignore").write_text(text)
    assert left_out(root) == (".venv", "cache")


def test_the_environment_chooses(monkeypatch):
    from assaymark_pipelines.elsewhere import chosen

    base = "registry.example.org/py@sha256:" + "a" * 64
    settings, _ = chosen({"ASSAYMARK_BASE": base, "ASSAYMARK_MIRROR": "m.example.org", "ASSAYMARK_PLUGINS": "hpc"})
    assert (settings.base, settings.mirror, settings.plugins) == (base, "m.example.org", ("hpc",))
    assert dagger_engine.clean(os.environ) == []


def test_on_a_pull_request_the_command_learns_of_its_base(repository, engine, rules, monkeypatch, tmp_path):
    """Else a change could bring its own gate and waivers: only the event says that there is a pull request."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"base": {"sha": "b" * 40}}}))
    for name, value in {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REPOSITORY": "lab/tool",
        "GITHUB_OUTPUT": str(tmp_path / "outputs"),
    }.items():
        monkeypatch.setenv(name, value)
    started = engine(Scripted(rules(0)))
    assert main(["assess", str(repository({"a": "b"})), "--runner", "dagger"]) == 0
    [judged] = [chain for chain in started.evaluated("sync") if "assess" in chain]
    assert f'withFile(path="/inputs/event.json", source=host().file(path="{event}"))' in judged
    assert 'withEnvVariable(name="GITHUB_EVENT_NAME", value="pull_request")' in judged
    assert 'withEnvVariable(name="GITHUB_EVENT_PATH", value="/inputs/event.json")' in judged
    assert 'withEnvVariable(name="GITHUB_REPOSITORY", value="lab/tool")' in judged
    assert "GITHUB_OUTPUT" not in judged


@pytest.mark.parametrize("verb", [["assess"], ["pipeline", "assess"]])
def test_a_part_of_a_checkout_is_judged_with_the_history_of_the_whole(
    repository, assaymark, engine, rules, verb, tmp_path
):
    root = repository({"tools/tide/README.md": "# Tide\n"})
    started = engine(Scripted(rules(0)))
    part = root / "tools" / "tide"
    words = [part, "--runner", "dagger"] if verb == ["assess"] else ["--source", part, "--output", tmp_path / "out"]
    done = assaymark(*verb, *words, **started.environment)
    assert done.returncode == 0, done.stderr
    [judged] = [chain for chain in started.evaluated("sync") if "assess" in chain]
    assert f'host().directory(path="{root}")' in judged
    assert '"assaymark", "assess", "/src/tools/tide"' in judged


def test_an_archive_and_a_bare_repository_are_judged_too(repository, assaymark, engine, rules, tmp_path):
    import subprocess

    root = repository({"a": "b"})
    archive = tmp_path / "tide.tar.gz"
    subprocess.run(["git", "archive", "--output", archive, "HEAD"], cwd=root, check=True)
    subprocess.run(["git", "clone", "--quiet", "--bare", root, tmp_path / "bare"], check=True, timeout=60)
    for what, place in ((archive, "/inputs/archive-tide.tar.gz"), (tmp_path / "bare", "/src")):
        started = engine(Scripted(rules(0)))
        done = assaymark("assess", what, "--runner", "dagger", **started.environment)
        assert done.returncode == 0, done.stderr
        [judged] = [chain for chain in started.evaluated("sync") if "assess" in chain]
        assert f'"assaymark", "assess", "{place}"' in judged
        assert str(what) in judged

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from assessed import HEAD, assessment, failing, finding
from github_fake.state import Run, zipped

from assaymark.__main__ import main
from assaymark.forge.client import Client
from assaymark.model import Assessment, Finding, Level, Severity
from assaymark.reports.json import render
from assaymark.reports.sarif import render as sarif

if TYPE_CHECKING:
    from github_fake import FakeGitHub

pytestmark = pytest.mark.service("github-openapi")
MERGE = "d" * 40


class Job:
    """A job on GitHub: its environment and event, and the command as its step starts it."""

    def __init__(self, fake: FakeGitHub, folder: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: Any) -> None:
        self.fake, self.folder, self._set, self._captured = fake, folder, monkeypatch.setenv, capfdbinary
        for name, value in fake.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("GITHUB_RUN_ID", "77")

    def on_pull_request(self, head: str = HEAD, *, fork: bool = False) -> None:
        origin = {"full_name": "ana/tide" if fork else "lab/tide"}
        base = {"sha": "b" * 40, "repo": {"full_name": "lab/tide"}}
        self._event(
            "pull_request", {"pull_request": {"number": 7, "head": {"sha": head, "repo": origin}, "base": base}}
        )
        self._set("GITHUB_SHA", MERGE)

    def on_workflow_run(self, **more: Any) -> None:
        run = {
            "id": 55,
            "event": "pull_request",
            "head_sha": HEAD,
            "head_branch": "fix",
            "conclusion": "failure",
            "head_repository": {"full_name": "ana/tide"},
            "html_url": "https://github.com/lab/tide/actions/runs/55",
        }
        repository = more.pop("repository", {"full_name": "lab/tide"})
        self._event("workflow_run", {"workflow_run": run | more, "repository": repository})

    def on_push(self) -> None:
        self._event("push", {})
        self._set("GITHUB_SHA", HEAD)

    def _event(self, name: str, payload: dict[str, Any]) -> None:
        file = self.folder / "event.json"
        file.write_text(json.dumps(payload), encoding="utf-8")
        self._set("GITHUB_EVENT_NAME", name)
        self._set("GITHUB_EVENT_PATH", str(file))

    def reports(self, made: Assessment) -> str:
        place = self.folder / "out"
        place.mkdir(exist_ok=True)
        (place / "assessment.json").write_text(render(made), encoding="utf-8")
        (place / "report.sarif").write_text(sarif(made), encoding="utf-8")
        return str(place)

    def leave(self, made: Assessment | bytes, name: str = "assaymark", **more: Assessment | bytes) -> None:
        """The run before left this as its artifact, and ``more`` as artifacts whose names end so."""
        left = {name: made} | {f"assaymark-{ending}": content for ending, content in more.items()}
        files = {n: c if isinstance(c, bytes) else render(c).encode() for n, c in left.items()}
        artifacts = {n: zipped({"assessment.json": content}) for n, content in files.items()}
        self.fake.state.runs = [Run(55, "fix", HEAD, {}, [("completed", "failure")], artifacts)]

    def run(self, *words: str) -> tuple[int, str, str]:
        status = main(["comment", *words])
        out, talk = self._captured.readouterr()
        assert b"t0ken" not in out + talk
        return status, out.decode(), talk.decode()


@pytest.fixture
def job(fake_github: FakeGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: Any) -> Job:
    fake_github.state.pull(7, HEAD, head="lab/tide")
    monkeypatch.setitem(Client.__init__.__kwdefaults__, "backoff", 0.0)
    return Job(fake_github, tmp_path, monkeypatch, capfdbinary)


@pytest.fixture
def fork(job: Job) -> Job:
    """The same where the pull request comes from a fork and this is the companion."""
    job.fake.state.pulls[0]["head"] = "ana/tide"
    job.on_workflow_run()
    return job


def publish(fake: FakeGitHub, made: Assessment) -> None:
    fake.state.git.add("badges", {"assessment.json": render(made).encode()})


def test_a_pull_request_gets_everything_that_was_asked_for(job: Job) -> None:
    publish(job.fake, assessment(Level.SILVER, commit="a" * 40))
    job.on_pull_request()
    folder = job.reports(failing(*(finding(n) for n in range(1, 61)), commit=MERGE))
    status, _, talk = job.run(folder, "--check", "--sarif", "--outcome", "failed")
    assert status == 0, talk
    [body] = job.fake.state.bodies(7)
    assert "silver → bronze" in body
    assert "60 new findings" in body
    assert f"/blob/{HEAD}/src/tide/m1.py#L1" in body
    assert "https://github.com/lab/tide/actions/runs/77" in body
    [made] = job.fake.state.statuses
    assert (made["sha"], made["state"], made["context"]) == (HEAD, "failure", "assaymark")
    [check] = job.fake.state.checks
    assert (check["head_sha"], check["conclusion"], len(check["output"]["annotations"])) == (HEAD, "failure", 60)
    [uploaded] = job.fake.state.sarifs.values()
    assert (uploaded["commit"], uploaded["ref"]) == (HEAD, "refs/pull/7/head")
    assert "comment: #7 created" in talk


PATCH = "@@ -1,3 +8,3 @@ def f():\n a\n+b\n c\n@@ -90,0 +95,2 @@\n-x\n+y\n+z\n\\ No newline at end of file"


def test_a_check_run_begins_with_the_lines_that_the_change_touches(job: Job) -> None:
    job.on_pull_request()
    job.fake.state.pulls[0]["files"] = [
        {"filename": "src/tide/m9.py", "status": "modified", "patch": PATCH},
        {"filename": "src/tide/m40.py", "status": "modified"},  # too large to be shown
        {"filename": "src/tide/m41.py", "status": "removed", "patch": "@@ -1,99 +0,0 @@\n-a"},
    ]
    found = [finding(n) for n in range(1, 61)]
    found[8] = finding(9, severity=Severity.NOTE)
    assert job.run(job.reports(failing(*found, commit=MERGE)), "--check")[0] == 0
    [check] = job.fake.state.checks
    paths = [a["path"] for a in check["output"]["annotations"]]
    assert paths[:3] == ["src/tide/m9.py", "src/tide/m40.py", "src/tide/m1.py"]
    assert len(set(paths)) == 60


def test_a_package_of_a_repository(job: Job) -> None:
    job.on_pull_request()
    made = failing(finding(1), subject=replace(assessment().subject, commit=MERGE, path="packages/core"))
    assert job.run(job.reports(made), "--title", "core", "--check", "--sarif", "--baseline", "none")[0] == 0
    [check] = job.fake.state.checks
    assert check["name"] == "assaymark: core"
    assert check["output"]["annotations"][0]["path"] == "packages/core/src/tide/m1.py"
    [uploaded] = job.fake.state.sarifs.values()
    [run] = uploaded["log"]["runs"]
    place = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == "packages/core/src/tide/m1.py"
    assert run["automationDetails"]["id"] == "assaymark/assaymark/packages%2Fcore/"
    assert job.fake.state.statuses[0]["context"] == "assaymark: core"
    assert f"{HEAD}/packages/core/src/tide" not in job.fake.state.bodies(7)[0]  # without a baseline nothing is new


def test_a_sarif_that_is_none(job: Job) -> None:
    job.on_pull_request()
    made = failing(finding(1), subject=replace(assessment().subject, commit=MERGE, path="packages/core"))
    folder = job.reports(made)
    for text in ('{"runs": [3]}', '{"runs": []}', '{"runs": [{"tool": {"driver": {"name": "ruff"}}}]}', "[" * 9_000):
        Path(folder, "report.sarif").write_text(text, encoding="utf-8")
        assert job.run(folder, "--sarif")[0] == 2
    Path(folder, "report.sarif").unlink()
    assert job.run(folder, "--sarif")[0] == 2


def test_the_second_run_is_quiet(job: Job) -> None:
    publish(job.fake, assessment())
    job.on_pull_request()
    folder = job.reports(assessment())
    assert "comment: #7 quiet" in job.run(folder)[2]
    assert job.fake.state.bodies(7) == []
    assert job.fake.state.statuses[0]["state"] == "success"


def test_a_regression_and_its_fix(job: Job) -> None:
    publish(job.fake, assessment())
    job.on_pull_request()
    job.run(job.reports(failing(finding())))
    assert "1 new finding" in job.fake.state.bodies(7)[0]
    assert "comment: #7 unchanged" in job.run(job.reports(failing(finding())))[2]
    job.run(job.reports(assessment()))
    [body] = job.fake.state.bodies(7)
    assert "Nothing got better or worse" in body


def test_a_file_to_compare_with(job: Job, tmp_path: Path) -> None:
    job.on_pull_request()
    before = tmp_path / "before.json"
    before.write_text(render(assessment(Level.SILVER)), encoding="utf-8")
    assert job.run(job.reports(failing(finding())), "--baseline", str(before))[0] == 0
    assert "silver → bronze" in job.fake.state.bodies(7)[0]
    assert job.run(job.reports(failing(finding())), "--baseline", str(tmp_path / "gone.json"))[0] == 2
    assert job.run(job.reports(failing(finding())), "--baseline", "none")[0] == 0
    assert "silver" not in job.fake.state.bodies(7)[0].partition("short of silver")[0]


def test_an_assessment_that_is_too_large(job: Job) -> None:
    job.on_pull_request()
    folder = job.reports(assessment())
    Path(folder, "assessment.json").write_bytes(b" " * 8_000_001)
    status, _, talk = job.run(folder)
    assert (status, "larger than 8 MB" in talk) == (2, True)


def test_before_anything_was_published(job: Job) -> None:
    job.on_pull_request()
    job.run(job.reports(assessment()))
    assert "There is no earlier assessment to compare with yet." in job.fake.state.bodies(7)[0]


def test_a_baseline_that_cannot_be_read_does_not_stop_the_comment(job: Job) -> None:
    job.fake.state.git.add("badges", {"assessment.json": b"{}"})
    job.on_pull_request()
    assert job.run(job.reports(assessment()))[0] == 0
    assert "There is nothing to compare with: this is not an assessment" in job.fake.state.bodies(7)[0]


def test_what_the_token_may_not_do_is_said_and_is_no_failure(job: Job) -> None:
    job.fake.state.accounts["t0ken"].may = frozenset()
    job.on_pull_request(fork=True)
    status, _, talk = job.run(job.reports(assessment()), "--check", "--sarif")
    assert status == 0
    for what in ("comment", "status", "check run", "code scanning"):
        assert f"left out: {what}: the token may not do this" in talk
    assert "it needs the permission 'pull-requests: write'" in talk
    assert "annotations: those of the workflow's own log have to do" in talk


def test_an_outage_is_told_apart(job: Job) -> None:
    job.on_pull_request()
    job.fake.fail("POST", "/statuses/.*", 500, times=9)
    status, _, talk = job.run(job.reports(assessment()), "--baseline", "none")
    assert status == 3
    assert "GitHub did not take it: status: GitHub answered with HTTP 500" in talk
    assert job.fake.state.bodies(7)


def test_an_assessment_of_another_commit_is_refused(job: Job) -> None:
    job.on_pull_request()
    status, _, talk = job.run(job.reports(assessment(commit="e" * 40)))
    assert status == 2
    assert "not about c0ffee1111" in talk
    assert not job.fake.asked("P")


def test_a_push_gets_a_status_and_no_comment(job: Job) -> None:
    job.on_push()
    status, _, talk = job.run(job.reports(assessment()))
    assert (status, len(job.fake.state.statuses)) == (0, 1)
    assert "this is no pull request" in talk


def test_by_hand(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = job.reports(assessment())
    assert job.run(folder, "--pull", "7", "--no-status")[0] == 0
    assert job.fake.state.bodies(7)
    assert job.run(folder)[0] == 2  # which pull request?
    assert job.run("--pull", "7")[0] == 2  # where is the assessment?
    assert job.run(folder, "--pull", "8")[0] == 2
    monkeypatch.delenv("GITHUB_TOKEN")
    status, _, talk = job.run(folder, "--pull", "7")
    assert (status, "there is no token" in talk) == (2, True)
    status, out, _ = job.run(folder, "--pull", "7", "--dry-run", "--title", "core")
    assert status == 0
    assert out.startswith("<!-- assaymark:comment key=core digest=")


def test_a_fork_gets_its_comment_from_the_companion(fork: Job) -> None:
    publish(fork.fake, assessment(commit="a" * 40))
    lie = replace(failing(finding()), subject=replace(assessment().subject, commit="e" * 40, repository="evil/x"))
    fork.leave(lie)
    status, _, talk = fork.run()
    assert status == 0, talk
    [body] = fork.fake.state.bodies(7)
    assert "From a fork: this is what its own run found, and nobody here checked it." in body
    assert f"https://github.com/lab/tide/blob/{HEAD}/" in body
    assert "evil" not in body
    [made] = fork.fake.state.statuses
    assert (made["sha"], made["state"], made["context"]) == (HEAD, "failure", "assaymark (fork)")


@pytest.mark.parametrize(
    ("conclusion", "state"), [("success", "success"), ("failure", "failure"), ("cancelled", "error"), (None, "error")]
)
def test_how_the_run_before_ended(fork: Job, conclusion: str | None, state: str) -> None:
    fork.on_workflow_run(conclusion=conclusion)
    fork.leave(failing(finding()))
    assert fork.run("--check")[0] == 0
    assert fork.fake.state.statuses[0]["state"] == state
    [check] = fork.fake.state.checks
    assert (check["name"], check["conclusion"] == conclusion) == ("assaymark (fork)", state != "error")


def test_a_folder_that_was_downloaded_already(fork: Job) -> None:
    folder = fork.reports(failing(finding(), commit="e" * 40))
    assert fork.run(folder, "--sarif")[0] == 0
    assert len(fork.fake.state.bodies(7)) == 1
    assert not fork.fake.state.sarifs


def test_no_link_is_followed(fork: Job, tmp_path: Path) -> None:
    folder = tmp_path / "linked"
    folder.mkdir()
    (folder / "assessment.json").symlink_to("/etc/passwd")
    status, _, talk = fork.run(str(folder))
    assert status == 2
    assert "root:" not in talk


@pytest.mark.parametrize(
    "change",
    [
        {"sha": "f" * 40},  # pushed to since
        {"state": "closed"},
        {"head": "mallory/tide"},
        {"head": ""},
    ],
)
def test_a_pull_request_that_does_not_fit_gets_nothing(fork: Job, change: dict[str, Any]) -> None:
    fork.fake.state.pulls[0] |= change
    fork.leave(failing(finding()))
    status, _, talk = fork.run()
    assert status == 0
    assert "nothing to comment on" in talk
    assert not fork.fake.asked("P")


def test_the_pull_request_is_found_by_its_branch_too(fork: Job) -> None:
    fork.fake.fail("GET", f"/commits/{HEAD}/pulls", 422, {"message": f"No commit found for SHA: {HEAD}"})
    fork.leave(failing(finding()))
    assert fork.run()[0] == 0
    assert fork.fake.state.bodies(7)


def test_a_fork_that_is_gone(fork: Job) -> None:
    fork.fake.state.pulls[0]["head"] = ""
    fork.on_workflow_run(head_repository=None)
    fork.leave(failing(finding()))
    assert fork.run()[0] == 0
    assert "From a fork" in fork.fake.state.bodies(7)[0]


@pytest.mark.parametrize(
    "event",
    [
        {"event": "push"},
        {"event": "workflow_dispatch"},
        {"head_sha": "main"},
        {"head_sha": None},
        {"id": "55"},
        {"id": True},
        {"id": -1},
        {"repository": {"full_name": "evil/x"}},
        {"repository": None},
    ],
)
def test_an_event_that_does_not_fit_is_refused(fork: Job, event: dict[str, Any]) -> None:
    fork.on_workflow_run(**event)
    fork.leave(failing(finding()))
    assert fork.run()[0] == 2
    assert fork.fake.calls == []


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b"\xff", b'{"schema": NaN}', b"x" * 8_000_001])
def test_an_artifact_that_is_no_assessment_is_refused(fork: Job, content: bytes) -> None:
    fork.leave(content)
    assert fork.run()[0] == 2
    assert not fork.fake.asked("P")


def test_an_event_file_that_is_no_json(fork: Job) -> None:
    (fork.folder / "event.json").write_text("[" * 100_000, encoding="utf-8")
    assert fork.run()[0] == 2


def test_the_number_of_the_pull_request_is_not_a_word_of_the_caller(fork: Job) -> None:
    fork.leave(failing(finding()))
    assert fork.run("--pull", "7")[0] == 2
    assert not fork.fake.calls


def part(path: str, *findings: Finding, **more: Any) -> Assessment:
    """An assessment of one project of the repository."""
    return failing(*findings, subject=replace(assessment().subject, path=path), **more)


def test_each_project_has_its_own_comment_and_status_and_baseline(job: Job) -> None:
    before = {"packages/tide/assessment.json": render(part("packages/tide")).encode()}
    before["packages/wave/assessment.json"] = render(part("packages/wave", finding(1))).encode()
    job.fake.state.git.add("badges", before)
    job.on_pull_request()
    for path in ("packages/tide", "packages/wave"):
        assert job.run(job.reports(part(path, finding(1), finding(2))), "--check")[0] == 0
    tide, wave = job.fake.state.bodies(7)
    assert ("assaymark packages/tide" in tide, "2 new findings" in tide) == (True, True)
    assert ("assaymark packages/wave" in wave, "1 new finding" in wave) == (True, True)
    names = ["assaymark: packages-tide", "assaymark: packages-wave"]
    assert [made["context"] for made in job.fake.state.statuses] == names
    assert [made["name"] for made in job.fake.state.checks] == names


def test_the_companion_tells_of_every_project_and_of_the_run_once(fork: Job) -> None:
    fork.leave(b"", "assaymark-validation", tide=part("packages/tide", finding(1)), wave=part("packages/wave"))
    status, _, talk = fork.run("--check")
    assert status == 0, talk
    assert "left out: artifact assaymark-validation" in talk
    assert ["packages/tide" in body for body in fork.fake.state.bodies(7)] == [True, False]
    [made] = fork.fake.state.statuses  # which of them it was that failed is not known
    assert (made["state"], made["context"]) == ("failure", "assaymark (fork)")
    assert made["description"] == "packages/tide: bronze, packages/wave: bronze"
    assert {check["conclusion"] for check in fork.fake.state.checks} == {"neutral"}
    assert fork.run("--title", "tide")[0] == 2


def test_projects_of_a_stranger_are_bounded_and_one_each(fork: Job) -> None:
    many = {f"p{n:02}": part(f"p{n:02}") for n in range(25)}
    fork.leave(part("p00", finding(1)), "assaymark-a", **many)
    status, _, talk = fork.run("--no-status")
    assert status == 0, talk
    assert "left out: 6 more artifacts" in talk
    assert "left out: artifact assaymark-p00: there is another one about the same part" in talk
    assert len(fork.fake.state.bodies(7)) == 19


def test_artifacts_of_which_none_holds_an_assessment(fork: Job) -> None:
    fork.leave(b"{}", "assaymark-a", b=b"[")
    status, _, talk = fork.run()
    assert (status, "none of the artifacts holds an assessment" in talk) == (2, True)
    assert not fork.fake.asked("P")

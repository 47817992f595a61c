from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from assessed import HEAD, failing, finding

from assaymark.errors import InputError
from assaymark.forge.client import Client, ForgeProblem, Trouble
from assaymark.github import sarif_upload, statuses
from assaymark.github.checks import BATCH, MOST, Check, annotations_of, post
from assaymark.reports.sarif import render as sarif

if TYPE_CHECKING:
    from github_fake import FakeGitHub

pytestmark = pytest.mark.service("github-openapi")


def check(findings: int, **more: Any) -> Check:
    a = failing(*(finding(n, f"message {n}") for n in range(1, findings + 1)))
    fields = {"name": "assaymark", "commit": HEAD, "conclusion": "failure", "title": "bronze", "summary": "x"}
    return Check(**fields | {"annotations": annotations_of(a)} | more)


def sent(fake: FakeGitHub) -> dict[str, Any]:
    [found] = fake.state.checks
    return found


@pytest.mark.parametrize("number", [0, 1, 50, 51, 120, 500, 800])
def test_all_annotations_arrive_once_in_batches(fake_github: FakeGitHub, client: Client, number: int) -> None:
    post(client, check(number))
    found = sent(fake_github)
    messages = [a["message"] for a in found["output"]["annotations"]]
    assert len(messages) == len(set(messages)) == min(number, MOST)
    assert (found["status"], found["conclusion"]) == ("completed", "failure")
    assert len(fake_github.asked("P")) <= 2 + MOST // BATCH


def test_the_same_check_is_not_made_twice(fake_github: FakeGitHub, client: Client) -> None:
    assert post(client, check(120)) == post(client, check(120))
    assert len(fake_github.state.checks) == 1
    post(client, check(121))
    assert len(fake_github.state.checks) == 2


def test_one_that_was_interrupted_is_finished(fake_github: FakeGitHub, client: Client) -> None:
    fake_github.fail("PATCH", "/check-runs/.*", 403, {"message": "no"})
    with pytest.raises(ForgeProblem):
        post(client, check(120))
    assert sent(fake_github)["status"] == "in_progress"
    post(client, check(120))
    found = sent(fake_github)
    assert len(found["output"]["annotations"]) == 120
    assert found["status"] == "completed"


@pytest.mark.parametrize("verb", ["POST", "PATCH"])
@pytest.mark.parametrize("after", [True, False])
def test_a_lost_answer_loses_and_doubles_nothing(
    fake_github: FakeGitHub, client: Client, verb: str, after: bool
) -> None:
    fake_github.fail(verb, "/check-runs.*", 502, b"<html>", after=after)
    post(client, check(120))
    found = sent(fake_github)
    messages = [a["message"] for a in found["output"]["annotations"]]
    assert len(messages) == len(set(messages)) == 120
    assert found["status"] == "completed"


def test_a_long_summary_and_odd_texts_fit(fake_github: FakeGitHub, client: Client) -> None:
    a = failing(finding(1, "ä" * 70_000, fix="x" * 70_000), finding(2, "\x1b[31m\u202e"))
    long = check(0, annotations=annotations_of(a), summary="ü" * 70_000, title="t" * 1_000)
    post(client, long)
    first, second = sent(fake_github)["output"]["annotations"]
    assert len(first["message"].encode()) <= 65_536
    assert second["message"] == "\\x1b[31m\\u202e"


def test_a_token_that_may_not(fake_github: FakeGitHub, client: Client) -> None:
    fake_github.state.accounts["t0ken"].may = frozenset({"statuses"})
    with pytest.raises(ForgeProblem) as problem:
        post(client, check(1))
    assert problem.value.trouble is Trouble.REFUSED
    statuses.post(client, HEAD, "success", "silver")
    assert fake_github.state.statuses[0]["context"] == "assaymark"


def test_the_status(fake_github: FakeGitHub, client: Client) -> None:
    a = failing(finding())
    fake_github.fail("POST", "/statuses/.*", 502, after=True)
    statuses.post(client, HEAD, "failure", statuses.describe(a), link="https://github.com/lab/tide/actions/runs/1")
    assert [s["state"] for s in fake_github.state.statuses] == ["failure", "failure"]  # the last one counts
    assert fake_github.state.statuses[0]["description"] == "bronze, 1 item short of silver"
    statuses.post(client, HEAD, "success", "x" * 500)
    assert statuses.describe(replace(a, partial=("only QC.Sty",))).endswith("(partial run)")


def test_sarif_is_uploaded_and_its_fate_told(fake_github: FakeGitHub, client: Client, naps: list[float]) -> None:
    assert sarif_upload.upload(client, sarif(failing(finding())), HEAD, "refs/heads/main") == "complete"
    [found] = fake_github.state.sarifs.values()
    assert found["log"]["runs"][0]["results"][0]["ruleId"] == "E501"
    assert (found["commit"], found["ref"]) == (HEAD, "refs/heads/main")
    assert naps == [2.0]
    assert sarif_upload.upload(client, '{"version": "1"}', HEAD, "refs/heads/main") == "failed"


def test_sarif_that_is_too_large_is_not_sent(
    fake_github: FakeGitHub, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sarif_upload, "LIMIT", 20)
    with pytest.raises(InputError, match="GitHub takes 10 MB"):
        sarif_upload.upload(client, "{}" * 1_000, HEAD, "refs/heads/main")
    assert not fake_github.asked("POST")

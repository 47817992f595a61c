"""`assaymark runner check interlink URL`: an endpoint that keeps all, and one for each thing that it may not keep."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import interlink_mock
import pytest
from offloading import NEEDS

from assaymark.__main__ import main
from assaymark.images.unpack import unpacked as unpack
from assaymark.job import Site
from assaymark.runners.conformance import Endpoint, run

pytestmark = pytest.mark.service(*NEEDS["interlink"])


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[interlink_mock.Mock]:
    with interlink_mock.running(tmp_path / "pods") as running:
        yield running


@pytest.fixture(scope="session")
def inside(image: Path, unpacked: Path) -> str:
    return str(unpack(image, unpacked)[0])


def endpoint(mock: interlink_mock.Mock, inside: str) -> Endpoint:
    return Endpoint(Site(name="", runner="interlink", url=mock.url, pace=0), inside, 30)


def test_one_that_keeps_all(mock: interlink_mock.Mock, inside: str, capfd: pytest.CaptureFixture[str]) -> None:
    argv = ["runner", "check", "interlink", mock.url, "--image", inside, "--pace", "0"]
    assert main(argv) == 0
    assert "NOT KEPT" not in capfd.readouterr().out
    assert not mock.host.pods
    assert main([*argv, "--format", "json"]) == 0
    cases = {c["id"]: c["kept"] for c in json.loads(capfd.readouterr().out)["cases"]}
    assert cases.pop("credentials") is None
    assert set(cases.values()) == {True}
    assert len(cases) == 16


@pytest.mark.parametrize("fault", ["exit-n", "logs", "environment", "two-pods", "unknown", "bad-uid", "bad-json"])
def test_what_is_not_kept_is_named(fault: str, mock: interlink_mock.Mock, inside: str) -> None:
    mock.manners.faults = {fault}
    broken = {f.id for f in run(endpoint(mock, inside)) if f.kept is False}
    assert fault in broken
    assert broken <= {fault, "two-containers", "tail", "follow", "get-body", "environment"}
    assert not mock.host.pods


def test_credentials_that_are_not_asked_for(mock: interlink_mock.Mock, inside: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("word")
    at = endpoint(mock, inside)
    at.site = Site(name="", runner="interlink", url=mock.url, pace=0, token_file=str(tmp_path / "token"))
    assert {f.id for f in run(at) if f.kept is False} == {"credentials"}
    mock.manners.token = "word"
    assert {f.id for f in run(at) if f.kept is False} == set()


def test_nobody_there(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["runner", "check", "interlink", "http://127.0.0.1:1"]) == 3
    assert main(["runner", "check", "interlink", "not an address"]) == 2
    assert main(["runner", "check", "slurm", "http://127.0.0.1:1"]) == 2

"""The service of the tests, its authority and its credentials, as fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tides_service import READER, WRITER, Authority, Behaviour, Project, Service, served


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDES_READER", READER)
    monkeypatch.setenv("TIDES_WRITER", WRITER)


@pytest.fixture
def service() -> Service:
    return Service(Behaviour())


@pytest.fixture
def project(service: Service, authority: Authority, tmp_path: Path, tokens: None) -> Iterator[Project]:
    with served(service.app(), authority.issued("service")) as port:
        yield Project(tmp_path / "project", service, f"https://127.0.0.1:{port}", authority.file)

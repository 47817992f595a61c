"""A client of the fake GitHub that never really waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assaymark.forge.client import Client, connect

if TYPE_CHECKING:
    from github_fake import FakeGitHub


class Naps(list[float]):
    """Waiting that takes no time and is written down."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def client(fake_github: FakeGitHub, naps: Naps) -> Client:
    return connect(fake_github.name, fake_github.environment, sleep=naps, timeout=2)

"""A repository in memory, and the judgement of one of its documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from assaymark.api import Problem, Unreachable
from assaymark_workflows.cwl.validate import validate


class Repository:
    """Files by path, as a validator sees them."""

    def __init__(self, files: Mapping[str, str | bytes], settings: Mapping[str, Any]) -> None:
        self.files = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        self.settings = settings
        self.made: dict[str, Any] = {}
        self.asked: list[str] = []

    def read(self, path: str) -> bytes:
        self.asked.append(path)
        if path.startswith(("http://", "https://")):
            raise Unreachable("its host is not allowed", remote=True)
        if path not in self.files:
            raise Unreachable("there is no such file")
        return self.files[path]

    def exists(self, path: str) -> bool:
        return path in self.files

    def paths(self) -> tuple[str, ...]:
        return tuple(sorted(self.files))

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def check_time(self) -> None:
        return None


Judge = Callable[..., list[Problem] | None]


@pytest.fixture
def repository() -> type[Repository]:
    return Repository


@pytest.fixture
def judge() -> Judge:
    """Problems of ``main.cwl``, given as text or as files by path; keywords are settings."""

    def of(
        files: str | bytes | Mapping[str, str | bytes], path: str = "main.cwl", **settings: Any
    ) -> list[Problem] | None:
        given = {path: files} if isinstance(files, str | bytes) else files
        world = Repository(given, settings)
        return validate(path, world.files[path], world)

    return of

"""A stand-in for the engine around each test; nothing of a real one is found by accident.

With ``--dagger-engine`` (and DAGGER_SESSION_PORT, or a CLI in _EXPERIMENTAL_DAGGER_CLI_BIN) the tests marked
``engine`` run against a real engine instead.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import anyio
import dagger_engine
import pytest
from dagger_engine import Engine
from dagger_engine_scripted import Scripted


@pytest.fixture(autouse=True)
def no_engine_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in dagger_engine.clean(os.environ):
        monkeypatch.delenv(name)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any], Engine]]:
    """Starts the stand-in with a back end, and shows it to the SDK."""
    running: list[Engine] = []

    def start(back: Any) -> Engine:
        made = Engine(back).__enter__()
        running.append(made)
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        return made

    yield start
    for each in running:
        each.__exit__()


@pytest.fixture
def play(engine: Callable[[Any], Engine]) -> Callable[..., Any]:
    """Runs a coroutine function in a session: ``value, engine = play(rules, function)``."""

    def run(back: Any, function: Callable[[], Awaitable[Any]]) -> tuple[Any, Engine]:
        started = engine(back if not isinstance(back, list) else Scripted(back))

        async def whole() -> Any:
            from assaymark_pipelines.session import session

            async with session():
                return await function()

        return anyio.run(whole), started

    return run

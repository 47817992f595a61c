"""A stand-in for the engine around each test; a real one is not found by accident.

Tests marked ``engine`` run against a real one: that of DAGGER_SESSION_PORT (``dagger run pytest -m engine``), or of the
CLI in _EXPERIMENTAL_DAGGER_CLI_BIN. Without, they are skipped, under ASSAYMARK_CI=1 too: CI has none.
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

# Taken before any test cleans the environment.
REAL = {name: os.environ[name] for name in dagger_engine.clean(os.environ)}
WAYS = ("DAGGER_SESSION_PORT", "_EXPERIMENTAL_DAGGER_CLI_BIN")


@pytest.fixture(autouse=True)
def no_engine_by_accident(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    real = request.node.get_closest_marker("engine") is not None
    if real and not any(name in REAL for name in WAYS):
        pytest.skip(f"needs a real Dagger engine: {' or '.join(WAYS)}")
    for name in dagger_engine.clean(os.environ):
        monkeypatch.delenv(name)
    for name, value in REAL.items() if real else ():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session", autouse=True)
def one_schema() -> Iterator[None]:
    """The SDK builds the schema anew in each session, from what is always the same reply."""
    from gql import client

    build = client.build_client_schema
    known: list[Any] = []

    def once(introspection: Any) -> Any:
        if not known:
            known.append(build(introspection))
        return known[0]

    with pytest.MonkeyPatch.context() as patch:
        if not REAL:
            patch.setattr(client, "build_client_schema", once)
        yield


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
        return in_session(function), started

    return run


def in_session(function: Callable[[], Awaitable[Any]]) -> Any:
    """Run a coroutine function in a session with the engine of the environment."""

    async def whole() -> Any:
        from assaymark_pipelines.session import session

        async with session():
            return await function()

    return anyio.run(whole)


@pytest.fixture
def really() -> Callable[[Callable[[], Awaitable[Any]]], Any]:
    """Runs a coroutine function in a session with the real engine."""
    return in_session

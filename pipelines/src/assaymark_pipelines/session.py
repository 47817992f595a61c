"""A session with a Dagger engine: opened once for all gates of a run, and always closed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TextIO

import dagger

from assaymark.api import InputError

HINT = "it needs Docker (or DAGGER_SESSION_PORT and _TOKEN of a running session: dagger run assaymark ...)"


@asynccontextmanager
async def session(log: TextIO | None = None) -> AsyncIterator[None]:
    """Connect; connecting is tried again by the SDK, a bounded number of times, requests never are.

    Raises InputError when no engine answers.
    """
    config = dagger.Config(log_output=log, retry=dagger.Retry(connect=True, execute=False))
    connection = dagger.connection(config)
    try:
        try:
            await connection.__aenter__()
        except (dagger.ProvisionError, dagger.ClientConnectionError) as problem:
            raise InputError(f"no Dagger engine: {problem}", hint=HINT) from problem
        try:
            yield
        finally:
            await connection.__aexit__(None, None, None)
    finally:
        # A connection that failed would stay in the way of the next one.
        await dagger.close()

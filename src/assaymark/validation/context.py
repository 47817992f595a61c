"""What a validator may see of the world, with a note of everything that it asked for."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from assaymark.api import Ran, Unreachable
from assaymark.validation.jail import Jail

# Seconds for one document; what needs longer was built to be slow.
TIME = 5.0
MAX_READS = 2_000
# Stands in the notes for the list of all files.
ALL_PATHS = "*"
# Before the name of a program, in the notes.
PROGRAM = "program:"
# Values of `once` under such keys are remembered from run to run.
KEPT = "kept:"
Fetch = Callable[[str], bytes]
Reads = dict[str, str | None]


class OutOfTime(Exception):
    """A document used up its time."""


class Store(Protocol):
    """Values of earlier runs by their key."""

    def find(self, key: str) -> tuple[Any, Reads] | None:
        """A value with what it was made from, as long as that is the same."""

    def keep(self, key: str, value: Any, reads: Reads) -> None:
        """Remember a value."""


class World:
    """What all documents of one run share: the files, the values made once, and who may be asked on the network."""

    def __init__(self, jail: Jail, paths: tuple[str, ...], fetch: Fetch) -> None:
        self.jail = jail
        self.paths = paths
        self.fetch = fetch
        self.made: dict[str, tuple[Any, Reads]] = {}
        self.fetched: dict[str, bytes | Unreachable] = {}
        self.store: Store | None = None
        self.paths_digest = hashlib.sha256("\0".join(paths).encode("utf-8", "surrogateescape")).hexdigest()


class RunContext:
    """`assaymark.api.Context` for one document. Its ``reads`` say what the answer depends on."""

    def __init__(self, world: World, settings: Mapping[str, Any], seconds: float = TIME) -> None:
        self._world = world
        self._settings = settings
        self._end = time.monotonic() + seconds
        self._noted: list[Reads] = [{}]

    @property
    def settings(self) -> Mapping[str, Any]:
        """The validator's table of the configuration, command line included."""
        return self._settings

    @property
    def reads(self) -> Reads:
        """What was asked for -> digest of the answer, None for what is absent."""
        return self._noted[0]

    def read(self, path: str) -> bytes:
        """A file by its path from the root, or an http(s) address of an allowed host. Raises `Unreachable`."""
        self.check_time()
        if is_address(path):
            return self._fetched(path)
        self._note(path, self._world.jail.digest(path))
        return self._world.jail.read(path)

    def exists(self, path: str) -> bool:
        """Whether the repository has such a file or folder."""
        if is_address(path):
            return False
        self._note(path, self._world.jail.digest(path))
        return self._world.jail.exists(path)

    def paths(self) -> tuple[str, ...]:
        """Every file of the repository, sorted."""
        self._note(ALL_PATHS, self._world.paths_digest)
        return self._world.paths

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        """A value shared by the run; what it was made from counts for every document that uses it."""
        known = self._world.made.get(key)
        store = self._world.store if key.startswith(KEPT) else None
        if known is None and store is not None and (known := store.find(key)) is not None:
            self._world.made[key] = known
        if known is None:
            self._noted.append({})
            try:
                value = make()
            finally:
                reads = self._noted.pop()
                self._noted[-1].update(reads)
            known = self._world.made[key] = (value, reads)
            if store is not None:
                store.keep(key, value, reads)
        self._noted[-1].update(known[1])
        return known[0]

    def run(self, program: str, arguments: Sequence[str], files: Mapping[str, bytes]) -> Ran:
        """Run an installed program in a new folder that holds ``files`` and nothing else, within limits."""
        from assaymark.validation.programs import digest, run

        self._note(PROGRAM + program, digest(program))
        return run(program, arguments, files, max(self._end - time.monotonic(), 0.1))

    def check_time(self) -> None:
        """Raises `OutOfTime` when the document has used up its time."""
        if time.monotonic() > self._end:
            raise OutOfTime

    def _note(self, path: str, digest: str | None) -> None:
        noted = self._noted[-1]
        if path not in noted and len(noted) >= MAX_READS:
            raise Unreachable(f"more than {MAX_READS:,} references")
        noted[path] = digest

    def _fetched(self, address: str) -> bytes:
        known = self._world.fetched.get(address)
        if known is None:
            try:
                known = self._world.fetch(address)
            except Unreachable as problem:
                known = problem
            self._world.fetched[address] = known
        if isinstance(known, Unreachable):
            self._note(address, None)
            raise known
        self._note(address, hashlib.sha256(known).hexdigest())
        return known


def is_address(path: str) -> bool:
    """Whether a reference names something on the network."""
    head = path[:8].lower()
    return head.startswith(("http://", "https://", "ftp://", "//"))


def offline(address: str) -> bytes:
    """The answer while no host is allowed. Raises `Unreachable`."""
    raise Unreachable(f"{address} was not fetched: its host is not allowed", remote=True)

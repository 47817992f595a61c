"""What is asked of one image: values only."""

from __future__ import annotations

import math
from dataclasses import dataclass

SIZE = 10 * 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """A number that a command prints (the first group of ``pattern``), and what it should be.

    ``lower`` and ``upper`` are shares of the reference that it may be below or above; None for no bound.
    """

    pattern: str
    reference: float
    lower: float | None = None
    upper: float | None = None
    unit: str = ""

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest value that is as it should be."""
        size = abs(self.reference)
        least = -math.inf if self.lower is None else self.reference - self.lower * size
        return least, math.inf if self.upper is None else self.reference + self.upper * size


@dataclass(frozen=True, slots=True, kw_only=True)
class Mpi:
    """Ranks of one program. ``command`` prints ``ASSAYMARK_MPI rank=R size=N sum=S`` on each; ours is taken without.

    ``scaling`` are numbers of ranks to compare, ``efficiency`` is the least share of the ideal speed-up.
    """

    tasks: int = 2
    command: tuple[str, ...] = ()
    launcher: tuple[str, ...] = ()
    scaling: tuple[int, ...] = ()
    efficiency: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """So many GPUs. ``command`` prints ``ASSAYMARK_GPU count=N right=N``; ours is taken without.

    ``together``: NCCL or RCCL must add up over all of them.
    """

    count: int = 1
    command: tuple[str, ...] = ()
    together: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bandwidth:
    """The least in GB/s, of memory, of files in the working folder, of the memory of a GPU."""

    memory: float | None = None
    files: float | None = None
    gpu: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTest:
    """A command in the image, its exit status, and what it must print or write. ``time`` is in seconds.

    ``matches`` is a regular expression; ``output`` a file that it writes, the same each time, and ``sha256`` its hash.
    """

    name: str
    command: tuple[str, ...]
    exit: int = 0
    contains: str | None = None
    matches: str | None = None
    output: str | None = None
    sha256: str | None = None
    performance: Performance | None = None
    time: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a site has, which an image must do with: the oldest kernel, the C library that libraries of the site need,
    the driver of its GPUs. None for what nobody stated."""

    kernel: tuple[int, ...] | None = None
    glibc: tuple[int, ...] | None = None
    driver: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is asked of an image.

    ``start`` shows that it starts; ``setuid`` are the programs that may have the bit; ``long`` is a command that goes
    on until it is asked to end; ``brought`` are libraries that the site brings or that are not needed; ``recipe`` is
    the text that it was built from, under its name; ``start_within`` are seconds.
    """

    image: str
    architecture: str = "amd64"
    start: tuple[str, ...] = ()
    max_size: int = SIZE
    setuid: tuple[str, ...] = ()
    tests: tuple[UserTest, ...] = ()
    long: tuple[str, ...] = ()
    mpi: Mpi | None = None
    gpu: Gpu | None = None
    start_within: float | None = None
    bandwidth: Bandwidth | None = None
    brought: tuple[str, ...] = ()
    site: Needs = Needs()
    recipe: tuple[str, str] | None = None
    digest: str = ""

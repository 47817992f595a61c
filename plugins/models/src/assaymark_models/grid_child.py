"""The part that opens large grids, as a process of its own within limits of memory and time.

It reads what is asked for as JSON from standard input, writes the table as an Arrow file, and says how it went.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from assaymark.api import FactUnavailable
from assaymark_models.grids import read_here
from assaymark_models.tables import Wanted


def main() -> None:
    """Read one file or store."""
    asked: dict[str, Any] = json.load(sys.stdin)
    _limit(asked["memory"])
    import pyarrow as pa

    needed, welcome, measured, units = asked["wanted"]
    wanted = Wanted(frozenset(needed), frozenset(welcome), measured, units)
    said: dict[str, Any] = {"written": True}
    with contextlib.redirect_stdout(sys.stderr):
        try:
            table = read_here(Path(asked["place"]), asked["name"], wanted)
            with pa.OSFile(asked["out"], "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
                writer.write_table(table)
        except FactUnavailable as problem:
            said = {"reason": problem.reason, "remedy": problem.remedy}
    json.dump(said, sys.stdout)


def _limit(memory: int) -> None:
    if sys.platform == "linux":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        least = memory if most == resource.RLIM_INFINITY else min(memory, most)
        resource.setrlimit(resource.RLIMIT_AS, (least, least))


if __name__ == "__main__":
    main()

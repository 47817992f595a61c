"""The part that opens grids and maps, as a process of its own within limits: their readers are large C libraries.

``python -m assaymark_data.child grid|map FILE`` writes one JSON object: ``problems`` as pairs of severity and message,
or ``broken`` (the file cannot be read), or ``unknown`` (why it could not be looked at). No network is reached.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def main() -> None:
    """Look at one file and say what was found."""
    _no_network()
    kind, path = sys.argv[1], sys.argv[2]
    from assaymark_data import grids, maps

    work = {"grid": grids.examined, "map": maps.examined}[kind]
    with contextlib.redirect_stdout(sys.stderr):
        try:
            found: Mapping[str, Any] = work(Path(path))
        except ImportError as problem:
            found = {"unknown": f"{problem.name or problem} is not installed"}
        except Exception as problem:  # readers raise whatever a damaged file makes of them
            found = {"broken": f"{type(problem).__name__}: {' '.join(str(problem).split())[:300]}"}
    sys.stdout.write(json.dumps(found))


def _no_network() -> None:
    """A checker that wants to fetch a newer table than its own gets none."""
    asked = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")

    def refuse(event: str, _: object) -> None:
        if event in asked:
            raise OSError("the network is not used here")

    sys.addaudithook(refuse)


if __name__ == "__main__":
    main()

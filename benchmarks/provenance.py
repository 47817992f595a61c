"""How long provenance takes: one assessment in every format, and a history of ten thousand assessments.

python benchmarks/provenance.py ASSESSMENT.json
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from assaymark.provenance import folder, history, milestones, prov
from assaymark.provenance.assessed import account_of
from assaymark.provenance.constraints import violations
from assaymark.provenance.milestones import Milestone, Move
from assaymark.provenance.redact import refuse_leaks
from assaymark.reports.json import from_json

ROUNDS = 5
NUMBER = 10_000


def timed(name: str, work: Callable[[], object], aim: float | None = None) -> None:
    """Print the median of a few rounds, beside the aim."""
    seconds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    told = f" (aim {aim:g} s)" if aim else ""
    print(f"{name:<48} {statistics.median(seconds):7.3f} s{told}")


def exported(line: Sequence[Milestone], moves: Sequence[Move]) -> str:
    """What ``provenance history --format prov`` writes, after the search for what must not leave."""
    text = prov.dump(history.document("github.com/o/r", line, moves))
    refuse_leaks("history", text, {"DEPLOY_TOKEN": "hunter2/Correct+Horse=42", "HOME": "/home/somebody"})
    return text


def main() -> None:
    """Time both on this machine."""
    data = Path(sys.argv[1]).read_bytes()
    account = account_of(from_json(data.decode()), data, {})
    timed("one assessment: prov, crate, in-toto, everse", lambda: folder.documents(account, {}))
    line = [
        Milestone(
            commit=f"{n:040x}", moment="2026-01-01T00:00:00Z", level="gold", source="assaymark", sha256=f"{n:064x}"
        )
        for n in range(NUMBER)
    ]
    moves = milestones.moves(line)
    text = exported(line, moves)
    timed(f"{NUMBER:,} assessments: export, leak check", lambda: exported(line, moves), 5)
    timed(f"{NUMBER:,} assessments: check", lambda: violations(json.loads(text)), 5)


if __name__ == "__main__":
    main()

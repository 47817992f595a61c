"""Licence texts -> SPDX ids by the recogniser library, in a process of its own.

The library takes a tenth of a second and 30 MB to load, which passes beside the run that way; and no text, whatever it
holds, keeps the run waiting for long.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from assaymark.api import FactUnavailable
from assaymark.records import NamedTuple

TIMEOUT = 60.0
_PROGRAM = """
import json, sys
from licenseclassifier import identify_license
texts = json.load(sys.stdin)
json.dump([[(m.id, m.start, m.end) for m in identify_license(text, 0.0)] for text in texts], sys.stdout)
"""


class Match(NamedTuple):
    """A part of a text, in characters, that belongs to a licence."""

    id: str
    start: int
    end: int


def recognise(texts: Sequence[str]) -> list[list[Match]]:
    """The matches of each text.

    Raises FactUnavailable when it takes longer than a text of that size should.
    """
    if not texts:
        return []
    # Once it is loaded here, nothing is quicker.
    found = None if "licenseclassifier" in sys.modules else _beside(texts)
    return _here(texts) if found is None else found


def _beside(texts: Sequence[str]) -> list[list[Match]] | None:
    """None when this interpreter cannot be started anew with the library at hand."""
    from assaymark import proc

    if not sys.executable:
        return None
    done = proc.run(
        [sys.executable, "-I", "-c", _PROGRAM], cwd="/", timeout=TIMEOUT, memory=2**30, input=json.dumps(texts).encode()
    )
    if done.timed_out:
        raise FactUnavailable(f"the licence texts could not be matched within {TIMEOUT:.0f} seconds")
    if not done.finished or done.returncode != 0:
        return None
    return [[Match(*match) for match in matches] for matches in json.loads(done.stdout)]


def _here(texts: Sequence[str]) -> list[list[Match]]:
    from licenseclassifier import identify_license

    return [[Match(m.id, m.start, m.end) for m in identify_license(text, 0.0)] for text in texts]

"""The outputs of a step: what later steps read as ``steps.<id>.outputs.<name>``."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from assaymark.wording import utf8, visible

# All outputs of a job together may have 1 MB; beyond that GitHub refuses them.
LIMIT = 900_000


def write(environment: Mapping[str, str], values: Mapping[str, str]) -> None:
    """Append the values to the file that ``GITHUB_OUTPUT`` names; do nothing where there is none.

    No value can begin another one: each is closed by a line that nobody can guess. Raises ValueError for a value
    above `LIMIT` bytes: cutting it is for whoever knows what it means.
    """
    place = environment.get("GITHUB_OUTPUT")
    if not place:
        return
    text = "".join(entry(name, value) for name, value in values.items())
    with Path(place).open("ab") as file:
        file.write(text.encode())


def entry(name: str, value: str) -> str:
    """One output as the file has it."""
    clean = utf8(value)
    if len(clean.encode()) > LIMIT:
        raise ValueError(f"output {name} has more than {LIMIT} bytes")
    end = f"end-{secrets.token_hex(16)}"
    return f"{name}<<{end}\n{clean}\n{end}\n"


def single(text: str) -> str:
    """Text for an output of one line, whatever it was made of."""
    return " ".join(visible(text).split("\n"))

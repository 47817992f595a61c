"""What verbs share that leave ``provenance.json`` beside their reports."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from assaymark.cli._common import say, write
from assaymark.errors import InputError

if TYPE_CHECKING:
    from assaymark.provenance.account import Account

FILE = "provenance.json"


def write_provenance(account: Account, folder: Path) -> None:
    """The W3C PROV record; left out, and said so, if it would tell what must not leave the machine."""
    from assaymark.provenance import prov, redact

    text = prov.render(account)
    try:
        redact.refuse_leaks(FILE, text, os.environ, allowed=[account.subject.name])
    except InputError as leak:
        (folder / FILE).unlink(missing_ok=True)
        say(f"assaymark: {leak}")
        return
    write(folder, FILE, text)

"""Manifests that lie in a repository which is judged: told by their text, cheaply."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assaymark.api import Case

_TABLES = r"^(\[\[\s*(metric|reported)\s*\]\]|rules\s*=\s*.assaymark:custom/)"


def case_at(path: Path) -> Case | None:
    """The case of a manifest that lies in a repository; None for a TOML file that is none. Nothing of it is run.

    InputError when it is a manifest, by its words, and does not keep to the schema.
    """
    if path.suffix != ".toml" or path.stat().st_size > 1_000_000:
        return None
    text = path.read_text(encoding="utf-8", errors="replace")
    if not re.search(r"^task\s*=", text, re.MULTILINE) or not re.search(_TABLES, text, re.MULTILINE):
        return None
    from assaymark_models.command import case_of
    from assaymark_models.manifest import load

    return case_of(load(path))

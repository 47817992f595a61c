"""docs/configuration.md tells every key of a configuration, and what it shows is accepted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assaymark import config
from assaymark.data import schema

PAGE = (Path(__file__).parents[2] / "docs/configuration.md").read_text(encoding="utf-8")


def keys(rules: dict[str, Any]) -> Iterator[str]:
    for name, value in rules.get("properties", {}).items():
        yield name
        yield from () if name == "validate" else keys(value)  # these have a page of their own
        yield from keys(value.get("items", {}))


def test_every_key_is_told() -> None:
    known = set(keys(json.loads(schema("config").read_text(encoding="utf-8"))))
    assert len(known) > 40
    assert not {key for key in known if not re.search(rf"(?<![\w-]){key}(?![\w-])", PAGE)}


def test_what_is_shown_is_accepted() -> None:
    shown = re.findall(r"```toml\n# \.assaymark\.toml\n(.*?)```", PAGE, re.DOTALL)
    assert len(shown) == 2
    for text in shown:
        assert config.read(text, "docs/configuration.md").digest

"""Colours, marks and templates of a badge, out of the data folder."""

from __future__ import annotations

import tomllib
from functools import cache
from string import Template

from assaymark import data
from assaymark.records import NamedTuple


class Plate(NamedTuple):
    """How one tone is painted: a gradient over the two colours and back, the ink on it, and the mark as SVG paths."""

    first: str
    second: str
    ink: str
    shape: str
    sign: str


class Label(NamedTuple):
    """The part that names what is told: its ground on a light and on a dark page, and its ink."""

    ground: str
    dark: str
    ink: str


class Palette(NamedTuple):
    """Everything that a badge is painted with."""

    label: Label
    plates: dict[str, Plate]


@cache
def palette() -> Palette:
    """The palette as shipped."""
    read = tomllib.loads(_text("palette.toml"))
    plates = {
        tone: Plate(p["colours"][0], p["colours"][1], p["ink"], read["shape"][p["shape"]], read["sign"][p["sign"]])
        for tone, p in read["plate"].items()
    }
    return Palette(Label(**read["label"]), plates)


@cache
def template(name: str) -> Template:
    """A template whose ``$names`` are filled in; without the newline at its end."""
    return Template(_text(name).rstrip("\n"))


def _text(name: str) -> str:
    return (data.folder("badges") / name).read_text(encoding="utf-8")

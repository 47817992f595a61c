"""A badge as PNG, for places that show no SVG; drawn by resvg (extra ``png``)."""

from __future__ import annotations

from functools import cache
from typing import Any

from assaymark.errors import InputError

_TEXT = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">{}</svg>'


def draw(svg: str, scale: float = 2.0) -> bytes:
    """The picture at ``scale`` times its size, with the colours for a light page.

    Raises InputError when the renderer is not installed or finds no font for the text.
    """
    if not _has_font():
        raise InputError(
            "no font is installed, so a PNG would be without its text",
            hint="install a common one (Debian: fonts-dejavu-core), or use the SVG",
        )
    return _drawn(svg, scale)


@cache
def _has_font() -> bool:
    letter = '<text y="15" font-family="Verdana,Geneva,DejaVu Sans,sans-serif">a</text>'
    return _drawn(_TEXT.format(letter), 1.0) != _drawn(_TEXT.format(""), 1.0)


def _drawn(svg: str, scale: float) -> bytes:
    return bytes(_renderer()(svg_string=svg, zoom=scale, text_rendering="geometric_precision"))


def _renderer() -> Any:
    try:
        import resvg_py
    except ImportError as problem:
        raise InputError(
            "PNG needs a renderer that is not installed", hint='install it: pip install "assaymark[png]"'
        ) from problem
    return resvg_py.svg_to_bytes

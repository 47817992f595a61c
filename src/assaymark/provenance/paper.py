"""What pictures of provenance are drawn on: plain SVG of our own, without scripts, fonts or addresses to fetch.

Readable by a screen reader, light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from assaymark.wording import one_line

_STYLE = """
:root{--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--paper:#ffffff;--card:#f6f8fa;--passed:#1a7f37;--failed:#cf222e;
--unknown:#9a6700;--error:#8250df;--none:#818b98;--bronze:#a45a1c;--silver:#6e7781;--gold:#b58407}
@media (prefers-color-scheme:dark){:root{--ink:#f0f6fc;--soft:#9198a1;--line:#3d444d;--paper:#0d1117;--card:#151b23;
--passed:#3fb950;--failed:#f85149;--unknown:#d29922;--error:#ab7df8;--none:#656c76;--bronze:#d1844a;--silver:#b1bac4;
--gold:#e3b341}}
text{font:12px system-ui,-apple-system,"Segoe UI",sans-serif;fill:var(--ink)}
.soft{fill:var(--soft)}.small{font-size:11px}.head{font-size:15px;font-weight:600}.card{fill:var(--card);stroke:var(--line)}
.named{paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
.edge{fill:none;stroke:var(--line);stroke-width:1.5}.paper{fill:var(--paper)}
"""


def sheet(width: int, height: int, title: str, description: str, parts: Sequence[str]) -> str:
    """A whole picture: title and description are seen, and read aloud."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-labelledby="t d"><title id="t">{escaped(title)}</title>'
        f'<desc id="d">{escaped(description)}</desc>'
        f'<style>{_STYLE}</style><defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        f'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="var(--line)"/></marker></defs>'
        f'<rect class="paper" width="{width}" height="{height}"/>'
    )
    return head + text(20, 36, title, "head") + text(20, 56, description, "soft small") + "".join(parts) + "</svg>\n"


def card(x: float, y: float, width: float, height: float) -> str:
    """A box."""
    return f'<rect class="card" x="{x}" y="{y}" width="{width}" height="{height}" rx="8"/>'


def text(x: float, y: float, text: str, style: str, *, anchor: str = "start", fill: str = "") -> str:
    """One line of text at a place; ``style`` are classes of the sheet."""
    paint = f' style="fill:{fill}"' if fill else ""
    return f'<text x="{x:g}" y="{y:g}" class={quoteattr(style)} text-anchor="{anchor}"{paint}>{escaped(text)}</text>'


def escaped(text: str) -> str:
    """Text of others as it can stand in a picture."""
    return escape(one_line(text))


def short(text: str, length: int) -> str:
    """One line, cut where it would run out of its box."""
    text = one_line(text)
    return text if len(text) <= length else text[: length - 1] + "…"

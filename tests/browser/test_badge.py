"""Badges in a real browser: texts are as wide as reckoned, light and dark differ, and pictures are the same."""

from __future__ import annotations

import base64
import json
import re
import struct
import subprocess
import zlib
from pathlib import Path
from typing import Any

import pytest

from assaymark.badges.model import Badge, Kind, State, aged
from assaymark.badges.svg import render

pytestmark = pytest.mark.service("chromium")
ARGUMENTS = (
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--enable-logging=stderr",
    "--virtual-time-budget=3000", "--hide-scrollbars",
)  # fmt: skip # a table of cases
COMMIT = "3f2a9c1" + "0" * 33
TEXTS = ("assaymark", "gold, stale", "QC.Doc06.1", "WWWWiiii", "87.3 % to 91 %", "äöü ñ Ωπ Ж", "AVAVA To.")


def badge(**more: Any) -> Badge:
    usual: dict[str, Any] = {
        "kind": Kind.LEVEL,
        "state": State.ASSESSED,
        "label": "assaymark",
        "message": "gold",
        "metal": "gold",
        "title": "t",
        "commit": COMMIT,
    }
    return Badge(**usual | more)


def chromium(profile: Path, *words: str) -> bytes:
    command = [*ARGUMENTS, f"--user-data-dir={profile}", *words]
    return subprocess.run(command, capture_output=True, timeout=90, check=True).stdout


def picture(svg: str) -> str:
    return f'<img src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}">'


def pixels(svg: str, folder: Path, *, dark: bool, scale: int = 1) -> tuple[int, int, bytes]:
    """Width, height and the raw pixels (RGBA or RGB rows) of a badge as a README shows it."""
    page = folder / "page.html"
    page.write_text(f'<body style="margin:0;background:#888">{picture(svg)}', encoding="utf-8")
    shot = folder / "shot.png"
    chromium(
        folder / "profile",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}",
        "--window-size=300,100",
        f"--force-device-scale-factor={scale}",
        f"--screenshot={shot}",
        page.as_uri(),
    )
    return unpacked(shot.read_bytes())


def unpacked(png: bytes) -> tuple[int, int, bytes]:
    """The filtered rows of a PNG, inflated: enough to compare pictures."""
    wide, high = struct.unpack(">II", png[16:24])
    data, at = b"", 8
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        data += png[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    return wide, high, zlib.decompress(data)


def test_the_widths_are_those_of_the_browser(tmp_path: Path) -> None:
    """As the text would be without being held to a width; a tenth of it may differ from font to font."""
    parts = [t for text in TEXTS for t in re.findall(r"<text .*?</text>", render(badge(label=text, message=text)))]
    free = [re.sub(r' textLength="[^"]+"| lengthAdjust="\w+"', "", t) for t in parts]
    page = tmp_path / "page.html"
    font = 'font-family="DejaVu Sans" font-size="11" text-rendering="geometricPrecision"'
    page.write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><svg xmlns="http://www.w3.org/2000/svg"><g {font}>{"".join(free)}</g>'
        "</svg><script>onload = () => { document.title = 'widths ' + JSON.stringify([...document.querySelectorAll("
        "'text')].map(t => t.getComputedTextLength())) }</script>",
        encoding="utf-8",
    )
    shown = chromium(tmp_path / "profile", "--dump-dom", page.as_uri()).decode()
    found = re.search(r"<title>widths (\[.*?\])", shown)
    assert found, shown[:500]
    widths = json.loads(found[1])
    reckoned = [float(w) for t in parts for w in re.findall(r'textLength="([^"]+)"', t)]
    assert len(widths) == len(reckoned) == 3 * len(TEXTS)
    assert [(r, round(w, 1)) for r, w in zip(reckoned, widths, strict=True) if abs(r - w) > max(0.1 * r, 0.5)] == []


def test_a_badge_is_twenty_pixels_high_and_the_same_each_time(tmp_path: Path) -> None:
    svg = render(badge())
    first = pixels(svg, tmp_path, dark=False)
    assert pixels(svg, tmp_path, dark=False) == first
    assert pixels(render(badge(message="silver", metal="silver")), tmp_path, dark=False) != first
    assert pixels(render(aged(badge(), "old")), tmp_path, dark=False) != first


def test_it_follows_the_readers_light_or_dark(tmp_path: Path) -> None:
    svg = render(badge())
    assert pixels(svg, tmp_path, dark=True) != pixels(svg, tmp_path, dark=False)


def test_what_is_baked_into_it_does_not_change_the_picture(tmp_path: Path) -> None:
    assert pixels(render(badge(), "eyJ.e30.c2ln"), tmp_path, dark=False) == pixels(
        render(badge()), tmp_path, dark=False
    )


def test_the_browser_has_nothing_to_complain_of_and_fetches_nothing(tmp_path: Path) -> None:
    hostile = '"><script>document.title="ran"</script><image href="http://127.0.0.1:9/x"/>'
    page = tmp_path / "badge.svg"
    page.write_text(render(badge(label=hostile, message=hostile, title=hostile)), encoding="utf-8")
    run = subprocess.run(
        [*ARGUMENTS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri()],
        capture_output=True,
        timeout=90,
        check=True,
    )
    assert b"CONSOLE" not in run.stderr
    assert b"parsererror" not in run.stdout
    assert run.stdout.count(b"<script") == run.stdout.count(b"<image") == 0


MESSAGES = {
    Kind.LEVEL: ("assaymark", "gold"),
    Kind.CRITERION: ("QC.Doc06.1", "met"),
    Kind.COVERAGE: ("coverage", "87.3 % to 91 %"),
    Kind.VALIDATOR: ("validation", "12/14 valid"),
    Kind.MODEL: ("model", "9/9"),
    Kind.CONTAINER: ("container", "14/17"),
    Kind.FAIR: ("FAIR", "38/41"),
}


def every() -> dict[str, Badge]:
    """Each kind in each state that it can have, and each level."""
    found = {level: badge(message=level, metal=level) for level in ("bronze", "silver", "gold")}
    for kind, (label, message) in MESSAGES.items():
        for state in State:
            told = message if state in (State.ASSESSED, State.FAILING, State.PARTIAL) else state.value
            if kind is Kind.LEVEL and state is State.ASSESSED:
                continue
            made = badge(kind=kind, state=state, label=label, message=told, metal="", dirty=state is State.PARTIAL)
            found[f"{kind} {state}"] = made
    return found


# Draws every badge and the PNG of it on one canvas each, and tells by how much the colours differ: in the mean, and in
# how many pixels by more than a third of the range.
COMPARE = """
const loaded = (src) => new Promise((done, failed) => {
  const image = new Image(); image.onload = () => done(image); image.onerror = failed; image.src = src; });
const drawn = (image, wide, high) => {
  const context = Object.assign(document.createElement("canvas"), {width: wide, height: high}).getContext("2d");
  context.fillStyle = "#ffffff"; context.fillRect(0, 0, wide, high); context.drawImage(image, 0, 0, wide, high);
  return context.getImageData(0, 0, wide, high).data; };
const apart = (one, two) => { let sum = 0, far = 0;
  for (let i = 0; i < one.length; i++) { const d = Math.abs(one[i] - two[i]); sum += d; if (d > 85) far++; }
  return [sum / one.length, far / one.length]; };
(async () => {
  const pairs = await Promise.all(PAIRS.map(async ([name, svg, png]) => [name, await loaded(svg), await loaded(png)]));
  const found = {sizes: {}, own: {}, others: []}, seen = [];
  for (const [name, svg, png] of pairs) {
    const wide = png.naturalWidth, high = png.naturalHeight;
    found.sizes[name] = [svg.naturalWidth, svg.naturalHeight, wide, high];
    const pixels = drawn(svg, wide, high);
    found.own[name] = apart(pixels, drawn(png, wide, high));
    for (const [other, wide2, pixels2] of seen)
      if (wide2 === wide) found.others.push([name, other, apart(pixels, pixels2)[0]]);
    seen.push([name, wide, pixels]);
  }
  document.title = "found " + JSON.stringify(found);
})();
"""


def test_every_kind_and_state_is_drawn_alike_by_two_renderers(tmp_path: Path) -> None:
    """At twice the size, in Chromium and by resvg; and no two badges look the same."""
    from assaymark.badges import png

    def address(media: str, content: bytes) -> str:
        return f"data:{media};base64,{base64.b64encode(content).decode()}"

    badges = every()
    assert len(badges) == 3 + len(Kind) * len(State) - 1
    svgs = {name: render(made) for name, made in badges.items()}
    pairs = [
        [name, address("image/svg+xml", svg.encode()), address("image/png", png.draw(svg, 2.0))]
        for name, svg in svgs.items()
    ]
    page = tmp_path / "page.html"
    script = COMPARE.replace("PAIRS", json.dumps(pairs))
    page.write_text(f"<!DOCTYPE html><meta charset='utf-8'><script>{script}</script>", encoding="utf-8")
    shown = chromium(tmp_path / "profile", "--dump-dom", page.as_uri()).decode()
    told = re.search(r"<title>found (\{.*?\})</title>", shown)
    assert told, shown[-300:]
    found = json.loads(told[1])
    assert set(found["own"]) == set(badges)
    for name, (wide, high, twice_wide, twice_high) in found["sizes"].items():
        assert (high, twice_high) == (20, 40), name
        assert abs(twice_wide - 2 * wide) <= 2, name
    # Letters have other edges in each renderer; a plate, mark or text that is missing or elsewhere is far more.
    assert {name: far for name, far in found["own"].items() if far[0] > 5 or far[1] > 0.03} == {}
    assert [pair for pair in found["others"] if pair[2] < 3] == []

"""The HTML report in a real browser: it renders, filters, works without a script, and can be read by everybody."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import pytest

from assaymark.reports.html import asset, render

chromium = pytest.mark.service("chromium")
ARGUMENTS = (
    "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--enable-logging=stderr",
    "--virtual-time-budget=3000",
)


@pytest.fixture(scope="module")
def samples(checkout: Path) -> ModuleType:
    """The samples that the unit tests of reports use."""
    path = checkout / "tests" / "unit" / "reports" / "sample.py"
    name = "assaymark_tests_sample"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture
def page(tmp_path: Path, samples: ModuleType) -> Path:
    path = tmp_path / "report.html"
    path.write_text(render(samples.VARIANTS["bronze"]), encoding="utf-8")
    return path


class Shown(HTMLParser):
    """Which elements of a dumped page are there and not hidden."""

    VOID = frozenset({"meta", "br", "input", "rect"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.items: dict[str, str] = {}
        self.findings: list[str] = []
        self.opened = 0
        self.filter_hidden: bool | None = None
        self.said = ""
        self.stack: list[tuple[str, bool]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        hidden = "hidden" in found or any(h for _, h in self.stack)
        kinds = found.get("class", "").split()
        if tag == "form":
            self.filter_hidden = hidden
        if "item" in kinds and not hidden:
            self.items[found["id"]] = found["data-outcome"]
        if "finding" in kinds and not hidden:
            self.findings.append(found["id"])
        if tag == "details" and "open" in found and "group" in kinds and not hidden:
            self.opened += 1
        if tag not in self.VOID:
            self.stack.append((tag, hidden))

    def handle_endtag(self, tag: str) -> None:
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.stack and self.stack[-1][0] == "output":
            self.said += data


def browse(page: Path, profile: Path, *more: str, fragment: str = "") -> tuple[Shown, str]:
    """The page as the browser has it after its script ran, and what it wrote to its console."""
    run = subprocess.run(
        [*ARGUMENTS, *more, f"--user-data-dir={profile}", "--dump-dom", f"{page.as_uri()}{fragment}"],
        capture_output=True,
        timeout=90,
        check=True,
    )
    console = [line for line in run.stderr.decode(errors="replace").splitlines() if "CONSOLE" in line]
    return Shown(run.stdout.decode("utf-8")), "\n".join(console)


@chromium
def test_everything_is_shown_and_the_console_is_silent(page: Path, tmp_path: Path, samples: ModuleType) -> None:
    shown, console = browse(page, tmp_path / "profile")
    assert console == ""
    assert shown.items == {r.definition.id: r.outcome for r in samples.VARIANTS["bronze"].results}
    assert len(shown.findings) == 6
    assert shown.filter_hidden is False


@chromium
def test_the_filter_by_outcome_and_text(page: Path, tmp_path: Path) -> None:
    shown, console = browse(page, tmp_path / "profile", fragment="#outcome=failed,error")
    assert console == ""
    assert shown.items == {"QC.Met01": "failed", "QC.Sty01": "failed", "QC.Sec02": "error"}
    assert shown.said == "3 of 15 verdicts and 6 of 6 findings shown"
    shown, _ = browse(page, tmp_path / "profile", fragment="#q=readme")
    assert shown.items == {"QC.Doc06.1": "passed"}
    assert shown.findings == []
    assert shown.opened == 1
    shown, _ = browse(page, tmp_path / "profile", fragment="#q=E501%20solver&outcome=failed")
    assert shown.items == {"QC.Sty01": "failed"}
    assert len(shown.findings) == 2
    shown, _ = browse(page, tmp_path / "profile", fragment="#q=no+such+words")
    assert (shown.items, shown.findings) == ({}, [])


@chromium
def test_a_link_unfolds_what_it_leads_to(page: Path, tmp_path: Path) -> None:
    plain, _ = browse(page, tmp_path / "profile")
    linked, console = browse(page, tmp_path / "profile", fragment="#QC.Ver01")
    assert console == ""
    assert linked.opened == plain.opened + 1


@chromium
def test_without_a_script_everything_is_there_and_no_dead_filter(
    tmp_path: Path, page: Path, samples: ModuleType
) -> None:
    """With scripts forbidden by a policy on top, which is what a strict viewer does."""
    strict = page.read_text(encoding="utf-8")
    strict = re.sub(r"script-src '[^']+'", "script-src 'none'", strict)
    page.write_text(strict, encoding="utf-8")
    shown, console = browse(page, tmp_path / "profile")
    assert "Content Security Policy" in console
    assert len(shown.items) == len(samples.VARIANTS["bronze"].results)
    assert len(shown.findings) == 6
    assert shown.filter_hidden is True
    assert shown.opened > 0


@chromium
def test_a_script_that_got_through_would_not_run(tmp_path: Path, page: Path) -> None:
    forged = '<p id="forged"></p><script>document.getElementById("forged").textContent = "it ran"</script>'
    page.write_text(page.read_text(encoding="utf-8").replace("</main>", f"{forged}</main>"), encoding="utf-8")
    shown, console = browse(page, tmp_path / "profile")
    assert "Content Security Policy" in console
    assert shown.filter_hidden is False, "ours ran"


@chromium
def test_five_thousand_findings_stay_responsive(tmp_path: Path, samples: ModuleType) -> None:
    path = tmp_path / "many.html"
    path.write_text(render(samples.flooded(6_000)), encoding="utf-8")
    shown, console = browse(path, tmp_path / "profile", fragment="#q=module_007")
    assert console == ""
    assert 0 < len(shown.findings) <= 60


@chromium
@pytest.mark.parametrize(("width", "dark"), [(1200, False), (400, False), (1200, True)])
def test_nothing_sticks_out_sideways(width: int, dark: bool, tmp_path: Path, page: Path) -> None:
    """The page tells its own widths, by a script that the policy is made to allow for this test."""
    probe = (
        "<script>onload = () => { const root = document.documentElement; for (const d of "
        'document.querySelectorAll("details")) d.open = true; const body = getComputedStyle(document.body); '
        "document.title = `widths ${root.scrollWidth} ${root.clientWidth} ${body.backgroundColor}`; }</script>"
    )
    text = re.sub(r"script-src '[^']+'", "script-src 'unsafe-inline'", page.read_text(encoding="utf-8"))
    page.write_text(text.replace("</body>", f"{probe}</body>"), encoding="utf-8")
    # A window cannot be narrower than 500, so the page is put into a frame of the width that is asked for.
    outer = tmp_path / "outer.html"
    outer.write_text(
        f'<iframe id="f" src="{page.name}" width="{width}" height="800"></iframe><title>x</title>'
        '<script>onload = () => setTimeout(() => { const inner = document.getElementById("f"); '
        "document.title = inner.contentDocument.title; }, 500)</script>",
        encoding="utf-8",
    )
    scheme = ["--blink-settings=preferredColorScheme=0"] if dark else ["--blink-settings=preferredColorScheme=1"]
    run = subprocess.run(
        [*ARGUMENTS, *scheme, "--allow-file-access-from-files", "--window-size=1400,900",
         f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", outer.as_uri()],
        capture_output=True, timeout=90, check=True,
    )  # fmt: skip # a table of cases
    found = re.search(r"<title>widths (\d+) (\d+) rgb\((\d+), (\d+), (\d+)\)", run.stdout.decode())
    assert found is not None, run.stdout.decode()[-500:]
    wide, room, *ground = map(int, found.groups())
    assert wide <= room
    assert (max(ground) < 60) is dark


# ------------------------------------------------------------------------------- what can be read without a browser


@cache
def palettes() -> tuple[dict[str, str], dict[str, str]]:
    """Colours by name, light and dark."""
    blocks = re.findall(r":root \{(.*?)\}", asset("report.css"), flags=re.DOTALL)
    light = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[0]))
    dark = light | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[1]))
    return light, dark


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, two: str) -> float:
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TEXTS = ("ink", "soft", "link", "passed", "failed", "error", "unknown", "none", "bronze", "silver", "gold")
METALS = ("bronze-a", "bronze-b", "silver-a", "silver-b", "gold-a", "gold-b")


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_can_be_read_on_every_ground(scheme: int) -> None:
    """WCAG 2.2, 1.4.3: a contrast of 4.5 or more."""
    colours = palettes()[scheme]
    low = {
        (text, ground): round(contrast(colours[text], colours[ground]), 2)
        for text in TEXTS
        for ground in ("paper", "card", "well")
        if contrast(colours[text], colours[ground]) < 4.5
    }
    assert low == {}
    assert min(contrast(colours["stamp"], colours[metal]) for metal in METALS) >= 4.5


def test_contrast_is_measured_as_the_standard_says() -> None:
    assert round(contrast("#000000", "#ffffff"), 1) == 21.0
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


def test_no_colour_is_used_that_the_palette_lacks() -> None:
    """So that the test above covers every text."""
    rules = asset("report.css").split("* { box-sizing", 1)[1]
    assert set(re.findall(r"(?<![\w-])color: ([^;}]+)", rules)) <= {
        *(f"var(--{name})" for name in (*TEXTS, "stamp")),
        "inherit",
    }


class Outline(HTMLParser):
    """Headings, landmarks, ids and what refers to them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.landmarks: list[str] = []
        self.ids: list[str] = []
        self.refers: list[str] = []
        self.unnamed: list[str] = []
        self.lang = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag in ("header", "nav", "main", "footer"):
            self.landmarks.append(tag)
        if tag == "html":
            self.lang = found["lang"]
        if "id" in found:
            self.ids.append(found["id"])
        self.refers += [found["href"][1:]] if found.get("href", "").startswith("#") else []
        self.refers += [found["aria-labelledby"]] if "aria-labelledby" in found else []
        if tag in ("section", "nav", "form") and not {"aria-label", "aria-labelledby"} & set(found):
            self.unnamed.append(tag)
        if tag == "input" and found.get("type") == "search" and "aria-label" not in found:
            self.unnamed.append("input")


@pytest.mark.parametrize("variant", ["bronze", "gold", "empty", "partial", "withheld"])
def test_structure_for_those_who_do_not_see_it(variant: str, samples: ModuleType) -> None:
    outline = Outline(render(samples.VARIANTS[variant]))
    assert outline.lang == "en"
    assert outline.landmarks == ["header", "main", "nav", "footer"]
    assert outline.headings[0] == 1
    assert outline.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(outline.headings, outline.headings[1:], strict=False))
    assert len(set(outline.ids)) == len(outline.ids)
    assert set(outline.refers) <= set(outline.ids)
    assert outline.unnamed == []


def test_an_outcome_is_a_word_beside_its_mark(samples: ModuleType) -> None:
    page = render(samples.VARIANTS["bronze"])
    pills = re.findall(r'<span class="pill [\w-]+">(.*?)</span>', page)
    assert len(pills) > 30
    assert all(re.search(r"[a-z]{4,}$", re.sub("<[^>]+>.*?</i>", "", pill).strip()) for pill in pills)


def test_style_reduces_motion_prints_and_shows_focus() -> None:
    style = asset("report.css")
    assert "prefers-reduced-motion: no-preference" in style
    assert "@media print" in style
    assert ":focus-visible" in style
    assert "outline: none" not in style

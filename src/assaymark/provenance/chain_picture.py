"""The way of a release as a picture: repository, assessment, release, and each place where it can be found."""

from __future__ import annotations

from collections.abc import Iterator

from assaymark.provenance.account import Artifact
from assaymark.provenance.chain import Chain
from assaymark.provenance.paper import card, sheet, short, text
from assaymark.provenance.picture import colour_of
from assaymark.provenance.published import Place
from assaymark.wording import count

_WIDTH = 1010
_TOP = 84
_ROW = 62
_PLACES = {"github-release": "Release on GitHub", "image": "Image", "deposit": "Deposit"}


def release(chain: Chain) -> str:
    """The chain from the left to the right; without a record of it, that it was published is not claimed."""
    places = chain.published.places if chain.published else ()
    rows = max(len(places), 2)
    height = _TOP + _ROW * rows + 40
    middle = _TOP + _ROW * rows / 2
    build = chain.build
    name = f"{build.facts.get('name') or build.subject.name} {build.facts.get('released', '')}".strip()
    commit = build.subject.commit
    level = str(build.facts.get("level", "none"))
    parts = [
        *_box(20, middle, "Repository", short(build.subject.name, 26), f"commit {(commit or 'unknown')[:12]}"),
        *_box(
            265, middle, "Assessment", _worded(level), f"report {_digest(chain.verdict)}", short(_rules(chain), 30),
            fill=f"var(--{colour_of(level)})",
        ),
        *_box(
            510, middle, "Release", short(str(build.facts.get("tag", "")), 24), f"{count(len(build.outputs), 'file')}",
            f"statement {_digest(build.report)}",
        ),
        *_arrow(220, middle, 257), *_arrow(465, middle, 502),
    ]  # fmt: skip # one box a line
    if not places:
        parts.append(text(755, middle + 4, "no record of a publication", "soft"))
    for number, place in enumerate(places):
        y = _TOP + _ROW * (number + 0.5) + (rows - len(places)) * _ROW / 2
        parts.append(f'<path class="edge" d="M710 {middle}C730 {middle} 730 {y} 747 {y}" marker-end="url(#tip)"/>')
        parts += _place(755, y, place)
    title = f"How {name} came to be"
    return sheet(_WIDTH, int(height), title, _told(chain, places), parts)


def _told(chain: Chain, places: tuple[Place, ...]) -> str:
    build = chain.build
    told = f"Commit {build.subject.commit or 'unknown'}, judged {_worded(build.facts.get('level'))}, built on "
    told += f"{build.run.ended[:10]}"
    return f"{told}; {count(len(places), 'place')} where it is published." if places else f"{told}."


def _worded(level: object) -> str:
    return str(level) if level and level != "none" else "no level"


def _rules(chain: Chain) -> str:
    """By what it was judged: the profile, or the gate where there is no record of the assessment."""
    plans = (chain.assessment or chain.build).plans
    return next((plan.name for plan in plans if plan.kind in ("profile", "gate")), "")


def _digest(artifact: Artifact) -> str:
    return (artifact.sha256 or "")[:12]


def _box(x: float, middle: float, kind: str, *lines: str, fill: str = "") -> Iterator[str]:
    yield card(x, middle - 52, 200, 104)
    yield text(x + 14, middle - 30, kind, "soft small")
    yield text(x + 14, middle - 8, lines[0], "head", fill=fill)
    for number, line in enumerate(lines[1:]):
        yield text(x + 14, middle + 14 + 18 * number, line, "soft small" if number else "small")


def _arrow(x: float, y: float, to: float) -> Iterator[str]:
    yield f'<path class="edge" d="M{x} {y}H{to}" marker-end="url(#tip)"/>'


def _place(x: float, y: float, place: Place) -> Iterator[str]:
    """Where it is, under which digest or DOI, since when."""
    seen = "there on" if place.found else "since"
    yield card(x, y - 27, 235, 54)
    kind = _PLACES[place.kind] + (", draft" if place.draft else "")
    yield text(x + 10, y - 11, f"{kind} · {seen} {place.moment[:10]}", "soft small")
    address = place.doi or place.address.removeprefix("https://")
    yield text(x + 10, y + 5, short(address, 36), "small")
    yield text(x + 10, y + 20, f"sha256:{place.sha256[:16]}", "soft small")

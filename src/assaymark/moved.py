"""Findings that moved with their file: a file that was renamed has no new findings and none that were mended.

An assessment does not say which files were renamed, so it is seen from the findings: those of a path that has none any
more and those of a path that had none before, when most of them say the same. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from assaymark.findings import Item
from assaymark.patterns import late

_NUMBER = late(r"\b\d+\b")
_MOST = 40_000  # pairs of paths that are compared
_Said = Counter[tuple[str, str]]


def moved(gone: Iterable[Item], new: Iterable[Item], before: Collection[str], after: Collection[str]) -> frozenset[str]:
    """The ids of those, old and new, that only moved; ``before`` and ``after`` are all paths with findings."""
    left, come = _by_path(gone, after), _by_path(new, before)
    ids: set[str] = set()
    for old, fresh in _pairs({p: _said(i) for p, i in left.items()}, {p: _said(i) for p, i in come.items()}):
        ids |= _matched(left[old], come[fresh])
    return frozenset(ids)


def _by_path(items: Iterable[Item], without: Collection[str]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for item in items:
        if item.path and item.path not in without:
            found.setdefault(item.path, []).append(item)
    return found


def _key(item: Item) -> tuple[str, str]:
    return item.finding.rule, _NUMBER.sub("0", " ".join(item.finding.message.split()))


def _said(items: Iterable[Item]) -> _Said:
    return Counter(map(_key, items))


def _pairs(left: Mapping[str, _Said], come: Mapping[str, _Said]) -> Iterator[tuple[str, str]]:
    """Old and new path of each file that moved, those that agree most first; each path once."""
    close = [
        ((left[old] & come[new]).total(), _name(old) == _name(new), old, new)
        for old, new in islice(_candidates(left, come), _MOST)
    ]
    used: set[str] = set()
    for number, _, old, new in sorted(close, key=lambda c: (-c[0], not c[1], c[2], c[3])):
        if 2 * number >= left[old].total() and not {f"-{old}", f"+{new}"} & used:
            used |= {f"-{old}", f"+{new}"}
            yield old, new


def _candidates(left: Iterable[str], come: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Those of the same name first: of very many the others are left out."""
    named: dict[str, list[str]] = {}
    for new in come:
        named.setdefault(_name(new), []).append(new)
    for old in left:
        yield from ((old, new) for new in named.get(_name(old), ()))
    yield from ((old, new) for old in left for new in come if _name(old) != _name(new))


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _matched(old: Sequence[Item], new: Sequence[Item]) -> set[str]:
    """The ids of the pairs that say the same."""
    waiting: dict[tuple[str, str], list[str]] = {}
    for item in old:
        waiting.setdefault(_key(item), []).append(item.id)
    ids: set[str] = set()
    for item in new:
        if same := waiting.get(_key(item)):
            ids |= {same.pop(0), item.id}
    return ids

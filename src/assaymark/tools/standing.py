"""Evidence from elsewhere that stands for a tool which cannot run here: reports handed in, and the project's own steps.

A tool that can run does run, and its verdict counts beside theirs. A report of a tool that we know stands only for
tools that look at one of the same languages: what a Python scanner found tells nothing of the Go code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assaymark.api import Options, Tree
from assaymark.records import NamedTuple
from assaymark.tools.found import Report, ingested
from assaymark.tools.manifest import Executes, Manifest


class Standing(NamedTuple):
    """``reports`` are those handed in that may be believed; ``steps`` the sub-criteria that a step answers."""

    reports: tuple[Report, ...] = ()
    steps: frozenset[str] = frozenset()

    def covers(self, id: str) -> bool:
        """Whether something stands for the languages without any tool."""
        return id in self.steps or any(r.id == id and r.kind == "findings" for r in self.reports)

    def replaces(self, manifest: Manifest, known: Sequence[Manifest]) -> bool:
        """Whether something stands for this tool, in every sub-criterion that it gives evidence for."""
        makers = {m.name.lower(): m for m in known}
        return all(id in self.steps or self._reported(id, manifest, makers) for id in manifest.subcriteria)

    def _reported(self, id: str, manifest: Manifest, makers: Mapping[str, Manifest]) -> bool:
        for report in self.reports:
            if report.id != id or report.kind != "findings":
                continue
            maker = makers.get(str(report.metrics.get("tool", "")).lower())
            if maker is None or maker.name == manifest.name or set(maker.languages) & set(manifest.languages):
                return True
        return False


def standing(options: Options, tree: Tree, steps: Iterable[Mapping[str, Any]]) -> Standing:
    """What stands in this run."""
    handed_in = ingested(options.root, tree) if options.root is not None else ()
    return Standing(
        reports=tuple(r for r in handed_in if r.usable),
        steps=frozenset(s["criterion"] for s in steps) if options.run_steps else frozenset(),
    )


def unable(manifest: Manifest, options: Options, *, available: bool) -> bool:
    """Whether the tool cannot run here, as is known before it is tried."""
    trusted = manifest.executes_code is not Executes.ALWAYS or options.trust_repository
    return not (options.tools and trusted and available)

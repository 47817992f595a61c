"""Compare our verdicts under the profile ``sqaaas-v3`` with those that the SQAaaS platform published.

    python benchmarks/agreement.py CLONES VERDICTS.json [--only OWNER/NAME] [--no-tools] [--json FILE]

CLONES holds bare clones named ``owner+name``; VERDICTS is a list of ``{repo, commit, subcriteria: {id: bool}, quality,
suspect: {id: [reason]}, tools: {id: [{tool, valid}]}}``. Prints agreement per sub-criterion, and every disagreement
with our reason and, where there is one, the documented defect of the platform (docs/migration.md) that explains it.
A disagreement without an explanation is our bug: the exit status is then 1.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from assaymark.assessment import assess
from assaymark.model import Outcome, SubcriterionResult

NEEDS_FILES = ("QC.Met", "QC.Sty", "QC.Sec", "QC.Uni")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One sub-criterion of one verdict: what the platform said, what we say, and what explains a difference."""

    repo: str
    commit: str
    id: str
    theirs: bool
    ours: Outcome
    message: str
    defect: str | None

    @property
    def kind(self) -> str:
        """agree, undecided (we say unknown or error), explained, or OPEN."""
        if self.ours in (Outcome.UNKNOWN, Outcome.ERROR):
            return "undecided"
        if (self.ours is not Outcome.FAILED) == self.theirs:
            return "agree"
        return "explained" if self.defect else "OPEN"


def defect(id: str, ours: SubcriterionResult, verdict: Mapping[str, Any], late: bool) -> str | None:
    """The documented reason for a difference, by the name it has in docs/migration.md; None when there is none.

    ``late`` says that the clone has tags which were made after the verdict.
    """
    theirs = verdict["subcriteria"][id]
    text = " ".join(e.message for e in ours.evidence)
    tools = {t["tool"] for t in verdict["tools"].get(id, [])}
    suspect = bool(verdict["suspect"].get(id))
    version_tag = re.search(r"\b(\S+) follows SemVer", text)
    reasons = {
        "not-applicable-fails": not theirs and ours.outcome is Outcome.NOT_APPLICABLE,
        "later-tags": id.startswith("QC.Ver") and late and not theirs and ours.outcome is Outcome.PASSED,
        "undated-tags": id == "QC.Ver01.0" and not theirs and ours.outcome is Outcome.PASSED,
        "v-prefix": id == "QC.Ver01" and not theirs and bool(version_tag and not version_tag[1][:1].isdigit()),
        "v-prefix ": id == "QC.Ver02" and not theirs and ours.outcome is Outcome.PASSED,
        "newest-by-date": id == "QC.Ver01" and bool(version_tag or "does not follow" in text),
        "no-tags-pass": id == "QC.Ver02" and theirs and "no tags" in text,
        "content-not-read": id.startswith("QC.Doc06") and theirs and bool(re.search("lacks|words|placeholder", text)),
        "readme-elsewhere": id == "QC.Doc06.1" and theirs and "no README" in text,
        "guide-elsewhere": id == "QC.Doc06.2" and not theirs and "links the guide" in text,
        "file-name-case": id.startswith("QC.Doc06") and not theirs and suspect,
        "metadata-by-presence": id == "QC.Met01" and theirs and "codemeta.json" in text,
        "crash-passes": id in ("QC.Met01", "QC.Sec02", "QC.Sty01") and theirs and suspect,
        "crash-passes ": theirs and _same_tool_reports(ours, tools),
        "licence-service-down": id == "QC.Lic02.1" and not theirs and "(OSI list of" in text,
        "licence-unread": id.startswith("QC.Lic") and not theirs and suspect,
        "oclint-never-passes": id == "QC.Sty01" and "oclint" in tools and not theirs,
        "gosec-never-passes": id == "QC.Sec02" and "gosec" in tools and not theirs,
        "style-defaults": id == "QC.Sty01" and not theirs and ours.outcome is Outcome.PASSED,
        "tools-differ": id in ("QC.Sty01", "QC.Sec02")
        and theirs
        and ours.outcome is Outcome.FAILED
        and _other(ours, tools),
        "markup-rules": id == "QC.Doc02.X" and not theirs,
        "bare-test-image": id == "QC.Uni01" and not theirs,
    }
    return next((name.strip() for name, holds in reasons.items() if holds), None)


def _other(ours: SubcriterionResult, tools: set[str]) -> bool:
    """Whether only tools that the platform did not use say failed."""
    failing = {e.tool.name for e in ours.evidence if e.outcome is Outcome.FAILED and e.tool}
    return bool(failing) and not failing & tools


def _same_tool_reports(ours: SubcriterionResult, tools: set[str]) -> bool:
    """Whether a tool that the platform used, run again on the same files, reports problems."""
    return any(e.outcome is Outcome.FAILED and e.tool is not None and e.tool.name in tools for e in ours.evidence)


def later_tags(clone: Path, timestamp: str) -> bool:
    """Whether the clone has tags that were made after the verdict."""
    command = ["git", f"--git-dir={clone.resolve()}", "for-each-ref", "--format=%(creatordate:unix)", "refs/tags"]
    made = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    seen = datetime.fromisoformat(timestamp).timestamp()
    return any(float(one) > seen for one in made)


def compare(clones: Path, verdict: Mapping[str, Any], *, tools: bool) -> list[Comparison]:
    """All sub-criteria that a verdict and our assessment of the same commit share."""
    clone = clones / verdict["repo"].replace("/", "+")
    found = assess(clone, ref=verdict["commit"], profile="sqaaas-v3", tools=tools, cache=False, config=None)
    ours = {r.definition.id: r for r in found.results}
    late = later_tags(clone, verdict["timestamp"])
    out = []
    for id, theirs in sorted(verdict["subcriteria"].items()):
        if id not in ours or (verdict["quality"] != "ok" and id.startswith(NEEDS_FILES)):
            continue
        result = ours[id]
        reasons = [e.message for e in result.evidence if e.outcome is result.outcome]
        out.append(
            Comparison(
                repo=verdict["repo"],
                commit=verdict["commit"],
                id=id,
                theirs=theirs,
                ours=result.outcome,
                message="; ".join(reasons)[:200],
                defect=defect(id, result, verdict, late),
            )
        )
    return out


def table(found: Iterable[Comparison]) -> str:
    """Counts per sub-criterion."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in found:
        counts[one.id][one.kind] += 1
        counts["all"][one.kind] += 1
    kinds = ("agree", "explained", "undecided", "OPEN")
    lines = ["sub-criterion " + " ".join(f"{k:>10}" for k in kinds) + "  agreement of decided"]
    for id, row in sorted(counts.items(), key=lambda item: (item[0] == "all", item[0])):
        decided = row["agree"] + row["explained"] + row["OPEN"]
        share = f"{row['agree'] / decided:.0%}" if decided else "-"
        lines.append(f"{id:<13} " + " ".join(f"{row[k]:>10}" for k in kinds) + f"  {share:>8}")
    return "\n".join(lines)


def main() -> int:
    """Run the comparison."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("clones", type=Path)
    options.add_argument("verdicts", type=Path)
    options.add_argument("--only", help="one repository, owner/name")
    options.add_argument("--no-tools", action="store_true")
    options.add_argument("--json", type=Path, help="write every comparison into this file")
    chosen = options.parse_args()
    found: list[Comparison] = []
    missing = []
    for verdict in json.loads(chosen.verdicts.read_text(encoding="utf-8")):
        if chosen.only and verdict["repo"] != chosen.only:
            continue
        started = time.perf_counter()
        try:
            part = compare(chosen.clones, verdict, tools=not chosen.no_tools)
        except Exception as problem:  # a clone that lacks the commit must not lose the rest
            missing.append(f"{verdict['repo']}@{verdict['commit'][:10]}: {type(problem).__name__}: {problem}")
            continue
        found += part
        spent = time.perf_counter() - started
        open_ = [c.id for c in part if c.kind == "OPEN"]
        print(
            f"{verdict['repo']}@{verdict['commit'][:10]} {spent:.1f} s {' '.join(open_)}", file=sys.stderr, flush=True
        )
    for one in sorted(found, key=lambda c: (c.id, c.repo, c.commit)):
        if one.kind in ("OPEN", "explained"):
            said = "true" if one.theirs else "false"
            why = one.defect or "OPEN"
            print(f"{one.id:<10} {one.repo}@{one.commit[:10]} platform {said}, we {one.ours} [{why}]: {one.message}")
    print(table(found))
    print(f"not assessed: {len(missing)}", *missing, sep="\n  ")
    if chosen.json:
        rows = [{**{k: getattr(c, k) for k in c.__slots__}, "kind": c.kind} for c in found]
        chosen.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return 1 if any(c.kind == "OPEN" for c in found) else 0


if __name__ == "__main__":
    sys.exit(main())

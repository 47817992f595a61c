"""A made-up but realistic assessment: a tide model in Fortran and Python, silver, two items short of gold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from assaymark.model import (
    Assessment,
    CriterionResult,
    DecidedBy,
    Evidence,
    Finding,
    Grade,
    Level,
    Location,
    Outcome,
    Requirement,
    RunFacts,
    Severity,
    Subcriterion,
    SubcriterionResult,
    Subject,
    ToolRef,
    Waiver,
)

FLAKE8 = ToolRef(name="flake8", version="7.1.1", digest="sha256:" + "ab" * 32)
BANDIT = ToolRef(name="bandit", version="1.8.0")
STANDARD = "https://hdl.handle.net/10261/160086"


def finding(
    rule: str,
    message: str,
    path: str | None = None,
    line: int | None = None,
    column: int | None = None,
    severity: Severity = Severity.WARNING,
    **more: Any,
) -> Finding:
    where = Location(path=path, line=line, column=column, end_line=more.pop("end_line", None)) if path else None
    return Finding(rule=rule, message=message, severity=severity, location=where, **more)


def verdict(
    id: str,
    requirement: str,
    text: str,
    *evidence: Evidence,
    outcome: Outcome | None = None,
    by: DecidedBy = DecidedBy.FILES,
    level: Level | None = None,
    waiver: Waiver | None = None,
    grade: Grade = Grade.MEASURED,
) -> SubcriterionResult:
    return SubcriterionResult(
        definition=Subcriterion(
            id=id,
            criterion=id.rstrip("0123456789."),
            requirement=Requirement(requirement),
            text=text,
            why=f"Others depend on it: {text[0].lower()}{text[1:]}",
            remedy="Add what is missing and commit it.",
            decided_by=(by,),
            checks=tuple(dict.fromkeys(e.check for e in evidence)),
            references=(STANDARD, "EVERSE:has_documentation"),
        ),
        outcome=outcome or evidence[0].outcome,
        grade=grade,
        evidence=evidence,
        waiver=waiver,
        required_for=level,
    )


def said(outcome: Outcome, message: str, check: str, **more: Any) -> Evidence:
    return Evidence(outcome=outcome, message=message, check=check, duration=0.002, **more)


P, F, N, U, E = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_APPLICABLE, Outcome.UNKNOWN, Outcome.ERROR
B, S, G = Level.BRONZE, Level.SILVER, Level.GOLD

STYLE = (
    finding("E501", "line too long (131 > 110 characters)", "tidegrid/solver.py", 88, 111),
    finding("E501", "line too long (124 > 110 characters)", "tidegrid/solver.py", 12, 111),
    finding(
        "F401", "'numpy.linalg' imported but unused", "tidegrid/mesh.py", 3, 1, Severity.ERROR, fix="remove the import"
    ),
    finding("W605", "invalid escape sequence '\\d'", "scripts/read log.py", 40, 17),
)

RESULTS = (
    verdict("QC.Acc01", "MUST", "Anyone can get the code.",
            said(P, "the remote answers without a login", "acc.public"), by=DecidedBy.FORGE, level=B),
    verdict("QC.Acc02", "MUST", "The code is under version control.",
            said(P, "Git, 412 commits on main", "acc.git", metrics={"commits": 412}), by=DecidedBy.GIT, level=B),
    verdict("QC.Wor02", "MUST", "Every change has a branch of its own.",
            said(U, "needs the forge: run with --forge", "wor.branches",
                 remedy="run: assaymark assess --forge"), by=DecidedBy.FORGE),
    verdict("QC.Lic01", "MUST", "The code has an open licence.",
            said(P, "LICENSE is Apache-2.0 (99 % of the text)", "lic.text",
                 digest="sha256:" + "cd" * 32, metrics={"coverage": 0.99, "spdx": "Apache-2.0"}), level=B),
    verdict("QC.Lic02.1", "SHOULD", "The licence is one that many projects use.",
            said(P, "Apache-2.0 is on the list of 2026-10-01", "lic.popular")),
    verdict("QC.Met01", "SHOULD", "A metadata file is kept up to date.",
            said(F, "the version in CITATION.cff is not that of the latest release", "met.versions",
                 remedy='Set version: "1.4.0" in CITATION.cff',
                 findings=(finding("met.versions", "CITATION.cff says 1.3.0, the latest release is 1.4.0",
                                   "CITATION.cff", 7),)), level=S,
            waiver=Waiver(id="QC.Met01", reason="the release manager mends it with 1.5", until=date(2027, 1, 31),
                          owner="ada")),
    verdict("QC.Doc06.1", "MUST", "A README says what the software is and how to start.",
            said(P, "README.md covers all six topics", "doc.readme"), level=B),
    verdict("QC.Doc06.2", "MUST", "A guide tells contributors how to take part.",
            said(P, "CONTRIBUTING.md covers set-up, tests and review", "doc.contributing"), level=B),
    verdict("QC.Doc06.6", "NONE", "Operators find out how to install and configure it.",
            said(P, "Ada Example attested on 2026-05-01 (until 2027-05-01): the manual has a chapter for operators",
                 "attestation", grade=Grade.ATTESTED, link="https://tidegrid.example/manual"),
            by=DecidedBy.ATTESTED, grade=Grade.ATTESTED, level=G),
    verdict("QC.Sty01", "MUST", "The code follows a style that its community knows.",
            said(F, "flake8 has 4 findings in 3 files", "tool.flake8", tool=FLAKE8, findings=STYLE,
                 metrics={"files": 31}, remedy="Mend the findings, or say in pyproject.toml which rules you leave out"),
            said(P, "fprettify changes nothing in 12 files", "tool.fprettify",
                 tool=ToolRef(name="fprettify", version="0.3.7")),
            by=DecidedBy.TOOLS, level=G),
    verdict("QC.Uni01", "SHOULD", "Tests cover at least 70 % of the code.",
            said(P, "coverage.xml: 81.4 % of 5,220 lines", "tool.coverage", grade=Grade.SELF_REPORTED,
                 metrics={"line_rate": 0.814}), by=DecidedBy.TOOLS, grade=Grade.SELF_REPORTED, level=S),
    verdict("QC.Har01", "SHOULD", "Tests use doubles for what they do not test.",
            said(N, "nothing outside the program is called", "har.doubles")),
    verdict("QC.Sec02", "MUST", "A security linter looks at every change.",
            said(E, "bandit ended with exit status 137 after 61 s (killed)", "tool.bandit", tool=BANDIT,
                 remedy="run bandit by hand to see why it is killed: bandit -r tidegrid"),
            by=DecidedBy.TOOLS, level=G),
    verdict("QC.Sec04", "MUST NOT", "Files that anyone may write are part of the product.",
            said(P, "no file of 214 is world-writable", "sec.modes"), by=DecidedBy.GIT, level=G),
    verdict("QC.Ver01", "SHOULD", "Releases are named by Semantic Versioning.",
            said(P, "the latest release is v1.4.0", "ver.semver",
                 findings=(finding("ver.old-tag", "the tag beta-2019 is not a version", severity=Severity.NOTE),)),
            by=DecidedBy.GIT, level=S),
)  # fmt: skip # a table of cases

TITLES = {
    "QC.Acc": "Accessibility",
    "QC.Wor": "Working method",
    "QC.Lic": "Licensing",
    "QC.Met": "Metadata",
    "QC.Doc": "Documentation",
    "QC.Sty": "Code style",
    "QC.Uni": "Unit testing",
    "QC.Har": "Test doubles",
    "QC.Sec": "Security",
    "QC.Ver": "Versioning",
}
WORST = (F, E, U, P)
OPEN = (F, E, U)


def criterion(id: str, results: tuple[SubcriterionResult, ...]) -> CriterionResult:
    members = [r for r in results if r.definition.criterion == id]
    deciding = [r for r in members if r.required_for] or members
    levels = [r.required_for for r in deciding if r.required_for]
    return CriterionResult(
        id=id,
        title=TITLES[id],
        outcome=next((o for o in WORST if any(r.outcome is o for r in deciding)), N),
        required_for=min(levels, key=lambda x: x.rank) if levels else None,
        missing=tuple(r.definition.id for r in deciding if r.outcome in OPEN),
    )


def sample(results: tuple[SubcriterionResult, ...] = RESULTS, **changes: Any) -> Assessment:
    """The assessment; keywords replace fields of it. Missing items follow from the results."""
    asked = {level: [r for r in results if r.required_for and r.required_for.rank <= level.rank] for level in (B, S, G)}
    missing = {level: tuple(sorted(r.definition.id for r in rs if r.outcome in OPEN)) for level, rs in asked.items()}
    reached = next((x for x in (B, S, G) if missing[x]), None)
    ids = tuple(c for c in TITLES if any(r.definition.criterion == c for r in results))
    made = Assessment(
        subject=Subject(
            kind="software",
            path=".",
            repository="github.com/lab/tidegrid",
            commit="0f3c9a1d5e7b2468ace013579bdf02468ace1357",
            ref="refs/heads/main",
            swhid="swh:1:rev:0f3c9a1d5e7b2468ace013579bdf02468ace1357",
            digest="sha256:" + "12" * 32,
        ),
        profile="assaymark",
        profile_version="1.0",
        profile_digest="sha256:" + "34" * 32,
        config_digest="sha256:" + "56" * 32,
        as_of=date(2026, 11, 21),
        level=list(Level)[reached.rank - 1] if reached else Level.GOLD,
        missing=missing,
        criteria=tuple(criterion(c, results) for c in ids),
        results=results,
        notices=(
            finding(
                "assaymark/waiver-expired",
                "the waiver for QC.Ver01 ended on 2026-10-31: tags are being renamed",
                "pyproject.toml",
            ),
        ),
        attested=1,
        partial=(),
        run=RunFacts(
            started="2026-11-21T09:30:00+00:00",
            duration=1.62,
            host="runner-7",
            assaymark="0.1.0",
            python="3.12.7",
            durations={"tool.flake8": 1.31, "tool.fprettify": 0.42, "doc.readme": 0.004},
        ),
        withheld={B: (), S: (), G: ()},
    )
    return replace(made, **changes)


def without_met(results: tuple[SubcriterionResult, ...] = RESULTS) -> tuple[SubcriterionResult, ...]:
    """The verdicts of a silver subject: QC.Met01 mended."""
    good = said(P, "CITATION.cff is valid and says 1.4.0", "met.versions")
    return tuple(
        replace(r, outcome=P, evidence=(good,), waiver=None) if r.definition.id == "QC.Met01" else r for r in results
    )


def last_item() -> Assessment:
    """Silver, with one thing left for gold."""
    good = said(P, "bandit has no findings in 31 files", "tool.bandit", tool=BANDIT)
    results = tuple(
        replace(r, outcome=P, evidence=(good,)) if r.definition.id == "QC.Sec02" else r for r in without_met()
    )
    return sample(results)


def golden() -> Assessment:
    """Gold: nothing is missing."""
    return sample(tuple(replace(r, outcome=P, evidence=(said(P, "it holds", "x"),)) for r in RESULTS), notices=())


def empty() -> Assessment:
    """An empty repository: nothing was found, nothing reached."""
    return sample(
        (verdict("QC.Acc02", "MUST", "The code is under version control.",
                 said(U, "the repository has no commits", "acc.git"), level=B),),
        subject=Subject(kind="software", path="empty"), notices=(), attested=0, partial=("only QC.Acc",),
    )  # fmt: skip # a table of cases


def flooded(number: int) -> Assessment:
    """As many findings as asked for, over a hundred files."""
    many = tuple(
        finding(
            f"E{n % 7}01",
            f"something is off here ({n})",
            f"src/pkg/module_{n % 100:03}.py",
            n // 100 + 1,
            1,
            (Severity.ERROR, Severity.WARNING, Severity.NOTE)[n % 3],
        )
        for n in range(number)
    )
    noisy = said(F, f"flake8 has {number:,} findings in 100 files", "tool.flake8", tool=FLAKE8, findings=many)
    return sample(tuple(replace(r, evidence=(noisy,)) if r.definition.id == "QC.Sty01" else r for r in RESULTS))


VARIANTS = {
    "bronze": sample(),
    "silver": sample(without_met()),
    "last-item": last_item(),
    "gold": golden(),
    "empty": empty(),
    "partial": sample(
        RESULTS[3:5],
        partial=("only QC.Lic",),
        level=Level.NONE,
        missing={B: ("QC.Acc01", "QC.Acc02"), S: ("QC.Acc01", "QC.Acc02"), G: ("QC.Acc01", "QC.Acc02")},
    ),
    "withheld": sample(
        without_met(RESULTS[:9]),
        level=Level.SILVER,
        withheld={B: (), S: (), G: ("1 required items are attested (QC.Doc06.6); gold allows 0",)},
    ),
}

"""What a step of one of our Actions leaves behind: outputs, a summary and annotations, from the files a verb wrote.

Every verb that writes the usual names into its folder gets all of it; `assessment.json` adds level and counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from assaymark.errors import BUG, OK, GateNotMet, Undetermined
from assaymark.github import changed, event, findings, outputs, reasons, summary
from assaymark.github.text import safe
from assaymark.github.workflow_commands import annotation
from assaymark.model import Assessment, Outcome
from assaymark.records import NamedTuple
from assaymark.wording import count

if TYPE_CHECKING:
    from assaymark.github.answers import Answer

# Output -> file in the folder of reports.
FILES = {
    "report-json": "assessment.json",
    "report": "assessment_output.json",
    "sarif": "report.sarif",
    "junit": "junit.xml",
    "html": "report.html",
    "markdown": "summary.md",
    "badge": "badge.svg",
    "badge-json": "badge.json",
}
_OUTCOMES = {OK: "passed", GateNotMet.code: "failed", Undetermined.code: "unknown"}


class Ended(NamedTuple):
    """How a verb ended: its exit status, what it said if that was not 0, its folder of reports, and what it judged.

    ``assessment`` is that of ``assessment.json``, when the verb wrote one, ``answers`` what was asked before a release.
    """

    code: int
    message: str
    folder: Path
    place: Path
    assessment: Assessment | None = None
    answers: tuple[Answer, ...] = ()


def publish(
    verb: str, ended: Ended, environment: Mapping[str, str], more: Mapping[str, str] | None = None
) -> list[str]:
    """Write outputs (``more`` are further ones) and summary; gives the lines for the log, annotations among them."""
    values = {"outcome": _OUTCOMES.get(ended.code, "error"), **files(ended.folder)}
    if ended.assessment is not None:
        values |= verdict(ended.assessment)
    values |= more or {}
    outputs.write(environment, values)
    summary.append(environment, _summary(ended))
    trouble = [*_trouble(verb, ended)]
    return [*trouble, *_annotations(ended, environment, len(trouble))]


def files(folder: Path) -> dict[str, str]:
    """The folder and the files that are there, by the name of their output, as absolute paths."""
    there = {"folder": str(folder.resolve())} if folder.is_dir() else {}
    return there | {name: str((folder / file).resolve()) for name, file in FILES.items() if (folder / file).is_file()}


def verdict(assessment: Assessment) -> dict[str, str]:
    """Level, what is missing for the next, and counts."""
    from assaymark.ahead import next_level
    from assaymark.findings import Findings
    from assaymark.findings import outcomes as counted

    ahead = next_level(assessment)
    counts = counted(assessment.results)
    ids = [*(r.definition.id for r in ahead.missing), *ahead.unseen]
    return {
        "level": assessment.level.value,
        "next-level": ahead.level.value if ahead.level else "",
        "missing-for-next": outputs.single(",".join(ids)),
        "passed": str(counts[Outcome.PASSED]),
        "failed": str(counts[Outcome.FAILED]),
        "unknown": str(counts[Outcome.UNKNOWN]),
        "errors": str(counts[Outcome.ERROR]),
        "not-applicable": str(counts[Outcome.NOT_APPLICABLE]),
        "findings": str(len(Findings(assessment))),
    }


def badge_url(
    environment: Mapping[str, str], place: str, repository: str | None = None, branch: str | None = None
) -> str:
    """The address at which a README can show the badge that is published at ``place`` of the badge branch.

    Empty where the forge serves no raw files.
    """
    repository = repository or environment.get("GITHUB_REPOSITORY", "")
    if environment.get("GITHUB_SERVER_URL", "https://github.com") != "https://github.com" or not repository:
        return ""
    from urllib.parse import quote

    folders = [name for name in place.split("/") if name not in ("", ".")]
    parts = (repository, branch or "badges", *folders, FILES["badge"])
    return "https://raw.githubusercontent.com/" + quote("/".join(parts))


def _summary(ended: Ended) -> str:
    file = ended.folder / FILES["markdown"]
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    if ended.answers:
        from assaymark.github import answers

        text = f"{answers.markdown(ended.answers)}\n{text}"
    if ended.code == OK:
        return text
    first, *others = reasons.of(ended.message, ended.assessment) or [reasons.Reason((), f"exit status {ended.code}")]
    lines = [f"> [!{'WARNING' if ended.code == Undetermined.code else 'CAUTION'}]", f"> {safe(first.text)}"]
    lines += [">", *(f"> - {_shown(r)}" for r in others)] if others else []
    return "\n".join(lines) + f"\n\n{text}"


def _shown(r: reasons.Reason) -> str:
    """A reason as Markdown, with what to do below it."""
    ids = ", ".join(f"**{safe(id, 60)}**" for id in r.ids)
    said = " ".join(filter(None, (ids, safe(r.said))))
    todo = f"<br>To do: {safe(r.todo)}" if r.todo else ""
    return f"{said}: {safe(r.why)}{todo}" if r.why else f"{said}{todo}"


def _trouble(verb: str, ended: Ended) -> Iterator[str]:
    """Why the step is red; where answers say no, they say it better."""
    if ended.code != OK and not any(a.says == "no" for a in ended.answers):
        title = f"assaymark {verb}" + (": a bug of ours" if ended.code == BUG else "")
        told = reasons.plain(reasons.of(ended.message, ended.assessment)) or ended.message
        yield annotation("error", told, title=title)
    if ended.answers:
        from assaymark.github import answers

        yield from answers.annotated(ended.answers, f"assaymark {verb}")


def _annotations(ended: Ended, environment: Mapping[str, str], errors: int) -> Iterator[str]:
    sarif = ended.folder / FILES["sarif"]
    if not sarif.is_file():
        return
    found = findings.read(sarif)
    if not found:
        return
    base = event.read(environment).base
    memory = Path(environment.get("RUNNER_TEMP", ended.folder), "assaymark", "annotations")
    lines = changed.changed_lines(ended.place, base)
    # The log of an assessment has the paths of the whole repository, others those of what they were given.
    prefix = "" if ended.assessment else changed.prefix(ended.place)
    chosen = findings.choose(found, prefix, lines, findings.remembered(memory), errors)
    findings.remember(memory, chosen.ids)
    yield from chosen.lines
    if chosen.hidden:
        yield f"{count(chosen.hidden, 'more finding')} without an annotation: see the summary and the reports."

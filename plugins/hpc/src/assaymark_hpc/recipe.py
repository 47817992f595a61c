"""What an image was built from: a Dockerfile (Containerfile), or a definition file of Apptainer.

Few rules of our own, each for something that makes a build another one tomorrow or a danger today; hadolint, where it
is installed, finds the rest of what is wrong in a Dockerfile. Nothing of the recipe is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from assaymark.api import Evidence, Finding, Location, Severity, check, failed, not_applicable, passed, unknown
from assaymark_hpc.asked import Manifest
from assaymark_hpc.linter import Linted

_MOST = 50
_LINES = 20_000
_DIGEST = re.compile(r"@sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$")
_HEREDOC = re.compile(r"<<-?\s*([\"']?)([A-Za-z_][A-Za-z0-9_]*)\1")
_SECTION = re.compile(r"%([a-z]+)", re.IGNORECASE)
_HEADER = re.compile(r"(?i)(bootstrap|from|stage|mirrorurl|osversion|include)\s*:\s*(.*)")
_FETCH = r"\b(?:curl|wget)\b"
# What runs in a build and should not: (rule, words, what is wrong, what to do).
_COMMANDS = (
    (
        "piped",
        re.compile(_FETCH + r"[^|;&\n]*\|\s*(?:sudo\s+)?(?:\S*/)?(?:env\s+)?(?:ba|da|z|k)?sh\b|"
        r"\b(?:ba|da|z|k)?sh\s+(?:-c\s+[\"']?\$\(|<\()\s*(?:curl|wget)\b"),
        "runs what it fetches without looking at it",
        "fetch it into a file and compare its sha256sum before it is run",
    ),
    (
        "unchecked",
        re.compile(r"\bcurl\b[^;&|\n]*\s(?:-[a-zA-Z]*k\b|--insecure\b)|\bwget\b[^;&|\n]*--no-check-certificate\b|"
        r"--trusted-host\b|--allow-unauthenticated\b|--force-yes\b|--nogpgcheck\b|--no-gpg-checks\b"),
        "takes what it fetches from whoever answers",
        "leave certificates and signatures checked",
    ),
    (
        "open",
        re.compile(r"\bchmod\b[^;&|\n]*\s(?:0?777|a\+rwx|ugo\+rwx)\b"),
        "lets everybody change files",
        "chmod a+rX is enough to read and to start",
    ),
)  # fmt: skip # a table of rules
_UPDATE = re.compile(r"\bapt(?:-get)?\s+(?:-\S+\s+)*update\b")
_INSTALL = re.compile(r"\bapt(?:-get)?\b[^;&|]*\b(?:install|(?:dist-|full-)?upgrade|build-dep)\b")
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?[-+][^}]*)?\}|(\w+))")
# Where the base of a definition file is an image of a registry.
_REGISTRIES = ("docker", "oras", "library", "shub")
_SECRET = re.compile(
    r"(?i)^\s*(?:export\s+)?(\w*(?:password|passwd|secret|token|api_?key|access_?key))(?:=|\s+)(?!\$|\"\"|''|<)\S{6,}"
)


class Step(NamedTuple):
    """One instruction of a recipe: its first word in capitals, the rest, the line where it begins."""

    word: str
    rest: str
    line: int


class Wrong(NamedTuple):
    """What is wrong in a recipe, and what to do."""

    rule: str
    line: int
    message: str
    remedy: str


@check("image.recipe")
def recipe(smoke_manifest: Manifest, image_linted: Linted) -> Evidence:
    """What it was built from pins its base, checks what it fetches, and runs nothing unseen."""
    if smoke_manifest.recipe is None:
        return not_applicable('the manifest names no recipe (recipe = "Dockerfile")')
    name, text = smoke_manifest.recipe
    steps = definition(text) if is_definition(text) else dockerfile(text)
    if not steps:
        return unknown(f"{name} holds no instruction", remedy="name the Dockerfile or the definition file")
    found = sorted(wrong(steps), key=lambda each: (each.line, each.rule))
    findings = [_finding(name, each.rule, each.line, each.message) for each in found]
    for one in image_linted.problems:
        severity = Severity.ERROR if one.level == "error" else Severity.WARNING
        findings.append(_finding(name, f"hadolint.{one.rule}", one.line, one.message, severity))
    if any(each.severity is Severity.ERROR for each in findings):
        first = next(each for each in findings if each.severity is Severity.ERROR)
        count = sum(each.severity is Severity.ERROR for each in findings)
        remedy = found[0].remedy if found else f"hadolint says more of {first.rule.removeprefix('hadolint.')}"
        told = first.message + (f", and {count - 1} more" if count > 1 else "")
        return failed(told, findings=findings[:_MOST], remedy=remedy)
    if image_linted.problem is not None and not is_definition(text):
        told = f"our own rules find nothing, and hadolint could not be asked: {image_linted.problem}"
        return unknown(told, remedy="pip install assaymark-linters")
    return passed(f"{len(steps)} instructions of {name} were looked at", findings=findings[:_MOST])


def is_definition(text: str) -> bool:
    """Whether a recipe is a definition file of Apptainer, not a Dockerfile."""
    return re.search(r"(?im)^\s*bootstrap\s*:", text) is not None


def dockerfile(text: str) -> list[Step]:
    """The instructions; lines that go on are joined, what a heredoc holds belongs to its instruction."""
    steps: list[Step] = []
    lines = iter(enumerate(text.splitlines()[:_LINES], 1))
    mark = "`" if re.match(r"(?is)(?:\s*#[^\n]*\n)*\s*#\s*escape\s*=\s*`", text) else "\\"
    for number, line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        whole = line.strip()
        while whole.endswith(mark):
            _, more = next(((n, m) for n, m in lines if m.strip() and not m.lstrip().startswith("#")), (0, ""))
            whole = f"{whole[:-1].rstrip()} {more.strip()}"
            if not more:
                break
        word, _, rest = whole.partition(" ")
        for _, end in _HEREDOC.findall(rest) if word.upper() in ("RUN", "COPY", "ADD") else ():
            for _, inner in lines:
                if inner.strip() == end:
                    break
                rest += f"\n{inner}"
        steps.append(Step(word.upper(), rest.strip(), number))
    return steps


def definition(text: str) -> list[Step]:
    """The header and the commands of a definition file, in the words of a Dockerfile."""
    steps: list[Step] = []
    section, agent = "", ""
    commands: list[Step] = []
    for number, bare in _joined(text):
        if found := _SECTION.match(bare):
            section = found[1].lower()
        elif not section and (found := _HEADER.match(bare)):
            if found[1].lower() == "bootstrap":
                agent = found[2].strip().lower()
            elif found[1].lower() == "from":
                steps.append(
                    Step("FROM" if agent in ("docker", "oras", "library", "shub") else "LOCAL", found[2], number)
                )
        elif section in ("post", "setup", "pre"):
            commands.append(Step("SHELL", bare, number))
        elif section == "environment":
            steps.append(Step("ENV", bare, number))
    return steps + commands


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """The lines with something in them; those that go on are joined."""
    begun, whole = 0, ""
    for number, line in enumerate(text.splitlines()[:_LINES], 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        begun, whole = (begun, f"{whole} {bare}") if whole else (number, bare)
        if not whole.endswith("\\"):
            yield begun, whole
            whole = ""
        else:
            whole = whole[:-1].rstrip()
    if whole:
        yield begun, whole


def wrong(steps: list[Step]) -> Iterator[Wrong]:
    """What is wrong by our own rules."""
    defaults: dict[str, str] = {}
    stages: set[str] = set()
    for step in steps:
        if step.word == "FROM":
            yield from _base(step, defaults, stages)
        elif step.word == "ARG" and not stages:
            name, _, value = step.rest.partition("=")
            defaults[name.strip()] = value.strip().strip("\"'")
        if step.word in ("ENV", "ARG") and (found := _SECRET.match(step.rest)):
            told = f"{found[1][:80]} is set to what its name calls a secret, and stays in the image"
            yield Wrong("recipe.secret", step.line, told, "hand it over as a build secret: RUN --mount=type=secret")
        if step.word == "ADD":
            yield from _added(step)
        if step.word in ("RUN", "SHELL"):
            yield from _ran(step)


def _base(step: Step, defaults: Mapping[str, str], stages: set[str]) -> Iterator[Wrong]:
    words = [word for word in step.rest.split() if not word.startswith("--")]
    named = _VARIABLE.sub(lambda m: defaults.get(m[1] or m[2], m[0]), words[0]) if words else ""
    earlier = named.lower() in stages
    stages.add(words[2].lower() if len(words) == 3 and words[1].lower() == "as" else "")
    # What a variable without a default stands for is said at the build.
    if not named or named == "scratch" or "$" in named or earlier:
        return
    if not _DIGEST.search(named):
        told = f"it is built on {named[:120]}, which may be another image tomorrow"
        yield Wrong("recipe.base", step.line, told, "FROM image:tag@sha256:… (skopeo inspect shows the digest)")


def _added(step: Step) -> Iterator[Wrong]:
    fetched = re.search(r"\bhttps?://\S+", step.rest)
    if fetched and "--checksum=" not in step.rest:
        told = f"{fetched[0][:120]} is added whatever it holds"
        yield Wrong("recipe.added", step.line, told, "ADD --checksum=sha256:… of what was looked at")


def _ran(step: Step) -> Iterator[Wrong]:
    for rule, pattern, told, remedy in _COMMANDS:
        if pattern.search(step.rest):
            yield Wrong(f"recipe.{rule}", step.line, f"line {step.line} {told}", remedy)
    # All commands of a definition file run in one step.
    if step.word == "RUN" and _UPDATE.search(step.rest) and not _INSTALL.search(step.rest):
        told = f"line {step.line} keeps a list of packages that is out of date when the next step installs"
        yield Wrong("recipe.update", step.line, told, "apt-get update && apt-get install in one RUN")


def _finding(path: str, rule: str, line: int, message: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(rule=rule, message=message, severity=severity, location=Location(path=path, line=line))


CHECKS = (recipe,)

"""The fact ``automation``: every command that CI would run, seen through task runners and scripts.

``tox -e lint`` in a workflow becomes the commands of that environment, with the place where each is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from assaymark.api import Location, Tree, fact
from assaymark.patterns import late
from assaymark.records import NamedTuple
from assaymark.subject.ci.model import CiFile, CiJob, CiStep, Workflows
from assaymark.subject.purposes import SCANNERS, Purpose
from assaymark.subject.tasks.line import Line, shell
from assaymark.values import dataclass

_MAX_COMMANDS = 8_000
_MAX_DEPTH = 4
_MAX_TEXT = 2_000
# Inputs of actions, and variables of build tools, that are commands.
_SHELL_INPUT = late(r"run|command|script|cmd|commands|(?:CIBW_)?(?:BEFORE_)?TEST_COMMAND\w*", re.IGNORECASE)
# Names of programs that workflows keep in variables.
_VARIABLE = late(r"\$\{\{\s?env\.(CARGO|PYTHON|MAKE|CMAKE|PYTEST)\s?\}\}")
# Any other variable is looked up in what the definition itself says.
_ASSIGNED = late(r"\$\{\{\s?env\.(\w+)\s?\}\}|\$\{(\w+)\}|\$(\w+)")
# What these start cannot be seen from here.
_OPAQUE = late(
    r"(?:^|\s)(?:docker|podman|apptainer|singularity)\s+(?:compose\s+)?(?:run|exec)\b(?!.*\s(?:-\w*d\w*|--detach)\s)"
    r"|(?:^|\s)(?:earthly|dagger|bazel|bazelisk)\s"
)


_CI_SCRIPT = late(
    r"(?i)\.?(?:ci|kokoro|buildkite|teamcity|semaphore|jenkins)/(?:[^/]+/){0,2}[^/]+\.(?:sh|bash|bat|ps1|py|cfg|ya?ml|kts|groovy)$"
)


class Command(NamedTuple):
    """One thing that CI does: shell text, or an action with its inputs (``uses``).

    ``path`` and ``line`` are where it is written; ``file`` is the CI definition that leads there.
    """

    text: str
    path: str
    line: int
    file: str
    job: str
    uses: bool = False
    on_change: bool = False
    on_request: bool = False
    may_fail: bool = False

    @property
    def location(self) -> Location:
        """The place, for findings."""
        return Location(path=self.path, line=self.line)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Automation:
    """What CI does. ``opaque`` are calls whose content lies outside the repository (or inside a container), ``lost``
    those of tasks that the repository does not have, by what was looked for. ``elsewhere`` is the path of a script that
    a system runs whose definitions are not kept here; '' when there are any here."""

    commands: tuple[Command, ...] = ()
    opaque: tuple[Command, ...] = ()
    files: tuple[CiFile, ...] = ()
    lost: tuple[tuple[str, Command], ...] = ()
    elsewhere: str = ""
    _known: dict[str, tuple[Command, ...]] = field(default_factory=dict, repr=False, compare=False)

    def doing(self, purpose: Purpose, *, on_change: bool = False, on_request: bool = False) -> tuple[Command, ...]:
        """The commands that serve a purpose, of those that a change (a pull request) starts when asked so.

        What a task does that was not found is not known, whatever it is called.
        """
        if purpose.name not in self._known:
            # Jobs repeat each other's commands: each text is looked at once.
            texts = {(c.text, c.uses) for c in self.commands}
            untold = {c.text for _, c in self.lost}
            fitting = {text for text in texts if purpose.fits(*text) and (text[1] or text[0] not in untold)}
            self._known[purpose.name] = tuple(c for c in self.commands if (c.text, c.uses) in fitting)
        return tuple(
            c for c in self._known[purpose.name] if (c.on_change or not on_change) and (c.on_request or not on_request)
        )

    def blind(self, *, on_change: bool = False) -> str:
        """Why nothing can be concluded from not having found something; '' when all of it was seen."""
        problems = [f"{f.path} could not be read ({f.problem})" for f in self.files if f.problem]
        calls = [
            f"what {c} calls ({' '.join(c.text.split())[:60]}) cannot be seen from here"
            for c in self.opaque
            if c.on_change or not on_change
        ]
        tasks = [
            f"what {c} calls ({' '.join(call.split())[:60]}) was not found in the repository"
            for call, c in self.lost
            if c.on_change or not on_change
        ]
        scripts = (
            [f"{self.elsewhere} looks like a script of a system that is configured elsewhere"] if self.elsewhere else []
        )
        return "; ".join(list(dict.fromkeys((*problems, *calls, *tasks, *scripts)))[:3])


def named(purpose: Purpose, commands: Iterable[Command], limit: int = 3) -> str:
    """What serves the purpose and where: ``pytest (tox.ini:12), ctest (.github/workflows/ci.yml:40)``."""
    found: dict[str, str] = {}
    for command in commands:
        found.setdefault(" ".join(purpose.word(command.text, command.uses).split())[:40], str(command))
    shown = [f"{word} ({place})" for word, place in list(found.items())[:limit]]
    return ", ".join(shown) + (" and more" if len(found) > limit else "")


# What it does is known here.
_OUR_RELEASE = "assaymark/assaymark/.github/workflows/make-release.yml@"


@fact
def automation(tree: Tree, workflows: Workflows) -> Automation:
    """All commands of all CI definitions, task runners and scripts resolved statically."""
    started = {f.path for f in workflows.on_change()}
    asked = {f.path for f in workflows.on_request()}
    commands: list[Command] = []
    opaque: list[Command] = []
    known: dict[str, tuple[Line, ...]] = {}
    own = {f.path for f in workflows.files}
    for file in workflows.files:
        for job in file.jobs:
            frame = Command(
                text="",
                path=file.path,
                line=job.line,
                file=file.path,
                job=job.name,
                on_change=file.path in started and job.on_change,
                on_request=file.path in asked and job.on_change,
                may_fail=job.may_fail,
            )
            for call in _calls(frame, job):
                (commands if call.text.startswith(_OUR_RELEASE) else opaque).append(call)
            for step in job.steps:
                if len(commands) >= _MAX_COMMANDS:
                    break
                commands.extend(_commands(tree, frame, step, known, job.env))
        for call in _included(file, file.path in started):
            # The name of a scanner's template tells what it does.
            told = any(purpose.fits(call.text, True) for purpose in SCANNERS)
            (commands if told else opaque).extend([call] if call.text not in own else [])
    opaque.extend(c for c in commands if not c.uses and _OPAQUE.search(c.text))
    elsewhere = "" if workflows.files else next((e.path for e in tree if _CI_SCRIPT.match(e.path)), "")
    return Automation(tuple(commands), tuple(opaque), workflows.files, _lost(tree, commands), elsewhere)


def _lost(tree: Tree, commands: Iterable[Command]) -> tuple[tuple[str, Command], ...]:
    from assaymark.subject.tasks.lost import lost

    first: dict[tuple[str, bool, bool], Command] = {}
    for command in commands:
        if not command.uses:
            first.setdefault((command.text, command.on_change, command.on_request), command)
    return tuple((call, command) for command in first.values() if (call := lost(tree, command.text)))


def _calls(frame: Command, job: CiJob) -> Iterator[Command]:
    """A reusable workflow of another repository."""
    if job.uses and not job.uses.startswith("./"):
        yield _at(frame, Line(job.uses, frame.path, job.line), uses=True)


def _included(file: CiFile, on_change: bool) -> Iterator[Command]:
    """Templates that GitLab and others take in from elsewhere."""
    if file.system.endswith("-actions"):
        return
    for included in file.includes:
        if not included.startswith(("/", "./")):
            yield Command(
                text=included,
                path=file.path,
                line=1,
                file=file.path,
                job="",
                uses=True,
                on_change=on_change,
                on_request=on_change,
            )


def _assigned(run: str, env: Mapping[str, str]) -> str:
    """Shell text with the variables replaced that the definition sets to one plain line."""

    def value(found: re.Match[str]) -> str:
        text = env.get(found[1] or found[2] or found[3], "")
        return text if text and "\n" not in text and "$" not in text else found[0]

    return _ASSIGNED.sub(value, run)


def _commands(
    tree: Tree, frame: Command, step: CiStep, known: dict[str, tuple[Line, ...]], env: Mapping[str, str]
) -> Iterator[Command]:
    lines: list[Line] = []
    run = _assigned(step.run, {**env, **step.env}) if "$" in step.run and (env or step.env) else step.run
    run = _VARIABLE.sub(lambda found: found[1].lower(), run)
    if step.uses:
        inputs = " ".join(f"{key}={value}" for key, value in step.inputs.items())
        call = Line(f"{step.uses} {inputs}"[:_MAX_TEXT], step.path, step.line)
        yield _at(frame, call, uses=True, may_fail=step.may_fail)
        lines.extend(_expanded(tree, step.uses, known))
    for key, value in (*step.inputs.items(), *step.env.items()):
        if _SHELL_INPUT.fullmatch(key):
            lines.extend(shell(value, step.path, step.line, block=False))
    lines.extend(shell(run, step.path, step.line))
    for line in lines:
        yield _at(frame, line, may_fail=step.may_fail)
        for inner in _expanded(tree, line.text, known):
            yield _at(frame, inner, may_fail=step.may_fail)


def _at(frame: Command, line: Line, *, uses: bool = False, may_fail: bool = False) -> Command:
    return Command(
        text=line.text,
        path=line.path,
        line=line.line,
        file=frame.file,
        job=frame.job,
        uses=uses,
        on_change=frame.on_change,
        on_request=frame.on_request,
        may_fail=frame.may_fail or may_fail,
    )


def _expanded(tree: Tree, text: str, known: dict[str, tuple[Line, ...]]) -> tuple[Line, ...]:
    """What stands behind a command, and behind that, a few calls deep; each text is looked up once."""
    if text in known:
        return known[text]
    from assaymark.subject.tasks.expand import expand

    found: dict[Line, None] = {}
    seen, level = {text}, [text]
    for _ in range(_MAX_DEPTH):
        lines = [line for one in level for line in expand(tree, one)]
        fresh = [line for line in lines if line not in found]
        found.update(dict.fromkeys(fresh))
        level = list(dict.fromkeys(line.text for line in fresh if line.text not in seen))
        seen.update(level)
        if not level or len(found) > _MAX_COMMANDS:
            break
    known[text] = tuple(found)[:_MAX_COMMANDS]
    return known[text]

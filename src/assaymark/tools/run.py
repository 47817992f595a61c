"""Run one tool on the files it is given, and believe it only when it really ran."""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from assaymark import proc
from assaymark.api import Entry, Evidence, Outcome, Parsed, Unexamined, Unparsable
from assaymark.subject.parsing import REPORT_LIMIT, ParseProblem
from assaymark.tools import held, parsers, results, sanitise, verdict
from assaymark.tools.locate import Located, locate
from assaymark.tools.manifest import Executes, Kind, Manifest
from assaymark.tools.provision import Unprovisionable, provision, provisioned
from assaymark.tools.text import last_lines
from assaymark.tools.verdict import Trouble
from assaymark.tools.workspace import Workspace, export

# Arguments of one call: far below what any system allows, and enough for a thousand paths.
_ARGUMENTS = 100_000
_VERSION_TIMEOUT = 60
# Tests may import what lies beside them, as they do for the project itself.
_AT_HOME = {"PYTHONSAFEPATH": "", "PYTHONUTF8": ""}
# A tool judges what lies here: one that would fetch something finds no way out (nothing listens on this port).
_OFFLINE = dict.fromkeys(
    ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One tool with everything that it is run on and everything that was allowed."""

    manifest: Manifest
    files: tuple[Entry, ...]
    configuration: sanitise.Configuration | None = None
    trusted: bool = False
    run_tests: bool = False
    provision: bool = False
    remember: bool = True
    session: Session | None = None
    parsers: Mapping[str, parsers.Parser] = field(default_factory=lambda: MappingProxyType({}))


def run_tool(job: Job, workspace: Workspace) -> Evidence:
    """Evidence from one tool; whatever goes wrong is in it, with the reason."""
    manifest, version = job.manifest, None
    try:
        _allowed(job)
        if job.session is not None:
            _, version, parsed = job.session.answer(job, workspace)
            left_out: tuple[tuple[Entry, str], ...] = ()
        else:
            located = find_program(job, workspace)
            version = version_of(manifest, located, workspace, remember=job.remember)
            files, left_out = workspace.usable(job.files)
            parsed = _remembered(job, located, version, workspace, files)
    except Trouble as trouble:
        return verdict.troubled(manifest, trouble, version)
    missed = tuple(Unexamined(path=e.path, reason=reason) for e, reason in left_out)
    whole = Parsed(findings=parsed.findings, metrics=parsed.metrics, unexamined=(*parsed.unexamined, *missed))
    digest = results.files_digest(job.files)
    judged = verdict.judged(manifest, whole, files=len(job.files), version=version, digest=digest)
    return held.weighed(judged, manifest, workspace.tree) if job.configuration is not None else judged


def _remembered(job: Job, located: Located, version: str, workspace: Workspace, files: tuple[Entry, ...]) -> Parsed:
    key = results.key(job, located, version, files)
    known = results.get(key)
    if known is not None:
        return known
    parsed = _run(job, located, workspace, files)
    results.put(key, parsed)
    return parsed


class Session:
    """One run of a tool whose traces other tools read afterwards: they share its temporary folder.

    Whoever asks first starts the leader; the others wait for it. Nothing of it is remembered.
    """

    def __init__(self, leader: Job) -> None:
        self._leader = leader
        self._lock = threading.Lock()
        self._led: tuple[Located, str, Parsed] | Trouble | None = None
        self._place: _Place | None = None

    def answer(self, job: Job, workspace: Workspace) -> tuple[Located, str, Parsed]:
        """Where the tool is, its version and its report. Raises `Trouble`."""
        with self._lock:
            if self._led is None:
                try:
                    self._led = self._lead(workspace)
                except Trouble as trouble:
                    self._led = trouble
            if isinstance(self._led, tuple) and job.manifest.name == self._leader.manifest.name:
                return self._led
            if isinstance(self._led, Trouble):
                if job.manifest.name == self._leader.manifest.name:
                    raise self._led
                reason = f"{self._leader.manifest.name} gave no result to look at"
                raise Trouble(outcome=Outcome.UNKNOWN, reason=reason)
            located, _, parsed = self._led
            if self._leader.manifest.kind is Kind.TESTS and verdict.of_tests(parsed)[0] is not Outcome.PASSED:
                raise Trouble(
                    outcome=Outcome.UNKNOWN, reason="not every test ran and passed: what they reach tells nothing"
                )
            return self._follow(job, located, workspace)

    def _lead(self, workspace: Workspace) -> tuple[Located, str, Parsed]:
        import shutil
        import tempfile
        import weakref

        located = find_program(self._leader, workspace)
        version = version_of(self._leader.manifest, located, workspace, remember=False)
        tmp = Path(tempfile.mkdtemp(prefix="assaymark-tests-"))
        weakref.finalize(self, shutil.rmtree, tmp, ignore_errors=True)
        self._place = _place(self._leader, workspace, (), tmp)
        return located, version, _call(self._leader, located, self._place, (), 0)

    def _follow(self, job: Job, leader: Located, workspace: Workspace) -> tuple[Located, str, Parsed]:
        program = leader.path.parent / job.manifest.program
        if self._place is None or not program.is_file():
            reason = f"{job.manifest.program} is not installed beside {self._leader.manifest.program}"
            remedy = f"install {job.manifest.program} in the project's environment"
            raise Trouble(outcome=Outcome.UNKNOWN, reason=reason, remedy=remedy)
        located = Located(program, leader.origin)
        version = version_of(job.manifest, located, workspace, remember=False)
        return located, version, _call(job, located, self._place, (), 1)


def _allowed(job: Job) -> None:
    manifest = job.manifest
    if manifest.kind.runs_tests and not job.run_tests:
        raise Trouble(
            outcome=Outcome.UNKNOWN,
            reason="the project's tests are only executed when asked for",
            remedy="run with --run-tests, or leave a report of your own test run in the checkout",
        )
    if manifest.executes_code is Executes.ALWAYS and not (job.trusted or manifest.kind.runs_tests):
        raise Trouble(
            outcome=Outcome.UNKNOWN,
            reason="it executes code of the repository: needs --trust-repository",
            remedy="run with --trust-repository if the repository is yours",
        )


def find_program(job: Job, workspace: Workspace) -> Located:
    """The program, installed first when that was allowed. Raises `Trouble` when there is none."""
    manifest = job.manifest
    trusted = job.trusted or (manifest.kind.runs_tests and job.run_tests)
    found = locate(manifest.program, workspace.checkout, trusted=trusted, at_home=manifest.kind.runs_tests)
    if found is None and manifest.pypi:
        found = provisioned(manifest.name, manifest.program, manifest.pypi)
        if found is None and job.provision:
            try:
                return provision(manifest.name, manifest.program, manifest.pypi)
            except (Unprovisionable, OSError) as problem:
                reason = f"it is not installed, and installing it failed: {problem}"
                raise Trouble(outcome=Outcome.UNKNOWN, reason=reason, transient=True) from problem
    if found is None:
        how = (
            f"install {manifest.program}, or run with --provision"
            if manifest.pypi
            else f"put {manifest.program} on PATH"
        )
        where = "; one inside the checkout is only used with --trust-repository"
        raise Trouble(
            outcome=Outcome.UNKNOWN,
            reason=f"{manifest.program} is not installed{'' if trusted else where}",
            remedy=f"{how}, or hand in its report: assaymark ingest FILE --for {manifest.subcriteria[0]}",
        )
    return found


def version_of(manifest: Manifest, located: Located, workspace: Workspace, *, remember: bool = True) -> str:
    """The tool's version. Raises `Trouble` when the program does not answer like the tool."""
    # What stands in the user's home may be another version tomorrow, behind the same program.
    remember = remember and not manifest.homes
    known = results.version(located) if remember else None
    if known is not None and (match := re.search(manifest.version_pattern, known)):
        return match[1] if match.groups() else match[0]
    path = located.search_path(workspace.checkout)
    done = proc.run(
        [_tells_version(manifest, located, path), *manifest.version_args],
        cwd="/",
        env={"PATH": path} | _OFFLINE | _homes(manifest),
        timeout=_VERSION_TIMEOUT,
        limit=1_000_000,
        memory=_memory(manifest),
    )
    _ended(done, _VERSION_TIMEOUT)
    text = (done.stdout + b"\n" + done.stderr).decode("utf-8", "replace")
    match = re.search(manifest.version_pattern, text)
    if not match:
        said = last_lines(done.stdout + b"\n" + done.stderr) or "nothing"
        reason = f"{manifest.program} does not answer with its version (exit {done.returncode}): {said}"
        raise Trouble(outcome=Outcome.ERROR, reason=reason)
    if remember:
        results.remember_version(located, text)
    return match[1] if match.groups() else match[0]


def _homes(manifest: Manifest) -> dict[str, str]:
    """Where the tool finds what is installed for the user; it sees another home."""
    real = os.path.expanduser("~")  # noqa: PTH111 - Path would raise where there is no home
    found = {name: os.environ.get(name) or f"{real}/{folder}" for name, folder in manifest.homes.items()}
    return {name: place for name, place in found.items() if Path(place).is_dir()}


def _tells_version(manifest: Manifest, located: Located, path: str) -> str:
    if manifest.version_program is None:
        return str(located.path)
    found = shutil.which(manifest.version_program, path=path)
    if found is None:
        reason = f"which {manifest.program} this is cannot be told: {manifest.version_program} is not beside it"
        raise Trouble(
            outcome=Outcome.UNKNOWN,
            reason=reason,
            remedy=f"put {manifest.version_program} on PATH",
            transient=True,
        )
    return found


def _run(job: Job, located: Located, workspace: Workspace, files: tuple[Entry, ...]) -> Parsed:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="assaymark-tool-", ignore_cleanup_errors=True) as folder:
        place = _place(job, workspace, files, Path(folder))
        present = tuple(e for e in files if _exists(place.root, e))
        reports = [_missing(e for e in files if e not in set(present))] if len(present) < len(files) else []
        deadline = time.monotonic() + 3 * job.manifest.timeout
        for number, names in enumerate(_chunks(job.manifest, () if _scoped(job, workspace) else present)):
            if time.monotonic() > deadline:
                raise _late(3 * job.manifest.timeout)
            reports.append(_call(job, located, place, names, number))
    return verdict.merged(reports)


def _exists(root: Path, entry: Entry) -> bool:
    # Names may be any bytes.
    return os.path.lexists(os.path.join(os.fsencode(root), os.fsencode(entry.path)))  # noqa: PTH118


def _missing(entries: Iterable[Entry]) -> Parsed:
    return Parsed(unexamined=tuple(Unexamined(path=e.path, reason="its content is not at hand") for e in entries))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a tool runs: ``root`` holds the files, ``tmp`` is its own; ``config`` are the arguments for {config}."""

    root: Path
    tmp: Path
    cwd: Path
    config: tuple[str, ...]
    canary: Path | None
    checkout: Path | None

    def plain(self, text: str) -> str:
        """What a tool said, without the folders of this very run and machine: the same subject, the same words."""
        for folder in (self.root, self.tmp):
            text = text.replace(f"{folder}/", "").replace(str(folder), ".")
        return text


def _place(job: Job, workspace: Workspace, files: tuple[Entry, ...], tmp: Path) -> _Place:
    manifest = job.manifest
    if manifest.isolate:
        root = tmp / "files"
        root.mkdir()
        export(workspace.tree, files, root)
    else:
        root = workspace.root()
    empty = tmp / "empty"
    empty.mkdir()
    canary = None
    if manifest.canary is not None:
        canary = tmp / "canary" / manifest.canary.name
        canary.parent.mkdir()
        canary.write_text(manifest.canary.text, encoding="utf-8")
    return _Place(
        root=root,
        tmp=tmp,
        cwd=empty if manifest.cwd == "empty" else root,
        config=_config(job, workspace, root, tmp),
        canary=canary,
        checkout=workspace.checkout,
    )


def _config(job: Job, workspace: Workspace, root: Path, tmp: Path) -> tuple[str, ...]:
    """What stands for {config}: the project's own file, a harmless copy of it, or ours."""
    rule, found = job.manifest.config, job.configuration
    if found is None and rule.extra is not None:
        file = tmp / (rule.name or "config")
        file.write_text(rule.extra, encoding="utf-8")
        return tuple(a.replace("{config}", str(file)) for a in rule.args)
    if found is None:
        return rule.absent
    if found.mention or not rule.args:
        return rule.mentioned if found.mention else ()
    if job.trusted and not job.manifest.isolate and not rule.reset:
        return tuple(a.replace("{config}", str(root / found.entry.path)) for a in rule.args)
    try:
        text = sanitise.sanitised(workspace.tree, found, (*rule.reset, *(() if job.trusted else rule.drop)))
    except ParseProblem as problem:
        reason = f"its configuration {found.entry.path} cannot be read: {problem}"
        remedy = f"mend {found.entry.path}"
        raise Trouble(outcome=Outcome.UNKNOWN, reason=reason, remedy=remedy) from problem
    # Paths in a configuration are relative to its own place, hence in the copy of the files rather than beside it.
    folder = root / Path(found.entry.path).parent if job.manifest.isolate else tmp
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / (rule.name or found.entry.name)
    file.write_text(text, encoding="utf-8", errors="surrogateescape")
    return tuple(a.replace("{config}", str(file)) for a in rule.args)


def _scoped(job: Job, workspace: Workspace) -> bool:
    """Whether the project's configuration says itself which files the tool looks at."""
    found = job.configuration
    if found is None or found.mention or not job.manifest.config.scope:
        return False
    return sanitise.sets(workspace.tree, found, job.manifest.config.scope)  # it was read before: _place


def _chunks(manifest: Manifest, files: Sequence[Entry]) -> Iterator[tuple[str, ...]]:
    """Names for one call each; all of them at once when the tool takes a list or a folder."""
    names = tuple(e.path if not e.path.startswith("-") else f"./{e.path}" for e in files)
    if "{files}" not in manifest.command:
        yield names
        return
    part: list[str] = []
    size = 0
    for name in names:
        length = len(os.fsencode(name)) + 1
        if part and size + length > _ARGUMENTS:
            yield tuple(part)
            part, size = [], 0
        part.append(name)
        size += length
    yield tuple(part)


def _call(job: Job, located: Located, place: _Place, names: tuple[str, ...], number: int) -> Parsed:
    manifest = job.manifest
    report = place.tmp / f"report-{number}"
    argv = [*_words(manifest, located, place, names, report)]
    done = proc.run(
        argv,
        cwd=place.cwd,
        env={"PATH": located.search_path(place.checkout)}
        | (_AT_HOME if manifest.kind.runs_tests else _OFFLINE)
        | _homes(manifest),
        timeout=manifest.timeout,
        limit=REPORT_LIMIT,
        memory=_memory(manifest),
    )
    _ended(done, manifest.timeout)
    if done.returncode is not None and done.returncode in manifest.unable:
        said = place.plain(last_lines(done.stdout) or last_lines(done.stderr))
        reason = f"{manifest.unable[done.returncode]} ({said})"
        raise Trouble(outcome=Outcome.UNKNOWN, reason=reason, remedy="see its output for what the environment lacks")
    if done.returncode not in manifest.ran:
        said = place.plain(last_lines(done.stderr) or last_lines(done.stdout) or "it said nothing")
        raise Trouble(outcome=Outcome.ERROR, reason=f"it failed with exit code {done.returncode}: {said}")
    data = _report(manifest, done, report)
    options: dict[str, object] = dict(manifest.options)
    if place.canary is not None:
        options["canary_path"] = str(place.canary)
    try:
        raw = parsers.get(manifest.format, job.parsers)(data, place.root, options)
        if done.returncode not in manifest.clean and not (raw.findings or raw.unexamined):
            raise Unparsable(f"exit code {done.returncode} says that something was found, and it names nothing")
        told = verdict.told(manifest, raw)
        return replace(told, findings=tuple(replace(f, message=place.plain(f.message)) for f in told.findings))
    except Unparsable as problem:
        said = place.plain(last_lines(done.stderr))
        reason = f"its report cannot be used: {problem}" + (f" ({said})" if said else "")
        raise Trouble(outcome=Outcome.ERROR, reason=reason) from problem


def _words(manifest: Manifest, located: Located, place: _Place, names: tuple[str, ...], report: Path) -> Iterator[str]:
    command = manifest.command
    wrapper = located.path.parent / manifest.wrapped[0] if manifest.wrapped else None
    if wrapper is not None and wrapper.is_file():
        command = manifest.wrapped
        yield str(wrapper)
    else:
        yield str(located.path)
    given = (*names, *((str(place.canary),) if place.canary else ()))
    listed = place.tmp / "files.txt"
    values = {"{root}": str(place.root), "{report}": str(report), "{tmp}": str(place.tmp), "{list}": str(listed)}
    for argument in command[1:]:
        if argument == "{files}":
            yield from given
        elif argument == "{config}":
            yield from place.config
        else:
            if "{list}" in argument:
                # A name with a newline would become two: such a file cannot be listed.
                listed.write_bytes(b"".join(os.fsencode(n) + b"\n" for n in given if "\n" not in n))
            for placeholder, value in values.items():
                argument = argument.replace(placeholder, value)
            yield argument


def _report(manifest: Manifest, done: proc.Completed, report: Path) -> bytes:
    if not any("{report}" in argument for argument in manifest.command):
        return done.stderr if manifest.stream == "stderr" else done.stdout
    try:
        with report.open("rb") as file:
            return file.read(REPORT_LIMIT + 1)
    except OSError as problem:
        said = last_lines(done.stderr) or last_lines(done.stdout) or "it said nothing"
        raise Trouble(outcome=Outcome.ERROR, reason=f"it wrote no report: {said}") from problem


def _ended(done: proc.Completed, timeout: float) -> None:
    """Raise `Trouble` unless the program ended by itself."""
    if done.problem is not None:
        raise Trouble(outcome=Outcome.UNKNOWN, reason=done.problem)
    if done.timed_out:
        raise _late(timeout)
    if done.truncated:
        raise Trouble(outcome=Outcome.UNKNOWN, reason="it wrote more than can be read; it was stopped")
    if done.killed:
        number = done.signal or (done.returncode or 128) - 128
        reason = f"it was killed (signal {number}), for want of memory perhaps"
        raise Trouble(outcome=Outcome.UNKNOWN, reason=reason, transient=True)


def _late(timeout: float) -> Trouble:
    return Trouble(
        outcome=Outcome.UNKNOWN, reason=f"it did not end within {timeout:g} s; it was stopped", transient=True
    )


def _memory(manifest: Manifest) -> int | None:
    return manifest.memory * 2**20 if manifest.memory else None

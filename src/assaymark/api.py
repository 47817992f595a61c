"""All that a plugin (and a built-in check) imports: the contracts, and the words to answer in.

A *fact* is a function whose name is the fact's name and whose parameters are other facts::

    @fact
    def readme(tree: Tree) -> Readme: ...

A *check* is a pure function of facts that returns evidence; its docstring is its help page::

    @check("doc.readme", reads=("README*",))
    def readme_content(readme: Readme) -> Evidence:
        '''A README says what the software is, how to start and how to test it.'''
        return passed("README.md covers all six topics")

A fact that cannot be gathered raises `FactUnavailable`: every check that needs it becomes ``unknown`` (or
``not-applicable``) with the reason. Any other exception in a fact or a check becomes ``error``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from assaymark.errors import InputError
from assaymark.model import (
    EMPTY,
    Evidence,
    Finding,
    Grade,
    Location,
    Outcome,
    Severity,
    Subject,
    ToolRef,
)
from assaymark.records import NamedTuple
from assaymark.values import dataclass

if TYPE_CHECKING:
    from assaymark.content import content_of
    from assaymark.hdf5 import leads_elsewhere
    from assaymark.image import Binary, Image, Layer, Member, MemberKind
    from assaymark.job import Confinement, Handle, Job, Log, Resources, Runner, Site, State, Status, told_of_run
    from assaymark.manifest import Misfit, is_comparable, line_of_key, misfit, name_of_key, read_manifest
    from assaymark.web import Silent, WebAnswer, ask_web, host_of, is_allowed, only_to

__all__ = [
    "Binary",
    "Case",
    "Check",
    "Confinement",
    "Context",
    "Edit",
    "Entry",
    "Evidence",
    "Fact",
    "FactUnavailable",
    "Finding",
    "Grade",
    "Handle",
    "Image",
    "InputError",
    "Job",
    "Layer",
    "Location",
    "Log",
    "Member",
    "MemberKind",
    "Misfit",
    "Options",
    "Outcome",
    "Parsed",
    "Parts",
    "Plugin",
    "Problem",
    "Published",
    "Ran",
    "Resources",
    "Rule",
    "Runner",
    "Severity",
    "Silent",
    "Site",
    "State",
    "Status",
    "Subject",
    "ToolRef",
    "Tree",
    "Unexamined",
    "Unparsable",
    "Unreachable",
    "Validator",
    "WebAnswer",
    "answer",
    "answer_options",
    "ask_web",
    "check",
    "content_of",
    "fact",
    "failed",
    "fetcher",
    "host_of",
    "image_of",
    "image_pulled",
    "is_allowed",
    "is_comparable",
    "leads_elsewhere",
    "line_of_key",
    "misfit",
    "name_of_key",
    "not_applicable",
    "only_to",
    "passed",
    "published",
    "read_manifest",
    "run_program",
    "runner_of",
    "site_of",
    "stale_badge",
    "told_of_run",
    "unknown",
    "wait_for",
    "watching_jobs",
]


_ELSEWHERE = {
    "content_of": "assaymark.content",
    "leads_elsewhere": "assaymark.hdf5",
    **dict.fromkeys(("Binary", "Image", "Layer", "Member", "MemberKind"), "assaymark.image"),
    **dict.fromkeys(
        ("Confinement", "Handle", "Job", "Log", "Resources", "Runner", "Site", "State", "Status", "told_of_run"),
        "assaymark.job",
    ),
    **dict.fromkeys(
        ("Misfit", "is_comparable", "line_of_key", "misfit", "name_of_key", "read_manifest"), "assaymark.manifest"
    ),
    **dict.fromkeys(("Silent", "WebAnswer", "ask_web", "host_of", "is_allowed", "only_to"), "assaymark.web"),
}


def __getattr__(name: str) -> Any:
    """Words of images, jobs, manifests and the web are loaded on use: most assessments know none of them."""
    if name in _ELSEWHERE:
        return getattr(import_module(_ELSEWHERE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One tracked file: ``path`` (surrogate-escaped), git ``mode``, blob id (40 or 64 hex) and size in bytes.

    The size is -1 for a file whose content a partial clone does not hold; reading it raises `FactUnavailable`.
    """

    path: str
    mode: int
    blob: str
    size: int

    @property
    def is_symlink(self) -> bool:
        """Whether git stores it as a symbolic link."""
        return self.mode == 0o120000

    @property
    def is_submodule(self) -> bool:
        """Whether it is a gitlink: another repository, not a file."""
        return self.mode == 0o160000

    @property
    def is_executable(self) -> bool:
        """Whether git stores the executable bit."""
        return self.mode == 0o100755

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


class Tree(Protocol):
    """The files that are judged, read-only. No method leaves the root, follows a link or runs anything."""

    @property
    def digest(self) -> str:
        """Digest over all paths, modes and blob ids (``sha256:…``)."""

    def __iter__(self) -> Iterator[Entry]:
        """All entries in the order of their path; symlinks and submodules included."""

    def __len__(self) -> int:
        """Number of entries."""

    def get(self, path: str) -> Entry | None:
        """The entry with exactly this path."""

    def find(self, *names: str, under: Iterable[str] = ("",)) -> tuple[Entry, ...]:
        """Regular files right in a folder of ``under`` ('' is the root) whose name matches a glob in any case."""

    def glob(self, *patterns: str) -> tuple[Entry, ...]:
        """Regular files whose path matches one of the patterns (``*`` within a part, ``**`` across parts)."""

    def read(self, path: str, limit: int = 1_000_000) -> bytes:
        """At most ``limit`` bytes of a file; KeyError when there is none. A symlink gives its target's text."""

    def text(self, path: str, limit: int = 1_000_000) -> str:
        """The same decoded as UTF-8 (BOM dropped) with U+FFFD for what is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line (and only the command line or the environment) allowed; the fact ``options``.

    ``root`` is the checkout's folder, or None when there are no files on disk (a bare repository, a tarball).
    """

    as_of: date
    root: Path | None = None
    tools: bool = True
    run_tests: bool = False
    run_steps: bool = False
    trust_repository: bool = False
    provision: bool = False
    forge: bool = False
    allow_hosts: tuple[str, ...] = ()
    jobs: int = 2
    cache: bool = True


class FactUnavailable(Exception):
    """A fact could not be gathered; says why, and what to do about it."""

    def __init__(self, reason: str, *, outcome: Outcome = Outcome.UNKNOWN, remedy: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.outcome = outcome
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Fact:
    """Something gathered once and shared by all checks that name it as a parameter."""

    name: str
    provide: Callable[..., Any]
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One function that gives evidence.

    ``reads`` are globs of the files on which the answer depends (used by ``--changed-since``); ``subcriteria``
    is for checks that attach themselves (tools, steps) instead of being named by the catalogue; ``external``
    marks those that start a process and therefore run in the pool, those with the greatest ``weight`` (bytes to look
    at, say) first: a long one that starts last is waited for while the other processors have nothing to do.
    """

    id: str
    function: Callable[..., Evidence | tuple[Evidence, ...]]
    needs: tuple[str, ...]
    reads: tuple[str, ...] = ("**",)
    subcriteria: tuple[str, ...] = ()
    external: bool = False
    weight: int = 0

    @property
    def help(self) -> str:
        """The help page: the function's docstring."""
        return inspect.getdoc(self.function) or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unexamined:
    """A file that a tool was given and could not examine; ``path`` is None when it did not say which."""

    path: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a report says. ``unexamined`` are files without a verdict; ``metrics`` are numbers such as coverage."""

    findings: tuple[Finding, ...] = ()
    metrics: Mapping[str, str | int | float | bool] = field(default_factory=lambda: EMPTY)
    unexamined: tuple[Unexamined, ...] = ()


class Unparsable(Exception):
    """A report is not what its format promises: nothing can be concluded from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing a validator can say. ``id`` is stable and never used again for something else (``CWL-X001``)."""

    id: str
    title: str
    severity: Severity
    why: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Text to put in place of a span; lines and columns count from 1 (columns in characters), the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What a validator found. ``pointer`` is the JSON pointer of the value; ``edits`` mend it safely, if any."""

    finding: Finding
    pointer: str = ""
    edits: tuple[Edit, ...] = ()


class Unreachable(Exception):
    """A file or address that a document refers to may not or cannot be read; ``outside`` if it leaves the repository,
    ``remote`` if it was not fetched because its host is not allowed."""

    def __init__(self, reason: str, *, outside: bool = False, remote: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.outside = outside
        self.remote = remote


class Published(NamedTuple):
    """Whether a file is committed as it is; ``pushed`` is None where no remote-tracking branch tells.

    These branches tell what was last fetched or pushed.
    """

    committed: bool
    pushed: bool | None = None


class Ran(NamedTuple):
    """How a program ended: ``code`` is None when it could not be run to its end, and ``problem`` says why.

    ``stderr`` is what `run_program` heard there.
    """

    code: int | None
    stdout: bytes = b""
    problem: str = ""
    stderr: bytes = b""


class Context(Protocol):
    """What a validator may see of the world. What it reads is part of the key of its answer."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """The table ``[tool.assaymark.validate.<validator id>]``, command line included (``profile``, ``param`` …)."""

    def read(self, path: str) -> bytes:
        """A file by its path from the repository's root, or an ``http(s):`` address. Raises `Unreachable`."""

    def exists(self, path: str) -> bool:
        """Whether the repository has such a file; False for what lies outside."""

    def paths(self) -> tuple[str, ...]:
        """Every file of the repository, sorted."""

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        """A value shared by all documents of one run, such as a parsed file that many refer to.

        One whose key begins with ``kept:`` is plain JSON and outlives the run, for as long as all that ``make`` read
        is the same.
        """

    def run(self, program: str, arguments: Sequence[str], files: Mapping[str, bytes]) -> Ran:
        """Run an installed program in a new folder that holds ``files`` and nothing else, within limits."""

    def check_time(self) -> None:
        """Raises when the document has used up its time; call it in long loops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validator:
    """One document format.

    ``names`` are globs of the file names it may have. ``detect`` and ``validate`` are ``module:function``, loaded on
    use (``detect`` may be the function itself). ``detect(path, data)`` decides by content, cheaply and without raising;
    the text that it is given is UTF-8 without a byte order mark, however the file is written.
    ``validate(path, data, context)`` gives the problems in the order of their place, or None when it is not such a
    document after all. With ``batch`` the function takes all documents at once,
    ``(documents: Mapping[str, bytes], context)``, and gives a mapping from path to problems (for an engine that is
    started once). ``rules`` is a TOML file of ``[[rule]]`` tables: id, title, severity, why, remedy.
    ``version`` changes whenever an answer can.
    """

    id: str
    title: str
    version: str
    names: tuple[str, ...]
    detect: str | Callable[[str, bytes], bool]
    validate: str
    rules: Any
    batch: bool = False


class Parts(NamedTuple):
    """Checks, and the facts that only they ask for."""

    checks: tuple[Check, ...] = ()
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """What a distribution adds; the value behind an ``assaymark.plugins`` entry point.

    ``parts`` names further checks and facts (``module:attribute``, a `Parts` value) that are loaded when the catalogue
    asks for one that nothing else offers: those about images, say, which an assessment of software has no use for.
    None of them attaches itself. ``tools`` are folders of tool manifests; ``parsers`` map a report format to a parser,
    called with the report's bytes, the checkout's root and the manifest's options, which gives `Parsed` or raises
    `Unparsable`; ``commands`` map a verb to ``module:function``, loaded on use; ``runners`` map a name of
    ``assess --runner`` to one that is called with the folder, the other words of the command line and a folder for the
    reports, and gives exit status and what was said. ``cases`` is ``module:function`` too:
    called with the path of a file, it gives the `Case` that this manifest asks to have judged, or None when it is no
    manifest of this plugin (decided by its text alone, without reading any other file). InputError when it is a wrong
    one. Nothing that a case found like this names is executed.
    """

    name: str
    version: str
    checks: tuple[Check, ...] = ()
    facts: tuple[Fact, ...] = ()
    parts: str = ""
    tools: tuple[Any, ...] = ()
    parsers: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    validators: tuple[Validator, ...] = ()
    runners: Mapping[str, Any] = field(default_factory=dict)
    reports: Mapping[str, Callable[..., str]] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)
    cases: str = ""
    templates: tuple[Any, ...] = ()
    catalogue: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a verb of a plugin examined and wants to have judged by the criteria of its kind.

    ``kind`` is a folder of the catalogue and becomes the kind of the subject; ``name`` is shown: a file's path within
    ``folder`` (then ``file`` is True), or the name of something that lies elsewhere, such as an image. The repository
    that ``folder`` lies in, if any, gives identity, waivers and attestations. ``digest`` (``sha256:...``) covers all
    that was looked at; ``facts`` are what the checks of the plugin ask for by name; ``profile`` is the default one.
    ``run`` tells where it was tried (site, node, number of a batch job): no part of the verdict.
    """

    kind: str
    name: str
    digest: str
    profile: str
    folder: Path | None = None
    file: bool = True
    facts: Mapping[str, object] = field(default_factory=dict)
    run: Mapping[str, str] = field(default_factory=dict)


def answer_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options of every verb whose answer is an assessment; they are what `answer` takes.

    ``--profile --gate --baseline --select --skip --as-of --format --output``: the verb's function takes them as
    ``**wanted`` and hands them on.
    """
    decorated: Callable[..., Any] = import_module("assaymark.cli._verdict").options(command)
    return decorated


def answer(case: Case, wanted: Mapping[str, Any], **options: Any) -> None:
    """Judge a case, print the verdict, write the files and keep the gate, exactly as ``assaymark assess`` does.

    ``wanted`` are the options of `answer_options`, ``options`` fields of `Options` that the command line granted.
    Raises an error with the exit status of the gate.
    """
    import_module("assaymark.cli._verdict").answer(case, wanted, options)


def image_of(
    path: str | Path, architecture: str | None = None, look: Callable[[IO[bytes]], Binary] | None = None
) -> Image:
    """The container image at a path (OCI layout, ``docker save``, an unpacked folder, squashfs or SIF), not started.

    ``look`` reads what is compiled. Raises InputError when it is none, is damaged, or is not what its digests say.
    """
    found: Image = import_module("assaymark.images.read").read(path, architecture, look)
    return found


def run_program(
    arguments: Sequence[str],
    *,
    folder: Path,
    time: float,
    environment: Mapping[str, str] | None = None,
    input: bytes = b"",
    reserves: bool = False,
) -> Ran:
    """Run a program on this machine to its end, within limits of memory and output and ``time`` seconds.

    It sees a clean environment with ``environment`` added, and leaves no process behind. One that ``reserves`` far more
    address space than it uses has no limit of memory.
    """
    proc = import_module("assaymark.proc")
    memory = None if reserves else proc.MEMORY
    done = proc.run(arguments, cwd=folder, env=environment, timeout=time, limit=50_000_000, memory=memory, input=input)
    if done.finished:
        return Ran(done.returncode, done.stdout, stderr=done.stderr)
    said = "wrote too much" if done.truncated else f"signal {done.signal}"
    return Ran(None, done.stdout, f"not over after {time:g} s" if done.timed_out else done.problem or said)


def fetcher(hosts: Iterable[str]) -> Callable[[str], bytes]:
    """What reads addresses of these hosts, within limits of size, time and number; raises `Unreachable`."""
    found: Callable[[str], bytes] = import_module("assaymark.validation.remote").fetcher(tuple(hosts))
    return found


def image_pulled(reference: str, architecture: str = "amd64") -> Path:
    """The image that a registry holds under ``host/path@sha256:…`` or ``host/path:tag``, as an OCI layout; kept.

    The login is that of Docker, or ``REGISTRY_USERNAME`` and ``REGISTRY_PASSWORD``. Raises InputError, Undetermined.
    """
    import os

    cache = import_module("assaymark.runners.choose").places().images
    found: Path = import_module("assaymark.release.pull").pulled(reference, cache, os.environ, architecture)
    return found


def published(place: Path) -> Published | None:
    """Whether the bytes of a file are committed, and pushed as far as the clone knows; None for one in no checkout."""
    found: Published | None = import_module("assaymark.subject.published").published(place)
    return found


def runner_of(
    name: str | None, engine: str | None = None, site: Site | None = None, image: Path | None = None
) -> Runner:
    """A runner by its name, with the container engine of this name or the first that works here with an ``image``.

    Raises InputError when there is none.
    """
    choose = import_module("assaymark.runners.choose")
    found: Runner = choose.runner(name or (site and site.runner), engine, site=site, image=image)
    return found


def site_of(name: str, sites: str | Path | None = None) -> Site:
    """A site by its name, from a file of sites or from where a person keeps them. Raises InputError."""
    found: Site = import_module("assaymark.runners.site").site(name, Path(sites) if sites else None)
    return found


def wait_for(
    runner: Runner, handles: Sequence[Handle], heard: Callable[[Handle, tuple[Status, ...]], None] | None = None
) -> Mapping[str, tuple[Status, ...]]:
    """The final status of each copy of every job, by the job's id; what is late is cancelled and said to be late."""
    found: Mapping[str, tuple[Status, ...]] = import_module("assaymark.runners.wait").wait(runner, handles, heard)
    return found


def watching_jobs(runner: Runner, prefix: str = "", *, judging: bool = False) -> Any:
    """A context that gives what `wait_for` takes as ``heard``, and shows how jobs stand and what they say last.

    On a terminal and in a log, not with ``--quiet`` (then it gives None). Their names are shown without ``prefix``.
    Checks are ``judging``: the terminal has a display of what is checked then, above which lines are written.
    """
    return import_module("assaymark.cli._watch").watching(runner, prefix, lines=judging)


def stale_badge(assessment: Path, reason: str, folder: Path) -> None:
    """Write an ``assessment.json`` and its badge, marked as stale for a reason, into a folder: what can be published.

    Raises InputError when it is no assessment, or nothing can be written there.
    """
    import_module("assaymark.cli._verdict").write_stale(assessment, reason, folder)


def fact(function: Callable[..., Any]) -> Fact:
    """Declare a fact: its name is the function's name, its parameters are the facts it needs."""
    return Fact(function.__name__, function, _parameters(function))


def check(
    id: str, *, reads: tuple[str, ...] = ("**",)
) -> Callable[[Callable[..., Evidence | tuple[Evidence, ...]]], Check]:
    """Declare a check under a dotted id."""

    def declare(function: Callable[..., Evidence | tuple[Evidence, ...]]) -> Check:
        return Check(id=id, function=function, needs=_parameters(function), reads=reads)

    return declare


def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    code = function.__code__
    return code.co_varnames[: code.co_argcount]


def passed(
    message: str,
    *,
    findings: Iterable[Finding] = (),
    metrics: Mapping[str, str | int | float | bool] = EMPTY,
    digest: str | None = None,
    grade: Grade = Grade.MEASURED,
) -> Evidence:
    """It was seen to hold."""
    return Evidence(
        outcome=Outcome.PASSED, message=message, findings=tuple(findings), metrics=metrics, digest=digest, grade=grade
    )


def failed(
    message: str,
    *,
    findings: Iterable[Finding] = (),
    remedy: str | None = None,
    metrics: Mapping[str, str | int | float | bool] = EMPTY,
    digest: str | None = None,
    grade: Grade = Grade.MEASURED,
) -> Evidence:
    """It was seen not to hold; ``remedy`` is the smallest thing that mends this very case."""
    return Evidence(
        outcome=Outcome.FAILED,
        message=message,
        findings=tuple(findings),
        remedy=remedy,
        metrics=metrics,
        digest=digest,
        grade=grade,
    )


def unknown(message: str, *, remedy: str | None = None, findings: Iterable[Finding] = ()) -> Evidence:
    """It could not be determined; ``message`` says why."""
    return Evidence(outcome=Outcome.UNKNOWN, message=message, remedy=remedy, findings=tuple(findings))


def not_applicable(message: str) -> Evidence:
    """There is nothing to judge; ``message`` says why."""
    return Evidence(outcome=Outcome.NOT_APPLICABLE, message=message)

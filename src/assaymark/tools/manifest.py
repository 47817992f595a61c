"""Tool manifests: one TOML file per tool -> `Manifest`; every error names the file and the key.

The file is called ``<name>.tool.toml``: a ``ruff.toml`` would be taken by ruff itself for its configuration.

All keys (``*`` = required)::

    name = "ruff"                       # * also the id of its check: tool.ruff
    about = "Linter for Python."        # * one sentence; the check's help page
    home = "https://docs.astral.sh/ruff"
    kind = "style"                      # documentation-style, security, secrets, types, tests, coverage, workflow-lint
    group = "style"                     # tools of one group replace each other per language (default: the kind)
    subcriteria = ["QC.Sty01"]          # * what it gives evidence for
    languages = ["Python"]              # names as linguist writes them: it is given these files ...
    files = ["**/*.pyi"]                # ... and files that match these globs; at least one of both
    exclude = ["**/templates/**"]       # but none of these: what is no file of its language, whatever its name
    default = true                      # it judges when the project configured no tool of the group (default false)
    unless = [".black-box.ini"]         # and none of these lies there: configurations of tools without a manifest

    command = ["ruff", "check", "--no-cache", "--output-format=sarif", "{config}", "--", "{files}"]   # *
    ran = [0, 1]                        # * exit codes that mean "it ran"; "0-99" is a span of them
    clean = [0]                         # of these: nothing was found (default [0]); the others must come with a finding
    format = "sarif"                    # * sarif, junit, cobertura, lcov, checkstyle, json, regex, or a plugin's own
    stream = "stdout"                   # stdout (default) or stderr; not used when the command has {report}
    minimum = 70                        # percent of lines that a coverage report must show
    fails_at = "note"                   # the mildest severity that fails the sub-criterion: error, warning or note
    timeout = 300                       # seconds for one call (default 300)
    memory = 8192                       # MiB of address space per process; 0 = no limit, for Go, Java and Node
    cwd = "root"                        # root (default) or empty, a temporary folder
    isolate = false                     # true: it sees a copy of the files given and nothing else of the subject
    executes_code = "never"             # * what running it can execute: never, configuration, always
    wrapped = ["coverage", "run", ...]  # the command to use instead when its program lies in the same folder
    after = "pytest"                    # it runs after that tool, in the same {tmp}, and reads what that left there

    [version]                           # *
    args = ["--version"]
    pattern = 'ruff (\\S+)'              # what does not match is not this tool
    program = "go"                      # the program beside it that tells the version, when it cannot itself

    [config]                            # where a project configures it: this makes the tool preferred
    files = ["ruff.toml", "pyproject.toml#tool.ruff"]     # path globs; '#' names a table, section, key or hook id
    mentions = [".pre-commit-config.yaml#ruff"]           # where it is only named; it is preferred all the same
    args = ["--config={config}"]        # what {config} in the command becomes; without: the tool finds it by itself
    absent = ["--isolated"]             # the same when the project has no configuration
    mentioned = ["--isolated"]          # the same when the project only names the tool (default: absent)
    drop = ["init-hook"]                # keys (or [sections]) that can execute code: the sanitised copy lacks them
    reset = ["output-format"]           # keys that change the report: a copy never has them
    scope = ["files", "packages"]       # where the configuration has one of these keys, {files} is left empty
    extra = "max-line-length = 88"      # configuration to use when the project has none: {config} then names that file
    name = "setup.cfg"                  # file name of the copy, where the tool cares

    [homes]                             # folders of the user's home that it needs, by the variable that moves them;
    RUSTUP_HOME = ".rustup"             # only for a tool that executes code anyway (executes_code = "always")

    [unable]                            # exit codes that mean "it could not judge", and why: the outcome is unknown
    5 = "no tests were found"

    [provision]
    pypi = ["ruff==0.17.5"]             # exact pins, installed from wheels on --provision

    [severity]                          # the tool's words -> error, warning, note ('*' = any other)
    HIGH = "error"
    [confidence]                        # the tool's confidence -> the worst severity such a finding can have
    LOW = "note"

    [parser]                            # options of the format; each parser module documents its own
    unparsed = ["invalid-syntax"]       # rules that say: the file is broken, and was not examined (all formats)
    unsupported = ["SC1071"]            # the same, but the tool is to blame: nothing is found (all formats)
    ignore = ["W0012"]                  # rules that are about the tool itself, or "rule: message" of what is nobody's
                                        # fault; globs (all formats)

    [canary]                            # a file with a known fault, given along: if it is not reported, it did not run
    name = "canary.yaml"
    text = "a: ["
    rule = "syntax"                     # glob of the rule that must be reported

Placeholders: ``{files}`` (one argument per file, relative to the root; long lists become several calls), ``{list}``
(path of a file with one name per line), ``{root}``, ``{report}`` (a temporary file that the tool writes), ``{tmp}``
(a temporary folder), ``{config}``.

A report of lines (``regex``, ``json`` with ``lines``) says nothing when nothing was found; its manifest therefore needs
a ``proof`` in ``[parser]`` (an expression that only a finished run prints; ``regex`` only) or a ``[canary]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from assaymark import parsed
from assaymark.errors import InputError
from assaymark.model import Severity
from assaymark.patterns import late, ready
from assaymark.records import NamedTuple
from assaymark.values import dataclass

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


class Kind(StrEnum):
    """What a tool looks at."""

    STYLE = "style"
    DOCUMENTATION_STYLE = "documentation-style"
    SECURITY = "security"
    SECRETS = "secrets"
    TYPES = "types"  # only with --trust-repository: without the project's dependencies it tells nothing
    TESTS = "tests"
    COVERAGE = "coverage"
    WORKFLOW_LINT = "workflow-lint"

    @property
    def runs_tests(self) -> bool:
        """Whether it executes the project's tests, which takes ``--run-tests``."""
        return self in (Kind.TESTS, Kind.COVERAGE)


class Executes(StrEnum):
    """Which code of the judged repository running the tool can execute."""

    NEVER = "never"
    CONFIGURATION = "configuration"
    ALWAYS = "always"


class ConfigRule(NamedTuple):
    """Where a project configures the tool and how a harmless copy is passed."""

    files: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    mentioned: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    reset: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    extra: str | None = None
    name: str | None = None


class Canary(NamedTuple):
    """A file with a known fault, to tell "found nothing" from "did not look"."""

    name: str
    text: str
    rule: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One tool; the fields are the keys of the file."""

    name: str
    about: str
    kind: Kind
    subcriteria: tuple[str, ...]
    command: tuple[str, ...]
    ran: tuple[int, ...]
    format: str
    executes_code: Executes
    version_args: tuple[str, ...]
    version_pattern: str
    version_program: str | None
    homes: Mapping[str, str]
    home: str = ""
    group: str = ""
    languages: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    default: bool = False
    unless: tuple[str, ...] = ()
    clean: tuple[int, ...] = (0,)
    stream: str = "stdout"
    fails_at: Severity = Severity.NOTE
    timeout: int = 300
    memory: int | None = 8192
    cwd: str = "root"
    isolate: bool = False
    config: ConfigRule = field(default_factory=ConfigRule)
    pypi: tuple[str, ...] = ()
    severity: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    confidence: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    parser: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    canary: Canary | None = None
    wrapped: tuple[str, ...] = ()
    after: str | None = None
    unable: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    minimum: float = 0.0
    digest: str = ""

    @property
    def program(self) -> str:
        """What is looked for on PATH."""
        return self.command[0]

    @cached_property
    def options(self) -> Mapping[str, Any]:
        """All that a parser gets to know."""
        return MappingProxyType({**self.parser, "severity_map": self.severity, "confidence_map": self.confidence})


def load(folders: Iterable[Traversable], formats: Iterable[str] = ()) -> tuple[Manifest, ...]:
    """All manifests of some folders, by name. ``formats`` are those that plugins add.

    Raises InputError when one is malformed or two have the same name.
    """
    files = [
        (file, file.name)
        for folder in folders
        for file in sorted(folder.iterdir(), key=lambda f: f.name)
        if file.name.endswith(".toml")
    ]
    found: dict[str, Manifest] = {}
    for (_, where), table in zip(files, parsed.tables(files), strict=True):
        manifest = _checked(table, where, formats)
        if manifest.name in found:
            raise InputError(f"there are two tools called {manifest.name!r}", where=where)
        found[manifest.name] = manifest
    return tuple(found[name] for name in sorted(found))


def read(text: str, where: str, formats: Iterable[str] = ()) -> Manifest:
    """One manifest. Raises InputError naming file and key."""
    return _checked(parsed.table(text, where), where, formats)


def _checked(table: parsed.Table, where: str, formats: Iterable[str]) -> Manifest:
    manifest = _manifest(_Table(table.data, where), table.digest)
    _sound(manifest, where, frozenset(formats))
    return manifest


def _manifest(table: _Table, digest: str) -> Manifest:
    table.known(_KEYS)
    version = table.table("version", required=True)
    version.known(("args", "pattern", "program"))
    provision = table.table("provision")
    provision.known(("pypi",))
    kind = table.word("kind", Kind)
    memory = table.number("memory", 8192)
    return Manifest(
        name=table.string("name"),
        about=table.string("about"),
        home=table.string("home", ""),
        kind=kind,
        group=table.string("group", str(kind)),
        subcriteria=table.strings("subcriteria", required=True),
        languages=table.strings("languages"),
        files=table.strings("files"),
        exclude=table.strings("exclude"),
        default=table.flag("default"),
        unless=table.strings("unless"),
        command=table.strings("command", required=True),
        ran=table.numbers("ran", None),
        clean=table.numbers("clean", (0,)),
        format=table.string("format"),
        stream=table.one_of("stream", ("stdout", "stderr")),
        fails_at=table.word("fails_at", Severity, Severity.NOTE),
        timeout=table.number("timeout", 300),
        memory=memory or None,
        cwd=table.one_of("cwd", ("root", "empty")),
        isolate=table.flag("isolate"),
        executes_code=table.word("executes_code", Executes),
        version_args=version.strings("args", required=True),
        version_pattern=version.pattern("pattern"),
        homes=MappingProxyType({str(k): str(v) for k, v in table.table("homes").data.items()}),
        version_program=version.string("program", "") or None,
        config=_config(table.table("config")),
        pypi=provision.strings("pypi"),
        severity=_severities(table.table("severity")),
        confidence=_severities(table.table("confidence")),
        parser=MappingProxyType(dict(table.table("parser").data)),
        canary=_canary(table),
        wrapped=table.strings("wrapped"),
        after=table.string("after", "") or None,
        unable=_unable(table.table("unable")),
        minimum=float(table.number("minimum", 0)),
        digest=digest,
    )


def _config(table: _Table) -> ConfigRule:
    table.known(("files", "args", "absent", "mentions", "mentioned", "drop", "reset", "scope", "extra", "name"))
    return ConfigRule(
        files=table.strings("files"),
        args=table.strings("args"),
        absent=table.strings("absent"),
        mentions=table.strings("mentions"),
        mentioned=table.strings("mentioned") or table.strings("absent"),
        drop=table.strings("drop"),
        reset=table.strings("reset"),
        scope=table.strings("scope"),
        extra=table.string("extra", "") or None,
        name=table.string("name", "") or None,
    )


_NAME = late(r"[a-z0-9][a-z0-9-]*")
_SPAN = late(r"(\d{1,3})-(\d{1,3})", re.ASCII)


def _canary(table: _Table) -> Canary | None:
    if "canary" not in table.data:
        return None
    canary = table.table("canary")
    canary.known(("name", "text", "rule"))
    return Canary(name=canary.string("name"), text=canary.string("text"), rule=canary.string("rule"))


def _unable(table: _Table) -> Mapping[int, str]:
    for key in table.data:
        if not key.isdigit():
            raise table.wrong(key, "is no exit code")
    return MappingProxyType({int(key): table.string(key) for key in table.data})


def _severities(table: _Table) -> Mapping[str, str]:
    return MappingProxyType({key: str(table.word(key, Severity)) for key in table.data})


def _sound(manifest: Manifest, where: str, formats: frozenset[str]) -> None:
    """What no single key can tell."""
    from assaymark.tools import parsers

    def wrong(message: str, hint: str | None = None) -> InputError:
        return InputError(message, where=where, hint=hint)

    if not _NAME.fullmatch(manifest.name):
        raise wrong(f"'name' is {manifest.name!r}", "small letters, digits and hyphens")
    if not (manifest.languages or manifest.files):
        raise wrong("'languages' or 'files' must say what it looks at")
    if manifest.executes_code is Executes.CONFIGURATION and not manifest.config.args:
        raise wrong("'config.args' must say how the sanitised configuration is passed, or executes_code be 'always'")
    if manifest.homes and manifest.executes_code is not Executes.ALWAYS:
        raise wrong("[homes] is only for a tool that executes code anyway: executes_code = 'always'")
    if not set(manifest.clean) <= set(manifest.ran):
        raise wrong("'clean' must be among 'ran'")
    if any("==" not in pin for pin in manifest.pypi):
        raise wrong("'provision.pypi' must be exact pins, such as 'ruff==0.17.5'")
    if manifest.format in formats:
        return
    known = parsers.NAMES
    if manifest.format not in known:
        raise wrong(f"'format' is {manifest.format!r}", f"one of: {', '.join(sorted((*known, *formats)))}")
    if problem := parsers.wrong_options(manifest.format, manifest.parser):
        raise wrong(f"[parser] {problem}")
    silent = (manifest.format == "regex" and "proof" not in manifest.parser) or manifest.parser.get("lines") is True
    if silent and not manifest.canary:
        raise wrong(f"a {manifest.format!r} report of lines needs 'parser.proof' or a [canary]: silence proves nothing")


_KEYS = (
    *("name", "about", "home", "kind", "group", "subcriteria", "languages", "files", "exclude", "default", "unless"),
    *("command", "ran", "clean", "format", "stream", "fails_at", "timeout", "memory", "cwd", "isolate"),
    *(
        "executes_code",
        "version",
        "config",
        "provision",
        "severity",
        "confidence",
        "parser",
        "canary",
        "wrapped",
        "after",
        "unable",
        "homes",
        "minimum",
    ),
)


class _Table:
    """A table and the name of its place, so that every error can say where it is."""

    def __init__(self, data: Mapping[str, Any], where: str, place: str = "") -> None:
        self.data, self.where, self.place = data, where, place

    def known(self, keys: Sequence[str]) -> None:
        for key in self.data:
            if key not in keys:
                from difflib import get_close_matches

                close = get_close_matches(key, keys, 1)
                hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(sorted(keys))}"
                raise InputError(f"unknown key '{self.place}{key}'", where=self.where, hint=hint)

    def table(self, key: str, *, required: bool = False) -> _Table:
        value = self.data.get(key, None if required else {})
        if not isinstance(value, dict):
            raise self.wrong(key, f"must be a table [{key}]")
        return _Table(value, self.where, f"{self.place}{key}.")

    def string(self, key: str, otherwise: str | None = None) -> str:
        value = self.data.get(key, otherwise)
        if not isinstance(value, str) or (key in self.data and not value.strip()) or value is None:
            raise self.wrong(key, "must be a non-empty string")
        return value

    def pattern(self, key: str) -> str:
        text = self.string(key)
        try:
            ready(text)
        except re.error as problem:
            raise self.wrong(key, f"is no regular expression: {problem}") from problem
        return text

    def strings(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value) or (required and not value):
            raise self.wrong(key, "must be a list of strings" + (", at least one" if required else ""))
        return tuple(value)

    def number(self, key: str, otherwise: int) -> int:
        value = self.data.get(key, otherwise)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.wrong(key, "must be a whole number, 0 or more")
        return value

    def numbers(self, key: str, otherwise: tuple[int, ...] | None) -> tuple[int, ...]:
        value = self.data.get(key, None if otherwise is None else list(otherwise))
        if not isinstance(value, list) or not value:
            raise self.wrong(key, "must be a list of exit codes")
        codes = tuple(code for item in value for code in self._codes(key, item))
        if not all(0 <= code < 256 for code in codes):
            raise self.wrong(key, "must be a list of exit codes")
        return codes

    def _codes(self, key: str, item: object) -> Iterable[int]:
        if type(item) is int:
            return (item,)
        if isinstance(item, str) and (span := _SPAN.fullmatch(item)):
            return range(int(span[1]), int(span[2]) + 1)
        raise self.wrong(key, "must be a list of exit codes")

    def flag(self, key: str) -> bool:
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "must be true or false")
        return value

    def one_of(self, key: str, choices: tuple[str, ...]) -> str:
        value = self.data.get(key, choices[0])
        if value not in choices:
            raise self.wrong(key, f"is {value!r}", f"one of: {', '.join(choices)}")
        return str(value)

    def word(self, key: str, kind: type[StrEnum], otherwise: Any = None) -> Any:
        if key not in self.data and otherwise is not None:
            return otherwise
        value = self.string(key)
        try:
            return kind(value)
        except ValueError as problem:
            raise self.wrong(key, f"is {value!r}", f"one of: {', '.join(kind)}") from problem

    def wrong(self, key: str, message: str, hint: str | None = None) -> InputError:
        return InputError(f"'{self.place}{key}' {message}", where=self.where, hint=hint)

"""Workflow documents of a repository -> a `Validation`: the documented Python API behind ``assaymark validate``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assaymark import __version__, config, registry
from assaymark.api import Unreachable, Validator
from assaymark.errors import InputError
from assaymark.subject.files import read_file
from assaymark.validation import rules as rule_files
from assaymark.validation.context import ALL_PATHS, World, offline
from assaymark.validation.jail import Jail, inside
from assaymark.validation.model import MAX_SIZE, Validation
from assaymark.validation.run import Run
from assaymark.validation.settle import OFF, Ignored, Settler
from assaymark.validation.sources import Sources, open_sources
from assaymark.validation.sources import of_tree as of_tree_
from assaymark.values import dataclass

if TYPE_CHECKING:
    from assaymark.api import Entry, Tree
    from assaymark.validation.fix import Mended
    from assaymark.validation.memory import Remembered
    from assaymark.validation.model import Judgement

# Rounds of edits of one file: each mends all that lies at different places.
PASSES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to validate and how; empty means "as the configuration says, else the default".

    ``settings`` are given to every validator over its table of the configuration; ``stdin`` is a path with the content
    that an editor holds for it; ``root`` is the folder that references must not leave (the Git work tree otherwise).
    """

    paths: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    changed_since: str | None = None
    allow_hosts: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    config: str | None = None
    root: Path | None = None
    stdin: tuple[str, bytes] | None = None
    cache: bool = True


def validate(*paths: str | Path, **request: Any) -> Validation:
    """Validate files or folders of one repository; keywords are the fields of `Request`.

    Raises InputError when a path, the configuration or an argument is wrong. What is wrong with a document, or breaks
    while it is examined, is inside the answer.
    """
    return judge(Request(paths=tuple(str(p) for p in paths), **request))


def validators() -> tuple[Validator, ...]:
    """Those of every installed plugin, by id. Raises InputError when two have the same id."""
    found: dict[str, Validator] = {}
    for plugin in registry.plugins():
        for validator in plugin.validators:
            if validator.id in found:
                raise InputError(f"plugin {plugin.name!r} brings a second validator {validator.id!r}")
            found[validator.id] = validator
    return tuple(found[id] for id in sorted(found))


def judge(request: Request) -> Validation:
    """Validate what a request names."""
    everything = validators()
    if not everything:
        raise InputError(
            "no validator is installed, so nothing can be judged", hint="pip install 'assaymark[workflows]'"
        )
    chosen = _only(everything, request.only)
    rules = rule_files.load(everything)
    sources = open_sources(request.paths, root=request.root, stdin=request.stdin)
    conf, notes = _configuration(request, sources)
    jail = Jail(sources.tree, sources.root, sources.laid)
    world = World(jail, sources.paths, _fetcher(request.allow_hosts))
    settings = {v.id: {**conf.validate.get(v.id, {}), **request.settings} for v in chosen}
    memory = _memory(request, sources, world, settings, conf) if request.cache else None
    run = Run(sources, world, chosen, settings, _settler(conf, rules, everything), memory)
    entries = _candidates(sources, conf)
    judgements = run.judge(entries)
    if memory is not None:
        memory.save(whole=len(entries) == len(sources.paths) and not request.only)
    if request.changed_since is not None:
        reach = _reach(judgements, sources, request.changed_since)
        judgements = [j for j in judgements if j.path in reach]
    unrecognised = [path for path in run.unrecognised if path in sources.named]
    return Validation(
        judgements=tuple(judgements),
        rules=rules,
        formats={v.id: v.title for v in everything},
        sources=_texts(judgements, jail),
        notes=(*notes, *(f"{path}: not recognised as a workflow document" for path in unrecognised)),
        root=sources.root,
        version=__version__,
        subject=sources.opened.subject if sources.opened else None,
        contents={path: blob for j in judgements if (blob := jail.digest(path := j.path))},
        versions={v.id: plugin.version for plugin in registry.plugins() for v in plugin.validators},
        configuration=conf.digest,
        asked=sources.asked,
    )


def mend(request: Request, *, keep: bool) -> tuple[Validation, str]:
    """Apply the safe edits, write them when ``keep``, and validate again; with the difference as a unified diff.

    A file in which the edits would cause an error that was not there before is left as it is. Raises InputError where
    there is nothing to write to (an archive, a commit).
    """
    from assaymark.validation import fix

    before = judge(request)
    if before.root is None or request.stdin is not None:
        raise InputError("--fix needs a folder on disk")
    proposed = fix.mended(before, _exact(before))
    good = [settled for file in proposed if (settled := _settled(request, before, file))]
    if keep:
        for file in good:
            fix.write(before.root, file.path, file.after)
    return (judge(request) if keep and good else before), fix.diff(good)


def _settled(request: Request, before: Validation, file: Mended) -> Mended | None:
    """The file mended until nothing is left to mend, without a write; None when the first step would do harm.

    Edits at one place have no order of their own, so that one of them comes at a time.
    """
    from assaymark.validation import fix

    last, known = None, before
    for _ in range(PASSES):
        now = _as_if(request, before, file)
        if _worse(known, now, file.path):
            break
        last, known = file, now
        again = [f for f in fix.mended(now, {file.path: file.after}) if f.path == file.path]
        if not again:
            break
        file = replace(file, after=again[0].after, findings=file.findings + again[0].findings)
    return last


def _as_if(request: Request, before: Validation, file: Mended) -> Validation:
    """The verdict on a file as it would be, beside the others as they are."""
    assert before.root is not None
    stdin = (str(before.root / file.path), file.after.encode("utf-8"))
    return judge(replace(request, stdin=stdin, changed_since=None, cache=False, root=before.root))


def _worse(before: Validation, after: Validation, path: str) -> bool:
    """Whether a new error, or a finding of another rule, came of it."""
    old = Counter(p.finding.rule for p in before.problems if p.finding.location and p.finding.location.path == path)
    new = Counter(p.finding.rule for p in after.problems)
    return any(count > old[rule] for rule, count in new.items())


def _exact(validation: Validation) -> dict[str, str]:
    """Texts that can be written back byte for byte."""
    assert validation.root is not None
    exact: dict[str, str] = {}
    for path in validation.sources:
        try:
            exact[path] = read_file(validation.root, path, MAX_SIZE).decode("utf-8")
        except (OSError, UnicodeDecodeError):
            continue
    return {path: text for path, text in exact.items() if not text.startswith("\ufeff")}


def _memory(
    request: Request,
    sources: Sources,
    world: World,
    settings: Mapping[str, Any],
    conf: config.Config,
) -> Remembered | None:
    if sources.root is None or request.allow_hosts or request.stdin is not None:
        return None
    from assaymark.remembered import code
    from assaymark.validation.memory import Remembered, key

    chosen = {"settings": settings, "severity": conf.validate.get("severity"), "ignore": conf.validate.get("ignore")}
    world.store = memory = Remembered(key(str(sources.root), tuple(code()), chosen), world)
    return memory


def _reach(judgements: Sequence[Judgement], sources: Sources, ref: str) -> frozenset[str]:
    """Paths that a change since a reference touches, directly or through what documents refer to."""
    from assaymark.subject.base import changed_since
    from assaymark.validation.reach import reached

    assert sources.opened is not None
    changed = set(changed_since(sources.opened, ref))
    changed |= {e.path for e in sources.entries if not e.blob}  # Git does not track them yet
    reads: dict[str, frozenset[str]] = {}
    for judgement in judgements:
        reads[judgement.path] = reads.get(judgement.path, frozenset()) | {_short(p) for p in judgement.reads}
    return reached(changed, reads)


def _short(path: str) -> str:
    try:
        return path if path == ALL_PATHS else inside(path)
    except Unreachable:
        return path


def of_tree(tree: Tree, conf: config.Config) -> tuple[Judgement, ...] | None:
    """Judgements of what an assessment has opened, by the validators that start no program; None without any."""
    chosen = [v for v in validators() if not v.batch]
    if not chosen:
        return None
    globs = (*conf.exclude, *conf.validate.get("exclude", ()))
    entries = [e for e in tree if not e.is_symlink and not e.is_submodule]
    sources = of_tree_(tree, _kept(entries, globs))
    world = World(Jail(tree, None), sources.paths, offline)
    settings = {v.id: conf.validate.get(v.id, {}) for v in chosen}
    named = conf.validate.get("severity") or conf.validate.get("ignore")
    settler = _settler(conf, rule_files.load(chosen) if named else (), chosen)
    return tuple(Run(sources, world, chosen, settings, settler).judge(sources.entries))


def _only(everything: Sequence[Validator], wanted: Collection[str]) -> tuple[Validator, ...]:
    ids = [v.id for v in everything]
    for name in wanted:
        if name not in ids:
            from difflib import get_close_matches

            close = get_close_matches(name, ids, 1)
            known = f"formats: {', '.join(ids)}" if ids else "pip install 'assaymark[workflows]'"
            raise InputError(f"there is no format {name!r}", hint=f"did you mean {close[0]!r}?" if close else known)
    return tuple(v for v in everything if not wanted or v.id in wanted)


def _configuration(request: Request, sources: Sources) -> tuple[config.Config, tuple[str, ...]]:
    if request.config:
        return config.from_file(Path(request.config)), ()
    from assaymark.subject.base import base_tree

    base = base_tree(sources.opened) if sources.opened is not None else None
    if base is None:
        return config.from_tree(sources.tree), ()
    conf, findings = config.from_base(base.tree, sources.tree, base.problem)
    return conf, tuple(f.message for f in findings)


def _settler(conf: config.Config, rules: Collection[str], everything: Sequence[Validator]) -> Settler:
    table = conf.validate
    severities: Mapping[str, str] = table.get("severity", {})
    for rule, severity in severities.items():
        _known_rule(rule, rules, conf.source)
        if severity not in ("error", "warning", "note", OFF):
            raise InputError(f"validate.severity.{rule} must be error, warning, note or off", where=conf.source)
    ignored = [_ignored(item, rules, conf.source) for item in table.get("ignore", [])]
    return Settler(severities, ignored, cache(partial(_own_rules, {v.id: v for v in everything})))


def _own_rules(validators: Mapping[str, Validator], id: str) -> frozenset[str]:
    validator = validators.get(id)
    if validator is None or validator.rules is None:
        return frozenset()
    return frozenset(r.id for r in rule_files.read(validator.rules.read_text(encoding="utf-8"), str(validator.rules)))


def _ignored(item: Any, rules: Collection[str], where: str | None) -> Ignored:
    from assaymark.subject.globs import compile_globs

    if not isinstance(item, dict) or set(item) != {"rule", "path", "reason"}:
        raise InputError("[[validate.ignore]] must have exactly rule, path and reason", where=where)
    _known_rule(item["rule"], rules, where)
    if not isinstance(item["reason"], str) or len(item["reason"].strip()) < 10:
        raise InputError("the reason of [[validate.ignore]] must have at least 10 characters", where=where)
    try:
        return Ignored(rule=item["rule"], pattern=compile_globs((item["path"],)), reason=item["reason"].strip())
    except (ValueError, TypeError, AttributeError) as problem:
        raise InputError(f"the path of [[validate.ignore]] cannot be used: {problem}", where=where) from problem


def _known_rule(rule: object, rules: Collection[str], where: str | None) -> None:
    if not isinstance(rule, str) or rule not in rules:
        from difflib import get_close_matches

        close = get_close_matches(str(rule), list(rules), 1)
        raise InputError(
            f"[validate] names {rule!r}, which is no rule",
            where=where,
            hint=f"did you mean {close[0]}?" if close else None,
        )


def _candidates(sources: Sources, conf: config.Config) -> list[Entry]:
    return _kept(sources.entries, (*conf.exclude, *conf.validate.get("exclude", ())))


def _kept(entries: Iterable[Entry], globs: tuple[str, ...]) -> list[Entry]:
    if not globs:
        return list(entries)
    from assaymark.subject.globs import compile_globs

    pattern = compile_globs(globs)
    return [e for e in entries if not pattern.fullmatch(e.path)]


def _fetcher(hosts: tuple[str, ...]) -> Callable[[str], bytes]:
    if not hosts:
        return offline
    from assaymark.validation.remote import fetcher

    return fetcher(hosts)


def _texts(judgements: Sequence[Judgement], jail: Jail) -> dict[str, str]:
    """The text of every file in which something was found."""
    wanted = {p.finding.location.path for j in judgements for p in j.problems if p.finding.location}
    texts: dict[str, str] = {}
    for path in sorted(wanted):
        entry = jail.tree.get(path)
        if entry is not None and entry.size > MAX_SIZE:
            continue
        try:
            texts[path] = jail.read(path).decode("utf-8", "replace").removeprefix("\ufeff")
        except Unreachable:
            continue
    return texts

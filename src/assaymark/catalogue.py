"""``criteria/**.toml`` -> model values; every error names the file and the key."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assaymark import parsed
from assaymark.data import folder
from assaymark.errors import InputError
from assaymark.model import Criterion, DecidedBy, Level, LevelRule, Profile, Requirement, Subcriterion
from assaymark.records import NamedTuple

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_CRITERION_KEYS = {"id", "title", "standard", "subcriterion"}
_SUB_KEYS = {"id", "requirement", "text", "why", "remedy", "references", "decided_by", "checks", "tools", "tools_of"}
_PROFILE_KEYS = {"id", "title", "version", "why", "kind", "adds", "extends", "scope", "level", "subcriterion"}
_LEVEL_KEYS = {"name", "why", "require", "max_not_applicable", "max_attested"}


class Catalogue(NamedTuple):
    """All criteria of all kinds, by id."""

    criteria: Mapping[str, Criterion]

    def subcriteria(self, profile: Profile | None = None) -> dict[str, Subcriterion]:
        """Definitions by id in catalogue order, with those of the profile laid over them.

        Raises InputError when the profile asks for one that does not exist: nobody could ever reach its level.
        """
        kinds = (profile.kind, *profile.adds) if profile else None
        found = {s.id: s for c in self.criteria.values() if kinds is None or c.kind in kinds for s in c.subcriteria}
        if profile is None:
            return found
        found |= {s.id: s for s in profile.subcriteria}
        scope = profile.scope
        found = {i: s for i, s in found.items() if not scope or i in scope or s.criterion in scope}
        for rule in profile.levels:
            for id in rule.require:
                if id not in found:
                    raise _not_there(id, rule.level, profile.id, found)
        return found

    def titles(self, ids: Iterable[str]) -> dict[str, str]:
        """Titles of criteria by id, in catalogue order; an id that the catalogue lacks is its own title."""
        wanted = dict.fromkeys(ids)
        known = {c.id: c.title for c in self.criteria.values() if c.id in wanted}
        return known | {i: i for i in wanted if i not in known}


def _not_there(id: str, level: Level, profile: str, known: Iterable[str]) -> InputError:
    from difflib import get_close_matches

    close = get_close_matches(id, list(known), 1)
    hint = f"did you mean {close[0]!r}?" if close else "see: assaymark criteria list"
    return InputError(f"{level} requires {id!r}, which does not exist here", where=f"profile {profile}", hint=hint)


@cache
def load() -> Catalogue:
    """The shipped catalogue. Raises InputError naming file and key when an entry is malformed."""
    files = [
        (file, kind.name)
        for kind in _sorted(folder("criteria"))
        if kind.is_dir() and kind.name != "profiles"
        for file in _sorted(kind)
        if file.name.endswith(".toml")
    ]
    places = [f"criteria/{kind}/{file.name}" for file, kind in files]
    read = parsed.tables([(file, where) for (file, _), where in zip(files, places, strict=True)])
    found = [_criterion(t.data, where, kind) for t, where, (_, kind) in zip(read, places, files, strict=True)]
    criteria = {c.id: c for c in found}
    return Catalogue(criteria)


def profiles() -> tuple[str, ...]:
    """Ids of the shipped profiles."""
    return tuple(
        f.name.removesuffix(".toml")
        for f in _sorted(folder("criteria").joinpath("profiles"))
        if f.name.endswith(".toml")
    )


def shipped_profile(name: str) -> Profile | None:
    """The profile of this id that comes with assaymark, None when none does. No file of the user's is looked at."""
    if name not in profiles():
        return None
    file = folder("criteria").joinpath("profiles", f"{name}.toml")
    return read_profile(file.read_text(encoding="utf-8"), f"criteria/profiles/{name}.toml")


def profile(name: str) -> Profile:
    """A shipped profile by id, or one of the user's by the path of its TOML file.

    Raises InputError when there is none or it is malformed.
    """
    if (found := shipped_profile(name)) is not None:
        return found
    path = Path(name)
    if name.endswith(".toml") and path.is_file():
        return read_profile(path.read_text(encoding="utf-8"), name)
    raise InputError(
        f"there is no profile {name!r}", hint=f"choose one of {', '.join(profiles())}, or give a .toml file"
    )


def read_criterion(text: str, where: str, kind: str) -> Criterion:
    """One criterion file."""
    return _criterion(parsed.table(text, where).data, where, kind)


def _criterion(data: Mapping[str, Any], where: str, kind: str) -> Criterion:
    _known(data, _CRITERION_KEYS, where)
    criterion = _string(data, "id", where)
    return Criterion(
        id=criterion,
        title=_string(data, "title", where),
        kind=kind,
        standard=_string(data, "standard", where),
        subcriteria=_subcriteria(data, where, criterion),
    )


def read_profile(text: str, where: str) -> Profile:
    """One profile file. With ``extends`` it starts from that profile and replaces levels and sub-criteria by name.

    Its digest covers its own text and that of what it extends.
    """
    data = parsed.table(text, where).data
    _known(data, _PROFILE_KEYS, where)
    parent = _parent(data, where)
    levels = tuple(_level(item, f"{where}: level[{i}]") for i, item in enumerate(_tables(data, "level", where)))
    merged = {rule.level: rule for rule in (*parent.levels, *levels)} if parent else {r.level: r for r in levels}
    own = _subcriteria(data, where, None)
    scope = _strings(data, "scope", where, required=False)
    return Profile(
        id=_string(data, "id", where),
        title=_string(data, "title", where),
        version=_string(data, "version", where),
        levels=tuple(merged[level] for level in Level if level in merged),
        kind=_string(data, "kind", where),
        adds=_strings(data, "adds", where, required=False) or (parent.adds if parent else ()),
        scope=scope or (parent.scope if parent else ()),
        subcriteria=tuple({s.id: s for s in ((*parent.subcriteria, *own) if parent else own)}.values()),
        digest="sha256:" + hashlib.sha256((text + (parent.digest if parent else "")).encode()).hexdigest(),
    )


def _parent(data: Mapping[str, Any], where: str) -> Profile | None:
    name = data.get("extends")
    if name is None:
        return None
    if name not in profiles():
        raise InputError(f"'extends' names {name!r}, which is not shipped", where=where, hint=", ".join(profiles()))
    return profile(name)


def _subcriteria(data: Mapping[str, Any], where: str, criterion: str | None) -> tuple[Subcriterion, ...]:
    found = []
    for i, item in enumerate(_tables(data, "subcriterion", where, required=criterion is not None)):
        place = f"{where}: subcriterion[{i}]"
        _known(item, _SUB_KEYS, place)
        id = _string(item, "id", place)
        found.append(
            Subcriterion(
                id=id,
                criterion=criterion or criterion_of(id),
                requirement=_enum(Requirement, item, "requirement", place),
                text=_string(item, "text", place),
                why=_string(item, "why", place),
                remedy=_string(item, "remedy", place),
                decided_by=tuple(
                    _member(DecidedBy, v, "decided_by", place) for v in _strings(item, "decided_by", place)
                ),
                checks=_strings(item, "checks", place, required=False),
                references=_strings(item, "references", place, required=False),
                tools=_strings(item, "tools", place) if "tools" in item else None,
                tools_of=_string(item, "tools_of", place) if "tools_of" in item else None,
            )
        )
    return tuple(found)


def criterion_of(subcriterion: str) -> str:
    """``QC.Doc`` for ``QC.Doc06.1``: the id without its number."""
    return subcriterion.rstrip("0123456789.X") or subcriterion


def _level(item: Mapping[str, Any], where: str) -> LevelRule:
    _known(item, _LEVEL_KEYS, where)
    return LevelRule(
        level=_enum(Level, item, "name", where),
        why=_string(item, "why", where),
        require=_strings(item, "require", where),
        max_not_applicable=_integer(item, "max_not_applicable", where),
        max_attested=_integer(item, "max_attested", where),
    )


def _sorted(place: Traversable) -> list[Traversable]:
    return sorted(place.iterdir(), key=lambda f: f.name)


def _known(data: Mapping[str, Any], keys: Iterable[str], where: str) -> None:
    allowed = set(keys)
    for key in data:
        if key not in allowed:
            from difflib import get_close_matches

            close = get_close_matches(key, allowed, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(sorted(allowed))}"
            raise InputError(f"unknown key {key!r}", where=where, hint=hint)


def _string(data: Mapping[str, Any], key: str, where: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{key!r} must be a non-empty string", where=where)
    return value.strip()


def _integer(data: Mapping[str, Any], key: str, where: str) -> int:
    value = data.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InputError(f"{key!r} must be a whole number, 0 or more", where=where)
    return value


def _strings(data: Mapping[str, Any], key: str, where: str, *, required: bool = True) -> tuple[str, ...]:
    value = data.get(key, None if required else [])
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise InputError(f"{key!r} must be a list of strings", where=where)
    return tuple(value)


def _tables(data: Mapping[str, Any], key: str, where: str, *, required: bool = False) -> list[dict[str, Any]]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, dict) for v in value) or (required and not value):
        raise InputError(f"{key!r} must be one or more tables ([[{key}]])", where=where)
    return value


def _enum(kind: type[Any], data: Mapping[str, Any], key: str, where: str) -> Any:
    return _member(kind, _string(data, key, where), key, where)


def _member(kind: type[Any], value: str, key: str, where: str) -> Any:
    try:
        return kind(value)
    except ValueError as problem:
        raise InputError(
            f"{key!r} is {value!r}", where=where, hint=f"one of: {', '.join(str(m.value) for m in kind)}"
        ) from problem

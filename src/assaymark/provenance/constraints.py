"""Is a PROV document sound? The constraints of W3C PROV-CONSTRAINTS that matter for ours, and a few rules of our own.

The standard orders events and does not compare clocks. Where times are given with a zone they are compared all the
same, with an allowance for clocks that differ: a document whose effect is hours before its cause is wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

ELEMENTS = ("entity", "activity", "agent")
# Each relation: its ends, and what stands there; an end that may be missing is in brackets in the standard.
RELATIONS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "used": (("prov:activity", "activity"), ("prov:entity", "entity")),
    "wasGeneratedBy": (("prov:entity", "entity"), ("prov:activity", "activity")),
    "wasInvalidatedBy": (("prov:entity", "entity"), ("prov:activity", "activity")),
    "wasStartedBy": (("prov:activity", "activity"), ("prov:trigger", "entity"), ("prov:starter", "activity")),
    "wasEndedBy": (("prov:activity", "activity"), ("prov:trigger", "entity"), ("prov:ender", "activity")),
    "wasInformedBy": (("prov:informed", "activity"), ("prov:informant", "activity")),
    "wasAssociatedWith": (("prov:activity", "activity"), ("prov:agent", "agent"), ("prov:plan", "entity")),
    "wasAttributedTo": (("prov:entity", "entity"), ("prov:agent", "agent")),
    "actedOnBehalfOf": (
        ("prov:delegate", "agent"),
        ("prov:responsible", "agent"),
        ("prov:activity", "activity"),
    ),
    "wasDerivedFrom": (
        ("prov:generatedEntity", "entity"),
        ("prov:usedEntity", "entity"),
        ("prov:activity", "activity"),
    ),
    "specializationOf": (("prov:specificEntity", "entity"), ("prov:generalEntity", "entity")),
    "alternateOf": (("prov:alternate1", "entity"), ("prov:alternate2", "entity")),
    "hadMember": (("prov:collection", "entity"), ("prov:entity", "entity")),
    "mentionOf": (("prov:specificEntity", "entity"), ("prov:generalEntity", "entity")),
    "wasInfluencedBy": (("prov:influencee", ""), ("prov:influencer", "")),
}
_FIRST_END_ONLY = frozenset(
    {"wasStartedBy", "wasEndedBy", "wasAssociatedWith", "used", "wasGeneratedBy", "wasInvalidatedBy"}
)
_OWN = frozenset({"prov:type", "prov:label", "prov:role", "prov:location", "prov:value"})
_TIMES = frozenset({"prov:startTime", "prov:endTime", "prov:time"})
SKEW = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One thing that is wrong: ``rule`` is a number of PROV-CONSTRAINTS or ``policy``; ``record`` is where."""

    record: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class _Relation:
    kind: str
    id: str
    ends: Mapping[str, str]
    attributes: Mapping[str, Any]

    def time(self) -> datetime | None:
        return _moment(self.attributes.get("prov:time"))


def _single(section: str, record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A membership may name several members at once."""
    members = record.get("prov:entity")
    if section != "hadMember" or not isinstance(members, list) or not members:
        return [record]
    return [{**record, "prov:entity": member} for member in members]


def violations(document: Any, *, strict: bool = True, skew: timedelta = SKEW) -> tuple[Violation, ...]:
    """Everything that is wrong with a PROV-JSON document (a parsed JSON value), bundles included; empty if nothing.

    Without ``strict`` the rules of our own (one generating activity, types as qualified names, declared ids) are left
    out, for documents of other makers.
    """
    if not isinstance(document, Mapping):
        return (Violation("", "schema", "a PROV-JSON document is a JSON object"),)
    found = list(_Checker(document, strict, skew).run())
    bundles = document.get("bundle", {})
    for name, bundle in bundles.items() if isinstance(bundles, Mapping) else ():
        if isinstance(bundle, Mapping):
            inherited = {**_mapping(document.get("prefix")), **_mapping(bundle.get("prefix"))}
            found += _Checker({**bundle, "prefix": inherited}, strict, skew).run()
        else:
            found.append(Violation(str(name), "schema", "a bundle is a JSON object"))
    return tuple(sorted(set(found)))


class _Checker:
    """One pass over one document (or bundle)."""

    def __init__(self, document: Mapping[str, Any], strict: bool, skew: timedelta) -> None:
        self.strict = strict
        self.skew = skew
        self.found: list[Violation] = []
        self.prefixes = set(_mapping(document.get("prefix"))) | {"prov", "xsd", "_"}
        self.elements: dict[str, dict[str, list[Mapping[str, Any]]]] = {kind: {} for kind in ELEMENTS}
        self.relations: list[_Relation] = []
        self.sections = defaultdict(set)  # type: defaultdict[str, set[str]]
        self._read(document)

    def run(self) -> Iterator[Violation]:
        self._typing()
        self._identity()
        self._attributes()
        self._declared()
        self._generation()
        self._order()
        self._derivation()
        yield from self.found

    def _say(self, record: str, rule: str, message: str) -> None:
        self.found.append(Violation(record, rule, message))

    def _read(self, document: Mapping[str, Any]) -> None:
        for section, records in document.items():
            if section in ("prefix", "bundle"):
                continue
            if section not in ELEMENTS and section not in RELATIONS:
                self._say(section, "schema", f"PROV-JSON has no section {section!r}")
            elif not isinstance(records, Mapping):
                self._say(section, "schema", "a section is a JSON object")
            else:
                for id, value in records.items():
                    self._record(section, str(id), value)

    def _record(self, section: str, id: str, value: Any) -> None:
        prefix, colon, _ = id.partition(":")
        if colon and prefix not in self.prefixes:
            self._say(id, "schema", f"the prefix {prefix!r} is not declared")
        self.sections[id].add(section)
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, Mapping):
                self._say(id, "schema", "a record is a JSON object")
            elif section in ELEMENTS:
                self.elements[section].setdefault(id, []).append(one)
            else:
                for each in _single(section, one):
                    ends = {end: each[end] for end, _ in RELATIONS[section] if isinstance(each.get(end), str)}
                    self.relations.append(_Relation(section, id, ends, one))

    def _typing(self) -> None:
        """50, 55: each end is of the kind its place asks for; nothing is both an entity and an activity."""
        for relation in self.relations:
            for place, (end, kind) in enumerate(RELATIONS[relation.kind]):
                name = relation.ends.get(end)
                if name is None:
                    if place == 0 or (place == 1 and relation.kind not in _FIRST_END_ONLY):
                        self._say(relation.id, "schema", f"{relation.kind} lacks {end}")
                elif kind and self._is_something(name) and name not in self.elements[kind]:
                    self._say(relation.id, "50", f"{end} of {relation.kind} is {name}, which is no {kind}")
        for name in sorted(set(self.elements["entity"]) & set(self.elements["activity"])):
            self._say(name, "55", "both an entity and an activity")

    def _is_something(self, name: str) -> bool:
        return any(name in records for records in self.elements.values())

    def _identity(self) -> None:
        """23, 52-54: no relation to oneself where that is absurd; a name means one thing, of one kind."""
        known: dict[tuple[str, str], dict[str, Any]] = {}
        for relation in self.relations:
            if relation.kind == "hadMember" or relation.id.startswith("_:"):
                continue
            said: dict[str, Any] = {**relation.ends, **({"prov:time": relation.time()} if relation.time() else {})}
            before = known.setdefault((relation.kind, relation.id), dict(said))
            if any(before.setdefault(key, value) != value for key, value in said.items()):
                self._say(relation.id, "23", f"{relation.kind} is told differently in two places")
        for relation in self.relations:
            ends = list(relation.ends.values())[:2]
            if relation.kind == "specializationOf" and len(set(ends)) < len(ends):
                self._say(relation.id, "52", "an entity is no specialisation of itself")
        for name, sections in self.sections.items():
            if name.startswith("_:") or len(sections) < 2:
                continue
            relations = sorted(sections & set(RELATIONS))
            if len(relations) > 1:
                self._say(name, "53", f"names relations of two kinds: {', '.join(relations)}")
            if relations and sections & set(ELEMENTS):
                self._say(name, "54", "names both a relation and a thing")

    def _attributes(self) -> None:
        if not self.strict:
            return
        for kind, records in self.elements.items():
            allowed = _OWN - {"prov:role"} | (_TIMES if kind == "activity" else set())
            for name, copies in records.items():
                for attributes in copies:
                    self._reserved(name, attributes, allowed)
        for relation in self.relations:
            allowed = _OWN | _TIMES | {end for end, _ in RELATIONS[relation.kind]} | {"prov:generation", "prov:usage"}
            self._reserved(relation.id, relation.attributes, allowed)

    def _reserved(self, name: str, attributes: Mapping[str, Any], allowed: set[str] | frozenset[str]) -> None:
        for key, value in attributes.items():
            if key.startswith("prov:") and key not in allowed:
                self._say(name, "policy", f"{key} is not an attribute of such a record")
            elif key == "prov:type" and not all(_is_name(v) for v in (value if isinstance(value, list) else [value])):
                self._say(name, "policy", "prov:type is not a qualified name")

    def _declared(self) -> None:
        """48 and policy: what a relation names is in the document."""
        if not self.strict:
            return
        for relation in self.relations:
            for name in relation.ends.values():
                if not self._is_something(name):
                    self._say(relation.id, "policy", f"{name} is not declared")

    def _generation(self) -> None:
        """24, 25, 39: an entity is generated (and invalidated) once; 26-29: start and end are told once."""
        makers: dict[str, set[str]] = defaultdict(set)
        for relation in self.relations:
            if relation.kind == "wasGeneratedBy" and len(relation.ends) == 2:
                makers[relation.ends["prov:entity"]].add(relation.ends["prov:activity"])
        for name, activities in makers.items():
            if self.strict and len(activities) > 1:
                self._say(name, "39", f"generated by {len(activities)} activities: {', '.join(sorted(activities))}")
        self._once("wasGeneratedBy", ("prov:entity", "prov:activity"), "24")
        self._once("wasInvalidatedBy", ("prov:entity", "prov:activity"), "25")
        self._once("wasStartedBy", ("prov:activity", "prov:starter"), "26")
        self._once("wasEndedBy", ("prov:activity", "prov:ender"), "27")
        for name, copies in self.elements["activity"].items():
            for key, rule in (("prov:startTime", "28"), ("prov:endTime", "29")):
                if len({str(c[key]) for c in copies if key in c}) > 1:
                    self._say(name, rule, f"{key} is told differently in two places")
        for relation in self.relations:
            if relation.kind == "wasStartedBy":
                self._event(relation, "prov:startTime", "28")
            elif relation.kind == "wasEndedBy":
                self._event(relation, "prov:endTime", "29")

    def _once(self, kind: str, ends: tuple[str, str], rule: str) -> None:
        """An event between the same two is one event, so it has one time."""
        told: dict[tuple[str, str], datetime] = {}
        for relation in self.relations:
            time = relation.time() if relation.kind == kind else None
            if time and all(end in relation.ends for end in ends):
                one, two = (relation.ends[end] for end in ends)
                if abs(told.setdefault((one, two), time) - time) > self.skew:
                    self._say(relation.id, rule, f"{kind} {one}, {two} is told with two times")

    def _event(self, relation: _Relation, key: str, rule: str) -> None:
        told, known = relation.time(), self._time(relation.ends.get("prov:activity", ""), key)
        if told and known and abs(known - told) > self.skew:
            self._say(relation.id, rule, f"the event is at {told.isoformat()}, the activity's {key} is not")

    def _order(self) -> None:
        """30, 33, 34, 37: an activity ends after it starts; use and making lie inside; making comes before use."""
        for name in self.elements["activity"]:
            start, end = self._time(name, "prov:startTime"), self._time(name, "prov:endTime")
            if start and end and end + self.skew < start:
                self._say(name, "30", "ends before it starts")
        made: dict[str, datetime] = {}
        for relation in self.relations:
            time = relation.time()
            if relation.kind in ("used", "wasGeneratedBy") and time:
                self._inside(relation, time)
                if relation.kind == "wasGeneratedBy":
                    made[relation.ends.get("prov:entity", "")] = time
        for relation in self.relations:
            if relation.kind == "used":
                used = relation.time() or self._time(relation.ends.get("prov:activity", ""), "prov:endTime")
                born = made.get(relation.ends.get("prov:entity", ""))
                if used and born and used + self.skew < born:
                    self._say(relation.id, "37", f"{relation.ends['prov:entity']} is used before it is generated")

    def _inside(self, relation: _Relation, time: datetime) -> None:
        activity = relation.ends.get("prov:activity", "")
        start, end = self._time(activity, "prov:startTime"), self._time(activity, "prov:endTime")
        rule = "33" if relation.kind == "used" else "34"
        if (start and time + self.skew < start) or (end and time > end + self.skew):
            self._say(relation.id, rule, f"{relation.kind} lies outside of {activity}")

    def _derivation(self) -> None:
        """41, 42: nothing derives from what is younger, nor, over others, from itself."""
        sources: dict[str, list[str]] = defaultdict(list)
        made = {
            r.ends["prov:entity"]: r.time() for r in self.relations if r.kind == "wasGeneratedBy" and len(r.ends) == 2
        }
        for relation in self.relations:
            if relation.kind != "wasDerivedFrom" or len(relation.ends) < 2:
                continue
            one, two = relation.ends["prov:generatedEntity"], relation.ends["prov:usedEntity"]
            sources[one].append(two)
            young, old = made.get(one), made.get(two)
            if young and old and young + self.skew < old:
                self._say(relation.id, "41", f"{one} is older than {two}, which it derives from")
        for name in _on_a_cycle(sources):
            self._say(name, "42", "derives from itself")

    def _time(self, activity: str, key: str) -> datetime | None:
        for attributes in self.elements["activity"].get(activity, ()):
            if key in attributes:
                return _moment(attributes[key])
        return None


def _on_a_cycle(sources: Mapping[str, list[str]]) -> Iterator[str]:
    """Names from which a path leads back to themselves: one per cycle, found without recursion."""
    state: dict[str, int] = {}
    for root in sources:
        if root in state:
            continue
        stack = [(root, iter(sources[root]))]
        state[root] = 1
        while stack:
            name, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                state[name] = 2
                stack.pop()
            elif state.get(following) == 1:
                yield following
            elif following not in state:
                state[following] = 1
                stack.append((following, iter(sources.get(following, ()))))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _is_name(value: Any) -> bool:
    kinds = ("prov:QUALIFIED_NAME", "xsd:QName")
    return isinstance(value, Mapping) and value.get("type") in kinds and ":" in str(value.get("$", ""))


def _moment(value: Any) -> datetime | None:
    """A time with a zone; None for everything else, since clocks without one cannot be compared."""
    if isinstance(value, Mapping):
        value = value.get("$")
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None

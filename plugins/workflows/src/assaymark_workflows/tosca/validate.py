"""A TOSCA template with what it imports and extends, from its text to its last reference."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from assaymark.api import Context, Problem, Severity, Unreachable
from assaymark_workflows.problems import Problems, hint
from assaymark_workflows.source import Kind, Limits, Malformed, Node, Span, parse_yaml
from assaymark_workflows.tosca import values
from assaymark_workflows.tosca.types import KINDS, Property, Types

RULES = Path(__file__).with_name("rules.toml")
LIMITS = Limits(nodes=100_000, depth=100)
VERSIONS = ("tosca_simple_yaml_1_0", "tosca_simple_yaml_1_0_0", "tosca_simple_yaml_1_1", "tosca_simple_yaml_1_2",
            "tosca_simple_yaml_1_3")  # fmt: skip # many short items
_OTHER_PROFILES = ("tosca_simple_profile_for_nfv", "tosca_simple_profile_for_mec")
_SECOND = "tosca_2_0"
TOP = ("tosca_definitions_version", "tosca_default_namespace", "namespace", "template_name", "template_author",
       "template_version", "description", "metadata", "imports", "dsl_definitions", "repositories",
       *(f"{kind}_types" for kind in KINDS), "relationship_templates", "topology_template")  # fmt: skip # short items
TOP_OF_SECOND = ("tosca_definitions_version", "profile", "description", "metadata", "dsl_definitions", "repositories",
                 "imports", "functions", "service_template",
                 *(f"{kind}_types" for kind in KINDS))  # fmt: skip # many short items
TOPOLOGY = ("description", "inputs", "node_templates", "relationship_templates", "outputs", "groups", "policies",
            "substitution_mappings", "workflows")  # fmt: skip # many short items
NODE = ("type", "description", "metadata", "directives", "properties", "attributes", "requirements", "capabilities",
        "interfaces", "artifacts", "node_filter", "copy")  # fmt: skip # many short items
MAPPINGS = ("node_type", "node", "properties", "attributes", "capabilities", "requirements", "interfaces",
            "substitution_filter")  # fmt: skip # many short items
INPUT = ("type", "description", "required", "default", "status", "constraints", "entry_schema", "key_schema", "value",
         "metadata", "tag", "immutable", "hidden", "display_name", "group")  # fmt: skip # many short items
_ONE_INPUT = frozenset(VERSIONS[:-1])
_SELF = ("SELF", "HOST", "SOURCE", "TARGET", "ORCHESTRATOR")
_SCRIPTS = (".sh", ".py", ".yaml", ".yml", ".pp", ".rb", ".bat", ".ps1")
_PARTS = ("operations", "notifications")
_MOST_IMPORTS = 100
_CATALOGUE = re.compile(r"[A-Za-z_][\w.-]+:\d[\w.-]*")
# What a computer offers got a name of its own in 1.2.
_SAME = frozenset({"tosca.capabilities.Compute", "tosca.capabilities.Container"})


def validate(path: str, data: bytes, context: Context) -> tuple[Problem, ...] | None:
    """All problems of one template; None when it is none after all."""
    problems = Problems(path, RULES)
    try:
        root = parse_yaml(data, LIMITS)
    except Malformed as wrong:
        problems.add("TOS-Y001", wrong.message, Span(wrong.line, wrong.column, wrong.line, wrong.column + 1))
        return problems.sorted()
    if not root.is_object or root.get("tosca_definitions_version") is None:
        return None
    _Template(path, root, context, problems).check()
    return problems.sorted()


class Import(NamedTuple):
    """Where an import points: as written and from the root. ``elsewhere`` when it names a repository or profile;
    ``prefix`` goes before its names."""

    node: Node
    target: str
    place: str
    elsewhere: bool
    prefix: str


class Library(NamedTuple):
    """What an imported document brings: its tables of types, as plain values, and what it imports in turn."""

    types: dict[str, Any]
    imports: tuple[Import, ...]


class _Template:
    def __init__(self, path: str, root: Node, context: Context, problems: Problems) -> None:
        self.path = path
        self.root = root
        self.context = context
        self.say = problems.add
        self.types = Types()
        self.used: set[str] = set()
        self.inputs: dict[str, Node] = {}
        self.nodes: dict[str, Node] = {}
        self.relationships: dict[str, Node] = {}
        self.whole = True  # whether all nodes and inputs are known: parents may lie elsewhere
        self.imported: set[tuple[str, str]] = set()
        topology = root.get("topology_template")
        self.replaces = topology is not None and topology.get("substitution_mappings") is not None

    def check(self) -> None:
        root = self.root
        self._repeated()
        version = root.get("tosca_definitions_version")
        if version is not None and version.text == _SECOND:
            self._second(version)
            return
        self._known(root, TOP, "a template")
        self._version()
        self.types.closed = version is not None and version.text in VERSIONS
        self.types.add(_types(root))
        self._imports(_import_targets(root, self.path, self.context), (self.path,), None)
        topology = root.get("topology_template")
        self._parents()
        if topology is not None and topology.is_object:
            self._known(topology, TOPOLOGY, "topology_template")
            self._collect(topology)
            self._topology(topology)
        elif topology is not None and topology.kind is not Kind.NULL:
            self._shape(topology, "topology_template", "a map")
        self._type_definitions()

    def _second(self, version: Node) -> None:
        """TOSCA 2.0 is another language inside: its frame is checked, and that the rest is not is told."""
        # Drafts of it, which are in use, had the keys of the Simple Profile.
        self._known(self.root, (*TOP_OF_SECOND, *TOP), "a file of TOSCA 2.0")
        self._imports(_import_targets(self.root, self.path, self.context), (self.path,), None)
        for name in ("service_template", *(f"{kind}_types" for kind in KINDS)):
            list(self._table(self.root, name))
        service = self.root.get("service_template")
        if service is not None:
            self._known(service, (*TOPOLOGY, "metadata"), "service_template")
        self.say("TOS-E001", "of TOSCA 2.0 only keys, shapes and imports were checked", version)

    # -- text and shape

    def _repeated(self) -> None:
        metadata = self.root.get("metadata")
        for node in self.root.walk():
            for key in node.repeated():
                if key.is_object or key.is_array:
                    continue
                # No engine reads what is written there.
                level = Severity.WARNING if node is metadata else None
                message = f"the key {key.text!r} was there before; only the last one counts"
                self.say("TOS-Y002", message, key, severity=level)

    def _known(self, node: Node, names: tuple[str, ...], what: str) -> None:
        for key, _ in node.items:
            if key.text not in names and not key.text.startswith("x-") and key.text != "<<":
                self.say("TOS-S001", f"{key.text!r} is no key of {what}{hint(key.text, names)}", key)

    def _shape(self, node: Node, name: str, expected: str) -> None:
        self.say("TOS-S003", f"{name} must be {expected}", node)

    def _table(self, node: Node | None, name: str) -> Iterator[tuple[Node, Node]]:
        found = node.get(name) if node is not None and node.is_object else None
        if found is None or found.kind is Kind.NULL:
            return
        if not found.is_object:
            self._shape(found, name, "a map")
            return
        yield from found.items

    def _version(self) -> None:
        version = self.root.get("tosca_definitions_version")
        if version is not None and version.text not in VERSIONS and not version.text.startswith(_OTHER_PROFILES):
            near = hint(version.text, VERSIONS)
            text = f"{version.text!r} is no version of TOSCA that is known here{near}"
            # Engines have versions of their own (cloudify_dsl_1_3); those of the standard are known.
            level = Severity.ERROR if version.text.startswith("tosca_") else None
            self.say("TOS-S004", text, version, severity=level)

    # -- what lies elsewhere

    def _imports(self, imports: Sequence[Import], way: tuple[str, ...], home: Node | None) -> None:
        """Follow the imports of one document; ``home`` is the import of our own template that led to it."""
        for one in imports:
            self.context.check_time()
            # A name with a version stands for what an engine keeps in its own catalogue.
            if one.elsewhere or _CATALOGUE.fullmatch(one.target):
                self.types.closed = False
                continue
            self._import(one, way, home)

    def _import(self, one: Import, way: tuple[str, ...], home: Node | None) -> None:
        at = home or one.node
        place = one.place
        if place in way:
            if home is None or place == self.path:
                self.say("TOS-G001", f"{' -> '.join((*way, place))} import each other", at)
            return
        if (place, one.prefix) in self.imported:
            return
        self.imported.add((place, one.prefix))
        if len(self.imported) > _MOST_IMPORTS:
            self.types.closed = False
            return
        try:
            library = self.context.once(f"tosca:library:{place}", lambda: _library(place, self.context))
        except Unreachable as problem:
            self.types.closed = False
            if home is None:
                rule = "WF-C001" if problem.outside else "WF-C002" if problem.remote else "TOS-R004"
                self.say(rule, problem.reason if rule != "TOS-R004" else f"there is no file {place!r}", at)
            return
        if isinstance(library, Malformed):
            self.types.closed = False
            if home is None:
                self.say("TOS-R004", f"{place} cannot be read: line {library.line}: {library.message}", at)
            return
        self._defined(library.types, one.prefix)
        self._imports(library.imports, (*way, place), at)

    def _defined(self, types: Mapping[str, Any], prefix: str) -> None:
        """The types of an imported document, also under the prefix that the import gives them."""
        self.types.add(types)
        if prefix:
            renamed = {
                part: {f"{prefix}.{str(name).rpartition('.')[2]}": value for name, value in table.items()}
                | {f"{prefix}{mark}{name}": value for name, value in table.items() for mark in ".:"}
                for part, table in types.items()
                if isinstance(table, dict)
            }
            self.types.add(renamed)

    def _parents(self) -> None:
        metadata = self.root.get("metadata")
        parents = metadata.get("parents") if metadata is not None and metadata.is_object else None
        names = parents.elements if parents is not None and parents.is_array else [parents] if parents else []
        for name in names[:_MOST_IMPORTS]:
            try:
                place = _beside(self.path, name.text)
                parent = parse_yaml(self.context.read(place), LIMITS)
            except (Unreachable, Malformed):
                self.whole = False
                self.types.closed = False
                self.say(
                    "TOS-R007", f"the parent {name.text!r} is not here, so nodes and inputs of it are unknown", name
                )
                continue
            if parent.is_object:
                self.types.add(_types(parent))
                self._imports(_import_targets(parent, place, self.context), (self.path, place), name)
                topology = parent.get("topology_template")
                if topology is not None and topology.is_object:
                    self._collect(topology)

    def _collect(self, topology: Node) -> None:
        for name, into in (
            ("inputs", self.inputs),
            ("node_templates", self.nodes),
            ("relationship_templates", self.relationships),
        ):
            table = topology.get(name)
            if table is not None and table.is_object:
                into.update({key.text: value for key, value in table.items})

    # -- the topology

    def _topology(self, topology: Node) -> None:
        own_inputs = list(self._table(topology, "inputs"))
        for key, value in own_inputs:
            self._input(key, value)
        for key, node in self._table(topology, "node_templates"):
            self.context.check_time()
            self._node(key, node)
        for key, relationship in self._table(topology, "relationship_templates"):
            if relationship.is_object:
                kind = self._typed(relationship, "relationship", key)
                if kind is not None:
                    self._properties(relationship, "relationship", kind, key, complete=True)
                self._functions(relationship, None)
        for key, output in self._table(topology, "outputs"):
            if output.is_object:
                self._functions(output, None, outside=True)
            elif output.kind is not Kind.NULL:
                self._shape(output, f"the output {key.text}", "a map with a value")
        self._members(topology)
        mappings = topology.get("substitution_mappings")
        if mappings is not None:
            self._known(mappings, MAPPINGS, "substitution_mappings")
            self._functions(mappings, None)
        for key, _ in own_inputs:
            if key.text not in self.used and self.whole:
                self.say("TOS-P001", f"the input {key.text!r} is not used", key)

    def _input(self, key: Node, value: Node) -> None:
        if not value.is_object:
            self._shape(value, f"the input {key.text}", "a map with a type")
            return
        self._known(value, INPUT, "an input")
        kind, default = value.get("type"), value.get("default")
        if kind is None:
            return
        if not self._is_data_type(kind.text):
            self.say("TOS-R001", f"there is no type {kind.text!r}{hint(kind.text, values.SIMPLE)}", kind)
        elif default is not None:
            constraints = value.get("constraints")
            plain = tuple(constraints.plain()) if constraints is not None and constraints.is_array else ()
            entry = value.get("entry_schema")
            entry_type = entry.get("type") if entry is not None and entry.is_object else entry
            prop = Property(kind.text, True, True, entry_type.text if entry_type is not None else None, plain)
            self._value(default, prop, f"the default of {key.text}", inner=True)

    def _is_data_type(self, name: str) -> bool:
        return name in values.SIMPLE or self.types.find("data", name) is not None or not self.types.closed

    def _typed(self, node: Node, kind: str, key: Node) -> str | None:
        """The name of the type of a template, after the say about it."""
        name = node.get("type")
        if name is None:
            self.say("TOS-S002", f"{key.text!r} needs a type", key)
            return None
        if self.types.find(kind, name.text) is None:
            if self.types.closed:
                near = hint(name.text, self.types.names(kind))
                self.say("TOS-R001", f"there is no {kind} type {name.text!r}{near}", name)
            return None
        return name.text

    def _node(self, key: Node, node: Node) -> None:
        if not node.is_object:
            self._shape(node, f"the node {key.text}", "a map with a type")
            return
        self._known(node, NODE, "a node template")
        copied = node.get("copy")
        if copied is not None:
            if copied.text not in self.nodes and self.whole:
                self.say("TOS-R002", f"there is no node {copied.text!r} to copy{hint(copied.text, self.nodes)}", copied)
            return
        extended = node.get("type") is None and not self.whole
        kind = None if extended else self._typed(node, "node", key)
        self._functions(node, kind)
        self._requirements(node, kind)
        self._files(node)
        if kind is None:
            return
        selected = node.get("directives") is not None or node.get("node_filter") is not None
        self._properties(node, "node", kind, key, complete=not selected)
        self._capabilities(node, kind)
        self._operations(node, kind)
        if not selected and self.types.closed and self.whole and not self.replaces:
            given = {name.text for entry in _elements(node.get("requirements")) for name, _ in entry.items}
            for missing in self.types.needed(kind):
                if missing not in given:
                    self.say("TOS-R008", f"{key.text!r} ({kind}) names no target for its requirement {missing!r}", key)

    def _properties(self, node: Node, kind: str, name: str, key: Node, *, complete: bool) -> None:
        known, whole = self.types.properties(kind, name)
        given = node.get("properties")
        if given is not None and given.kind is not Kind.NULL and not given.is_object:
            self._shape(given, "properties", "a map")
            return
        for prop_key, value in given.items if given is not None else ():
            prop = known.get(prop_key.text)
            if prop is None:
                if whole and self.types.closed:
                    text = f"{name} has no property {prop_key.text!r}{hint(prop_key.text, known)}"
                    self.say("TOS-V001", text, prop_key)
                continue
            self._value(value, prop, prop_key.text)
        if complete and self.whole:
            for missing, prop in known.items():
                if prop.required and not prop.default and (given is None or given.get(missing) is None):
                    self.say("TOS-V002", f"{name} needs the property {missing!r}", key)

    def _value(self, value: Node, prop: Property, name: str, *, inner: bool = False) -> None:
        prop = self.types.plain(prop)
        # Engines take a number for a text where it is the property itself, and not in the parts of one.
        wrong = values.fault(value, prop.type) if inner or prop.type != "string" else values.no_text(value)
        if wrong is not None:
            self.say("TOS-V003", f"{name}: {wrong}", value)
            return
        broken = values.broken(value, prop.type, prop.constraints)
        if broken is not None:
            self.say("TOS-V004", f"{name}: {broken}", value)
        if values.is_function(value):
            return
        if prop.entry is not None:
            entry = Property(prop.entry, True, False, None, ())
            for child in (*value.elements, *(item for _, item in value.items)):
                self._value(child, entry, name, inner=True)
        elif prop.type not in values.SIMPLE and value.is_object:
            self._data(value, prop.type, name)
        elif value.kind is not Kind.NULL and self.types.closed and self.types.properties("data", prop.type)[0]:
            self.say("TOS-V003", f"{name}: a map is expected, the parts of {prop.type}", value)

    def _data(self, value: Node, kind: str, name: str) -> None:
        known, whole = self.types.properties("data", kind)
        if not known or not whole or not self.types.closed:
            return
        for key, item in value.items:
            prop = known.get(key.text)
            if prop is None:
                self.say("TOS-V001", f"{kind} has no property {key.text!r}{hint(key.text, known)}", key)
            else:
                self._value(item, prop, f"{name}.{key.text}", inner=True)

    def _capabilities(self, node: Node, kind: str) -> None:
        known, whole = self.types.keys("node", kind, "capabilities")
        for key, capability in self._table(node, "capabilities"):
            if key.text not in known:
                if whole and self.types.closed:
                    self.say("TOS-V001", f"{kind} has no capability {key.text!r}{hint(key.text, known)}", key)
                continue
            definition = self.types.part("node", kind, "capabilities", key.text)
            name = definition.get("type") if isinstance(definition, dict) else definition
            if isinstance(name, str) and capability.is_object and self.types.find("capability", name) is not None:
                self._properties(capability, "capability", name, key, complete=False)

    def _operations(self, node: Node, kind: str) -> None:
        """Operations that an interface of a known type does not have."""
        for key, interface in self._table(node, "interfaces"):
            definition = self.types.part("node", kind, "interfaces", key.text)
            if not isinstance(definition, dict) or not interface.is_object or not self.types.closed:
                continue
            name = definition.get("type")
            known = self.types.operations(name) if isinstance(name, str) and self._is_type("interface", name) else None
            if known is None:
                continue
            known |= {str(word) for word in definition}
            for part in ("operations", "notifications"):
                known |= set(definition[part]) if isinstance(definition.get(part), dict) else set()
            for operation, _ in interface.items:
                if operation.text not in known and operation.text not in ("type", "inputs", *_PARTS):
                    near = hint(operation.text, known)
                    self.say("TOS-V001", f"{name} has no operation {operation.text!r}{near}", operation)

    def _is_type(self, kind: str, name: str) -> bool:
        return self.types.find(kind, name) is not None

    # -- references

    def _requirements(self, node: Node, kind: str | None) -> None:
        requirements = node.get("requirements")
        if requirements is None or requirements.kind is Kind.NULL:
            return
        if not requirements.is_array:
            self._shape(requirements, "requirements", "a list: '- host: NODE'")
            return
        for entry in requirements.elements:
            if not entry.is_object or len(entry.items) != 1:
                self._shape(entry, "a requirement", "one name with its target: '- host: NODE'")
                continue
            name, target = entry.items[0]
            self._requirement(name, target, kind)

    def _requirement(self, name: Node, target: Node, kind: str | None) -> None:
        definition: Any = None
        if kind is not None:
            known, whole = self.types.keys("node", kind, "requirements")
            if name.text not in known and whole and self.types.closed:
                # An engine may go by the relationship when one is named.
                told = target.is_object and target.get("relationship") is not None
                level = Severity.WARNING if told and not hint(name.text, known) else None
                text = f"{kind} has no requirement {name.text!r}{hint(name.text, known)}"
                self.say("TOS-V001", text, name, severity=level)
            definition = self.types.part("node", kind, "requirements", name.text)
        node = target.get("node") if target.is_object else target
        if node is None or node.kind is not Kind.STRING:
            return
        filtered = target.is_object and target.get("node_filter") is not None
        if node.text not in self.nodes:
            if filtered or self.types.find("node", node.text) is not None or not self.whole:
                return
            self.say("TOS-R002", f"there is no node {node.text!r}{hint(node.text, self.nodes)}", node)
            return
        self._offered(node, definition, target)

    def _offered(self, node: Node, definition: Any, target: Node) -> None:
        """Whether the target has the capability that the requirement asks for."""
        wanted = definition.get("capability") if isinstance(definition, dict) else definition
        asked = target.get("capability") if target.is_object else None
        other = self.nodes[node.text].get("type") if self.nodes[node.text].is_object else None
        if other is None or not self.types.closed:
            return
        names, whole = self.types.keys("node", other.text, "capabilities")
        if not whole:
            return
        if asked is not None and asked.kind is Kind.STRING:
            if asked.text not in names and self.types.find("capability", asked.text) is None:
                text = f"{other.text} offers no capability {asked.text!r}{hint(asked.text, names)}"
                self.say("TOS-R003", text, asked)
            return
        if not isinstance(wanted, str) or wanted in ("tosca.capabilities.Node", "tosca.capabilities.Root"):
            return
        answers = [self._capability_is(other.text, name, wanted) for name in names]
        if answers and all(answer is False for answer in answers):
            related = any(self._capability_is(other.text, name, wanted, reverse=True) for name in names)
            level = Severity.WARNING if related else None  # a more general one may do
            self.say("TOS-R003", f"{node.text!r} ({other.text}) offers no {wanted}", node, severity=level)

    def _capability_is(self, node_type: str, name: str, wanted: str, *, reverse: bool = False) -> bool | None:
        definition = self.types.part("node", node_type, "capabilities", name)
        found = definition.get("type") if isinstance(definition, dict) else definition
        if not isinstance(found, str):
            return None
        if {found, wanted} == _SAME:
            return True
        if reverse:
            return found != "tosca.capabilities.Root" and self.types.is_a("capability", wanted, found)
        return self.types.is_a("capability", found, wanted)

    def _members(self, topology: Node) -> None:
        groups = {key.text for key, _ in self._table(topology, "groups")}
        for key, group in self._table(topology, "groups"):
            if group.is_object:
                kind = self._typed(group, "group", key)
                if kind is not None:
                    self._properties(group, "group", kind, key, complete=True)
                self._all_exist(group.get("members"), set(self.nodes))
                self._functions(group, None)
        policies = topology.get("policies")
        for entry in policies.elements if policies is not None else ():
            for key, policy in entry.items:
                if policy.is_object:
                    kind = self._typed(policy, "policy", key)
                    if kind is not None:
                        self._properties(policy, "policy", kind, key, complete=True)
                    self._all_exist(policy.get("targets"), {*self.nodes, *groups})
                    self._functions(policy, None)

    def _all_exist(self, names: Node | None, known: set[str]) -> None:
        for name in names.elements if names is not None else ():
            if name.kind is Kind.STRING and name.text not in known and self.whole:
                self.say("TOS-R002", f"there is no node {name.text!r}{hint(name.text, known)}", name)

    def _functions(self, root: Node, kind: str | None, *, outside: bool = False) -> None:
        """Every function below ``root``; ``outside`` of nodes there is nothing that SELF or HOST could mean."""
        for node in root.walk():
            if values.is_function(node):
                self._function(node.items[0][0], node.items[0][1], kind, outside=outside)

    def _function(self, name: Node, arguments: Node, kind: str | None, *, outside: bool) -> None:
        first = arguments.elements[0] if arguments.is_array and arguments.elements else arguments
        if name.text == "get_input":
            version = self.root.get("tosca_definitions_version")
            if len(arguments.elements) > 1 and version is not None and version.text in _ONE_INPUT:
                self._shape(arguments, "get_input", "the name of one input; parts of it can be asked for since 1.3")
            if first.kind is Kind.STRING:
                self.used.add(first.text)
                if first.text not in self.inputs and self.whole:
                    self.say("TOS-R006", f"there is no input {first.text!r}{hint(first.text, self.inputs)}", first)
        elif name.text in ("get_property", "get_attribute", "get_operation_output"):
            if not arguments.is_array or len(arguments.elements) < 2:
                self._shape(arguments, name.text, "a list: a node and what is asked of it")
            elif outside and first.text in ("SELF", "HOST", "SOURCE", "TARGET"):
                self.say("TOS-R006", f"there is no {first.text} here: an output belongs to no node", first)
            elif first.kind is Kind.STRING and first.text in self.relationships:
                return
            elif first.kind is Kind.STRING and first.text not in _SELF and first.text not in self.nodes and self.whole:
                self.say("TOS-R006", f"there is no node {first.text!r}{hint(first.text, self.nodes)}", first)
            elif name.text in ("get_property", "get_attribute"):
                self._property_of(name.text.removeprefix("get_"), arguments, first, kind)
        elif name.text == "concat":
            if not arguments.is_array or not arguments.elements:
                self._shape(arguments, "concat", "a list of what is joined")
        elif name.text == "token" and (not arguments.is_array or len(arguments.elements) != 3):
            self._shape(arguments, "token", "a list of three: a text, its separators and a number")

    def _property_of(self, what: str, arguments: Node, first: Node, kind: str | None) -> None:
        """``get_property: [NODE, NAME]`` or an attribute, where all that the node has is known."""
        asked = arguments.elements[1]
        if first.text == "SELF":
            name = kind
        else:
            other = self.nodes.get(first.text)
            given = other.get("type") if other is not None and other.is_object else None
            name = given.text if given is not None else None
        if name is None or not self.types.closed or asked.kind is not Kind.STRING:
            return
        known: set[str] = set()
        for part in ("properties", "attributes", "capabilities", "requirements"):
            names, whole = self.types.keys("node", name, part)
            if not whole:
                return
            known |= names
        other = self.nodes.get(first.text)
        known |= {key.text for key, _ in self._table(other, "attributes")}
        if asked.text not in known:
            self.say("TOS-R006", f"{name} has no {what} {asked.text!r}{hint(asked.text, known)}", asked)
        else:
            self._deeper(what, name, asked, arguments.elements[2:])

    def _deeper(self, what: str, node: str, asked: Node, rest: Sequence[Node]) -> None:
        """What is asked of a capability, or of a part of a value."""
        if not rest or rest[0].kind not in (Kind.STRING, Kind.INTEGER):
            return
        prop = self.types.properties("node", node)[0].get(asked.text)
        plain = self.types.plain(prop).type if prop is not None else None
        if plain in values.SIMPLE and plain not in ("list", "map", "range"):
            self.say("TOS-R006", f"{asked.text!r} is {values.a(plain)}: nothing can be asked of it", rest[0])
        definition = self.types.part("node", node, "capabilities", asked.text)
        name = definition.get("type") if isinstance(definition, dict) else definition
        if not isinstance(name, str) or prop is not None:
            return
        known: set[str] = set()
        for part in ("properties", "attributes"):
            found, whole = self.types.keys("capability", name, part)
            own = definition.get(part) if isinstance(definition, dict) else None
            known |= found | set(own if isinstance(own, dict) else ())
            if not whole:
                return
        if rest[0].text not in known:
            self.say("TOS-R006", f"{name} has no {what} {rest[0].text!r}{hint(rest[0].text, known)}", rest[0])

    # -- files

    def _files(self, node: Node) -> None:
        names = {key.text for key, _ in self._table(node, "artifacts")}
        for _, artifact in self._table(node, "artifacts"):
            file = artifact.get("file") if artifact.is_object else artifact
            if file is not None and not (artifact.is_object and artifact.get("repository") is not None):
                self._file(file)
        for _, interface in self._table(node, "interfaces"):
            for _, operation in interface.items if interface.is_object else ():
                primary = operation.get("implementation") if operation.is_object else operation
                if primary is not None and primary.is_object:
                    if primary.get("repository") is not None:
                        continue
                    primary = primary.get("primary")
                if primary is not None and primary.text not in names and primary.text.endswith(_SCRIPTS):
                    self._file(primary)

    def _file(self, file: Node) -> None:
        text = file.text
        if file.kind is not Kind.STRING or "://" in text or not text or "{" in text or "." not in text:
            return
        place = _beside(self.path, text)
        if text.startswith(("/", "~")) or place.startswith("../"):
            self.say("WF-C001", f"{text!r} lies outside the repository", file)
        elif "/" in text and not text.endswith(_SCRIPTS) and ":" in text:
            return  # the name of an image
        elif not self.context.exists(place):
            self.say("TOS-R005", f"there is no file {place!r}", file)

    def _type_definitions(self) -> None:
        for kind in KINDS:
            for _, definition in self._table(self.root, f"{kind}_types"):
                parent = definition.get("derived_from") if definition.is_object else None
                if parent is None or parent.kind is not Kind.STRING or not self.types.closed:
                    continue
                simple = kind == "data" and parent.text in values.SIMPLE
                if not simple and self.types.find(kind, parent.text) is None:
                    near = hint(parent.text, self.types.names(kind))
                    # Below the wrong heading nothing uses it; who imports a mere library may import the rest as well.
                    elsewhere = any(self._is_type(other, parent.text) for other in KINDS)
                    library = self.root.get("topology_template") is None and self.root.get("imports") is None
                    level = Severity.WARNING if elsewhere or library else None
                    self.say("TOS-R001", f"there is no {kind} type {parent.text!r}{near}", parent, severity=level)


def _library(place: str, context: Context) -> Library | Malformed:
    """An imported document, read once however many templates import it. Raises `Unreachable`."""
    try:
        root = parse_yaml(context.read(place), LIMITS)
    except Malformed as wrong:
        return wrong
    if not root.is_object:
        return Library({}, ())
    return Library(_types(root), tuple(_import_targets(root, place, context)))


def _types(root: Node) -> dict[str, Any]:
    return {key.text: value.plain() for key, value in root.items if key.text.endswith("_types")}


def _import_targets(root: Node, path: str, context: Context) -> list[Import]:
    """The imports of a document."""
    imports = root.get("imports")
    if imports is None:
        return []
    found: list[Import] = []
    for entry in imports.elements if imports.is_array else [imports] if imports.is_object else []:
        profile = entry.get("profile") if entry.is_object else None
        if profile is not None:
            found.append(Import(profile, profile.text, profile.text, True, ""))
            continue
        whole = entry.kind is Kind.STRING or entry.get("file") is not None or entry.get("url") is not None
        for value in [entry] if whole else [value for _, value in entry.items]:
            found += _named_import(value, path, context)
    return found


def _named_import(value: Node, path: str, context: Context) -> Iterator[Import]:
    file = (value.get("file") or value.get("url")) if value.is_object else value
    if file is None or file.kind is not Kind.STRING:
        return
    prefix = (value.get("namespace_prefix") or value.get("namespace")) if value.is_object else None
    elsewhere = value.is_object and value.get("repository") is not None
    place = _found(path, file.text, context)
    yield Import(file, file.text, place, elsewhere, prefix.text if prefix is not None else "")


def _found(path: str, target: str, context: Context) -> str:
    """Where an import lies: where the settings say, beside the document, or below a folder on the way to it that it
    begins with."""
    mapped = context.settings.get("imports")
    if isinstance(mapped, Mapping) and mapped.get(target):
        return str(mapped[target])
    place = _beside(path, target)
    if "://" in target or target.startswith(("/", "~", ".")) or context.exists(place):
        return place
    folder = posixpath.dirname(path)
    while folder:
        folder, _, name = folder.rpartition("/")
        other = posixpath.join(folder, target)
        if target.startswith(f"{name}/") and context.exists(other):
            return other
    return place


def _beside(path: str, target: str) -> str:
    """A path from the root, for one that counts from the folder of a document; addresses stay."""
    if "://" in target or target.startswith(("/", "~")):
        return target
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), target))


def _elements(node: Node | None) -> Sequence[Node]:
    return node.elements if node is not None else ()

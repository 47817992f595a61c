"""A TOSCA template with what it imports and extends, from its text to its last reference."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from assaymark.api import Context, Problem, Unreachable
from assaymark_workflows.problems import Problems, hint
from assaymark_workflows.source import Kind, Limits, Malformed, Node, Span, parse_yaml
from assaymark_workflows.tosca import values
from assaymark_workflows.tosca.types import KINDS, Property, Types

RULES = Path(__file__).with_name("rules.toml")
LIMITS = Limits(nodes=300_000, depth=100)
VERSIONS = ("tosca_simple_yaml_1_0", "tosca_simple_yaml_1_0_0", "tosca_simple_yaml_1_1", "tosca_simple_yaml_1_2",
            "tosca_simple_yaml_1_3")  # fmt: skip
_OTHER_PROFILES = ("tosca_simple_profile_for_nfv", "tosca_simple_profile_for_mec", "tosca_2_0")
TOP = ("tosca_definitions_version", "tosca_default_namespace", "namespace", "template_name", "template_author",
       "template_version", "description", "metadata", "imports", "dsl_definitions", "repositories",
       *(f"{kind}_types" for kind in KINDS), "relationship_templates", "topology_template")  # fmt: skip
TOPOLOGY = ("description", "inputs", "node_templates", "relationship_templates", "outputs", "groups", "policies",
            "substitution_mappings", "workflows")  # fmt: skip
NODE = ("type", "description", "metadata", "directives", "properties", "attributes", "requirements", "capabilities",
        "interfaces", "artifacts", "node_filter", "copy")  # fmt: skip
INPUT = ("type", "description", "required", "default", "status", "constraints", "entry_schema", "key_schema", "value",
         "metadata", "tag", "immutable", "hidden", "display_name", "group")  # fmt: skip
_SELF = ("SELF", "HOST", "SOURCE", "TARGET", "ORCHESTRATOR")
_SCRIPTS = (".sh", ".py", ".yaml", ".yml", ".pp", ".rb", ".bat", ".ps1")
_MOST_IMPORTS = 100


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
        self.whole = True  # whether all nodes and inputs are known: parents may lie elsewhere
        self.imported = 0

    def check(self) -> None:
        root = self.root
        self._repeated()
        self._known(root, TOP, "a template")
        self._version()
        version = self.root.get("tosca_definitions_version")
        self.types.closed = version is not None and version.text in VERSIONS
        self.types.add(root.plain())
        self._imports(root, self.path, (self.path,), at_home=True)
        topology = root.get("topology_template")
        self._parents()
        if topology is not None and topology.is_object:
            self._known(topology, TOPOLOGY, "topology_template")
            self._collect(topology)
            self._topology(topology)
        elif topology is not None and topology.kind is not Kind.NULL:
            self._shape(topology, "topology_template", "a map")
        self._type_definitions()

    # -- text and shape

    def _repeated(self) -> None:
        stack, seen = [self.root], set()
        while stack:
            node = stack.pop()
            if id(node) not in seen:
                seen.add(id(node))
                for key in node.repeated() if node.is_object else ():
                    self.say("TOS-Y002", f"the key {key.text!r} was there before; only the last one counts", key)
                stack += [*node.elements, *(value for _, value in node.items)]

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
            self.say("TOS-S004", f"{version.text!r} is no version of TOSCA that is known here{near}", version)

    # -- what lies elsewhere

    def _imports(self, root: Node, path: str, way: tuple[str, ...], *, at_home: bool) -> None:
        imports = root.get("imports") if root.is_object else None
        for node, target, repository in _import_targets(imports):
            self.context.check_time()
            self.imported += 1
            if repository or self.imported > _MOST_IMPORTS:
                self.types.closed = False
                continue
            self._import(node, target, path, way, at_home=at_home)

    def _import(self, node: Node, target: str, path: str, way: tuple[str, ...], *, at_home: bool) -> None:
        mapped = self.context.settings.get("imports")
        local = mapped.get(target) if isinstance(mapped, Mapping) else None
        place = str(local) if local else _beside(path, target)
        if place in way:
            if at_home or place == self.path:
                self.say("TOS-G001", f"{' -> '.join((*way, place))} import each other", node if at_home else self.root)
            return
        try:
            data = self.context.read(place)
            imported = parse_yaml(data, LIMITS)
        except Unreachable as problem:
            self.types.closed = False
            if at_home:
                rule = "WF-C001" if problem.outside else "WF-C002" if problem.remote else "TOS-R004"
                self.say(rule, problem.reason if rule != "TOS-R004" else f"there is no file {place!r}", node)
            return
        except Malformed as wrong:
            self.types.closed = False
            if at_home:
                self.say("TOS-R004", f"{place} cannot be read: line {wrong.line}: {wrong.message}", node)
            return
        if imported.is_object:
            self.types.add(imported.plain())
            self._imports(imported, place, (*way, place), at_home=False)

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
                self.types.add(parent.plain())
                self._imports(parent, place, (self.path, place), at_home=False)
                topology = parent.get("topology_template")
                if topology is not None and topology.is_object:
                    self._collect(topology)

    def _collect(self, topology: Node) -> None:
        for name, into in (("inputs", self.inputs), ("node_templates", self.nodes)):
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
                self._typed(relationship, "relationship", key)
                self._functions(relationship, None)
        for key, output in self._table(topology, "outputs"):
            if output.is_object:
                self._functions(output, None)
            elif output.kind is not Kind.NULL:
                self._shape(output, f"the output {key.text}", "a map with a value")
        self._members(topology)
        mappings = topology.get("substitution_mappings")
        if mappings is not None:
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
            self._value(default, prop, f"the default of {key.text}")

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

    def _value(self, value: Node, prop: Property, name: str) -> None:
        wrong = values.fault(value, prop.type)
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
                self._value(child, entry, name)
        elif prop.type not in values.SIMPLE and value.is_object:
            self._data(value, prop.type, name)

    def _data(self, value: Node, kind: str, name: str) -> None:
        known, whole = self.types.properties("data", kind)
        if not known or not whole or not self.types.closed:
            return
        for key, item in value.items:
            prop = known.get(key.text)
            if prop is None:
                self.say("TOS-V001", f"{kind} has no property {key.text!r}{hint(key.text, known)}", key)
            else:
                self._value(item, prop, f"{name}.{key.text}")

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
                self.say("TOS-V001", f"{kind} has no requirement {name.text!r}{hint(name.text, known)}", name)
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
            self.say("TOS-R003", f"{node.text!r} ({other.text}) offers no {wanted}", node)

    def _capability_is(self, node_type: str, name: str, wanted: str) -> bool | None:
        definition = self.types.part("node", node_type, "capabilities", name)
        found = definition.get("type") if isinstance(definition, dict) else definition
        return self.types.is_a("capability", found, wanted) if isinstance(found, str) else None

    def _members(self, topology: Node) -> None:
        groups = {key.text for key, _ in self._table(topology, "groups")}
        for key, group in self._table(topology, "groups"):
            if group.is_object:
                self._typed(group, "group", key)
                self._all_exist(group.get("members"), set(self.nodes))
                self._functions(group, None)
        policies = topology.get("policies")
        for entry in policies.elements if policies is not None else ():
            for key, policy in entry.items:
                if policy.is_object:
                    self._typed(policy, "policy", key)
                    self._all_exist(policy.get("targets"), {*self.nodes, *groups})
                    self._functions(policy, None)

    def _all_exist(self, names: Node | None, known: set[str]) -> None:
        for name in names.elements if names is not None else ():
            if name.kind is Kind.STRING and name.text not in known and self.whole:
                self.say("TOS-R002", f"there is no node {name.text!r}{hint(name.text, known)}", name)

    def _functions(self, root: Node, kind: str | None) -> None:
        stack, seen = [root], set()
        while stack:
            node = stack.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if values.is_function(node):
                self._function(node.items[0][0], node.items[0][1], kind)
            stack += [*node.elements, *(value for _, value in node.items)]

    def _function(self, name: Node, arguments: Node, kind: str | None) -> None:
        first = arguments.elements[0] if arguments.is_array and arguments.elements else arguments
        if name.text == "get_input":
            if first.kind is Kind.STRING:
                self.used.add(first.text)
                if first.text not in self.inputs and self.whole:
                    self.say("TOS-R006", f"there is no input {first.text!r}{hint(first.text, self.inputs)}", first)
        elif name.text in ("get_property", "get_attribute", "get_operation_output"):
            if not arguments.is_array or len(arguments.elements) < 2:
                self._shape(arguments, name.text, "a list: a node and what is asked of it")
            elif first.kind is Kind.STRING and first.text not in _SELF and first.text not in self.nodes and self.whole:
                self.say("TOS-R006", f"there is no node {first.text!r}{hint(first.text, self.nodes)}", first)
            elif name.text == "get_property":
                self._property_of(arguments, first, kind)

    def _property_of(self, arguments: Node, first: Node, kind: str | None) -> None:
        """``get_property: [NODE, NAME]`` where all that the node has is known."""
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
        if asked.text not in known:
            self.say("TOS-R006", f"{name} has no property {asked.text!r}{hint(asked.text, known)}", asked)

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
                if self.types.find(kind, parent.text) is None:
                    near = hint(parent.text, self.types.names(kind))
                    self.say("TOS-R001", f"there is no {kind} type {parent.text!r}{near}", parent)


def _import_targets(imports: Node | None) -> Iterator[tuple[Node, str, bool]]:
    """Where an import points: node, address or path, and whether a repository is named besides."""
    if imports is None:
        return
    entries = imports.elements if imports.is_array else [imports] if imports.is_object else []
    for entry in entries:
        if entry.kind is Kind.STRING:
            yield entry, entry.text, False
        elif entry.is_object and entry.get("file") is not None:
            file = entry.get("file")
            assert file is not None
            yield file, file.text, entry.get("repository") is not None
        else:
            for _, value in entry.items:
                file = value.get("file") if value.is_object else value
                if file is not None and file.kind is Kind.STRING:
                    yield file, file.text, value.is_object and value.get("repository") is not None


def _beside(path: str, target: str) -> str:
    """A path from the root, for one that counts from the folder of a document; addresses stay."""
    if "://" in target or target.startswith(("/", "~")):
        return target
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), target))

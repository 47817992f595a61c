"""Are all fields known and of the right kind? One walk along the table of `schema`, by the document's version."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assaymark.api import Edit
from assaymark_workflows.cwl import schema
from assaymark_workflows.cwl.report import Report, near, nearest, replaced
from assaymark_workflows.cwl.shapes import Field, Shape, field_since, record
from assaymark_workflows.cwl.wording import a_or_an, described, expected, shown
from assaymark_workflows.source import Kind, Node, Span

TYPE = re.compile(r"([^\[?]+)((?:\[\])*)(\?)?")
_EXTENSION = re.compile(r"([A-Za-z_][A-Za-z0-9_.-]*):(.+)")
_SMALL, _LONG = 2**31, 2**63
_LINES = {"http", "https", "file", "urn", "mailto", "ftp"}
_NEVER_EMPTY = ("requirements", "hints")
_TYPES = {"Any", *schema.PRIMITIVES}


def entries(node: Node | None, subject: str) -> Iterator[tuple[str, Node, Node]]:
    """Name, the node of the name, and value of what is written as a map or as a list of objects with a name."""
    if node is None:
        return
    if node.is_object:
        for key, value in node.items:
            yield key.text, key, value
    for element in node.elements:
        name = element.get(subject) if element.is_object else None
        if name is not None and name.is_string:
            yield name.value, name, element


class Structure:
    """The walk through one process and all that stands inside it."""

    def __init__(
        self, version: str, report: Report, prefixes: frozenset[str], imported: frozenset[int] = frozenset()
    ) -> None:
        self.version = version
        self.imported = imported
        self.report = report
        self.prefixes = prefixes
        self.unknown: set[int] = set()

    def directives(self, root: Node) -> None:
        """``$namespaces`` and ``$schemas`` of a document."""
        for key, value in root.items:
            at = value if _wide(value) else key
            if key.text == "$namespaces":
                if not value.is_object:
                    self.report.add("CWL-S003", at, f"$namespaces maps prefixes to addresses; it is {described(value)}")
                for prefix, address in value.items:
                    if not address.is_string:
                        where = address if _wide(address) else prefix
                        message = f"the prefix {prefix.text!r} stands for an address, not {described(address)}"
                        self.report.add("CWL-S003", where, message)
            elif key.text == "$schemas" and not (
                value.is_string or (value.is_array and all(element.is_string for element in value.elements))
            ):
                self.report.add("CWL-S003", at, "$schemas is a list of addresses or files")

    def process(self, node: Node, at: Node | Span) -> None:
        """A process object, whatever its class."""
        if not node.is_object:
            self.report.add("CWL-S003", node, f"a process is expected, not {described(node)}")
            return
        name = node.get("class")
        if name is None:
            meant = next((key for key, _ in node.items if nearest("class", [key.text])), None)
            if meant is not None:
                edits = [] if meant.quoted else [replaced(meant, "class")]
                message = f"a process has no field {meant.text!r}; did you mean 'class'?"
                self.report.add("CWL-S001", meant, message, edits=edits)
                return
            self.report.add("CWL-S002", at, "the process has no 'class'; it is one of " + ", ".join(schema.PROCESSES))
            return
        if name.value not in schema.PROCESSES:
            guess = nearest(str(name.value), schema.PROCESSES)
            self.report.add(
                "CWL-S004",
                name,
                f"{shown(name)} is no class of a process" + near(str(name.value), schema.PROCESSES),
                edits=[replaced(name, guess)] if guess and not name.quoted else [],
            )
            return
        if name.value == "Operation" and self.version < "v1.2":
            self.report.add("CWL-D003", name, f"class Operation came with v1.2; the document is {self.version}")
            return
        self.record(node, name.value, at)

    def record(self, node: Node, name: str, at: Node | Span, subject: str = "") -> None:
        """An object against the fields of a record; ``subject`` is the field that the key of a map stands for."""
        fields = record(name, self.version)
        seen = set()
        for key, value in node.items:
            word = key.text
            seen.add(word)
            field = fields.get(word)
            if field is None:
                self._foreign(node, key, name, fields)
            elif value.kind is Kind.NULL:
                emptied = field.required or (word in _NEVER_EMPTY and name in schema.PROCESSES)
                if emptied and not field.shape.null and not value.tag:
                    self.report.add("CWL-S002", value if _wide(value) else key, f"{word!r} of {a_or_an(name)} is empty")
            elif word == "class":
                continue
            else:
                self.value(value, field.shape, key, f"{word!r}")
                if word == "format":
                    self._formats(value)
        for word, field in fields.items():
            if field.required and word not in seen and word != subject and word != "class":
                self.report.add("CWL-S002", at, f"{a_or_an(name)} needs {word!r}" + self._written(word, seen, fields))

    def _formats(self, node: Node) -> None:
        """A format is an address; what looks like one with a prefix must be declared."""
        for element in node.elements if node.is_array else [node]:
            match = _EXTENSION.fullmatch(element.value) if element.is_string and "$" not in element.value else None
            if match and match[1] not in self.prefixes and match[1] not in _LINES:
                self.report.add("CWL-S010", element, f"the prefix {match[1]!r} is not declared in $namespaces")

    def _written(self, word: str, seen: set[str], fields: dict[str, Field]) -> str:
        guess = nearest(word, seen - set(fields))
        return f" ({guess!r} may be meant for it)" if guess else ""

    def _foreign(self, node: Node, key: Node, name: str, fields: dict[str, Field]) -> None:
        word = key.text
        if (word[:1] in ("$", "@") and len(word) > 1) or word in ("id", "name"):
            return
        extension = _EXTENSION.fullmatch(word)
        if extension:
            prefix = extension[1]
            if prefix not in self.prefixes and prefix not in _LINES:
                self.report.add("CWL-S010", key, f"the prefix {prefix!r} is not declared in $namespaces")
            return
        later = field_since(word, name, self.version)
        if later:
            self.report.add(
                "CWL-D003", key, f"{word!r} of {a_or_an(name)} came with {later}; the document is {self.version}"
            )
            return
        free = [field for field in fields if field not in node]
        guess = nearest(word, free) or nearest(word, fields)
        edits = [replaced(key, guess)] if guess and guess not in node and not key.quoted else []
        meant = f"; did you mean {guess!r}?" if guess else ""
        self.report.add("CWL-S001", key, f"{a_or_an(name)} has no field {word!r}{meant}", edits=edits)

    def value(self, node: Node, shape: Shape, at: Node, what: str) -> None:
        """Any value against a shape."""
        kind = node.kind
        if shape.anything or (shape.special and self._special(node, shape, at, what)):
            return
        if kind is Kind.STRING:
            self._text(node, shape, what)
        elif kind is Kind.OBJECT:
            self._object(node, shape, at, what)
        elif kind is Kind.ARRAY:
            if shape.array is None:
                self._wrong(node, shape, what)
            elif shape.subject:
                self._listed(node, shape, what)
            else:
                self._elements(node, shape.array, at, what)
        elif kind is Kind.NULL:
            if not shape.null and not node.tag:
                self._wrong(node if _wide(node) else at, shape, what, node)
        elif not self._scalar(node, shape, what):
            self._wrong(node, shape, what)

    def _text(self, node: Node, shape: Shape, what: str) -> None:
        if shape.text or node.value in shape.words:
            return
        if shape.expression:
            if "$(" not in node.value and "${" not in node.value:
                self._wrong(node, shape, what)
        elif shape.words:
            guess = nearest(node.value, shape.words)
            self.report.add(
                "CWL-S004",
                node,
                f"{shown(node)} is no value of {what}; it is one of {', '.join(sorted(shape.words))}"
                + (f"; did you mean {guess!r}?" if guess else ""),
                edits=[replaced(node, guess)] if guess and not node.quoted else [],
            )
        else:
            self._wrong(node, shape, what)

    def _scalar(self, node: Node, shape: Shape, what: str) -> bool:
        if node.kind is Kind.BOOLEAN:
            return shape.boolean
        if node.kind is Kind.INTEGER and (shape.integer or shape.number):
            limit = _SMALL if shape.small else _LONG
            if not -limit <= node.value < limit:
                self.report.add("CWL-V001", node, f"{node.text} is too large a number for {what}")
            return True
        return node.kind is Kind.NUMBER and shape.number

    def _elements(self, node: Node, shape: Shape, at: Node, what: str) -> None:
        for element in node.elements:
            self.value(
                element, shape, element if _wide(element) else at, f"an entry of {what.removeprefix('an entry of ')}"
            )

    def _object(self, node: Node, shape: Shape, at: Node, what: str) -> None:
        if shape.subject and shape.array is not None:
            if id(node) in self.imported:
                self.report.add(
                    "CWL-R003", at, f"what is imported as {what} is a list; the map form is not read from there"
                )
                return
            self._mapped(node, shape, shape.array, what)
            return
        records = shape.records
        if not records:
            self._wrong(node, shape, what)
        elif len(records) == 1:
            self.record(node, records[0], self._place(node, at))
        else:
            self._one_of(node, records, at, what)

    def _one_of(self, node: Node, records: tuple[str, ...], at: Node, what: str) -> None:
        """The record that ``class`` (files) or ``type`` (types) names."""
        place = self._place(node, at)
        if records[0].endswith("Schema"):
            self._type_object(node, records, at, what)
            return
        name = node.get("class")
        if name is None and "Dirent" in records:
            self.record(node, "Dirent", place)
        elif name is None:
            self.report.add("CWL-S002", place, f"{what} needs 'class'; it is one of {', '.join(records)}")
        elif name.value in records:
            self.record(node, name.value, place)
        else:
            self.report.add("CWL-S004", name, f"{shown(name)} is no class here; it is one of {', '.join(records)}")

    def _listed(self, node: Node, shape: Shape, what: str) -> None:
        """A list whose elements have names."""
        assert shape.array is not None
        inner = shape.array
        if inner.special in ("requirement", "hint"):
            for element in node.elements:
                if element.tag == "!unresolved":
                    continue
                if not element.is_object:
                    self.report.add("CWL-S003", element, f"an entry of {what} is an object, not {described(element)}")
                else:
                    name = element.get("class")
                    if name is None:
                        self.report.add("CWL-S002", self._place(element, element), f"an entry of {what} needs 'class'")
                    elif not name.is_string:
                        self.report.add("CWL-S003", name if _wide(name) else element, f"'class' is {described(name)}")
                    else:
                        self._requirement(element, name.value, name, inner.special)
            return
        for element in node.elements:
            self.value(element, inner, element, f"an entry of {what}")
            if element.is_object and shape.subject == "id" and inner.records:
                name = element.get("id")
                if name is None or (name.kind is Kind.NULL and not name.tag):
                    at = element.key("id") or self._place(element, element)
                    self.report.add("CWL-S002", at, f"{a_or_an(inner.records[0])} in a list needs 'id'")

    def _mapped(self, node: Node, shape: Shape, inner: Shape, what: str) -> None:
        for key, value in node.items:
            if inner.special in ("requirement", "hint"):
                if value.is_object:
                    self._requirement(value, key.text, key, inner.special)
                elif not value.tag:
                    edits = [_after(key, " {}")] if value.kind is Kind.NULL and not value.text else []
                    message = f"{key.text!r} in {what} is an object (an empty one is {{}}), not {described(value)}"
                    self.report.add("CWL-S003", value if _wide(value) else key, message, edits=edits)
            elif value.is_object:
                self.record(value, inner.records[0], key, shape.subject)
            elif shape.predicate:
                field = record(inner.records[0], self.version)[shape.predicate]
                if value.kind is Kind.NULL:
                    if field.required and not value.tag:
                        self.report.add("CWL-S002", key, f"{key.text!r} in {what} has no {shape.predicate}")
                else:
                    self.value(value, field.shape, key, f"{shape.predicate!r} of {key.text!r}")
                missing = [f.name for f in record(inner.records[0], self.version).values() if f.required]
                for name in missing:
                    if name not in (shape.subject, shape.predicate):
                        self.report.add("CWL-S002", key, f"{a_or_an(inner.records[0])} needs {name!r}")
            elif not value.tag:
                at = value if _wide(value) else key
                self.report.add("CWL-S003", at, f"{key.text!r} in {what} is an object, not {described(value)}")

    def _requirement(self, node: Node, name: str, at: Node, which: str) -> None:
        name = name.removeprefix("cwl:") if "cwl" not in self.prefixes else name
        since = schema.REQUIREMENTS.get(name)
        if since is None:
            self._unknown_requirement(name, at, which)
        elif since > self.version:
            if which == "requirement":
                self.report.add("CWL-D003", at, f"{name} came with {since}; the document is {self.version}")
            else:
                self.report.add(
                    "CWL-D004", at, f"{name} came with {since}; a runner of {self.version} takes no notice of the hint"
                )
        else:
            self.record(node, name, at, "class")

    def _unknown_requirement(self, name: str, at: Node, which: str) -> None:
        extension = _EXTENSION.fullmatch(name)
        if extension:
            prefix = extension[1]
            if prefix not in self.prefixes and prefix not in _LINES:
                self.report.add("CWL-S010", at, f"the prefix {prefix!r} is not declared in $namespaces")
            elif which == "requirement":
                self.report.add("CWL-S009", at, f"{name} is an extension: engines that do not know it must refuse")
            return
        guess = nearest(name, schema.REQUIREMENTS)
        meant = f"; did you mean {guess!r}?" if guess else ""
        edits = [replaced(at, guess)] if guess and not at.quoted else []
        if which == "requirement":
            self.report.add("CWL-S007", at, f"there is no requirement {name!r}{meant}", edits=edits)
        else:
            self.report.add(
                "CWL-S008", at, f"there is no requirement {name!r}; the hint has no effect{meant}", edits=edits
            )

    def _special(self, node: Node, shape: Shape, at: Node, what: str) -> bool:
        """Types, secondary files, versions and embedded processes. Whether that settles it."""
        special = shape.special
        if special in ("type", "items"):
            self.type(node, shape, at, what)
            return True
        if special == "version":
            return True
        if special == "sf":
            if node.is_object:
                self.record(node, "SecondaryFileSchema", self._place(node, at))
                return True
            if node.is_array and shape.array is not None:
                self._elements(node, shape.array, at, what)
            elif not node.is_string:
                self.report.add("CWL-S003", node, f"{what} is a pattern or an object with one, not {described(node)}")
            return True
        if special == "process" and node.is_object:
            self.process(node, at)
            return True
        return False

    def type(self, node: Node, shape: Shape, at: Node, what: str, *, alone: bool = True) -> None:
        """A type: a name (with ``[]`` and ``?`` where the short forms are read), a list of types, or an object."""
        if node.is_string:
            self._type_name(node, shape, alone)
        elif node.is_array:
            if not node.elements:
                self.report.add("CWL-S005", node, f"{what} allows no type at all")
            for element in node.elements:
                if element.is_array:
                    self.report.add("CWL-S005", element, "a list of types is flat; an array is written as an object")
                else:
                    self.type(element, shape, at, what, alone=False)
        elif node.is_object:
            names = tuple(f"{shape.family}{kind}Schema" for kind in ("Record", "Enum", "Array"))
            self._type_object(node, names, at, what)
        elif node.kind is Kind.NULL and node.tag:
            return
        else:
            quoted = " ('null' in quotes is the type)" if node.kind is Kind.NULL else ""
            self.report.add("CWL-S005", node if _wide(node) else at, f"{described(node)} is no type{quoted}")

    def _type_name(self, node: Node, shape: Shape, alone: bool) -> None:
        word = node.value
        match = TYPE.fullmatch(word) if shape.special == "type" else None
        base = match[1] if match else word
        if match and len(match[2]) > 2:
            self.report.add("CWL-S005", node, f"{word!r}: an array of arrays is written in full, as an object")
            return
        if base in _TYPES:
            return
        if base in shape.extra:
            if not alone or base != word:
                self.report.add("CWL-S005", node, f"{base} is a type by itself, neither optional nor one of several")
            return
        if "#" in base or "/" in base or ":" in base:
            return
        self.unknown.add(id(node))

    def _type_object(self, node: Node, names: tuple[str, ...], at: Node, what: str) -> None:
        kind = node.get("type")
        word = kind.value if kind is not None else None
        by_kind = {name.removesuffix("Schema").lower(): name for name in names}
        chosen = next((name for end, name in by_kind.items() if isinstance(word, str) and end.endswith(word)), None)
        if chosen is not None and word in ("record", "enum", "array"):
            self.record(node, chosen, self._place(node, at))
            # The schema allows it, and the reference implementation breaks on it.
            if word == "record" and node.get("fields") is None:
                self.report.add("CWL-S002", self._place(node, at), "a record needs 'fields'")
        elif kind is None:
            self.report.add("CWL-S005", self._place(node, at), f"a type that is an object needs 'type', in {what}")
        else:
            self.report.add(
                "CWL-S005",
                kind,
                f"a type that is an object is of type record, enum or array, not {shown(kind)}"
                + (near(word, ("record", "enum", "array")) if isinstance(word, str) else ""),
            )

    def _place(self, node: Node, at: Node) -> Node | Span:
        """Where something that is missing in an object is told: its key, else its first line."""
        if at is not node and at.span != node.span:
            return at
        return node.items[0][0] if node.items else node

    def _wrong(self, at: Node, shape: Shape, what: str, value: Node | None = None) -> None:
        value = value or at
        if value.tag and value.kind is Kind.NULL:
            return
        if shape.expression and not shape.text and value.is_string and not (shape.words or shape.array):
            self.report.add("CWL-S006", at, f"{what} is an expression, $(...) or ${{...}}, not plain text")
            return
        self.report.add("CWL-S003", at, f"{what} is {expected(shape)}, not {described(value)}")


def _wide(node: Node) -> bool:
    """Whether a value has any extent; an empty one has none."""
    span = node.span
    return (span.line, span.column) != (span.end_line, span.end_column)


def _after(node: Node, text: str) -> Edit:
    span = node.span
    # Behind the colon that follows the key.
    return Edit(
        line=span.end_line,
        column=span.end_column + 1,
        end_line=span.end_line,
        end_column=span.end_column + 1,
        text=text,
    )

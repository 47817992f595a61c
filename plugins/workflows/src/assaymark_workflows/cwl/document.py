"""A CWL file as a tree in which ``$import``, ``$include``, ``$mixin`` and YAML merges are carried out."""

from __future__ import annotations

import contextlib
import posixpath
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from assaymark.api import Context, Severity, Unreachable
from assaymark_workflows.cwl.report import Enough, Report, replaced
from assaymark_workflows.source import Kind, Limits, Malformed, Node, Span, parse_json, parse_yaml

LIMITS = Limits(size=10_000_000, nodes=100_000, depth=100)
_REFERENCES = 500
_OWN_REFERENCES = 5_000
_CHAIN = 20
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_VERSION = re.compile(r"(?:cwl:|https://w3id\.org/cwl/cwl#)")


@dataclass(slots=True)
class Document:
    """One file. ``root`` is None when it cannot be read; ``imported`` says which nodes come from which file."""

    path: str
    root: Node | None = None
    text: str = ""
    report: Report = field(default_factory=Report)
    imported: dict[int, tuple[str, Node]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    sources: dict[int, str] = field(default_factory=dict)
    prefixes: frozenset[str] = frozenset()
    models: dict[Any, Any] = field(default_factory=dict)
    _lines: list[str] | None = None

    @property
    def version(self) -> Node | None:
        """The value of ``cwlVersion``."""
        return self.root.get("cwlVersion") if self.root is not None else None

    @property
    def entries(self) -> list[Node]:
        """The processes of the document: those of ``$graph``, or the document itself."""
        if self.root is None or not self.root.is_object:
            return []
        graph = self.root.get("$graph")
        if graph is None:
            return [self.root]
        return [entry for entry in graph.elements if entry.is_object] if graph.is_array else [graph]

    def lines(self) -> list[str]:
        """The text line by line, as positions count them."""
        if self._lines is None:
            self._lines = re.split(r"\r\n|[\n\r\x85\u2028\u2029]", self.text)
        return self._lines


def plain_version(text: str) -> str:
    """``cwlVersion`` without the prefix that old documents put before it."""
    return _VERSION.sub("", text, count=1)


def load(path: str, context: Context, data: bytes | None = None) -> Document:
    """The document of a file, read once in a run. Raises `Unreachable`."""
    if data is None:
        data = context.read(path)
    content = data
    return context.once(f"cwl:document:{path}:{hash(data)}", lambda: _load(path, content, context))  # type: ignore[no-any-return]


def _load(path: str, data: bytes, context: Context) -> Document:
    document = Document(path)
    document.text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        root = parse(path, data)
    except Malformed as problem:
        _malformed(document, problem)
        return document
    document.root = root
    if b"<<" in data:
        _merge(root)
    if b"$import" in data or b"$include" in data or b"$mixin" in data:
        with contextlib.suppress(Enough):
            document.root = _Resolver(document, context).resolve(root, path, (path,))
    namespaces = document.root.get("$namespaces") if document.root.is_object else None
    document.prefixes = frozenset(key.text for key, _ in namespaces.items) if namespaces is not None else frozenset()
    return document


def parse(path: str, data: bytes) -> Node:
    """JSON where the text is JSON, else YAML. Raises `Malformed`."""
    if data.lstrip()[:1] in (b"{", b"["):
        try:
            return parse_json(data, LIMITS)
        except Malformed:
            if path.endswith(".json"):
                raise
    return parse_yaml(data, LIMITS)


def _malformed(document: Document, problem: Malformed) -> None:
    lines = document.lines()
    line = lines[problem.line - 1] if problem.line <= len(lines) else ""
    indent = line[: len(line) - len(line.lstrip())]
    span = Span(problem.line, problem.column, problem.line, max(len(line) + 1, problem.column))
    if "\t" in indent and not document.path.endswith(".json"):
        width = Span(problem.line, 1, problem.line, len(indent) + 1)
        edits = [replaced(Node(Kind.STRING, width), indent.replace("\t", "  "))]
        document.report.add("CWL-Y003", width, "YAML cannot be indented with tabs; use spaces", edits=edits)
        return
    document.report.add("CWL-Y001", span, f"not readable as YAML or JSON: {problem.message}")


def _merge(root: Node) -> None:
    """Carry out YAML's ``<<``: keys that are there already win."""
    for node in root.walk():
        if node.is_object and any(key.text == "<<" and not key.quoted for key, _ in node.items):
            own = [(key, value) for key, value in node.items if key.text != "<<" or key.quoted]
            names = {key.text for key, _ in own}
            for key, value in node.items:
                if key.text != "<<" or key.quoted:
                    continue
                for source in value.elements if value.is_array else [value]:
                    for pair in source.items:
                        if pair[0].text not in names:
                            names.add(pair[0].text)
                            own.append(pair)
            node.items = own
            node._index = None


def target_of(reference: str, base: str) -> tuple[str, str]:
    """Path (from the root; the address itself for a remote one) and fragment of a reference made in the file ``base``.

    Raises `Unreachable` for what can never be in the repository.
    """
    address, _, fragment = reference.partition("#")
    if not address:
        return base, fragment
    if _REMOTE.match(address):
        if address.startswith(("http://", "https://")):
            return address, fragment
        raise Unreachable(f"{address} is an address outside the repository", outside=True)
    path = unquote(address)
    if path.startswith("/"):
        raise Unreachable(f"{path} is an absolute path, outside the repository", outside=True)
    if "\\" in path or "\x00" in path:
        raise Unreachable(f"{path!r} is no path", outside=False)
    if base.startswith(("http://", "https://")):
        from urllib.parse import urljoin

        return urljoin(base, address), fragment
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(base), path))
    if joined == ".." or joined.startswith("../"):
        raise Unreachable(f"{path} leaves the repository", outside=True)
    return joined, fragment


def unreachable(report: Report, at: Node, reference: str, problem: Unreachable) -> None:
    """Say that a reference cannot be followed, in the right severity."""
    if problem.remote:
        report.add("WF-C002", at, f"{reference} is on the network and was not checked")
    elif problem.outside:
        report.add("WF-C001", at, f"{reference} leaves the repository")
    else:
        report.add("CWL-R001", at, f"{reference} does not exist: {problem.reason}")


class _Resolver:
    """Puts what directives refer to in their place; bounded in number and depth."""

    def __init__(self, document: Document, context: Context) -> None:
        self.document = document
        self.context = context
        self.count = [0, 0]  # within the document, to other files
        self.roots: dict[str, Node] = {}
        self.names: dict[str, dict[str, Node]] = {}

    def resolve(self, root: Node, path: str, chain: tuple[str, ...]) -> Node:
        """The tree with all directives carried out; nodes are changed in place, the root may be another one."""
        self.roots[path] = root
        holder = Node(Kind.ARRAY, root.span)
        holder.elements = [root]
        stack, seen = [holder], set()
        while stack:
            node = stack.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if node.elements:
                made: list[Node] = []
                for element in node.elements:
                    new = self._followed(element, path, chain)
                    # A list that is imported into a list becomes part of it.
                    made += new.elements if new is not element and new.is_array and node is not holder else [new]
                    if new is element:
                        stack.append(element)
                node.elements = made
            for place, (key, value) in enumerate(node.items):
                new = self._followed(value, path, chain)
                if new is value:
                    stack.append(value)
                else:
                    node.items[place] = (key, new)
                    node._index = None
        return holder.elements[0]

    def _followed(self, node: Node, path: str, chain: tuple[str, ...]) -> Node:
        if not node.is_object:
            return node
        for directive in ("$import", "$include", "$mixin"):
            target = node.get(directive)
            if target is not None:
                return self._carried_out(directive, node, target, path, chain)
        return node

    def _carried_out(self, directive: str, node: Node, target: Node, path: str, chain: tuple[str, ...]) -> Node:
        report, file = self.document.report, None if path == self.document.path else path
        nothing = Node(Kind.NULL, node.span, tag="!unresolved")
        if not target.is_string:
            report.add("CWL-R003", target, f"{directive} takes the name of a file", file=file)
            return nothing
        if directive != "$mixin" and len(node.items) > 1:
            extra = next(key for key, _ in node.items if key.text != directive)
            report.add("CWL-R003", extra, f"{directive} stands alone; {extra.text!r} beside it is not read", file=file)
        self.context.check_time()
        self.count[not target.value.startswith("#")] += 1
        if self.count[1] > _REFERENCES or self.count[0] > _OWN_REFERENCES or len(chain) > _CHAIN:
            report.add("CWL-R004", target, "more references than are followed", file=file)
            return nothing
        try:
            where, fragment = target_of(target.value, path)
            if directive == "$include":
                if where == path:
                    report.add("CWL-G003", target, f"{where} includes itself", file=file, severity=Severity.WARNING)
                return self._included(where, node, path)
            if where in chain and not fragment:
                report.add("CWL-G003", target, f"{where} imports itself", file=file)
                return nothing
            imported = self._imported(where, fragment, chain, target, file)
            if imported is not None and where in chain and _holds(imported, node):
                report.add("CWL-G003", target, f"{target.value} imports itself", file=file)
                return nothing
        except Unreachable as problem:
            unreachable(report, target, target.value, problem)
            return nothing
        if imported is None:
            return nothing
        return self._mixed(imported, node) if directive == "$mixin" else imported

    def _included(self, where: str, node: Node, path: str) -> Node:
        data = self.context.read(where)
        if len(data) > LIMITS.size:
            raise Unreachable("it is larger than what is read")
        text = data.decode("utf-8", "replace")
        lines = text.split("\n")
        made = Node(
            Kind.STRING, Span(1, 1, len(lines), len(lines[-1]) + 1), text, text=text, quoted=True, tag="!included"
        )
        self.document.imported[id(made)] = (where, made)
        self.document.texts[where] = text
        return made

    def _imported(
        self, where: str, fragment: str, chain: tuple[str, ...], target: Node, file: str | None
    ) -> Node | None:
        root = self.roots.get(where)
        if root is None:
            data = self.context.read(where)
            try:
                root = parse(where, data)
            except Malformed as problem:
                message = f"{where} is not readable: line {problem.line}: {problem.message}"
                self.document.report.add("CWL-R005", target, message, file=file)
                return None
            _merge(root)
            self.document.texts[where] = data.decode("utf-8", "replace")
            root = self.resolve(root, where, (*chain, where))
            self.roots[where] = root
        found = self._named(where, root, fragment) if fragment else root
        if found is None:
            self.document.report.add("CWL-R001", target, f"{where} has nothing named {fragment!r}", file=file)
            return None
        if where != self.document.path:
            self.document.imported.setdefault(id(found), (where, found))
        return found

    def _named(self, path: str, root: Node, fragment: str) -> Node | None:
        names = self.names.get(path)
        if names is None:
            names = self.names[path] = _index(root)
        return names.get(fragment) or names.get("/" + fragment.rpartition("/")[2])

    def _mixed(self, imported: Node, node: Node) -> Node:
        made = Node(Kind.OBJECT, node.span)
        own = [(key, value) for key, value in node.items if key.text != "$mixin"]
        names = {key.text for key, _ in own}
        made.items = own + [(key, value) for key, value in imported.items if key.text not in names]
        return made


def _index(root: Node) -> dict[str, Node]:
    """Objects by ``id`` or ``name``: the whole of it, and its last part behind a slash."""
    found: dict[str, Node] = {}
    for node in root.walk():
        if node.is_object:
            for word in ("id", "name"):
                value = node.get(word)
                if value is not None and value.is_string:
                    text = value.value.rpartition("#")[2]
                    found.setdefault(text, node)
                    found.setdefault("/" + text.rpartition("/")[2], node)
    return found


def _holds(node: Node, part: Node) -> bool:
    """Whether one node stands somewhere below another."""
    return any(below is part for below in node.walk())

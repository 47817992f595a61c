"""JavaScript of expressions: parsed, never run. The parser is loaded with the first expression that needs it."""

from __future__ import annotations

import re
from collections.abc import Container
from functools import cache
from typing import Any, NamedTuple

_LONGEST = 200_000
_NEWER = re.compile(r"=>|\b(?:let|const|class|of|async|await|yield)\b|`|\.\.\.|\?\?|\?\.|\*\*|[(,]\s*\w+\s*=[^=]")
_NEWER_NODES = {
    "arrow_function": "an arrow function",
    "lexical_declaration": "let or const",
    "template_string": "a template string",
    "class_declaration": "a class",
    "class": "a class",
    "spread_element": "a spread",
    "rest_pattern": "a rest parameter",
    "object_pattern": "destructuring",
    "array_pattern": "destructuring",
    "assignment_pattern": "a default parameter",
    "await_expression": "await",
    "yield_expression": "yield",
    "optional_chain": "optional chaining",
    "shorthand_property_identifier": "a shorthand property",
}


_ARITHMETIC = frozenset(("+", "-", "*", "/", "%", "**"))
_NO_TRUTH = {
    "array": "a list",
    "object": "an object",
    "number": "a number",
    "string": "text",
    "template_string": "text",
}


class Fault(NamedTuple):
    """Something about a part of the code: offsets within it, and what."""

    start: int
    end: int
    message: str


class Code(NamedTuple):
    """Parsed code: the tree, and how many characters stand before the code itself."""

    tree: Any
    text: bytes
    before: int
    source: str


@cache
def _parser() -> Any:
    import tree_sitter
    import tree_sitter_javascript

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_javascript.language()))


def parse(code: str, kind: str) -> Code | None:
    """Parse an ``expression``, the ``body`` of a function or a whole ``program``; None when it is too long."""
    if len(code) > _LONGEST:
        return None
    before, after = {"expression": ("(", "\n)"), "body": ("(function(){", "\n})"), "program": ("", "")}[kind]
    text = (before + code + after).encode("utf-8", "replace")
    return Code(_parser().parse(text), text, len(before), code)


def fault(code: Code, kind: str) -> Fault | None:
    """The first syntax error, if there is one."""
    root = code.tree.root_node
    if not root.has_error:
        if kind == "program" or (root.named_child_count == 1 and root.named_children[0].type == "expression_statement"):
            return None
        if all(child.type in ("expression_statement", "comment") for child in root.named_children):
            return None
        return Fault(0, len(code.source), "this is no expression")
    for node in _errors(root):
        start, end = _offsets(code, node)
        if node.is_missing:
            return Fault(start, end, f"{node.type!r} is missing")
        found = " ".join(code.source[start:end].split())[:40]
        if found:
            return Fault(start, end, f"unexpected {found!r}")
    return Fault(0, len(code.source), f"unexpected {' '.join(code.source.split())[:40]!r}")


def _errors(root: Any) -> list[Any]:
    """What the parser could not make sense of, in the order of its place."""
    found, stack = [], [root]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            found.append(node)
        else:
            stack += [child for child in node.children if child.has_error or child.is_missing]
    return sorted(found, key=lambda node: (node.start_byte, node.end_byte))


def result(code: Code) -> str | None:
    """What an expression gives, when it is plainly no truth value."""
    node = code.tree.root_node
    while node.named_child_count == 1 and node.type in ("program", "expression_statement", "parenthesized_expression"):
        node = node.named_children[0]
    if node.type == "binary_expression":
        operator = node.child_by_field_name("operator")
        return "the result of arithmetic" if operator is not None and operator.type in _ARITHMETIC else None
    return _NO_TRUTH.get(node.type)


def newer(code: Code) -> Fault | None:
    """The first thing that ECMAScript 5.1, the language of CWL, does not have."""
    if not _NEWER.search(code.source):
        return None
    stack = [code.tree.root_node]
    while stack:
        node = stack.pop()
        what = _NEWER_NODES.get(node.type)
        if node.type == "for_in_statement" and any(child.type == "of" for child in node.children):
            what = "for … of"
        if what is not None:
            start, end = _offsets(code, node)
            return Fault(start, end, what)
        stack += reversed(node.children)
    return None


def inputs_used(code: Code, known: Container[str] = ()) -> list[tuple[str, int, int]]:
    """Names read as ``inputs.name`` or ``inputs['name']`` that are not known, each with its first place.

    None if ``inputs`` is something else in a part of the code.
    """
    found: dict[str, Any] = {}
    stack = [code.tree.root_node]
    while stack:
        node = stack.pop()
        if node.type in ("member_expression", "subscript_expression"):
            thing = node.child_by_field_name("object")
            if thing is not None and thing.type == "identifier" and thing.text == b"inputs":
                part = node.child_by_field_name("property" if node.type == "member_expression" else "index")
                if part is not None and part.type in ("string", "property_identifier"):
                    text = part.text.decode("utf-8", "replace")
                    name = text[1:-1] if part.type == "string" else text
                    if name not in known:
                        found.setdefault(name, part)
        elif node.type in ("formal_parameters", "variable_declarator") and any(
            child.type == "identifier" and child.text == b"inputs" for child in node.children
        ):
            return []
        stack += reversed(node.children)
    return [(name, *_offsets(code, part)) for name, part in found.items()]


def _offsets(code: Code, node: Any) -> tuple[int, int]:
    start = len(code.text[: node.start_byte].decode("utf-8", "replace")) - code.before
    end = len(code.text[: node.end_byte].decode("utf-8", "replace")) - code.before
    limit = len(code.source)
    start = min(max(start, 0), limit)
    return start, min(max(end, start), limit)

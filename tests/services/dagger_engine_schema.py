"""The GraphQL schema of a Dagger engine, read from the bindings of the installed SDK. Nothing is kept beside it.

The wheel brings no schema, but its generated client names every type, field, argument and default. ``gen.py`` is
private: `tests/pipelines/test_dagger_engine.py` asks this module enough to fail readably when an update changes it.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import re
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from dagger.client import base, gen
from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    Undefined,
)

SCALARS = {str: GraphQLString, int: GraphQLInt, float: GraphQLFloat, bool: GraphQLBoolean}
# The engine no longer has them since 0.21: `node` took their place.
GONE = re.compile(r"^load\w+FromID$")


class Reader:
    """All types of the bindings; `types` maps GraphQL names to them."""

    def __init__(self) -> None:
        tree = ast.parse(inspect.getsource(gen))
        self.space = vars(gen)
        self.bodies = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        self.types: dict[str, GraphQLNamedType] = {}
        self.protocols: dict[str, str] = {}
        self.fields: dict[str, dict[str, GraphQLField]] = {}
        self.interfaces: dict[str, GraphQLInterfaceType] = {}
        self.own: Any = None
        # `Client` is Python's other name for `Query`.
        classes = [(name, self.space[name]) for name in self.bodies if name in self.space and name != "Client"]
        for name, cls in classes:
            self._classify(name, cls)
        self.types.setdefault("Node", self._node())
        self.interfaces.setdefault("Node", self.types["Node"])
        for name, cls in classes:
            if issubclass(cls, base.Type):
                self.own = cls
                self.fields[cls._graphql_name()] = self._fields(self.bodies[name])
        self.fields.setdefault("Node", {"id": GraphQLField(GraphQLNonNull(GraphQLID))})
        node = GraphQLField(self.types["Node"], {"id": GraphQLArgument(GraphQLNonNull(GraphQLID))})
        self.fields["Query"].setdefault("node", node)
        for fields in self.fields.values():
            if "id" in fields:
                fields["id"] = GraphQLField(GraphQLNonNull(GraphQLID))

    def schema(self) -> GraphQLSchema:
        """The whole; types that nothing refers to as well."""
        return GraphQLSchema(query=self.types["Query"], types=list(self.types.values()))

    def _node(self) -> GraphQLInterfaceType:
        return GraphQLInterfaceType("Node", lambda: self.fields["Node"])

    def _classify(self, name: str, cls: type) -> None:
        if typing.is_typeddict(cls) or getattr(cls, "_is_protocol", False):
            self.protocols[name] = f"_{name}Client"
        elif issubclass(cls, base.Type):
            graphql = cls._graphql_name()
            if name.startswith("_"):
                self.interfaces[graphql] = GraphQLInterfaceType(
                    graphql, lambda: self.fields[graphql], interfaces=lambda: self._parents(graphql)
                )
                self.types[graphql] = self.interfaces[graphql]
            else:
                self.types[graphql] = GraphQLObjectType(
                    graphql, lambda: self.fields[graphql], interfaces=lambda: self._parents(graphql)
                )
        elif issubclass(cls, base.Input):
            self.types[name] = GraphQLInputObjectType(name, lambda: self._inputs(cls))
        elif issubclass(cls, base.Enum):
            values = {key: GraphQLEnumValue(key) for key in cls.__members__}
            self.types[name] = GraphQLEnumType(name, values)
        elif issubclass(cls, base.Scalar):
            self.types[name] = GraphQLScalarType(name)

    def _parents(self, name: str) -> list[GraphQLInterfaceType]:
        """Interfaces whose fields this type has, with the same types."""
        fields = self.fields[name]
        found = []
        for each, interface in self.interfaces.items():
            wanted = self.fields[each]
            if each != name and wanted and all(_same(fields.get(key), field) for key, field in wanted.items()):
                found.append(interface)
        return found

    def _inputs(self, cls: type) -> dict[str, GraphQLInputField]:
        hints = typing.get_type_hints(cls, self.space)
        fields = {}
        for field in dataclasses.fields(cls):
            default = Undefined if field.default is dataclasses.MISSING else _plain(field.default)
            fields[field.name] = GraphQLInputField(
                self.convert(hints[field.name], argument=True), Undefined if default is None else default
            )
        return fields

    def _fields(self, body: ast.ClassDef) -> dict[str, GraphQLField]:
        fields = {}
        for function in body.body:
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and not function.name.startswith("_"):
                found = self._field(function)
                if found and not GONE.match(found[0]):
                    fields[found[0]] = found[1]
        return fields

    def _field(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, GraphQLField] | None:
        selected = returned = None
        for call in _calls(function):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name == "_select":
                selected = call.args[0].value  # type: ignore[attr-defined]
            elif name == "execute_sync":
                selected, returned = call.args[1].value, GraphQLNonNull(GraphQLID)  # type: ignore[attr-defined]
        if selected is None:
            return None
        if returned is None:
            assert function.returns is not None
            returned = self.convert(self._value(function.returns, function), argument=False)
        return selected, GraphQLField(returned, dict(self._arguments(function)))

    def _arguments(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, GraphQLArgument]]:
        parameters = {a.arg: a for a in [*function.args.args, *function.args.kwonlyargs]}
        for call in _calls(function):
            if getattr(call.func, "id", "") != "Arg":
                continue
            name = call.args[0].value  # type: ignore[attr-defined]
            used = next(n.id for n in ast.walk(call.args[1]) if isinstance(n, ast.Name) and n.id in parameters)
            annotation = parameters[used].annotation
            assert annotation is not None
            default = Undefined
            if len(call.args) > 2:
                value = eval(ast.unparse(call.args[2]), self.space)  # the SDK's own literals
                default = Undefined if value is None else _plain(value)
            yield name, GraphQLArgument(self.convert(self._value(annotation, function), argument=True), default)

    def _value(self, node: ast.expr, function: ast.AST) -> Any:
        value: Any = eval(ast.unparse(node), self.space)
        while isinstance(value, str):
            value = eval(value, self.space)
        return value

    def convert(self, hint: Any, *, argument: bool, null: bool = False) -> Any:
        """An annotation of Python as a type of GraphQL."""
        if isinstance(hint, str):
            hint = eval(hint, self.space)
        if isinstance(hint, typing.ForwardRef):
            hint = eval(hint.__forward_arg__, self.space)
        if typing.get_origin(hint) in (typing.Union, types.UnionType):
            rest = [each for each in typing.get_args(hint) if each is not type(None)]
            assert len(rest) == 1, hint
            return self.convert(rest[0], argument=argument, null=True)
        found = self._bare(hint, argument)
        return found if null or found is self.types.get("Void") else GraphQLNonNull(found)

    def _bare(self, hint: Any, argument: bool) -> Any:
        hint = self.own if hint is typing.Self else hint
        if typing.get_origin(hint) is list:
            return GraphQLList(self.convert(typing.get_args(hint)[0], argument=argument))
        if hint in SCALARS:
            return SCALARS[hint]
        name = getattr(hint, "__name__", str(hint))
        if name == "Type" or (argument and name.endswith("ID") and name not in ("ID",)):
            return GraphQLID
        if name in self.protocols:
            hint = self.space[self.protocols[name]]
            name = hint.__name__
        if isinstance(hint, type) and issubclass(hint, base.Type):
            return GraphQLID if argument else self.types[hint._graphql_name()]
        if name not in self.types:
            raise TypeError(f"the bindings use an annotation that is not known here: {hint!r}")
        return self.types[name]


def _calls(function: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(function) if isinstance(node, ast.Call))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.name if isinstance(value, base.Enum) else value


def _same(field: GraphQLField | None, wanted: GraphQLField) -> bool:
    if field is None or str(field.type) != str(wanted.type):
        return False
    extra = field.args.keys() - wanted.args.keys()
    return wanted.args.keys() <= field.args.keys() and all(
        not isinstance(field.args[name].type, GraphQLNonNull) or field.args[name].default_value is not Undefined
        for name in extra
    )


@functools.cache
def schema() -> GraphQLSchema:
    """The schema of the installed SDK."""
    return Reader().schema()


def defaults(arguments: Mapping[str, GraphQLArgument], given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with the schema's defaults filled in."""
    known = {name: a.default_value for name, a in arguments.items() if a.default_value is not Undefined}
    return known | dict(given)

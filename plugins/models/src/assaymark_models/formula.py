"""Constraints as expressions: read by an allow-list, computed over whole columns, never executed as code.

Allowed: numbers, names of columns, ``+ - * / ** %``, comparisons, ``and or not``, and the functions of `FUNCTIONS`.
There are no attributes, no subscripts, no text and no other calls.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST, MOST_NODES, DEEPEST = 1000, 200, 30
FUNCTIONS = ("abs", "sqrt", "exp", "log", "minimum", "maximum", "sum", "mean", "lowest", "highest", "diff")
_TWO = ("minimum", "maximum")
_WHOLE = ("sum", "mean", "lowest", "highest")


class Refused(Exception):
    """An expression is not of the allowed kind; says what is not."""


def names(text: str) -> set[str]:
    """The columns that an expression names. Raises Refused."""
    return {n.id for n in ast.walk(parse(text)) if isinstance(n, ast.Name)} - set(FUNCTIONS)


def parse(text: str) -> ast.expr:
    """The tree of an allowed expression. Raises Refused for all else."""
    if len(text) > LONGEST:
        raise Refused(f"is longer than {LONGEST} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        raise Refused(f"is no expression: {getattr(problem, 'msg', problem)}") from problem
    if sum(1 for _ in ast.walk(tree)) > MOST_NODES:
        raise Refused(f"has more than {MOST_NODES} parts")
    _allow(tree, 0)
    return tree


_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod, ast.Pow)
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


def _allow(node: ast.expr, depth: int) -> None:
    if depth > DEEPEST:
        raise Refused("is nested too deep")
    for part in _parts(node):
        _allow(part, depth + 1)


def _parts(node: ast.expr) -> list[ast.expr]:
    """The parts of an allowed node. Raises Refused naming what is not allowed."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and abs(node.value) < 1e300:
        return []
    if isinstance(node, ast.Name):
        return []
    if isinstance(node, ast.BinOp) and isinstance(node.op, _OPERATORS):
        if isinstance(node.op, ast.Pow) and not (
            isinstance(node.right, ast.Constant)
            and isinstance(node.right.value, int | float)
            and abs(node.right.value) <= 10
        ):
            raise Refused("has a power whose exponent is not a number up to 10")
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd | ast.Not):
        return [node.operand]
    if isinstance(node, ast.BoolOp):
        return list(node.values)
    if isinstance(node, ast.Compare) and all(isinstance(op, _COMPARISONS) for op in node.ops):
        return [node.left, *node.comparators]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return _arguments(node, node.func.id)
    said = ast.unparse(node)[:60]
    raise Refused(f"holds {said!r}, which is not allowed (numbers, columns, arithmetic, comparisons, and, or, not)")


def _arguments(node: ast.Call, name: str) -> list[ast.expr]:
    if name not in FUNCTIONS:
        raise Refused(f"calls {name!r}; allowed are {', '.join(FUNCTIONS)}")
    if len(node.args) != (2 if name in _TWO else 1):
        raise Refused(f"gives {name} {len(node.args)} arguments")
    return node.args


class Outcome:
    """Per row whether the rule holds, and where it cannot be told because a value in it is not finite."""

    def __init__(self, holds: NDArray[np.bool_], undefined: NDArray[np.bool_]) -> None:
        self.holds, self.undefined = holds, undefined


def evaluate(text: str, columns: Mapping[str, Any], count: int) -> Outcome:
    """Compute a rule over columns of ``count`` finite or non-finite floats. Raises Refused.

    With ``diff`` the first row has nothing before it: there a comparison with it counts as if it held, or, within a
    ``not``, as if it did not. ``sum``, ``mean`` and the like of a ``diff`` leave that row out.
    """
    import numpy as np

    tree = parse(text)
    if not isinstance(tree, ast.Compare | ast.BoolOp) and not (
        isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not)
    ):
        raise Refused("compares nothing: it has to be true or false")
    if not names(text):
        raise Refused("names no column")
    undefined = np.zeros(count, dtype=bool)
    with np.errstate(all="ignore"):
        holds = _truth(tree, columns, undefined, first=True)
    return Outcome(np.broadcast_to(holds, (count,)) & ~undefined, undefined)


def _truth(node: ast.expr, columns: Mapping[str, Any], undefined: Any, *, first: bool) -> Any:
    """``first`` is what a comparison gives in a row that has none before it."""
    import numpy as np

    if isinstance(node, ast.BoolOp):
        parts = [_truth(v, columns, undefined, first=first) for v in node.values]
        joined: Any = (np.logical_and if isinstance(node.op, ast.And) else np.logical_or).reduce(
            np.broadcast_arrays(*parts)
        )
        return joined
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return np.logical_not(_truth(node.operand, columns, undefined, first=not first))
    if not isinstance(node, ast.Compare):
        raise Refused(f"{ast.unparse(node)[:60]!r} is a number where true or false is needed")
    values = [_number(part, columns) for part in (node.left, *node.comparators)]
    alone = _looks_back(node)
    for value in values:
        # Infinity compares as it should, except where both sides may be infinite: that is nothing to conclude from.
        bad = np.broadcast_to(~np.isfinite(value), undefined.shape).copy()
        bad[:1] &= not alone
        undefined |= bad
    out: Any = True
    for op, left, right in zip(node.ops, values, values[1:], strict=False):
        out = np.logical_and(out, _COMPARE[type(op)](left, right))
    if alone:
        out = np.broadcast_to(out, undefined.shape).copy()
        out[:1] = first
    return out


def _looks_back(node: ast.AST) -> bool:
    """Whether the first row has no value in it, since it looks at the row before; a number of all rows does not."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id == "diff":
            return True
        if node.func.id in _WHOLE:
            return False
    return any(map(_looks_back, ast.iter_child_nodes(node)))


def _number(node: ast.expr, columns: Mapping[str, Any]) -> Any:
    import numpy as np

    if isinstance(node, ast.Constant):
        return np.float64(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        if node.id not in columns:
            raise Refused(f"names {node.id!r}, which is no column of numbers")
        return columns[node.id]
    if isinstance(node, ast.BinOp):
        return _ARITHMETIC[type(node.op)](_number(node.left, columns), _number(node.right, columns))
    if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
        value = _number(node.operand, columns)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        back = any(map(_looks_back, node.args))
        if back and node.func.id == "diff":
            raise Refused("takes diff of a diff")
        values = [_number(a, columns) for a in node.args]
        return _call(node.func.id, [v[1:] for v in values] if back and node.func.id in _WHOLE else values)
    raise Refused(f"{ast.unparse(node)[:60]!r} is true or false where a number is needed")


def _call(name: str, values: list[Any]) -> Any:
    import numpy as np

    if name == "diff":
        if np.ndim(values[0]) == 0:
            raise Refused("takes diff of a single number")
        return np.diff(values[0], prepend=np.nan)
    whole: Mapping[str, Callable[..., Any]] = {
        "sum": np.sum, "mean": np.mean, "lowest": np.min, "highest": np.max,
    }  # fmt: skip # a table of operators
    if name in _WHOLE:
        return whole[name](values[0])
    each: Mapping[str, Callable[..., Any]] = {
        "abs": np.abs, "sqrt": np.sqrt, "exp": np.exp, "log": np.log, "minimum": np.minimum, "maximum": np.maximum,
    }  # fmt: skip # a table of operators
    return each[name](*values)


_ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Mod: lambda a, b: a % b,
    ast.Pow: lambda a, b: a**b,
}
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
}

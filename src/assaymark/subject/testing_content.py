"""Whether a file that is called a test holds one: it defines a test, or it does something when it is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assaymark.patterns import late

if TYPE_CHECKING:
    import ast

LIMIT = 200_000
# What nearly every file of tests has; only a file without it is parsed.
_OBVIOUS = late(r"(?m)^[ \t]*(?:async[ \t]+def[ \t]+test|def[ \t]+test|assert\b)|>>> ")


def holds_a_test(language: str, text: str) -> bool:
    """False for a blank file, and for a Python file that neither defines a test nor calls or asserts anything.

    What cannot be parsed, or is in another language, is taken for what its name says.
    """
    if not text.strip():
        return False
    if language != "Python" or _OBVIOUS.search(text):
        return True
    import ast

    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True  # Python 2, perhaps
    return any(_acts(node) for node in tree.body)


def _acts(node: ast.stmt) -> bool:
    """Whether a statement at the top of a file is a test, or runs something when the file is run."""
    import ast

    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return node.name.lower().startswith("test") or bool(node.decorator_list)
    if isinstance(node, ast.ClassDef):
        return bool(node.bases or node.decorator_list) or any(_acts(inner) for inner in node.body)
    if isinstance(node, ast.Import | ast.ImportFrom):
        return any(alias.name == "*" or alias.name.lower().startswith("test") for alias in node.names)
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant)
    # Setting a value does nothing; a loop, a condition, a call behind an assignment does.
    return not isinstance(node, ast.Assign | ast.AnnAssign | ast.Pass) or any(
        isinstance(inner, ast.Call) for inner in ast.walk(node)
    )

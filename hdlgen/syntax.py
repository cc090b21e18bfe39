"""Syntax: the text of a compute line as a syntax tree of allowed parts; nothing of it is ever executed."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping

from hdlgen.limits import MAX_EXPRESSION_CHARACTERS, MAX_EXPRESSION_DEPTH

__all__ = ["parse", "shown"]

_SHOWN = 60
_TOO_DEEP = f"must be an expression of at most {MAX_EXPRESSION_DEPTH} levels of nesting"

_ALLOWED = (
    *(ast.BinOp, ast.UnaryOp, ast.Compare, ast.Call, ast.keyword, ast.Name, ast.Load, ast.Constant),
    *(ast.Subscript, ast.Slice, ast.Tuple, ast.List, ast.Attribute, ast.USub, ast.UAdd, ast.Invert),
    *(ast.Add, ast.Sub, ast.Mult, ast.MatMult, ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr, ast.BitXor),
    *(ast.Div, ast.FloorDiv, ast.Mod, ast.Pow),  # refused later, or allowed by a constant
    *(ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE),
)

_REFUSED: Mapping[type[ast.AST], str] = {
    ast.BoolOp: "`and` or `or` (write & or |)",
    ast.Dict: "a dictionary",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.IfExp: "`if` and `else` (write where)",
    ast.In: "`in`",
    ast.Is: "`is` (write ==)",
    ast.IsNot: "`is not` (write !=)",
    ast.JoinedStr: "an f-string",
    ast.Lambda: "`lambda`",
    ast.ListComp: "a comprehension",
    ast.NamedExpr: "`:=`",
    ast.Not: "`not` (write x == 0)",
    ast.NotIn: "`not in`",
    ast.Set: "a set",
    ast.SetComp: "a comprehension",
    ast.Starred: "`*` before an argument",
}


def parse(text: str) -> ast.expr:
    """Read one expression.

    Returns: its syntax tree, which holds parts of the language only.
    Raises: ValueError where it is no expression, is too long or too deep, or uses a part that the language lacks.
    """
    if len(text) > MAX_EXPRESSION_CHARACTERS:
        raise ValueError(f"must be an expression of at most {MAX_EXPRESSION_CHARACTERS} characters, not {len(text)}")
    plain = text.strip()
    if not all(character.isprintable() or character in "\n\r\t" for character in plain):
        raise ValueError("must be an expression of printable characters")
    lines = "\n" in plain
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Parentheses let an expression go over several lines; what begins before them was not meant to be within.
            tree = ast.parse(f"(\n{plain}\n)" if lines else plain, mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"must be an expression, not {shown(plain)!r} ({error.msg})") from None
    except (ValueError, RecursionError, MemoryError):
        raise ValueError(_TOO_DEEP) from None
    if lines and tree.lineno == 1:
        raise ValueError(f"must be one expression, not {shown(plain)!r}")
    _check(tree)
    return tree


def shown(source: str | ast.AST) -> str:
    """Write an expression for a message: on one line, cut where it is long."""
    text = " ".join((source if isinstance(source, str) else ast.unparse(source)).split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _check(tree: ast.expr) -> None:
    """Walk through all parts, without recursion: the depth is what is to be checked."""
    level: list[ast.AST] = [tree]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_EXPRESSION_DEPTH:
            raise ValueError(_TOO_DEEP)
        for part in level:
            if not isinstance(part, _ALLOWED):
                what = _REFUSED.get(type(part), f"`{type(part).__name__}`")
                raise ValueError(f"must not use {what}: it is not part of the language")
            if isinstance(part, ast.Attribute) and part.attr != "T":
                raise ValueError(f"must not use .{part.attr}: it is not part of the language, .T alone is")
            if isinstance(part, ast.Constant) and not isinstance(part.value, int | float | str):
                raise ValueError(f"must not use {part.value!r}: it is not part of the language")
            if isinstance(part, ast.keyword) and part.arg is None:
                raise ValueError("must not use `**` before an argument: it is not part of the language")
        level = [child for part in level for child in ast.iter_child_nodes(part)]

"""Elementary functions in the language: their result needs a stated format, in the call, around it or by the output."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from hdlgen import arrays
from hdlgen.call import Call, Function, Value
from hdlgen.number import Format
from hdlgen.operation import Op
from hdlgen.reals import ARGUMENTS

__all__ = ["ELEMENTARY", "with_format"]


def _lowered(name: str) -> Callable[[Call], Value]:
    def lower(call: Call) -> Value:
        if "format" not in call.arguments:
            arguments = ", ".join(ELEMENTARY[name].parameters[:-1])
            raise ValueError(
                f'{name}: format must be stated, as in {name}({arguments}, "q4.12"), by round around it'
                " or by the output whose line it is"
            )
        target = call.target()
        nodes = [call.node(parameter) for parameter in ELEMENTARY[name].parameters[:-1]]
        return Value(node=arrays.elementwise(call.builder, Op.FUNCTION, *nodes, stated=target, function=name))

    return lower


ELEMENTARY: Mapping[str, Function] = {
    name: Function(
        parameters=("x", "y", "format") if count > 1 else ("x", "format"), required=count, lower=_lowered(name)
    )
    for name, count in ARGUMENTS.items()
}
"""Every elementary function by its name."""


def with_format(tree: ast.expr, target: Format) -> ast.expr:
    """State the format of a call of an elementary function that has none; any other expression stays as it is."""
    if not (isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id in ELEMENTARY):
        return tree
    stated = len(tree.args) > ARGUMENTS[tree.func.id] or any(keyword.arg == "format" for keyword in tree.keywords)
    if stated:
        return tree
    keyword = ast.keyword(arg="format", value=ast.Constant(value=str(target)))
    return ast.copy_location(ast.Call(func=tree.func, args=tree.args, keywords=[*tree.keywords, keyword]), tree)

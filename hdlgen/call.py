"""Calls: the arguments of a function bound to its parameters, and read as what the function needs."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from hdlgen.builder import GraphBuilder
from hdlgen.errors import nearest
from hdlgen.number import Format
from hdlgen.syntax import shown

__all__ = ["Call", "Evaluator", "Function", "Value", "bind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """The value of an expression.

    Args:
        node: its number in the graph's builder.
        truth: whether it is a truth value, as comparisons give: `~` turns it round instead of inverting bits.
        bare: whether it is a number written as such, whose width nobody stated.
        mixed: the formats of the values that were stacked into it, where they differ.
    """

    node: int
    truth: bool = False
    bare: bool = False
    mixed: tuple[Format, ...] = ()


class Evaluator(Protocol):
    """Whoever turns expressions into nodes."""

    @property
    def builder(self) -> GraphBuilder:
        """Give the builder of the nodes."""

    def value(self, tree: ast.expr, *, fine: bool = False) -> Value:
        """Evaluate an expression; `fine` allows a written number any fraction."""

    def integer(self, tree: ast.expr, what: str) -> int:
        """Evaluate an expression that must be a constant integer."""

    def previous(self, tree: ast.expr, initial: ast.expr | None) -> Value:
        """Give what an expression was one token ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: the function's name, who evaluates, and the arguments by parameter; `rest` are those beyond them."""

    name: str
    evaluator: Evaluator
    arguments: Mapping[str, ast.expr]
    rest: Sequence[ast.expr] = ()

    @property
    def builder(self) -> GraphBuilder:
        """Give the builder of the nodes."""
        return self.evaluator.builder

    def value(self, parameter: str) -> Value:
        """Evaluate an argument."""
        return self.evaluator.value(self.arguments[parameter])

    def node(self, parameter: str) -> int:
        """Evaluate an argument to a node."""
        return self.value(parameter).node

    def sized(self, parameter: str) -> int:
        """Evaluate an argument whose bits count, so that its width has to be stated."""
        return self.widths([self.arguments[parameter]])[0]

    def widths(self, trees: Sequence[ast.expr]) -> list[int]:
        """Evaluate expressions whose bits count, so that their width has to be stated."""
        values = [self.evaluator.value(tree) for tree in trees]
        for tree, value in zip(trees, values, strict=True):
            if value.bare:
                text = shown(tree)
                raise ValueError(f'{self.name}: width must be stated, as in wrap({text}, "u8"), not left to {text}')
        return [value.node for value in values]

    def integer(self, parameter: str) -> int:
        """Read an argument that must be a constant integer."""
        return self.evaluator.integer(self.arguments[parameter], f"{self.name}: {parameter}")

    def axis(self) -> int | None:
        """Read the argument `axis`, one integer; None where it is left out."""
        return self.integer("axis") if "axis" in self.arguments else None

    def axes(self) -> tuple[int, ...] | None:
        """Read the argument `axis`, an integer or a tuple; None where it is left out."""
        return self.integers(self.arguments["axis"], "axis") if "axis" in self.arguments else None

    def integers(self, tree: ast.expr, what: str) -> tuple[int, ...]:
        """Read an integer, or a tuple or list of integers."""
        parts = tree.elts if isinstance(tree, ast.Tuple | ast.List) else [tree]
        return tuple(self.evaluator.integer(part, f"{self.name}: {what}") for part in parts)

    def flag(self, parameter: str) -> bool:
        """Read an argument that must be True or False; False where it is left out."""
        tree = self.arguments.get(parameter, ast.Constant(value=False))
        if not isinstance(tree, ast.Constant) or not isinstance(tree.value, bool):
            raise ValueError(f"{self.name}: {parameter} must be True or False, not {shown(tree)}")
        return tree.value

    def text(self, parameter: str, choices: Sequence[str]) -> str | None:
        """Read an argument that must be one of some texts; None where it is left out."""
        tree = self.arguments.get(parameter)
        if tree is None:
            return None
        if not isinstance(tree, ast.Constant) or tree.value not in choices:
            value = tree.value if isinstance(tree, ast.Constant) else shown(tree)
            hint = nearest(value, choices) if isinstance(value, str) else ""
            raise ValueError(f"{self.name}: {parameter} must be one of {', '.join(choices)}, not {value!r}{hint}")
        return str(tree.value)

    def target(self) -> Format:
        """Read the argument `format`."""
        tree = self.arguments["format"]
        value = tree.value if isinstance(tree, ast.Constant) else shown(tree)
        try:
            return Format.parse(value)  # type: ignore[arg-type]  # refused there, with the value in the message
        except ValueError as error:
            raise ValueError(f"{self.name}: format {error}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function of the language.

    Args:
        parameters: names in their order.
        required: how many of them a call must give.
        rest: name of what may follow the parameters any number of times, or an empty text.
        lower: makes the nodes of a call.
    """

    parameters: tuple[str, ...]
    required: int
    lower: Callable[[Call], Value]
    rest: str = ""

    def usage(self, name: str) -> str:
        """Write how the function is called."""
        optional = [f"{parameter}=..." for parameter in self.parameters[self.required :]]
        rest = [f"{self.rest}, ..."] if self.rest else []
        return f"{name}({', '.join([*self.parameters[: self.required], *rest, *optional])})"


def bind(name: str, function: Function, tree: ast.Call, evaluator: Evaluator) -> Call:
    """Bind the arguments of a call to the parameters of its function.

    Raises: ValueError where one is missing, given twice, unknown or too many.
    """
    positional = function.required if function.rest else len(function.parameters)
    arguments = dict(zip(function.parameters[:positional], tree.args, strict=False))
    rest = tree.args[positional:]
    if rest and not function.rest:
        raise ValueError(f"{name}: number of arguments must be as in {function.usage(name)}, not {len(tree.args)}")
    for keyword in tree.keywords:
        key = str(keyword.arg)
        if key not in function.parameters:
            hint = nearest(key, function.parameters)
            raise ValueError(f"{name}: arguments must be as in {function.usage(name)}, not {key!r}{hint}")
        if key in arguments:
            raise ValueError(f"{name}: {key} must be given once, not twice")
        arguments[key] = keyword.value
    for parameter in function.parameters[: function.required]:
        if parameter not in arguments:
            raise ValueError(f"{name}: {parameter} must be given, as in {function.usage(name)}")
    return Call(name=name, evaluator=evaluator, arguments=arguments, rest=tuple(rest))

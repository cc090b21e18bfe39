"""Boolean functions as liberty files write them: read, tabulate, and write as Verilog."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Function", "columns", "parse"]

_TOKEN = re.compile(r"\s*(?:(?P<name>[A-Za-z_][\w\[\].]*)|(?P<constant>[01])|(?P<mark>[!'^*&+|()]))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """Hold a Boolean expression as a tree.

    Args:
        operator: `name`, `0`, `1`, `not`, `and`, `or` or `xor`.
        name: the pin, for `name`.
        operands: one for `not`, two for the others.
    """

    operator: str
    name: str = ""
    operands: tuple[Function, ...] = ()

    def pins(self) -> tuple[str, ...]:
        """List the pins that it reads, each once, in the order of the text."""
        if self.operator == "name":
            return (self.name,)
        return tuple(dict.fromkeys(pin for operand in self.operands for pin in operand.pins()))

    def evaluate(self, values: Mapping[str, int], mask: int) -> int:
        """Evaluate bit by bit: each pin's value holds one bit a case, `mask` a one for each case.

        Raises: KeyError for a pin without a value.
        """
        if self.operator == "name":
            return values[self.name]
        if self.operator in ("0", "1"):
            return mask if self.operator == "1" else 0
        first, *rest = (operand.evaluate(values, mask) for operand in self.operands)
        if self.operator == "not":
            return first ^ mask
        return {"and": first & rest[0], "or": first | rest[0], "xor": first ^ rest[0]}[self.operator]

    def table(self, pins: Sequence[str]) -> int:
        """Tabulate over the pins: bit i is the result where pin k has bit k of i.

        Raises: KeyError for a pin that is not listed.
        """
        return self.evaluate(dict(zip(pins, columns(len(pins)), strict=True)), (1 << (1 << len(pins))) - 1)

    def verilog(self) -> str:
        """Write as a Verilog expression, fully bracketed, since liberty binds exclusive-or tighter than and."""
        if self.operator == "name":
            return self.name
        if self.operator in ("0", "1"):
            return f"1'b{self.operator}"
        if self.operator == "not":
            return f"~{self.operands[0].verilog()}"
        sign = {"and": "&", "or": "|", "xor": "^"}[self.operator]
        return f"({self.operands[0].verilog()} {sign} {self.operands[1].verilog()})"


def columns(count: int) -> list[int]:
    """Give each of `count` variables its column of a truth table: bit i of column k is bit k of i."""
    cases = 1 << count
    return [sum(1 << case for case in range(cases) if case >> variable & 1) for variable in range(count)]


def parse(text: str) -> Function:
    """Read an expression; from the tightest: `!a` and `a'`, `^`, `&` `*` and mere juxtaposition, `|` `+`.

    Raises: ValueError naming the expression.
    """
    tokens: list[str] = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(
                f"function {text!r} must hold names, 0, 1 and !'^*&+|(), not {text[position:].strip()[0]!r}"
            )
        tokens.append(match[0].strip())
        position = match.end()
    reader = _Reader(text, tokens)
    result = reader.disjunction()
    if reader.next():
        raise reader.refuse()
    return result


class _Reader:
    """Descend through the tokens of one expression."""

    def __init__(self, text: str, tokens: list[str]) -> None:
        self.text = text
        self.tokens = tokens
        self.position = 0
        self.depth = 0

    def refuse(self) -> ValueError:
        return ValueError(f"function {self.text!r} must be an expression, not with {self.next() or 'its end'!r} here")

    def next(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self, marks: str) -> bool:
        if self.next() and self.next() in marks:
            self.position += 1
            return True
        return False

    def disjunction(self) -> Function:
        result = self.conjunction()
        while self.take("|+"):
            result = Function(operator="or", operands=(result, self.conjunction()))
        return result

    def conjunction(self) -> Function:
        result = self.parity()
        while self.take("&*") or (self.next() and self.next() not in "|+)^'&*"):
            result = Function(operator="and", operands=(result, self.parity()))
        return result

    def parity(self) -> Function:
        result = self.factor()
        while self.take("^"):
            result = Function(operator="xor", operands=(result, self.factor()))
        return result

    def factor(self) -> Function:
        self.depth += 1
        if self.depth > 100:
            raise ValueError(f"function {self.text[:40]!r} must nest at most 100 deep")
        if self.take("!"):
            result = Function(operator="not", operands=(self.factor(),))
        elif self.take("("):
            result = self.disjunction()
            if not self.take(")"):
                raise self.refuse()
        elif self.take("0"):
            result = Function(operator="0")
        elif self.take("1"):
            result = Function(operator="1")
        elif self.next() and self.next() not in "!'^*&+|()":
            result = Function(operator="name", name=self.next())
            self.position += 1
        else:
            raise self.refuse()
        while self.take("'"):
            result = Function(operator="not", operands=(result,))
        self.depth -= 1
        return result

"""Sources: what a compute section is compiled from, and what is known of it before anything is evaluated."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hdlgen.elementary import ELEMENTARY
from hdlgen.functions import CONVERSIONS, FUNCTIONS
from hdlgen.number import Format, IntArray
from hdlgen.payload import Port

__all__ = ["Constant", "Output", "Sources", "stated_format"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Constant:
    """A named constant: its format and its raw integers, dtype object, in its shape."""

    name: str
    format: Format
    raw: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a spec says of an output; None for all that it leaves out."""

    name: str
    format: Format | None = None
    shape: tuple[int, ...] | None = None
    rounding: str | None = None
    overflow: str | None = None

    @property
    def rounds_like_a_function(self) -> bool:
        """Tell whether nothing is asked for but what elementary functions do: half to even, saturated."""
        return self.rounding in (None, "half_even") and self.overflow in (None, "saturate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """All that a compute section is compiled from; `where` begins each message."""

    inputs: Sequence[Port]
    constants: Sequence[Constant]
    outputs: Mapping[str, Output]
    trees: Mapping[str, ast.expr]
    where: str


def stated_format(tree: ast.expr, sources: Sources) -> Format | None:
    """Find the format that an expression is stated to have, before its value is known."""
    seen: set[str] = set()
    while isinstance(tree, ast.Name) and tree.id in sources.trees and tree.id not in seen:
        seen.add(tree.id)
        output = sources.outputs.get(tree.id)
        if output is not None and output.format is not None:
            return output.format
        tree = sources.trees[tree.id]
    if not (isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name)):
        return None
    if tree.func.id not in CONVERSIONS and tree.func.id not in ELEMENTARY:
        return None
    place = FUNCTIONS[tree.func.id].parameters.index("format")
    named = [keyword.value for keyword in tree.keywords if keyword.arg == "format"]
    given = [part.value for part in [*tree.args[place : place + 1], *named] if isinstance(part, ast.Constant)]
    try:
        return Format.parse(str(given[0])) if given else None
    except ValueError:
        return None  # the call itself is refused where it is evaluated

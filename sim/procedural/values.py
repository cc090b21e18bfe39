"""What is known of an assignment's value: whether its bits are independent, and how it is written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sim.procedural.module import Assignment, Operand

__all__ = ["ASSOCIATIVE", "data", "is_bitwise", "is_truth", "value"]

ASSOCIATIVE = frozenset("&|^")

_COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">=", "&&", "||"})
_REDUCTIONS = frozenset({"!", "&", "|", "^", "~&", "~|", "~^"})
_WORD = re.compile(r"\{[^{}]*\}")


def data(assignment: Assignment) -> Sequence[Operand]:
    """Give the operands, but for the condition of a choice."""
    return assignment.operands[len(assignment.operands) == 3 :]


def is_bitwise(assignment: Assignment) -> bool:
    """Tell whether each bit of the target comes from that same bit of operands of the same width.

    Only then does a value mean the same inside another one: Verilog widens operands to what surrounds them.
    """
    count, width = len(assignment.operands), assignment.target.width
    known = assignment.operator in ASSOCIATIVE if count == 2 else assignment.operator in ("", "~", "?")
    return known and width > 0 and all(one.width == width for one in data(assignment))


def is_truth(assignment: Assignment) -> bool:
    """Tell whether the value is one bit that does not depend on what surrounds it."""
    known = _COMPARISONS if len(assignment.operands) == 2 else _REDUCTIONS if len(assignment.operands) == 1 else ()
    return assignment.operator in known and assignment.target.width == 1


def value(assignment: Assignment) -> str:
    """Write the value."""
    texts = [operand.text for operand in assignment.operands]
    if len(texts) == 3:
        return f"{texts[0]} ? {texts[1]} : {texts[2]}"
    return f" {assignment.operator} ".join(texts) if len(texts) == 2 else f"{assignment.operator}{texts[0]}"

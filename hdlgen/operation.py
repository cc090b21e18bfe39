"""The operations of a graph: their names, how many arguments each takes, and which attributes it carries."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

__all__ = ["ARITY", "ATTRIBUTES", "BITWISE", "COMPARISONS", "ELEMENT_WISE", "Op"]


class Op(StrEnum):
    """One operation on whole arrays; see `hdlgen.inference` for the result and `hdlgen.golden` for the meaning."""

    INPUT = "input"  # the token's array; attribute name
    CONSTANT = "constant"  # attribute values: flat raw integers
    STATE = "state"  # what another node was one accepted token ago; see State
    ADD = "add"
    SUB = "sub"
    MUL = "mul"
    NEG = "neg"
    ABS = "abs"
    MIN = "min"
    MAX = "max"
    AND = "and"
    OR = "or"
    XOR = "xor"
    INVERT = "invert"  # -x - 1 on raw integers, also for an unsigned argument
    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    SELECT = "select"  # args[1] where args[0], else args[2]
    SHIFT = "shift"  # times 2**amount, exact
    SHIFT_LEFT = "shift_left"  # times 2**args[1], exact
    SHIFT_RIGHT = "shift_right"  # times 2**-args[1], exact: the fraction grows by the largest amount
    CONVERT = "convert"  # into node.format; attributes rounding, overflow
    REINTERPRET = "reinterpret"  # bits low .. low + width - 1, read in node.format
    JOIN_BITS = "join_bits"  # bit patterns side by side, the first argument highest
    GATHER = "gather"  # element k is element indices[k][1] of args[indices[k][0]]
    SUM = "sum"  # over the last axis
    ARGMAX = "argmax"  # index of the first largest along the last axis
    ARGMIN = "argmin"
    SORT = "sort"  # the values of some ranks along the last axis, 0 the smallest; attribute ranks
    POPCOUNT = "popcount"  # ones in the two's complement pattern
    FUNCTION = "function"  # the attribute's real function, rounded to node.format; see hdlgen.reals


COMPARISONS = frozenset({Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE})
"""Two arguments to one bit."""

BITWISE = frozenset({Op.AND, Op.OR, Op.XOR, Op.INVERT})
"""On the bits of raw integers; arguments have one fraction."""

ARITY: Mapping[Op, int | None] = {
    **dict.fromkeys((Op.INPUT, Op.CONSTANT, Op.STATE), 0),
    **dict.fromkeys((Op.ADD, Op.SUB, Op.MUL, Op.MIN, Op.MAX, Op.AND, Op.OR, Op.XOR, *sorted(COMPARISONS)), 2),
    **dict.fromkeys((Op.NEG, Op.ABS, Op.INVERT, Op.SHIFT, Op.CONVERT, Op.REINTERPRET, Op.POPCOUNT), 1),
    **dict.fromkeys((Op.SUM, Op.ARGMAX, Op.ARGMIN, Op.SORT), 1),
    **dict.fromkeys((Op.SHIFT_LEFT, Op.SHIFT_RIGHT), 2),
    Op.SELECT: 3,
    Op.JOIN_BITS: None,
    Op.GATHER: None,
    Op.FUNCTION: None,
}
"""Number of arguments; None for one or more."""

ATTRIBUTES: Mapping[Op, tuple[str, ...]] = {
    Op.INPUT: ("name",),
    Op.CONSTANT: ("values",),
    Op.SHIFT: ("amount",),
    Op.CONVERT: ("overflow", "rounding"),
    Op.REINTERPRET: ("low",),
    Op.GATHER: ("indices",),
    Op.FUNCTION: ("function",),
    Op.SORT: ("ranks",),
}
"""Names of the attributes of an operation, sorted; none where it is not listed."""

ELEMENT_WISE = frozenset(Op) - {Op.INPUT, Op.CONSTANT, Op.STATE, Op.GATHER, Op.SUM, Op.ARGMAX, Op.ARGMIN, Op.SORT}
"""Arguments and result have one shape, and each element depends on the same element of the arguments alone."""

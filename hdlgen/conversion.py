"""Conversion of a node into a stated format: what is dropped or clipped has to be named."""

from __future__ import annotations

from fractions import Fraction

from hdlgen.builder import GraphBuilder
from hdlgen.inference import infer
from hdlgen.limits import MAX_WIDTH
from hdlgen.number import OVERFLOWS, ROUNDINGS, Format
from hdlgen.operation import Op

__all__ = ["FORBID", "joined", "stated", "value_text", "widened"]

FORBID = "forbid"
"""The overflow that is refused unless it provably cannot happen; what holds where none is named."""


def value_text(raw: int, fraction: int) -> str:
    """Write the value of a raw integer, exactly."""
    value = Fraction(raw, 1 << fraction)
    return str(value.numerator) if value.denominator == 1 else str(value)


def stated(builder: GraphBuilder, node: int, target: Format, *, rounding: str | None, overflow: str | None) -> int:
    """Bring a node into a stated format.

    Args:
        builder, node: the node and its builder.
        target: the format of the result.
        rounding: one of ROUNDINGS; None is refused where fraction bits are dropped.
        overflow: one of OVERFLOWS; None and `forbid` are refused where a value can lie beyond the format.
    Raises: ValueError with the rule that is broken.
    """
    operand = builder.operand(node)
    if operand.format == target:
        return node
    if operand.format.fraction > target.fraction and rounding is None:
        names = ", ".join(ROUNDINGS)
        raise ValueError(
            f"rounding must be named ({names}) where fraction bits are dropped, from {operand.format} to {target}"
        )
    chosen = rounding or "floor"
    roomy = Format(width=MAX_WIDTH, fraction=target.fraction)
    low, high = infer(Op.CONVERT, [operand], {"rounding": chosen, "overflow": "saturate"}, stated=roomy).range
    if overflow not in OVERFLOWS and not target.holds(low, high):
        reach = f"{value_text(low, target.fraction)} to {value_text(high, target.fraction)}"
        if overflow == FORBID:
            raise ValueError(f"overflow must be impossible where it is forbidden, but {target} does not hold {reach}")
        names = ", ".join(OVERFLOWS)
        raise ValueError(f"overflow must be named ({names}) where it can happen: {target} does not hold {reach}")
    clipped = "saturate" if overflow == "saturate" else "wrap"
    return builder.apply(Op.CONVERT, node, stated=target, rounding=chosen, overflow=clipped)


def joined(builder: GraphBuilder, nodes: list[int]) -> Format:
    """Choose the narrowest format that holds every value of every node; their own where they share one."""
    operands = [builder.operand(node) for node in nodes]
    if len({operand.format for operand in operands}) == 1:
        return operands[0].format
    fraction = max(operand.format.fraction for operand in operands)
    ranges = [
        (
            operand.range[0] << (fraction - operand.format.fraction),
            operand.range[1] << (fraction - operand.format.fraction),
        )
        for operand in operands
    ]
    return Format.holding(min(low for low, _ in ranges), max(high for _, high in ranges), fraction=fraction)


def widened(builder: GraphBuilder, nodes: list[int]) -> list[int]:
    """Bring nodes into the one format that holds them all, exactly."""
    target = joined(builder, nodes)
    return [stated(builder, node, target, rounding=None, overflow=FORBID) for node in nodes]

"""Ties: where a rounding looks whether a tie is even, and the same dataflow without looking, which is off by little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hdlgen.dataflow import Dataflow, Kind, Operation
from hdlgen.number import Format

__all__ = ["without_ties"]

Range = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rounding:
    """A sum of a value and half a unit, cut so that a tie becomes even (`Scalars.rounded` makes it).

    Args:
        raised: the sum.
        count: bits that are cut off.
        between: the operations from there to the result, which nobody else reads.
    """

    raised: int
    count: int
    between: tuple[int, ...]


def without_ties(dataflow: Dataflow) -> tuple[Dataflow, dict[int, Range]]:
    """Round ties without looking whether they are even, so that the bits below the cut need not be known.

    Returns: the same operations by the same numbers, some of them no longer used, and for each sum that is rounded how
        far it is off by that: what is exact is the value, half a unit less one, and one more where the value is odd in
        units; what stands there is without that one.
    """
    uses = dataflow.uses()
    operations = list(dataflow.operations)
    ties: dict[int, Range] = {}
    for number, operation in enumerate(dataflow.operations):
        found = _rounding(dataflow.operations, uses, number)
        if found is None:
            continue
        raised, half = dataflow.operations[found.raised], 1 << (found.count - 1)
        low, high = (bound - 1 + (bound - half >> found.count & 1) for bound in (raised.low, raised.high))
        format = raised.format if raised.format.holds(low, high) else Format.holding(low, high)
        operations[found.raised] = replace(raised, place=raised.place - 1, format=format, low=low, high=high)
        operations[number] = replace(operation, kind=Kind.SLICE, args=(found.raised,), place=found.count)
        ties[found.raised] = -1, 0
        for unused in found.between:  # else they would be held against an exact sum that is another one now
            operations[unused] = Operation(kind=Kind.CONSTANT, format=operations[unused].format, low=0, high=0)
    return replace(dataflow, operations=tuple(operations)), ties


def _rounding(operations: Sequence[Operation], uses: Sequence[int], number: int) -> _Rounding | None:
    """Recognise a rounding to even by its result, whose lowest bit is one of a sum `and` whether its rest is not 0."""
    kept = operations[number]
    if kept.kind is not Kind.JOIN or not 1 <= len(kept.args) <= 2 or operations[kept.args[0]].kind is not Kind.AND:
        return None
    last, some = operations[kept.args[0]].args
    bit, negation = operations[last], operations[some]
    if bit.kind is not Kind.SLICE or bit.format.width != 1 or negation.kind is not Kind.NOT:
        return None
    comparison = operations[negation.args[0]]
    if comparison.kind is not Kind.EQUAL or operations[comparison.args[1]] != _ZERO:
        return None
    raised, rest = bit.args[0], operations[comparison.args[0]]
    lowest = replace(rest, kind=Kind.SLICE, place=0, args=(raised,))
    upper = [operations[arg] for arg in kept.args[1:]]
    between = (*kept.args, last, some, negation.args[0], comparison.args[0])
    if (
        operations[raised].kind is not Kind.SUM
        or rest != lowest
        or rest.format != Format(width=bit.place, signed=False)
        or any(one.kind is not Kind.SLICE or one.args != (raised,) or one.place != bit.place + 1 for one in upper)
        or uses[raised] != 2 + len(upper)
        or any(uses[one] != 1 for one in between)
    ):
        return None
    return _Rounding(raised=raised, count=bit.place, between=between)


_ZERO = Operation(kind=Kind.CONSTANT, format=Format.holding(0, 0), low=0, high=0)

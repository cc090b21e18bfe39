# amaranth: UnusedElaboratable=no
"""Truncation: what a sum loses where its lowest columns are left out of the heap, and how many bits are left.

A heap adds bits of known weights; one that leaves out the columns below `2**dropped` is off by the bits that would have
stood there. Their least and greatest sum bound the error, whatever the operands are. The rows are taken from those that
are built, so the bounds hold for every kind of partial product; a word times a constant is tried out value by value.

Source: Schulte and Swartzlander, Workshop on VLSI Signal Processing VI, 1993, 388-396 (constant correction).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from amaranth.hdl import Module, Signal

from hdlgen.arithmetic.constants import CONSTANT_ENCODINGS
from hdlgen.arithmetic.sum_levels import position_rows
from hdlgen.arithmetic.sums import Position, SumStyle

__all__ = ["kept_bits", "left_out"]

_TRIED_BITS = 12
"""Low bits of a word whose every value is tried."""


class _Row(NamedTuple):
    """A row as `partial_products.Row` describes it, its bits only counted."""

    width: int
    shift: int
    negative: int


@lru_cache(maxsize=4096)
def _geometry(position: Position, style: SumStyle) -> tuple[_Row, ...]:
    """Tell the rows of a position, its coefficient's digits included."""
    if not position.factors:
        return ()
    factors = [Signal(format.width) for format in position.factors]
    rows = position_rows(Module(), "product", position, factors, style)
    found = []
    for digit in CONSTANT_ENCODINGS[style.constants](position.coefficient):
        for row in rows:
            width = len(row.bits)
            negative = row.negative if digit.sign > 0 else ~row.negative & ((1 << width) - 1)
            found.append(_Row(width, row.shift + digit.shift, negative))
    return tuple(found)


@lru_cache(maxsize=16384)
def left_out(position: Position, style: SumStyle, dropped: int) -> tuple[int, int]:
    """Bound what the bits of a position below `2**dropped` can add up to: the least and the greatest sum."""
    if dropped <= 0:
        return 0, 0
    if not position.factors:
        rest = position.coefficient & ((1 << dropped) - 1)
        return rest, rest
    low = high = 0
    if len(position.factors) == 1:
        digits = CONSTANT_ENCODINGS[style.constants](position.coefficient)
        width, signed = position.factors[0].width, position.factors[0].signed
        tried = min(max((dropped - digit.shift for digit in digits), default=0), width)
        if 0 < tried <= _TRIED_BITS:
            values = np.arange(1 << tried, dtype=object)
            total = np.zeros(len(values), dtype=object)
            for digit in digits:
                below = dropped - digit.shift
                if below > 0:
                    bits = values & ((1 << min(below, width)) - 1)
                    if signed and below >= width:
                        bits = bits - ((bits >> (width - 1)) << width)
                    total = total + digit.sign * (bits << digit.shift)
            return int(total.min()), int(total.max())
    for row in _geometry(position, style):
        lost = min(dropped - row.shift, row.width)
        if lost > 0:
            mask = (1 << lost) - 1
            low -= (row.negative & mask) << row.shift
            high += (~row.negative & mask) << row.shift
    return low, high


@lru_cache(maxsize=16384)
def kept_bits(position: Position, style: SumStyle, dropped: int) -> int:
    """Count the bits of a position from weight `2**dropped` on: each costs an adder, and in a product a gate more."""
    gates = len(position.factors)
    return gates * sum(max(row.width - max(dropped - row.shift, 0), 0) for row in _geometry(position, style))

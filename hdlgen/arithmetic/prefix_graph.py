"""Prefix graphs by column: which spans each bit makes on its way to bit 0, as one comparable, storable value.

Column `high` of a graph lists the lowest bits of its spans, from the first join on: each lower than the one before,
the last one 0. The span `(high, low)` joins the one before it in its column, down to bit `middle`, with the span
`(middle - 1, low)`, which column `middle - 1` must hold. Unlike a list of levels this says which of its spans a column
gives to whom, whatever is made first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hdlgen.arithmetic.prefix import Level

__all__ = [
    "Columns",
    "Node",
    "depth",
    "fan_outs",
    "from_levels",
    "node_depths",
    "nodes",
    "size",
    "trim",
    "verify_columns",
]

Columns = tuple[tuple[int, ...], ...]


class Node(NamedTuple):
    """One join: span `(high, low)` of `(high, middle)` and `(middle - 1, low)`."""

    high: int
    middle: int
    low: int


def from_levels(levels: Sequence[Level], width: int) -> Columns:
    """Take a network of levels as a graph of the same joins."""
    columns: list[list[int]] = [[] for _ in range(width)]
    lowest = list(range(width))
    for level in levels:
        before = list(lowest)
        for high, low in level:
            lowest[high] = before[low]
            columns[high].append(before[low])
    return tuple(map(tuple, columns))


def nodes(columns: Columns) -> Iterator[Node]:
    """Go through the joins, each after those that it reads."""
    for high, lows in enumerate(columns):
        middle = high
        for low in lows:
            yield Node(high, middle, low)
            middle = low


def size(columns: Columns) -> int:
    """Count the joins."""
    return sum(map(len, columns))


def node_depths(columns: Columns) -> dict[tuple[int, int], int]:
    """Tell for every span, single bits included, how many joins lie one after the other in it."""
    depths = {(bit, bit): 0 for bit in range(len(columns))}
    for high, middle, low in nodes(columns):
        depths[high, low] = 1 + max(depths[high, middle], depths[middle - 1, low])
    return depths


def depth(columns: Columns) -> int:
    """Tell how many joins lie one after the other at the most."""
    return max(node_depths(columns).values(), default=0)


def fan_outs(columns: Columns) -> dict[tuple[int, int], int]:
    """Tell for every span how many joins read it."""
    counts = {(bit, bit): 0 for bit in range(len(columns))}
    for high, middle, low in nodes(columns):
        counts[high, low] = 0
        counts[high, middle] += 1
        counts[middle - 1, low] += 1
    return counts


def trim(columns: Columns, width: int) -> Columns:
    """Take the graph of the lowest `width` bits, without the spans that then nobody reads."""
    needed: list[set[int]] = [set() for _ in range(width)]
    for high in range(width - 1, -1, -1):
        kept = needed[high] | ({0} if high else set())
        middle = high
        for low in sorted(kept, reverse=True):
            between = [other for other in columns[high] if low < other < middle]
            for stop in (*between, low):
                needed[high].add(stop)
                needed[middle - 1].add(stop)
                middle = stop
    return tuple(tuple(low for low in columns[high] if low in needed[high]) for high in range(width))


def verify_columns(columns: Columns) -> None:
    """Check that every join finds its two spans and that every prefix is whole.

    Raises: ValueError that names the first offending span.
    """
    for high, lows in enumerate(columns):
        middle = high
        for low in lows:
            if not 0 <= low < middle:
                raise ValueError(f"prefix graph: bit {high}'s spans must go down to bit 0, not from {middle} to {low}")
            if low != middle - 1 and low not in columns[middle - 1]:
                raise ValueError(f"prefix graph: span {high}:{low} must join spans that exist, not {middle - 1}:{low}")
            middle = low
        if middle:
            raise ValueError(f"prefix graph: every prefix must reach bit 0, not stop short at bit {high}")

"""Decision diagrams: tables of constants as shared multiplexers, one diagram for all bits of the result.

Source: Bryant, IEEE Trans. Computers C-35(8), 1986, 677-691; the order of the variables is that of the index, highest
bit first, in which tables of smooth functions share well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["DecisionDiagram", "Node", "node_count"]


class Node(NamedTuple):
    """A place in a diagram: number `place` of the row that decides by bit `row` of the index; row -1 holds 0 and 1."""

    row: int
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionDiagram:
    """A table as multiplexers.

    Args:
        rows: for each bit of the index, lowest first, its multiplexers: what each gives for 0 and for 1.
        roots: for each bit of the result, lowest first, where it comes out.
    """

    rows: tuple[tuple[tuple[Node, Node], ...], ...]
    roots: tuple[Node, ...]

    @classmethod
    def of(cls, values: Sequence[int], width: int) -> DecisionDiagram:
        """Reduce a table of `2**n` values to a diagram of their lowest `width` bits."""
        rows, roots, starts = _reduced(values, width)
        place = [Node(-1, 0), Node(-1, 1)]
        for row, pairs in enumerate(rows):
            place += [Node(row, number) for number in range(len(pairs))]
        assert len(place) == starts[-1]
        made = tuple(tuple((place[low], place[high]) for low, high in pairs.tolist()) for pairs in rows)
        return cls(rows=made, roots=tuple(place[root] for root in roots))

    def count(self) -> int:
        """Count the multiplexers."""
        return sum(map(len, self.rows))


def node_count(values: Sequence[int], width: int) -> int:
    """Count the multiplexers of a table's diagram."""
    return _reduced(values, width)[2][-1] - 2


def _reduced(values: Sequence[int], width: int) -> tuple[list[NDArray[np.int64]], list[int], list[int]]:
    """Number the functions that differ, from the lowest bit of the index up; 0 and 1 are the constants.

    Returns: for each bit its pairs of functions, the functions of the results, and where the numbers of each bit start.
    """
    table = np.asarray(values, dtype=np.int64)
    current = (table[np.newaxis, :] >> np.arange(width)[:, np.newaxis]) & 1
    starts: list[int] = [2]
    rows: list[NDArray[np.int64]] = []
    while current.shape[1] > 1:
        low, high = current[:, 0::2], current[:, 1::2]
        keys = low * starts[-1] + high
        differ = low != high
        unique, inverse = np.unique(keys[differ], return_inverse=True)
        following = low.copy()
        following[differ] = inverse + starts[-1]
        rows.append(np.stack([unique // starts[-1], unique % starts[-1]], axis=1))
        starts.append(starts[-1] + len(unique))
        current = following
    return rows, current[:, 0].tolist(), starts

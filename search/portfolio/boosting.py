"""Boosted trees whose leaves are small odd numbers, so that a sum of them is a count that adders make exactly.

Each tree grows by levels, and on each level only the few nodes of most gain are split, so that trees may be deep and
narrow as well; the gain of every signal at these nodes is one matrix product.
Source: Friedman, Greedy function approximation, Annals of Statistics 29, 2001; leaves of one bit with a majority as
team 7 of the contest of IWLS 2020 (arXiv 2012.02530).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.portfolio.cases import Bits

__all__ = ["Booster", "Shape", "Tree"]

_RIDGE = 1.0
_LEAST_GAIN = 0.3
_ROWS, _SIGNALS = 0.8, 0.7
"""What share of them a tree sees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How large a tree may be, and how fine its leaves are.

    Args:
        depth: levels of splits; beam: splits on one level.
        bits: of a leaf: its values are the odd numbers between -2**bits and 2**bits.
        step: what 1 in a leaf means in log odds.
    """

    depth: int
    beam: int
    bits: int
    step: float = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Nodes, the root first: the signal that each asks and its children for 0 and 1, or -1 and the value of a leaf."""

    signals: tuple[int, ...]
    children: tuple[tuple[int, int], ...]
    values: tuple[int, ...]


class Booster:
    """Grow trees one after the other on the logistic loss.

    Args:
        matrix: shape (examples, signals), 0 or 1.
        answers: shape (examples,).
        seed: of the rows and signals that each tree sees.
    """

    def __init__(self, matrix: Bits, answers: Bits, shape: Shape, *, seed: int) -> None:
        self.matrix = matrix
        self.signals = np.ascontiguousarray(matrix.T, dtype=np.float32)
        self.answers = answers.astype(np.float32)
        self.shape = shape
        self.random = np.random.default_rng([seed, 7, shape.depth, shape.bits])
        share = float(np.clip(self.answers.mean(), 0.02, 0.98))
        self.start = round(float(np.log(share / (1 - share))) / shape.step)
        self.sums = np.full(len(answers), float(self.start))
        self.trees: list[Tree] = []

    def grow(self, count: int) -> list[Tree]:
        """Grow until there are `count` trees; give the first `count` of them."""
        while len(self.trees) < count:
            self.trees.append(self._tree())
        return self.trees[:count]

    def _tree(self) -> Tree:
        chance = 1.0 / (1.0 + np.exp(-self.sums * self.shape.step))
        slope = (self.answers - chance).astype(np.float32)
        bend = np.maximum(chance * (1 - chance), 1e-4).astype(np.float32)
        rows = self.random.random(len(slope)) < _ROWS
        columns = self.random.random(len(self.signals)) < _SIGNALS
        signals, children = [-1], [(-1, -1)]
        place = np.zeros(len(slope), dtype=np.int64)
        frontier = [0]
        for _ in range(self.shape.depth):
            gains, chosen = self._splits(slope * rows, bend * rows, place, frontier, columns)
            best = sorted(range(len(frontier)), key=lambda at: -gains[at])[: self.shape.beam]
            frontier, split = [], [(frontier[at], int(chosen[at])) for at in best if gains[at] > _LEAST_GAIN]
            for node, signal in split:
                low = len(signals)
                signals[node], children[node] = signal, (low, low + 1)
                signals += [-1, -1]
                children += [(-1, -1), (-1, -1)]
                inside = np.flatnonzero(place == node)
                place[inside] = low + self.matrix[inside, signal]
                frontier += [low, low + 1]
            if not frontier:
                break
        values = np.bincount(place, slope, len(signals)) / (np.bincount(place, bend, len(signals)) + _RIDGE)
        # The nearest odd number; nothing lies on a leaf that says nothing.
        odd = 2 * np.floor(values / self.shape.step / 2).astype(np.int64) + 1
        largest = (1 << self.shape.bits) - 1
        odd = np.clip(odd, -largest, largest)
        self.sums += odd[place]
        return Tree(signals=tuple(signals), children=tuple(children), values=tuple(odd.tolist()))

    def _splits(
        self,
        slope: NDArray[np.float32],
        bend: NDArray[np.float32],
        place: NDArray[np.int64],
        nodes: list[int],
        columns: NDArray[np.bool_],
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Give the best gain at each of some nodes, and the signal that gives it."""
        count = len(nodes)
        column = np.full(int(place.max()) + 1, -1)
        column[nodes] = np.arange(count)
        within = np.flatnonzero(column[place] >= 0)
        at = column[place[within]]
        sums = np.zeros((len(place), 2 * count), dtype=np.float32)
        sums[within, at] = slope[within]
        sums[within, count + at] = bend[within]
        if 2 * len(within) < len(place):
            ones, total = self.signals[:, within] @ sums[within], sums.sum(axis=0)
        else:
            ones, total = self.signals @ sums, sums.sum(axis=0)
        slope_1, bend_1 = ones[:, :count], ones[:, count:]
        slope_0, bend_0 = total[:count] - slope_1, total[count:] - bend_1
        gain = slope_1**2 / (bend_1 + _RIDGE) + slope_0**2 / (bend_0 + _RIDGE)
        gain -= total[:count] ** 2 / (total[count:] + _RIDGE)
        gain[~columns] = -1.0
        best = gain.argmax(axis=0)
        return gain[best, np.arange(count)], best

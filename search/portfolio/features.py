"""Features: what trees split on beside the inputs, ANDs and XORs of two signals that stand at the fringe of a tree.

Source: Pagallo and Haussler, Boolean feature discovery in empirical learning, Machine Learning 5, 1990; Oliveira and
Sangiovanni-Vincentelli, Learning complex boolean functions, NIPS 1993.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hdlgen.network import NetworkBuilder
from search.portfolio.cases import Bits, Cases

__all__ = ["Features", "Pair", "strongest_pairs"]


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """A signal made of two earlier ones, each a literal `2 * signal + complement`: their AND, or their XOR."""

    exclusive: bool
    left: int
    right: int

    @classmethod
    def of(cls, exclusive: bool, left: int, right: int) -> Pair:
        """Put a pair in its one form."""
        if exclusive:
            left, right = left & ~1, right & ~1
        return cls(exclusive, min(left, right), max(left, right))


@dataclass(frozen=True, slots=True)
class Features:
    """Signals: the inputs first, then pairs of what comes before them."""

    width: int
    pairs: tuple[Pair, ...] = ()

    def __len__(self) -> int:
        return self.width + len(self.pairs)

    def grown(self, pairs: Iterable[Pair]) -> Features:
        """Give the signals with more pairs, none twice."""
        known = set(self.pairs)
        return Features(self.width, (*self.pairs, *(pair for pair in dict.fromkeys(pairs) if pair not in known)))

    def matrix(self, inputs: Bits, start: Bits | None = None) -> Bits:
        """Evaluate all signals to (examples, signals); `start` holds the first of them, where they are known."""
        known = inputs if start is None else start
        columns = np.empty((len(self), len(inputs)), dtype=np.uint8)
        columns[: known.shape[1]] = known.T
        for at in range(known.shape[1], len(self)):
            pair = self.pairs[at - self.width]
            left = columns[pair.left >> 1] ^ np.uint8(pair.left & 1)
            right = columns[pair.right >> 1] ^ np.uint8(pair.right & 1)
            columns[at] = left ^ right if pair.exclusive else left & right
        return np.ascontiguousarray(columns.T)

    def literals(self, builder: NetworkBuilder) -> list[int]:
        """Build all signals; those that nothing reads fall away with the network."""
        made = [builder.input(bit) for bit in range(self.width)]
        for pair in self.pairs:
            left, right = made[pair.left >> 1] ^ (pair.left & 1), made[pair.right >> 1] ^ (pair.right & 1)
            made.append(builder.exclusive(left, right) if pair.exclusive else builder.conjunction(left, right))
        return made


def fringe(tree: Any) -> list[Pair]:
    """List the pairs of neighbouring splits of a fitted tree of scikit-learn, those of most examples first."""
    left, right, feature = tree.children_left, tree.children_right, tree.feature
    weight = tree.weighted_n_node_samples
    found: dict[Pair, float] = {}
    for parent in range(len(feature)):
        if left[parent] < 0:
            continue
        children = (left[parent], right[parent])
        for side, child in enumerate(children):
            if left[child] < 0 or feature[child] == feature[parent]:
                continue
            above, below = 2 * int(feature[parent]), 2 * int(feature[child])
            ends = int(left[left[child]] < 0) + int(left[right[child]] < 0)
            share = float(weight[child]) * (1.0 if ends else 0.5)
            pairs = [Pair.of(False, above | (1 - side), below), Pair.of(False, above | (1 - side), below | 1)]
            other = children[1 - side]
            if left[other] >= 0 and feature[other] == feature[child]:
                pairs.append(Pair.of(True, above, below))
            for pair in pairs:
                found[pair] = found.get(pair, 0.0) + share
    return sorted(found, key=lambda pair: (-found[pair], pair))


def strongest_pairs(cases: Cases, count: int, *, rows: int = 8192) -> list[Pair]:
    """List the pairs of inputs whose XOR or AND tells most of the answer beyond its two inputs alone."""
    inputs = cases.inputs[:rows].astype(np.float32) * 2 - 1
    signs = cases.answers[:rows].astype(np.float32) * 2 - 1
    width = inputs.shape[1]
    if width < 2:
        return []
    upper = np.triu_indices(width, 1)
    strength = np.abs((inputs * signs[:, None]).T @ inputs)[upper] / len(inputs)
    order = np.argsort(-strength, kind="stable")[:count]
    noise = 4.0 / np.sqrt(len(inputs))
    chosen: NDArray[np.int64] = order[strength[order] > noise]
    return [Pair.of(True, 2 * int(upper[0][at]), 2 * int(upper[1][at])) for at in chosen]

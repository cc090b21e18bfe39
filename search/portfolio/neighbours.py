"""Neighbours: examples that differ in one input, which tell how often that input turns the answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from search.portfolio.cases import Bits

__all__ = ["MOST_WIDTH", "neighbours"]

MOST_WIDTH = 24
"""Of wider inputs, no affordable number of examples are neighbours."""


def neighbours(inputs: Bits) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Give for each input the pairs of examples that differ in it alone: those with 0, and those with 1.

    Of equal examples only the first counts.
    """
    numbers = inputs.astype(np.int64) @ (1 << np.arange(inputs.shape[1], dtype=np.int64))
    numbers, order = np.unique(numbers, return_index=True)
    pairs = []
    for bit in range(inputs.shape[1]):
        low = np.flatnonzero(numbers >> bit & 1 == 0)
        other = np.minimum(np.searchsorted(numbers, numbers[low] | 1 << bit), len(numbers) - 1)
        found = numbers[other] == numbers[low] | 1 << bit
        pairs.append((order[low[found]], order[other[found]]))
    return pairs

"""The goal of an approximation: a function in its formats, and how far each result may lie from the rounded one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hdlgen.number import Format
from hdlgen.reals import tabulated

__all__ = ["FREE", "Bounds", "Goal", "Integers", "narrowed", "scaled"]

Integers = NDArray[np.int64]

FREE = 1 << 50
"""A bound beyond all results: nothing is asked for there."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bounds:
    """What a sum must lie between for each index, both ends allowed; -FREE and FREE where nothing is asked for."""

    low: Integers
    high: Integers

    @property
    def feasible(self) -> bool:
        """Tell whether there is a sum for every index."""
        return bool((self.low <= self.high).all())


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A function of one argument, by its formats, with the error that every result may have, in LSB of `target`."""

    function: str
    source: Format
    target: Format
    error: int

    def limits(self) -> tuple[Integers, Integers, Integers]:
        """Give every raw argument in order, and the least and greatest result allowed for it."""
        exact = tabulated(self.function, self.source, self.target)
        raw = np.arange(self.source.low, self.source.high + 1, dtype=np.int64)
        low = np.maximum(exact - self.error, self.target.low)
        return raw, low, np.minimum(exact + self.error, self.target.high)


def narrowed(size: int, parts: list[tuple[Integers, Integers, Integers]]) -> Bounds:
    """Join what several arguments ask of an index; each part lists indices and what lies between."""
    low, high = np.full(size, -FREE, dtype=np.int64), np.full(size, FREE, dtype=np.int64)
    for index, least, most in parts:
        np.maximum.at(low, index, least)
        np.minimum.at(high, index, most)
    return Bounds(low=low, high=high)


def scaled(low: Integers, high: Integers, scale: int) -> tuple[Integers, Integers]:
    """Give the sums, in units of 2**-scale, whose floor lies between two results."""
    return low << scale, ((high + 1) << scale) - 1

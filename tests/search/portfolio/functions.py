"""Functions with known values, as cases to learn from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from search.portfolio.cases import Cases

__all__ = ["number", "sampled", "whole"]

Function = Callable[[NDArray[np.uint8]], NDArray[np.bool_]]


def sampled(width: int, function: Function, *, count: int = 1500, seed: int = 1) -> Cases:
    """Draw examples of a function of bits, given as (examples, bits)."""
    inputs = np.random.default_rng(seed).integers(0, 2, (count, width), dtype=np.uint8)
    return Cases(inputs=inputs, answers=function(inputs).astype(np.uint8))


def whole(width: int, function: Function) -> Cases:
    """Give all examples of a function."""
    inputs = ((np.arange(1 << width)[:, None] >> np.arange(width)) & 1).astype(np.uint8)
    return Cases(inputs=inputs, answers=function(inputs).astype(np.uint8))


def number(bits: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Read bits, the lowest first, as numbers."""
    value: NDArray[np.int64] = bits.astype(np.int64) @ (1 << np.arange(bits.shape[1]))
    return value

"""The 8-point discrete cosine transform (type II, orthonormal) in fixed point, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FRACTION = 8
"""Fraction bits of the cosine coefficients."""


def coefficients() -> NDArray[np.int64]:
    """Give c[k, n] = s(k) * cos(pi * (2n + 1) * k / 16) with s(0) = sqrt(1/8), else 1/2, in units of 2**-FRACTION."""
    k, n = np.arange(8)[:, None], np.arange(8)[None, :]
    scale = np.where(k == 0, np.sqrt(1 / 8), 1 / 2)
    c: NDArray[np.int64] = np.rint(scale * np.cos(np.pi * (2 * n + 1) * k / 16) * 2**FRACTION).astype(np.int64)
    return c


def reference(inputs: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    """Give the eight coefficients, rounded to integers, ties to even."""
    exact = inputs["x"] @ coefficients().T
    # float64 holds these integers and their halves exactly, and rint takes ties to even.
    return {"y": np.rint(exact / 2**FRACTION).astype(np.int64)}

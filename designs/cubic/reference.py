"""A cubic polynomial in fixed point, rounded and saturated, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

COEFFICIENTS = (1018, 1020, 556, 184)
"""Of x**0 to x**3, in units of 2**-10: exp(x) by least squares on -1 to 1."""


def reference(inputs: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    """Give y = exp(x) nearly, in units of 2**-10, ties to even, at most 2 - 2**-10; x in units of 2**-11."""
    x = inputs["x"]
    # In units of 2**-43, that all four terms share; 48 bits at most.
    exact = sum(c * x**power << 11 * (3 - power) for power, c in enumerate(COEFFICIENTS))
    scaled = exact >> 33
    rest = exact - (scaled << 33)
    half = 1 << 32
    scaled += (rest > half) | ((rest == half) & (scaled % 2 == 1))
    return {"y": np.clip(scaled, -(2**11), 2**11 - 1)}

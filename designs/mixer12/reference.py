"""A complex product in fixed point, rounded and saturated, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FRACTION = 11
"""Fraction bits of all numbers."""


def reference(inputs: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    """Give the exact product of two complex numbers in units of 2**-11, ties to even, clipped to 12 bits."""
    product = (inputs["re"] + 1j * inputs["im"]) * (inputs["c"] + 1j * inputs["s"])
    # float64 holds the integers of 24 bits and their halves exactly, and rint takes ties to even.
    parts = {"y_re": product.real, "y_im": product.imag}
    limit = 2**FRACTION
    return {
        name: np.clip(np.rint(part / 2**FRACTION), -limit, limit - 1).astype(np.int64) for name, part in parts.items()
    }

"""An 8-tap low-pass filter over the token stream, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TAPS = (-1, 3, 12, 29, 31, 14, 4, -2)
"""TAPS[0] weighs the newest sample."""


def reference(inputs: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    """Give y[t] = TAPS[0] * x[t] + TAPS[1] * x[t - 1] + ...; samples before the first are 0."""
    x = inputs["x"]
    return {"y": np.convolve(x, np.array(TAPS, dtype=np.int64))[: len(x)]}

"""A second-order recursive filter in fixed point, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

B = (1106, 2211, 1090)
"""Weights of x[t], x[t - 1], x[t - 2], in units of 2**-14."""
A = (-18727, 6763)
"""Weights of y[t - 1], y[t - 2] on the left-hand side, in units of 2**-14."""


def reference(inputs: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    """Give y[t] = B . (x[t], x[t-1], x[t-2]) - A . (y[t-1], y[t-2]), rounded (ties to even) and saturated to 16 bits.

    Whatever comes before the first token is 0. The rounded and saturated y is what is fed back.
    """
    x1 = x2 = y1 = y2 = 0
    result = []
    for x in inputs["x"].tolist():
        exact = B[0] * x + B[1] * x1 + B[2] * x2 - A[0] * y1 - A[1] * y2
        y = round(exact / 2**14)  # Python rounds ties to even; float64 holds these 35 bits exactly
        y = min(max(y, -(2**15)), 2**15 - 1)
        x1, x2, y1, y2 = x, x1, y, y1
        result.append(y)
    return {"y": np.array(result, dtype=np.int64)}

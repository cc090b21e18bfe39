"""A tile of a matrix engine, 4 x 4 times 4 x 2 with partial sums, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def reference(inputs: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    """Give d[row, column] = c[row, column] + sum over k of a[row, k] * b[k, column], wrapped to 24 bits."""
    d = inputs["c"].copy()
    for row in range(4):
        for column in range(2):
            for k in range(4):
                d[:, row, column] += inputs["a"][:, row, k] * inputs["b"][:, k, column]
    return {"d": (d + (1 << 23)) % (1 << 24) - (1 << 23)}

"""A 3 x 3 image filter over the valid region of a 6 x 6 tile, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

KERNEL = ((1, 2, -1), (3, 9, -4), (-5, 0, 7))


def reference(inputs: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    """Give y[r, c] = sum over i, j of KERNEL[i][j] * tile[r + i, c + j]: a correlation, the kernel not turned round."""
    tile = inputs["tile"]
    y = np.zeros((len(tile), 4, 4), dtype=np.int64)
    for row in range(4):
        for column in range(4):
            for i in range(3):
                for j in range(3):
                    y[:, row, column] += KERNEL[i][j] * tile[:, row + i, column + j]
    return {"y": y}

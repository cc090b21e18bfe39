"""The median of a neighbourhood of 3 x 3 pixels, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def reference(inputs: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    """Give the fifth smallest of the nine pixels of each token."""
    return {"y": np.partition(inputs["tile"].reshape(-1, 9), 4, axis=1)[:, 4]}

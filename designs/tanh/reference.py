"""The hyperbolic tangent in double precision, rounded once, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def reference(inputs: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    """Give tanh(x) in units of 2**-10, ties to even."""
    return {"y": np.rint(np.tanh(inputs["x"] / 2.0**9) * 2.0**10).astype(np.int64)}

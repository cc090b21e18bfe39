"""The product of two complex integers, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def reference(inputs: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    """Give (a_re + i a_im) * (b_re + i b_im) for each token."""
    # complex128 holds every integer of 25 bits exactly.
    product = (inputs["a_re"] + 1j * inputs["a_im"]) * (inputs["b_re"] + 1j * inputs["b_im"])
    return {"y_re": np.rint(product.real).astype(np.int64), "y_im": np.rint(product.imag).astype(np.int64)}

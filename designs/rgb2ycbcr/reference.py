"""RGB to YCbCr with the coefficients of ITU-R BT.601 over the full range of bytes, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RED, GREEN, BLUE = 0.299, 0.587, 0.114
"""Shares of the primaries in luma: ITU-R BT.601-7, section 2.5.1."""


def coefficients() -> NDArray[np.int64]:
    """Give the rows for Y, Cb and Cr in units of 2**-8, rounded to the nearest."""
    luma = np.array([RED, GREEN, BLUE])
    blue = (np.array([0.0, 0.0, 1.0]) - luma) / (2 * (1 - BLUE))  # from -1/2 to 1/2
    red = (np.array([1.0, 0.0, 0.0]) - luma) / (2 * (1 - RED))
    rows: NDArray[np.int64] = np.rint(256 * np.array([luma, blue, red])).astype(np.int64)
    return rows


def reference(inputs: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    """Give Y, Cb + 128 and Cr + 128 of each token, ties up, at most 255."""
    exact = inputs["rgb"] @ coefficients().T / 256 + np.array([0, 128, 128])
    # float64 holds these numbers exactly: they have 8 fraction bits.
    return {"ycbcr": np.clip(np.floor(exact + 0.5), 0, 255).astype(np.int64)}

"""A quantised neural network of two layers, 16 to 32 to 5, in plain numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SHIFTS = (4, 5)
"""Bits that each layer's sums lose."""


def weights(name: str) -> NDArray[np.int64]:
    """Read an array that `train.py` has written."""
    values: NDArray[np.int64] = np.load(Path(__file__).parent / "weights" / f"{name}.npy")
    return values


def halves_up(sums: NDArray[np.int64], shift: int) -> NDArray[np.int64]:
    """Divide by `2**shift` and round, ties up."""
    rounded: NDArray[np.int64] = np.floor(sums / 2**shift + 0.5).astype(np.int64)
    return rounded


def reference(inputs: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    """Give the five scores of each token and the first class of the largest one."""
    first = inputs["x"] @ weights("hidden").T + weights("hidden_bias")
    middle = np.minimum(halves_up(np.maximum(first, 0), SHIFTS[0]), 255)
    sums = middle @ weights("output").T + weights("output_bias")
    scores = np.clip(halves_up(sums, SHIFTS[1]), -128, 127)
    return {"scores": scores, "label": scores.argmax(axis=1)}

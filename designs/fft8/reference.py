"""The 8-point fast Fourier transform in fixed point, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

COSINE = 181
"""cos(45 degrees) in units of 2**-8."""
FRACTION = 2
"""Fraction bits that a turned part keeps."""

Complex = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Real and imaginary part; float64 holds all numbers here exactly."""


def turned(value: Complex, eighths: int) -> Complex:
    """Turn a number clockwise by so many eighths of a circle; a turn by 45 degrees more rounds, ties to even."""
    re, im = value
    for _ in range(eighths // 2):
        re, im = im, -re
    if eighths % 2:
        scale = COSINE / 2**8 * 2**FRACTION
        re, im = np.rint(scale * (re + im)) / 2**FRACTION, np.rint(scale * (im - re)) / 2**FRACTION
    return re, im


def transform(values: list[Complex]) -> list[Complex]:
    """Transform by decimation in frequency: sums lead to the even places, turned differences to the odd ones."""
    half = len(values) // 2
    if not half:
        return values
    pairs = list(zip(values[:half], values[half:], strict=True))
    sums = [(a[0] + b[0], a[1] + b[1]) for a, b in pairs]
    differences = [turned((a[0] - b[0], a[1] - b[1]), n * 4 // half) for n, (a, b) in enumerate(pairs)]
    even, odd = transform(sums), transform(differences)
    return [part for both in zip(even, odd, strict=True) for part in both]


def reference(inputs: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    """Give the spectrum of each token in natural order, rounded to integers, ties to even."""
    re, im = inputs["re"].astype(np.float64), inputs["im"].astype(np.float64)
    spectrum = transform([(re[:, n], im[:, n]) for n in range(8)])
    parts = (np.stack(part, axis=1) for part in zip(*spectrum, strict=True))
    names = ("spectrum_re", "spectrum_im")
    return {name: np.rint(part).astype(np.int64) for name, part in zip(names, parts, strict=True)}

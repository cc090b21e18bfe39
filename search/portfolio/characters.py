"""Characters: the linear part of a function, a parity of inputs whose XOR with the answers leaves something simpler.

A sum's bit is the parity of two bits and a carry: no input tells anything about it, but much about the carry. What is
left is simpler where single inputs tell more about it: the weight of its Fourier spectrum up to the first level.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from search.portfolio.cases import Cases

__all__ = ["linear_part", "low_weight"]

_ROWS, _LEAST_ROWS = 6400, 256
_GAIN = 0.15
_ENOUGH = 0.5
_OPERATIONS = 1.5e11
"""Multiplications that a search over all pairs may cost; beyond it, examples are left out."""


def low_weight(signals: NDArray[np.float32], signs: NDArray[np.float32]) -> float:
    """Sum the squared correlations of single inputs and of none with the answers, beyond what chance gives.

    All are -1 or 1.
    """
    correlations = signals.T @ signs / len(signs)
    chance = signals.shape[1] / len(signs)
    return float((correlations**2).sum() + signs.mean() ** 2 - chance)


def linear_part(cases: Cases, *, most: int = 6) -> tuple[int, ...]:
    """Find inputs whose parity, taken from the answers, leaves a function that single inputs tell more about.

    Returns: at most `most` inputs, none where no parity of one or two inputs at a time helps much.
    """
    keep = np.flatnonzero(cases.inputs.min(axis=0) != cases.inputs.max(axis=0))
    if len(keep) < 3 or len(cases) < _LEAST_ROWS:
        return ()
    rows = max(512, min(_ROWS, len(cases), int(_OPERATIONS / len(keep) ** 3)))
    signals = cases.inputs[:rows, keep].astype(np.float32) * 2 - 1
    signs = cases.answers[:rows].astype(np.float32) * 2 - 1
    chosen: set[int] = set()
    weight = low_weight(signals, signs)
    while weight < _ENOUGH:
        gained, inputs = _best(signals, signs)
        if gained < weight + _GAIN or len(chosen ^ set(inputs)) > most:
            break
        weight = gained
        chosen ^= set(inputs)
        signs = signs * signals[:, inputs].prod(axis=1)
    return tuple(sorted(int(keep[at]) for at in chosen))


def _best(signals: NDArray[np.float32], signs: NDArray[np.float32]) -> tuple[float, list[int]]:
    """Give the one or two inputs whose parity leaves the most weight at the first level."""
    rows, width = signals.shape
    best, inputs = -1.0, [0]
    first = signals * signs[:, None]
    for one in range(-1, width - 1):
        # Row `j` of the product: correlations of each input with answer ^ one ^ j; `one` = -1 stands for j alone.
        turned = first if one < 0 else first[:, one + 1 :] * signals[:, one, None]
        # Without the mean, so that a parity that is right more often than not is left to the methods.
        weights = ((turned.T @ signals / rows) ** 2).sum(axis=1) - width / rows
        at = int(weights.argmax())
        if weights[at] > best + 1e-6:
            best, inputs = float(weights[at]), [at] if one < 0 else [one, one + 1 + at]
    return best, inputs

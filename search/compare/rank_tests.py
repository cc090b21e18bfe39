"""Rank tests over problems: Wilcoxon's signed ranks, exactly, and Holm's correction for testing more than once."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

__all__ = ["FEWEST_PROBLEMS", "holm", "signed_rank"]

FEWEST_PROBLEMS = 6
"""With fewer problems no outcome would be significant at 5 %: the smallest p of five is 2 / 2**5."""


def signed_rank(differences: Sequence[float]) -> float:
    """Give the two-sided p that paired differences lie around 0, by counting all ways to choose their signs.

    Differences of 0 are left out, equal ones share their ranks; so ties need no approximation.

    Returns: 1.0 where all are 0.
    Source: Wilcoxon, Biometrics Bulletin 1(6), 1945, 80-83.
    """
    values = np.array([value for value in differences if value], dtype=np.float64)
    if not len(values):
        return 1.0
    sizes = np.abs(values)
    # Twice the mean rank of equal ones: how many are smaller, and how many are no larger.
    ranks = [int((sizes < size).sum() + (sizes <= size).sum() + 1) for size in sizes]
    total = sum(ranks)
    ways = [1] + [0] * total  # by twice the sum of the ranks of the positive ones
    for rank in ranks:
        for at in range(total, rank - 1, -1):
            ways[at] += ways[at - rank]
    positive = sum(rank for rank, value in zip(ranks, values, strict=True) if value > 0)
    least = min(positive, total - positive)
    return min(1.0, float(Fraction(2 * sum(ways[: least + 1]), 2 ** len(ranks))))


def holm(values: Sequence[float]) -> list[float]:
    """Correct the p of several tests so that all of them together err at most as often as one; in the same order.

    Source: Holm, Scandinavian Journal of Statistics 6(2), 1979, 65-70.
    """
    corrected, least = [0.0] * len(values), 0.0
    for place, at in enumerate(sorted(range(len(values)), key=lambda at: values[at])):
        least = max(least, min(1.0, values[at] * (len(values) - place)))
        corrected[at] = least
    return corrected

"""Averages that a few outliers do not move, and intervals by resampling."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from search.pareto import Floats

__all__ = ["RESAMPLES", "Weights", "average", "bootstrap", "interquartile", "median", "over_problems"]

RESAMPLES = 1000
LOW, HIGH = 2.5, 97.5
"""The percentiles between which 95 % of the resampled averages lie."""

_HUGE = 1e300
"""Stands for infinity, of which 0 times is not 0."""

Weights = Callable[[int], Floats]
"""An average of so many values: the weight of the least, the second least and so on; they sum up to 1."""


def interquartile(count: int) -> Floats:
    """Weigh the middle half alone; the values at the quartiles count by the part that is inside.

    Source: Agarwal et al., Advances in Neural Information Processing Systems 34, 2021 (interquartile mean of runs).
    """
    inside = np.minimum(np.arange(1, count + 1), count * 0.75) - np.maximum(np.arange(count), count * 0.25)
    return np.asarray(np.maximum(inside, 0.0) / (count * 0.5))


def median(count: int) -> Floats:
    """Weigh the middle value alone, or the two middle ones."""
    weights = np.zeros(count)
    weights[[(count - 1) // 2, count // 2]] = 1.0 if count % 2 else 0.5
    return weights


def average(values: Floats, weights: Weights) -> Floats:
    """Average along the first axis; infinite where a value with weight is."""
    ordered = np.sort(_finite(values), axis=0)
    return _infinite(np.tensordot(weights(len(ordered)), ordered, axes=(0, 0)))


def bootstrap(values: Floats, weights: Weights, *, seed: int, resamples: int = RESAMPLES) -> tuple[Floats, Floats]:
    """Give the ends of the 95 % interval of an average, by drawing the values along the first axis anew.

    Source: Efron, Annals of Statistics 7(1), 1979, 1-26 (percentile bootstrap).
    """
    return _interval(_resampled(values, weights, np.random.default_rng(seed), resamples))


def over_problems(
    groups: Sequence[Floats], *, seed: int, resamples: int = RESAMPLES
) -> tuple[Floats, tuple[Floats, Floats]]:
    """Average over problems: of each the median over its seeds first, then the interquartile mean of these.

    So a problem counts once however its figures scatter. The interval comes from drawing each problem's seeds anew.

    Args:
        groups: a problem each, its seeds along the first axis.
    Returns: the average and the ends of its 95 % interval.
    """
    random = np.random.default_rng(seed)
    medians = np.stack([average(values, median) for values in groups])
    drawn = np.stack([_resampled(values, median, random, resamples) for values in groups])
    return average(medians, interquartile), _interval(average(drawn, interquartile))


def _resampled(values: Floats, weights: Weights, random: np.random.Generator, resamples: int) -> Floats:
    """Average as many samples, drawn with replacement; shape (resamples, ...).

    The order of a sample follows from the order of all values, so no sample needs sorting: a sample is a row of
    weights on the ordered values.
    """
    ordered = np.sort(_finite(values), axis=0)
    count = len(ordered)
    drawn = np.sort(random.integers(count, size=(resamples, count)), axis=1)
    rows = np.zeros((resamples, count))
    np.add.at(rows, (np.arange(resamples)[:, np.newaxis], drawn), weights(count)[np.newaxis])
    return _infinite(np.tensordot(rows, ordered, axes=(1, 0)))


def _interval(resampled: Floats) -> tuple[Floats, Floats]:
    """Take the ends of the middle 95 % along the first axis, without mixing neighbours: one may be infinite."""
    low, high = np.percentile(resampled, [LOW, HIGH], axis=0, method="nearest")
    return np.asarray(low), np.asarray(high)


def _finite(values: Floats) -> Floats:
    return np.nan_to_num(np.asarray(values, dtype=np.float64), nan=np.nan, posinf=_HUGE)


def _infinite(values: Floats) -> Floats:
    return np.asarray(np.where(np.abs(values) > _HUGE / 1e6, np.inf, values))

"""Costs on the scale on which they are compared: logarithmic where a figure has one sign, standardised, softened."""

from __future__ import annotations

import numpy as np

from search.pareto import Floats

__all__ = ["deviations", "logarithmic", "softened", "standardised"]


def logarithmic(columns: Floats) -> Floats:
    """Take the logarithm of each column that has one sign, the order kept; give the others as they are.

    Args:
        columns: costs, shape (points, objectives); a figure to maximise is a negative cost.
    """
    warped = np.array(columns, dtype=np.float64)
    positive, negative = (columns > 0).all(axis=0), (columns < 0).all(axis=0)
    warped[:, positive] = np.log(columns[:, positive])
    warped[:, negative] = -np.log(-columns[:, negative])
    return warped


def deviations(columns: Floats) -> Floats:
    """Give the deviation of each column, 1 for a constant one."""
    deviation = columns.std(axis=0)
    return np.where(deviation > 1e-12, deviation, 1.0)


def standardised(columns: Floats) -> Floats:
    """Shift and scale each column to mean 0 and deviation 1; a constant column becomes 0."""
    return np.asarray((columns - columns.mean(axis=0)) / deviations(columns))


def softened(columns: Floats) -> Floats:
    """Draw in what is worse than the mean of a standardised column: how bad a bad point is matters little."""
    return np.asarray(np.where(columns > 0, np.log1p(np.maximum(columns, 0.0)), columns))

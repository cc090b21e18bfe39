"""Expected improvement: how much volume a point, of which only means and deviations are known, would add to a front."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from search.pareto import Floats, non_dominated

__all__ = ["expected_improvement", "sampled_improvement"]

_DENSITY = float(1 / np.sqrt(2 * np.pi))
DIRECTIONS = 128
"""How many random directions the estimate for more than two objectives averages over."""


def expected_improvement(means: Floats, deviations: Floats, points: Floats, reference: Floats) -> Floats:
    """Give for each candidate the expected gain of dominated volume; objectives are independent Gaussians.

    Exact for one and two objectives; for more, an estimate by random directions (`sampled_improvement`, fixed seed).

    Args:
        means, deviations: shape (candidates, objectives), deviations positive; all are minimised.
        points: shape (known, objectives), measured so far; may be empty.
        reference: shape (objectives,), up to which volume counts.
    Returns: shape (candidates,), none negative but for rounding.
    Source: Emmerich, Yang, Deutz, Wang and Fonseca, Advances in Stochastic and Deterministic Global Optimization, 2016,
        229-242 (strips of a two-objective front).
    """
    inside = points[(points < reference).all(axis=1)].astype(means.dtype)
    reference = reference.astype(means.dtype)
    if len(reference) > 2:
        return sampled_improvement(means, deviations, inside, reference, seed=0)
    if len(reference) == 1:
        below = np.minimum(reference, inside.min(initial=np.inf))
        alone: Floats = _shortfall(below, means[:, 0], deviations[:, 0])[0]
        return alone
    front = inside[non_dominated(inside)]
    front = front[np.argsort(front[:, 0])]
    # Strip i lies between two first objectives; below its ceiling nothing is dominated.
    walls = np.append(front[:, 0], reference[0])
    ceilings = np.append(reference[1], front[:, 1])
    across = _shortfall(walls, means[:, 0], deviations[:, 0])
    across[1:] -= across[:-1].copy()
    gains: Floats = np.einsum("ij,ij->j", across, _shortfall(ceilings, means[:, 1], deviations[:, 1]))
    return gains


def _shortfall(bounds: Floats, means: Floats, deviations: Floats) -> Floats:
    """Give the expectation of max(bound - Y, 0) for Gaussian Y, shape (bounds, candidates)."""
    standard = bounds[:, np.newaxis] - means
    standard /= deviations
    # In place: fresh arrays of this size cost more, in pages of memory, than what is calculated in them.
    density = standard * standard
    density *= -0.5
    np.exp(density, out=density)
    density *= _DENSITY
    expected: Floats = ndtr(standard)
    expected *= standard
    expected += density
    expected *= deviations
    return expected


def sampled_improvement(means: Floats, deviations: Floats, points: Floats, reference: Floats, *, seed: int) -> Floats:
    """Estimate what `expected_improvement` gives, up to a constant factor, for any number of objectives.

    The volume below a reference is the mean, over directions, of the longest way along the direction that is dominated,
    to the power of the number of objectives; each direction goes with one draw of the candidates' figures, the same
    draw for all, so that their order is little disturbed.

    Source: Zhang and Golovin, Random Hypervolume Scalarizations, ICML 2020, lemma 5.
    """
    random = np.random.default_rng(seed)
    objectives = len(reference)
    directions = np.abs(random.standard_normal((DIRECTIONS, objectives))) + 1e-9
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    draws = random.standard_normal((DIRECTIONS // 2, objectives))
    draws = np.concatenate([draws, -draws])  # antithetic: the mean of the draws is exact
    gain = np.zeros(len(means))
    for direction, draw in zip(directions, draws, strict=True):
        reached = _length(points, direction, reference).max(initial=0.0)
        found = _length(means + draw * deviations, direction, reference)
        gain += np.maximum(found**objectives - reached**objectives, 0.0)
    return gain / DIRECTIONS


def _length(points: Floats, direction: Floats, reference: Floats) -> Floats:
    """Measure how far from the reference, against a direction, each point dominates."""
    return np.asarray(np.maximum(((reference - points) / direction).min(axis=1), 0.0))

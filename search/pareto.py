"""Pareto fronts: dominance, hypervolume and distance to a reference front; every objective is a cost to minimise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import moocore
import numpy as np
import numpy.typing as npt

from hdlgen.evaluation import Evaluation, Objective

__all__ = ["Floats", "Front", "adrs", "costs", "dominates", "front", "hypervolume", "non_dominated", "ranks"]

Floats = npt.NDArray[np.float64]


def costs(evaluations: Iterable[Evaluation], objectives: Sequence[Objective]) -> Floats:
    """Give the figures to minimise, shape (evaluations, objectives).

    Raises: ValueError for an evaluation without a score.
    """
    rows = []
    for evaluation in evaluations:
        if evaluation.score is None:
            raise ValueError(f"costs: an evaluation must have a score, not status {evaluation.status.value!r}")
        rows.append([objective.cost(evaluation.score) for objective in objectives])
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(objectives))


def _checked(where: str, array: Floats, columns: int | None = None) -> Floats:
    """Check shape (points, objectives) and finite values."""
    array = np.asarray(array, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] < 1 or columns not in (None, array.shape[1]):
        raise ValueError(f"{where}: costs must be of shape (points, {columns or 'objectives'}), not {array.shape!r}")
    if not np.isfinite(array).all():
        raise ValueError(f"{where}: costs must be finite")
    return array


def dominates(left: Floats, right: Floats) -> npt.NDArray[np.bool_]:
    """Tell where left is nowhere dearer than right and somewhere cheaper; the last axis holds the objectives."""
    left, right = np.asarray(left), np.asarray(right)
    return np.asarray((left <= right).all(axis=-1) & (left < right).any(axis=-1))


def non_dominated(points: Floats) -> npt.NDArray[np.bool_]:
    """Mark the rows, shape (points, objectives), that no other row dominates; of equal rows the first alone."""
    points = _checked("non_dominated", points)
    if not len(points):
        return np.zeros(0, dtype=np.bool_)
    distinct, first = np.unique(points, axis=0, return_index=True)
    marks = np.zeros(len(points), dtype=np.bool_)
    marks[first[np.asarray(moocore.is_nondominated(distinct), dtype=np.bool_)]] = True
    return marks


def ranks(points: Floats) -> npt.NDArray[np.int64]:
    """Number the rows, shape (points, objectives), by layers: 0 for the front, 1 for the front of the rest, and so on.

    Source: Deb et al., IEEE Trans. Evol. Comput. 6(2), 2002, section III-A (non-dominated sorting).
    """
    points = _checked("ranks", points)
    if not len(points):
        return np.zeros(0, dtype=np.int64)
    distinct, inverse = np.unique(points, axis=0, return_inverse=True)
    layers = np.asarray(moocore.pareto_rank(distinct), dtype=np.int64)
    return layers[inverse.reshape(-1)]


def hypervolume(points: Floats, reference: Floats) -> float:
    """Measure the region that some points dominate up to a reference point, for any number of objectives.

    Args:
        points: shape (points, objectives); any order, dominated ones add nothing.
        reference: shape (objectives,); a point that is not below it in every objective adds nothing.
    Returns: the product of the objectives' units; 0.0 for no point.
    Raises: ValueError for another shape or a value that is not finite.
    Source: Zitzler and Thiele, IEEE Trans. Evol. Comput. 3(4), 1999, 257-271.
    """
    reference = _checked("hypervolume", np.asarray(reference, dtype=np.float64)[np.newaxis])[0]
    points = _checked("hypervolume", points, len(reference))
    inside = points[(points < reference).all(axis=1)]
    return float(moocore.hypervolume(inside, ref=reference)) if len(inside) else 0.0


def adrs(points: Floats, reference_front: Floats) -> float:
    """Average over a reference front how far the nearest of some points stays behind: 0.0 if all are reached, 0.05: 5%.

    The distance to a reference point is the largest relative excess over its objectives, none below 0.

    Args:
        points: shape (points, objectives); at least one.
        reference_front: shape (points, objectives); at least one, no value 0.
    Raises: ValueError for another shape, a value that is not finite, or a 0 in the reference.
    Source: Palermo, Silvano and Zaccaria, IEEE Trans. CAD 28(12), 2009, 1816-1829 (ADRS); after Czyzak and Jaszkiewicz,
        J. Multi-Criteria Decision Analysis 7(1), 1998, 34-47.
    """
    reference_front = _checked("adrs", reference_front)
    points = _checked("adrs", points, reference_front.shape[1])
    if not len(points) or not len(reference_front) or not reference_front.all():
        raise ValueError("adrs: points and reference must hold at least one row each, and the reference no 0")
    excess = (points[np.newaxis] - reference_front[:, np.newaxis]) / np.abs(reference_front)[:, np.newaxis]
    return float(np.maximum(excess, 0.0).max(axis=2).min(axis=1).mean())


class Front:
    """The non-dominated among the feasible evaluations told so far; of equal scores the first told."""

    def __init__(self, objectives: Sequence[Objective]) -> None:
        if not objectives:
            raise ValueError("Front: objectives must hold at least one")
        self._objectives = tuple(objectives)
        self._members: list[Evaluation] = []
        self._costs = np.zeros((0, len(self._objectives)))

    def __len__(self) -> int:
        return len(self._members)

    @property
    def members(self) -> tuple[Evaluation, ...]:
        """The evaluations on the front, in the order of telling."""
        return tuple(self._members)

    def add(self, evaluation: Evaluation) -> bool:
        """Take an evaluation in where it belongs to the front, drop what it dominates, and tell whether it came in."""
        if evaluation.score is None or not evaluation.feasible:
            return False
        cost = costs([evaluation], self._objectives)
        if (self._costs <= cost).all(axis=1).any():
            return False
        kept = ~dominates(cost, self._costs)
        self._members = [*(member for member, keep in zip(self._members, kept, strict=True) if keep), evaluation]
        self._costs = np.concatenate([self._costs[kept], cost])
        return True


def front(evaluations: Iterable[Evaluation], objectives: Sequence[Objective]) -> tuple[Evaluation, ...]:
    """Pick the non-dominated among the feasible evaluations, in the order of telling; of equal scores the first."""
    result = Front(objectives)
    for evaluation in evaluations:
        result.add(evaluation)
    return result.members

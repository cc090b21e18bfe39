"""The whole space, point by point."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from hdlgen.evaluation import Evaluation, Objective
from hdlgen.space import Point, Space

__all__ = ["ExhaustiveSearch"]


class ExhaustiveSearch:
    """Walk the space in its own order, the last knob changing fastest; for spaces that fit the budget."""

    def __init__(self, space: Space, objectives: Sequence[Objective], *, seed: int) -> None:
        del objectives, seed
        self._told: set[Point] = set()
        self._points = (point for point in space.enumerate() if point not in self._told)

    def ask(self, count: int) -> list[Point]:
        """Give the next points."""
        return list(islice(self._points, count))

    def tell(self, evaluations: Sequence[Evaluation]) -> None:
        """Learn nothing but which points are known."""
        self._told.update(evaluation.point for evaluation in evaluations)

"""Uniform sampling without repeats."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from hdlgen.evaluation import Evaluation, Objective
from hdlgen.space import Point, Space
from search.strategy import Unasked

__all__ = ["UniformSearch"]


class UniformSearch:
    """Draw points uniformly, none twice; the baseline that every other strategy has to beat."""

    def __init__(self, space: Space, objectives: Sequence[Objective], *, seed: int) -> None:
        del objectives
        self._unasked = Unasked(space, seed=seed)

    def ask(self, count: int) -> list[Point]:
        """Draw the next points."""
        return list(islice(iter(self._unasked.draw, None), count))

    def tell(self, evaluations: Sequence[Evaluation]) -> None:
        """Learn nothing but which points are known."""
        for evaluation in evaluations:
            self._unasked.take(evaluation.point)

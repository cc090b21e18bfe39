"""Pareto local search: step from the front to its neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hdlgen.evaluation import Evaluation, Objective
from hdlgen.space import Point, Space
from search.pareto import Front
from search.strategy import Unasked, opening

__all__ = ["LocalSearch"]


class LocalSearch:
    """Ask for neighbours of the front's points, of the least explored point first; restart where all are known.

    Rather than a whole neighbourhood at a time, each point of the front gets one random neighbour in turn: with the
    tens of evaluations that synthesis allows, the neighbourhood of a point soon dominated would be most of the budget.

    Source: Paquete, Chiarandini and Stützle, Metaheuristics for Multiobjective Optimisation, LNEMS 535, 2004, 177-199.
    """

    OPENING = 8
    """Points measured before the first step."""

    def __init__(self, space: Space, objectives: Sequence[Objective], *, seed: int) -> None:
        self._space = space
        self._front = Front(objectives)
        self._random = np.random.default_rng(seed)
        self._unasked = Unasked(
            space,
            seed=int(self._random.integers(2**63)),
            opening=opening(space, self.OPENING, seed=int(self._random.integers(2**63))),
        )
        self._neighbours: dict[Point, list[Point]] = {}
        self._steps: dict[Point, int] = {}

    def ask(self, count: int) -> list[Point]:
        """Give the rest of the opening, then steps from the front, then restarts."""
        return self._unasked.collect(count, self._step, self._unasked.draw)

    def tell(self, evaluations: Sequence[Evaluation]) -> None:
        """Update the front."""
        for evaluation in evaluations:
            self._unasked.take(evaluation.point)
            self._front.add(evaluation)

    def _step(self) -> Point | None:
        """Take a random unasked neighbour of the front's point that was stepped from least."""
        for member in sorted((member.point for member in self._front.members), key=lambda p: self._steps.get(p, 0)):
            if member not in self._neighbours:
                self._neighbours[member] = self._space.neighbours(member)
            fresh = [point for point in self._neighbours[member] if point in self._unasked]
            self._neighbours[member] = fresh
            if fresh:
                self._steps[member] = self._steps.get(member, 0) + 1
                point = fresh[int(self._random.integers(len(fresh)))]
                self._unasked.take(point)
                return point
        return None

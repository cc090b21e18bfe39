"""Any optimiser that proposes settings and learns from costs, run over the valid points of a space."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from hdlgen.evaluation import Evaluation, Objective
from hdlgen.space import Choice, Knob, Point, Space
from search.pareto import costs
from search.pool import Pool

__all__ = ["AdaptedSearch", "Proposer"]


class Proposer(Protocol):
    """An optimiser of a box of knobs that knows nothing of conditions between them."""

    def ask(self) -> tuple[Any, Mapping[str, Choice]]:
        """Propose a choice for each knob, with a token by which it knows the proposal again."""

    def tell(self, token: Any, point: Mapping[str, Choice], values: Sequence[float] | None, *, feasible: bool) -> None:
        """Learn the costs to minimise of a proposal; None for one that failed.

        Args:
            token: of the proposal; None for a point that was measured without being proposed.
            point: what was measured, which differs from the proposal where that was invalid or known.
        """


class AdaptedSearch:
    """Let a foreign optimiser search a space: what it proposes is made valid and new before it is asked for.

    A proposal that was measured already is answered at once with the known costs and charged to nobody, a few times in
    a row. Whatever is then invalid or asked already becomes the nearest valid point that is free, by the ranks of its
    choices; of equally near ones, one at random.

    Args:
        propose: makes the optimiser from the knobs, the number of objectives and a seed.
    """

    REPEATS = 20

    def __init__(
        self,
        space: Space,
        objectives: Sequence[Objective],
        *,
        seed: int,
        propose: Callable[[Sequence[Knob], int, int], Proposer],
    ) -> None:
        self._objectives = tuple(objectives)
        self._random = np.random.default_rng(seed)
        self._pool = Pool(space, seed=int(self._random.integers(2**63)))
        self._space = space
        self._knobs = {knob.name: knob for knob in space.knobs}
        self._proposer = propose(space.knobs, len(self._objectives), int(self._random.integers(2**31)))
        self._waiting: dict[Point, Any] = {}
        self._known: dict[Point, Evaluation] = {}

    def ask(self, count: int) -> list[Point]:
        """Pass on proposals, each made valid and new."""
        asked: list[Point] = []
        while len(asked) < count and len(self._known) + len(self._waiting) < self._space.size():
            point = self._next()
            asked.append(point)
        return asked

    def tell(self, evaluations: Sequence[Evaluation]) -> None:
        """Pass on what was measured."""
        for evaluation in evaluations:
            for place in self._pool.join([evaluation.point]):
                self._pool.take(place)
            self._known[evaluation.point] = evaluation
            self._learn(self._waiting.pop(evaluation.point, None), evaluation)

    def _learn(self, token: Any, evaluation: Evaluation) -> None:
        values = None if evaluation.score is None else costs([evaluation], self._objectives)[0].tolist()
        self._proposer.tell(token, dict(evaluation.point.values), values, feasible=evaluation.feasible)

    def _next(self) -> Point:
        """Ask the optimiser until it proposes something new, or often enough."""
        for _ in range(self.REPEATS):
            token, wanted = self._proposer.ask()
            point = Point(values=tuple((name, wanted[name]) for name in self._knobs))
            if point not in self._known:
                break
            self._learn(token, self._known[point])
        else:
            token, wanted = self._proposer.ask()
        point = self._free(wanted)
        self._waiting[point] = token
        return point

    def _free(self, wanted: Mapping[str, Choice]) -> Point:
        """Take the nearest valid point that is free."""
        pool = self._pool
        if not pool.whole:
            # The sample of a large space may be far away: the nearest valid point and its neighbours join it.
            near = self._space.repair(wanted)
            pool.join([near, *self._space.neighbours(near)])
        places = np.flatnonzero(pool.free)
        if not len(places):  # only where a sample is used up
            pool.join(self._space.enumerate())
            places = np.flatnonzero(pool.free)
        target = [(knob.position(wanted[knob.name]) or 0) / max(1, len(knob.choices) - 1) for knob in self._space.knobs]
        gaps = np.abs(pool.rows[places] - target).sum(axis=1)
        nearest = places[gaps <= gaps.min() + 1e-12]
        place = int(nearest[int(self._random.integers(len(nearest)))])
        pool.take(place)
        return pool.point(place)

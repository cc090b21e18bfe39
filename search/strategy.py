"""The protocol of a search strategy, and what strategies share: points not asked yet, an opening, a ranking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from hdlgen.evaluation import Evaluation, Objective
from hdlgen.space import Point, Space
from search.experience import Experience
from search.pareto import Floats, costs, ranks

__all__ = ["Informable", "Strategy", "StrategyFactory", "Unasked", "crowding", "opening", "ranked"]

OPENING_POOL = 1000
"""How many random points the space-filling opening chooses from."""


class Strategy(Protocol):
    """Propose points to measure and learn from what is told.

    A strategy is made from a space, objectives and a seed, and depends on these and on what it is told alone: the same
    calls give the same points. It asks for valid points only and for none twice, whatever the batch size, and knows
    nothing of budgets, workers and clocks.
    """

    def ask(self, count: int) -> list[Point]:
        """Propose 1 to `count` points never asked or told before; none only when the space is exhausted."""

    def tell(self, evaluations: Sequence[Evaluation]) -> None:
        """Learn from evaluations: of asked points in the order of asking, failed and infeasible ones among them.

        Evaluations of points never asked may be told before the first ask: a given start, an earlier run of the spec.
        Their points count as asked.
        """


@runtime_checkable
class Informable(Protocol):
    """What a strategy offers that can use more than it is told, all before its first ask."""

    def expect(self, experience: Experience, features: Callable[[Point], Sequence[float]] | None) -> None:
        """Take in what other designs taught, and a way to learn cheap facts of a point that experience can read."""

    def recall(self, evaluations: Sequence[Evaluation]) -> None:
        """Take in what earlier runs measured; unlike told points these may be asked for, and do not count till then."""


class StrategyFactory(Protocol):
    """Whatever makes a strategy: a class listed in `STRATEGIES`, or a user's own."""

    def __call__(self, space: Space, objectives: Sequence[Objective], *, seed: int) -> Strategy:
        """Make a fresh strategy."""


class Unasked:
    """The points of a space that were not asked yet; draws them uniformly, walking a shuffled space once.

    Args:
        opening: what is asked first, unless as many points were told before.
    """

    def __init__(self, space: Space, *, seed: int, opening: Sequence[Point] = ()) -> None:
        self._space = space
        self._asked: set[Point] = set()
        self._shuffled: Iterator[Point] = space.shuffled(seed)
        self._opening = iter(opening)
        self._first = len(opening)

    def __len__(self) -> int:
        return self._space.size() - len(self._asked)

    @property
    def taken(self) -> int:
        """How many points were asked or told."""
        return len(self._asked)

    def __contains__(self, point: Point) -> bool:
        return point not in self._asked

    def take(self, point: Point) -> bool:
        """Count a point as asked; tell whether it was not before."""
        fresh = point not in self._asked
        self._asked.add(point)
        return fresh

    def collect(self, count: int, *ways: Callable[[], Point | None]) -> list[Point]:
        """Take up to `count` points, fewer where all are asked: the rest of the opening, then what the ways give.

        Args:
            ways: each gives a point that it has taken, or none; for each point they are called in turn until one does.
        """
        points: list[Point] = []
        while len(points) < count and len(self):
            for way in (self._begin, *ways):
                if (point := way()) is not None:
                    points.append(point)
                    break
        return points

    def _begin(self) -> Point | None:
        """Take the next point of the opening, unless as many points were told or asked already."""
        if self.taken >= self._first:
            return None
        return next((point for point in self._opening if self.take(point)), None)

    def draw(self) -> Point | None:
        """Take a point drawn uniformly from those not asked yet; None where all are."""
        point = next((point for point in self._shuffled if point in self), None)
        if point is not None:
            self.take(point)
        return point


def opening(space: Space, count: int, *, seed: int) -> list[Point]:
    """Choose the first points of a run: the default point, then points that fill the space, each far from all before.

    Far means a different choice in many knobs and, where choices are ordered, one of another rank. The candidates are a
    uniform sample, so that the choice stays quick on any space.

    Returns: at most `count` distinct points, fewer in a smaller space.
    Source: Gonzalez, Theoretical Computer Science 38, 1985, 293-306 (farthest-point traversal).
    """
    default = space.default()
    pool = [default, *(point for point in space.sample(OPENING_POOL, seed) if point != default)]
    codes = np.array([space.encode(point) for point in pool]).reshape(len(pool), len(space.knobs))
    chosen: list[int] = []
    gap = np.full(len(pool), np.inf)
    for _ in range(min(count, len(pool))):
        chosen.append(int(np.argmax(gap)))
        step = np.abs(codes - codes[chosen[-1]])
        gap = np.minimum(gap, ((step > 0) + step).sum(axis=1))
        gap[chosen] = -1.0
    return [pool[place] for place in chosen]


def ranked(evaluations: Iterable[Evaluation], objectives: Sequence[Objective]) -> list[tuple[Evaluation, int]]:
    """Give the scored evaluations with their layer: feasible ones by dominance from 0, infeasible ones after them.

    Source: Deb et al., IEEE Trans. Evol. Comput. 6(2), 2002, section VI (feasible before infeasible).
    """
    result: list[tuple[Evaluation, int]] = []
    scored = [evaluation for evaluation in evaluations if evaluation.score is not None]
    for feasible in (True, False):
        group = [evaluation for evaluation in scored if evaluation.feasible is feasible]
        base = 1 + max((layer for _, layer in result), default=-1)
        result += zip(group, (base + int(layer) for layer in ranks(costs(group, objectives))), strict=True)
    return result


def crowding(points: Floats) -> Floats:
    """Measure how alone each row, shape (points, objectives), stands: infinite at the ends of each objective.

    Source: Deb et al., IEEE Trans. Evol. Comput. 6(2), 2002, section III-B (crowding distance).
    """
    distance = np.zeros(len(points))
    for column in points.T:
        order = np.argsort(column, kind="stable")
        distance[order[:1]] = distance[order[-1:]] = np.inf
        span = np.ptp(column) if len(column) > 2 else 0.0
        if span > 0:
            distance[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / span
    return distance

"""Simulated annealing along several directions of the front at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hdlgen.evaluation import Evaluation, Objective
from hdlgen.space import Point, Space
from search.pareto import Floats, Front, costs
from search.strategy import Unasked, opening
from search.transform import logarithmic

__all__ = ["AnnealingSearch"]


@dataclass(slots=True)
class _Chain:
    """A walk: how it weighs the objectives, the point and the row of costs where it stands, its steps."""

    weights: Floats
    at: Point | None = None
    row: int | None = None
    steps: int = 0


class AnnealingSearch:
    """Walk from neighbour to neighbour in a few chains, each towards another part of the front.

    A chain takes a worse point with the probability exp(-loss / temperature), and its temperature falls with each of
    its steps; the loss is the growth of the largest weighted objective, on a logarithmic scale in units of the spread
    seen. A chain that stands where every neighbour was asked jumps to a point of the front that has some left.

    Source: Kirkpatrick, Gelatt and Vecchi, Science 220, 1983, 671-680; weights as in Czyzak and Jaszkiewicz,
        J. Multi-Criteria Decision Analysis 7(1), 1998, 34-47 (Pareto simulated annealing).
    """

    OPENING = 8
    CHAINS = 3
    HOT, COOLING = 0.05, 0.85

    def __init__(self, space: Space, objectives: Sequence[Objective], *, seed: int) -> None:
        self._space = space
        self._objectives = tuple(objectives)
        self._random = np.random.default_rng(seed)
        self._unasked = Unasked(
            space,
            seed=int(self._random.integers(2**63)),
            opening=opening(space, self.OPENING, seed=int(self._random.integers(2**63))),
        )
        self._front = Front(objectives)
        self._neighbours: dict[Point, list[Point]] = {}
        self._chains = [_Chain(weights=weights) for weights in _directions(self.CHAINS, len(self._objectives))]
        self._turn = 0
        self._proposed: dict[Point, _Chain] = {}
        self._costs = np.zeros((0, len(self._objectives)))

    def ask(self, count: int) -> list[Point]:
        """Give the rest of the opening, then a step of each chain in turn."""
        return self._unasked.collect(count, self._step, self._unasked.draw)

    def tell(self, evaluations: Sequence[Evaluation]) -> None:
        """Let each chain that proposed a point move there or stay."""
        for evaluation in evaluations:
            self._unasked.take(evaluation.point)
            self._front.add(evaluation)
            chain = self._proposed.pop(evaluation.point, None)
            if chain is not None:
                chain.steps += 1
            if evaluation.score is None or not evaluation.feasible:
                continue
            self._costs = np.concatenate([self._costs, costs([evaluation], self._objectives)])
            row, scaled = len(self._costs) - 1, _scaled(self._costs)
            for walker in self._chains if chain is None else (chain,):
                # A point that no chain proposed, of the opening or a given start, draws those whom it serves.
                if self._accepts(walker, scaled, row, greedy=chain is None):
                    walker.at, walker.row = evaluation.point, row

    def _accepts(self, chain: _Chain, scaled: Floats, row: int, *, greedy: bool) -> bool:
        """Decide whether a chain moves to the point of a row."""
        if chain.row is None:
            return True
        loss = float((chain.weights * scaled[row]).max() - (chain.weights * scaled[chain.row]).max())
        temperature = max(self.HOT * self.COOLING**chain.steps, 1e-9)
        return loss <= 0 or (not greedy and bool(self._random.random() < np.exp(-loss / temperature)))

    def _step(self) -> Point | None:
        """Take a random unasked neighbour of the next chain's place; where it has none, of a point of the front."""
        chain = self._chains[self._turn % len(self._chains)]
        self._turn += 1
        members = [member.point for member in self._front.members]
        order = [members[at] for at in self._random.permutation(len(members))]
        for place in order if chain.at is None else [chain.at, *order]:
            fresh = self._fresh(place)
            if fresh:
                point = fresh[int(self._random.integers(len(fresh)))]
                self._unasked.take(point)
                self._proposed[point] = chain
                return point
        return None

    def _fresh(self, place: Point) -> list[Point]:
        """List the neighbours of a point that were not asked yet."""
        known = self._neighbours.get(place)
        if known is None:
            known = self._space.neighbours(place)
        self._neighbours[place] = [point for point in known if point in self._unasked]
        return self._neighbours[place]


def _scaled(columns: Floats) -> Floats:
    """Place costs between the least, 0, and the most, 1, that were seen."""
    warped = logarithmic(columns)
    span = np.ptp(warped, axis=0)
    return np.asarray((warped - warped.min(axis=0)) / np.where(span > 0, span, 1.0))


def _directions(count: int, objectives: int) -> list[Floats]:
    """Spread weights over the objectives: evenly for two, drawn with a fixed seed for more."""
    if objectives == 1:
        return [np.ones(1)] * count
    if objectives == 2:
        shares = (np.arange(count) + 0.5) / count
        return [np.array([share, 1 - share]) for share in shares]
    return list(np.random.default_rng(0).dirichlet(np.ones(objectives), size=count))

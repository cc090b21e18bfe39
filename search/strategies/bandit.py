"""A portfolio of strategies that shifts its budget to those whose points reach the front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hdlgen.evaluation import Evaluation, Objective
from hdlgen.space import Point, Space
from search.pareto import Front
from search.strategies.annealing import AnnealingSearch
from search.strategies.evolution import EvolutionSearch
from search.strategies.local import LocalSearch
from search.strategies.surrogate import SurrogateSearch
from search.strategies.uniform import UniformSearch
from search.strategy import Strategy, StrategyFactory, Unasked, opening

__all__ = ["BanditSearch"]


class BanditSearch:
    """Let several strategies propose, each as often as its recent points came onto the front; all learn from all.

    A draw for each strategy from the beta distribution of its successes and failures decides whose turn it is; both
    counts fade, so that a strategy that helped early alone is left for one that helps now.

    Source: Thompson, Biometrika 25, 1933, 285-294; fading as in Raj and Kalyani, arXiv 1707.09727, 2017.
    """

    ARMS: Mapping[str, StrategyFactory] = {
        "surrogate": SurrogateSearch,
        "evolution": EvolutionSearch,
        "local": LocalSearch,
        "annealing": AnnealingSearch,
        "uniform": UniformSearch,
    }
    OPENING = 8
    FADING = 0.97
    TRIES = 5

    def __init__(self, space: Space, objectives: Sequence[Objective], *, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._unasked = Unasked(
            space,
            seed=int(self._random.integers(2**63)),
            opening=opening(space, self.OPENING, seed=int(self._random.integers(2**63))),
        )
        self._arms: dict[str, Strategy] = {
            name: make(space, objectives, seed=int(self._random.integers(2**63))) for name, make in self.ARMS.items()
        }
        self._front = Front(objectives)
        self._proposed: dict[Point, str] = {}
        self._won = dict.fromkeys(self._arms, 0.0)
        self._lost = dict.fromkeys(self._arms, 0.0)

    def ask(self, count: int) -> list[Point]:
        """Give the rest of the opening, then what the strategies propose whose turn it is."""
        return self._unasked.collect(count, self._propose, self._unasked.draw)

    def tell(self, evaluations: Sequence[Evaluation]) -> None:
        """Credit who proposed, and tell every strategy."""
        for evaluation in evaluations:
            self._unasked.take(evaluation.point)
            joined = self._front.add(evaluation)
            name = self._proposed.pop(evaluation.point, None)
            if name is not None:
                for counts in (self._won, self._lost):
                    counts.update({arm: count * self.FADING for arm, count in counts.items()})
                (self._won if joined else self._lost)[name] += 1
        for strategy in self._arms.values():
            strategy.tell(evaluations)

    def _propose(self) -> Point | None:
        """Take a point from the strategy whose draw is best; none where it has nothing that another did not ask."""
        drawn = {name: self._random.beta(1 + self._won[name], 1 + self._lost[name]) for name in self._arms}
        name = max(drawn, key=drawn.__getitem__)
        for _ in range(self.TRIES):
            for point in self._arms[name].ask(1):
                if self._unasked.take(point):
                    self._proposed[point] = name
                    return point
        return None

"""NSGA-II over knobs, with elimination of duplicates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hdlgen.evaluation import Evaluation, Objective
from hdlgen.space import Choice, Point, Space
from search.pareto import costs
from search.strategy import Unasked, crowding, opening, ranked

__all__ = ["EvolutionSearch"]


class EvolutionSearch:
    """Cross and mutate the best points known, ranked by dominance and crowding; children never repeat a known point.

    Steady state: whatever was told takes part at once, so that any batch size will do. A child takes each knob from one
    of two parents, each the better of two drawn from the population, then other choices for few random knobs, and is
    repaired to a valid point; a child known already is mutated again, and after some tries a random point replaces it.

    Source: Deb, Pratap, Agarwal and Meyarivan, IEEE Trans. Evol. Comput. 6(2), 2002, 182-197.
    """

    OPENING = 8  # a smaller start than the population: replays reach 97% of the hypervolume earlier
    POPULATION = 12
    TRIES = 20

    def __init__(self, space: Space, objectives: Sequence[Objective], *, seed: int) -> None:
        self._space = space
        self._objectives = tuple(objectives)
        self._random = np.random.default_rng(seed)
        self._unasked = Unasked(
            space,
            seed=int(self._random.integers(2**63)),
            opening=opening(space, self.OPENING, seed=int(self._random.integers(2**63))),
        )
        self._population: list[Evaluation] = []

    def ask(self, count: int) -> list[Point]:
        """Give the rest of the first generation, then children."""
        return self._unasked.collect(count, self._child)

    def tell(self, evaluations: Sequence[Evaluation]) -> None:
        """Let the told points compete with the population, best first; failed points have no part in it."""
        for evaluation in evaluations:
            self._unasked.take(evaluation.point)
        layers: dict[int, list[Evaluation]] = {}
        for evaluation, layer in ranked([*self._population, *evaluations], self._objectives):
            layers.setdefault(layer, []).append(evaluation)
        self._population = []
        for _, members in sorted(layers.items()):
            # Of equal scores, mostly equal hardware by other knobs, the first alone: else they would crowd others out.
            _, distinct = np.unique(costs(members, self._objectives), axis=0, return_index=True)
            members = [members[place] for place in sorted(distinct)]
            alone = crowding(costs(members, self._objectives))
            self._population += [members[place] for place in np.argsort(-alone, kind="stable")]
        del self._population[self.POPULATION :]

    def _parent(self) -> dict[str, Choice]:
        """Draw two of the population and take the better one: the population is sorted, best first."""
        place = int(self._random.integers(len(self._population), size=2).min())
        return dict(self._population[place].point.values)

    def _child(self) -> Point | None:
        """Breed a point that was not asked yet; draw one at random after some tries, or where there is no parent."""
        if not self._population:
            return self._unasked.draw()
        first, second = self._parent(), self._parent()
        child = {name: (first if self._random.random() < 0.5 else second)[name] for name in first}
        for _ in range(self.TRIES):
            point = self._space.repair(self._mutated(child))
            if self._unasked.take(point):
                return point
            child = dict(point.values)
        return self._unasked.draw()

    def _mutated(self, child: dict[str, Choice]) -> dict[str, Choice]:
        """Change one knob on average, of those that have a choice: half the time by one rank, else to any choice."""
        free = [knob for knob in self._space.knobs if len(knob.choices) > 1]
        changed = dict(child)
        for knob in free:
            if self._random.random() < 1 / len(free):
                last = len(knob.choices) - 1
                place = int(self._random.integers(len(knob.choices)))
                if self._random.random() < 0.5:
                    current = knob.position(child[knob.name]) or 0
                    place = min(max(current + (1 if self._random.random() < 0.5 else -1), 0), last)
                changed[knob.name] = knob.choices[place]
        return changed

"""The search behind the benchmark `multipliers`: points of our knobs, changed where they were best so far.

It asks for points, a batch at a time, and is told what came of them, so it is the same with any number of workers.
What it is after is what the benchmark asks: for every classic family's best area-delay product a point that is nowhere
worse and as far below as can be, and nowhere to be behind the joined front of the classic ones.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence

from benchmarks.adder_search import fitness
from benchmarks.shell import Kernel
from hdlgen.space import Point, Space

__all__ = ["Search", "lag"]

_PARENTS = 8
"""Of how many best points against a target one is changed."""
_HARDEST = 0.4
"""How often a change begins from the target that the search does worst against, and not from any that is open."""


def lag(point: Kernel, target: Kernel) -> float:
    """Tell by which factor a point would have to shrink, in area and delay, to be nowhere worse than another."""
    return max(point.area_um2 / target.area_um2, point.delay_ps / target.delay_ps)


class Search:
    """Search at one width in one technology.

    Args:
        space: of the points.
        families: the best area-delay product of each classic family, by its name.
        front: the points that ours must not be behind.
        enough: the fitness at which a family counts as beaten; a point of the front does at a lag of 1.
        starts: how many points are drawn to begin with.
        chance: source of randomness.
    """

    def __init__(
        self,
        space: Space,
        families: Mapping[str, Kernel],
        front: Sequence[Kernel],
        *,
        enough: float,
        starts: int,
        chance: random.Random,
    ) -> None:
        self.space, self.families, self.front, self.chance = space, dict(families), list(front), chance
        self.enough = enough
        self.known: dict[Point, Kernel] = {}
        self._asked: set[Point] = set()
        self._waiting = [space.default(), *space.sample(starts, chance.randrange(1 << 32))]
        self._rankings: dict[str | int, list[tuple[float, Point]]] = {
            target: [] for target in (*self.families, *range(len(self.front)))
        }

    @property
    def open(self) -> dict[str | int, float]:
        """Tell how far the search is from enough for each target that it has not reached: 1.0 where it has just."""
        best = {target: ranking[0][0] if ranking else 9.0 for target, ranking in self._rankings.items()}
        return {target: value for target, value in best.items() if value > 1.0}

    def ask(self, count: int) -> list[Point]:
        """Give so many points that have not been asked for yet: first those to begin with, then changed ones."""
        points: list[Point] = []
        for _ in range(50 * count):
            if len(points) == count or not (self._waiting or self.known):
                break
            point = self._waiting.pop(0) if self._waiting else self._changed()
            if point not in self._asked:
                self._asked.add(point)
                points.append(point)
        return points

    def tell(self, points: Iterable[Point], kernels: Iterable[Kernel]) -> None:
        """Rank what was measured against every target."""
        for point, kernel in zip(points, kernels, strict=True):
            self.known[point] = kernel
            for target, ranking in self._rankings.items():
                if isinstance(target, str):
                    value = fitness(kernel, self.families[target]) / self.enough
                else:
                    value = lag(kernel, self.front[target])
                ranking.append((value, point))
                ranking.sort(key=lambda entry: entry[0])
                del ranking[_PARENTS:]

    def _changed(self) -> Point:
        """Change one or two knobs of a good point."""
        still_open = self.open
        if still_open and self.chance.random() < _HARDEST:
            target = max(still_open, key=lambda target: still_open[target])
        else:
            target = self.chance.choice(list(still_open or self._rankings))
        ranking = self._rankings[target]
        point = ranking[min(int(self.chance.expovariate(0.5)), len(ranking) - 1)][1]
        for _ in range(self.chance.choice((1, 1, 2))):
            knob = self.chance.choice([knob.name for knob in self.space.knobs])
            others = [other for other in self.space.neighbours(point) if other[knob] != point[knob]]
            point = self.chance.choice(others or [point])
        return point

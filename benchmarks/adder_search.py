"""The search behind `benchmarks.gallery`: prefix graphs, forms and recipes, changed where they were best so far.

It asks for ways to be mapped, a batch at a time, and is told what came of them, so it is the same with any number of
workers. What it is after is what the benchmark of adders asks: of every classic structure's best area-delay product, a
way that is nowhere worse and as far below as can be.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from benchmarks.adders import adder_rtlil
from benchmarks.shell import Kernel
from hdlgen.arithmetic.prefix_adder import PROPAGATIONS, SUM_BITS, PrefixAdder, PrefixForm
from hdlgen.arithmetic.prefix_fitting import prefix_time
from hdlgen.arithmetic.prefix_graph import Columns, size
from hdlgen.arithmetic.prefix_moves import changed, crossed
from sim.recipes import RECIPES
from sim.steps import map_and_time
from sim.technology import Technology

__all__ = ["Search", "Way", "fitness", "map_ways"]

_PARENTS = 12
"""Of how many best ways against a structure one is changed."""
_OPEN = 0.9
"""How often a change begins from a structure that the search does not do well enough against."""
_DRAWN = (1, 2, 4, 8)
"""How many changes of a graph are drawn for one that is mapped: that with the least estimate."""


class Way(NamedTuple):
    """A graph, the form of its logic, and a recipe."""

    columns: Columns
    form: PrefixForm
    recipe: str


def map_ways(ways: Sequence[Way], technology: Technology) -> list[tuple[float, float]]:
    """Map the adders of some ways, which is what a worker does at a time: area without registers, and period."""
    figures: list[tuple[float, float]] = []
    for way in ways:
        width = len(way.columns)
        text = adder_rtlil(PrefixAdder(width, graph=way.columns, form=way.form), width)
        mapped = map_and_time(text, technology, way.recipe, "generated")
        figures.append((mapped.area_um2 - mapped.flip_flop_area_um2, mapped.period_ps))
    return figures


def fitness(point: Kernel, target: Kernel) -> float:
    """Rate a point against another: its area-delay product in parts of that one's where it dominates, else above 1."""
    ratio = point.product / target.product
    excess = max(point.area_um2 / target.area_um2, 1.0) * max(point.delay_ps / target.delay_ps, 1.0)
    return ratio if excess == 1.0 else max(ratio * excess**3, excess)


class Search:
    """Search at one width in one technology.

    Args:
        targets: the best area-delay product of each classic structure, by its name.
        starts: what to begin with.
        enough: the fitness at which a structure counts as beaten.
        chance: source of randomness.
    """

    def __init__(
        self,
        targets: Mapping[str, Kernel],
        starts: Sequence[Way],
        *,
        enough: float,
        chance: random.Random,
    ) -> None:
        self.targets, self.enough, self.chance = dict(targets), enough, chance
        self.width = len(starts[0].columns)
        self.known: dict[Way, Kernel] = {}
        self.best: dict[str, list[tuple[float, Way]]] = {name: [] for name in targets}
        self._asked: set[Way] = set()
        self._waiting = list(dict.fromkeys(starts))

    @property
    def done(self) -> bool:
        """Tell whether every structure is beaten."""
        return all(ranking and ranking[0][0] <= self.enough for ranking in self.best.values())

    def ask(self, count: int) -> list[Way]:
        """Give so many ways that have not been asked for yet: first those to begin with, then changed ones."""
        ways: list[Way] = []
        for _ in range(50 * count):
            if len(ways) == count or not (self._waiting or self.known):
                break
            way = self._waiting.pop(0) if self._waiting else self._changed()
            if way not in self._asked:
                self._asked.add(way)
                ways.append(way)
        return ways

    def tell(self, ways: Iterable[Way], points: Iterable[Kernel]) -> None:
        """Rank what was measured against every structure."""
        for way, point in zip(ways, points, strict=True):
            self.known[way] = point
            for name, target in self.targets.items():
                ranking, value = self.best[name], fitness(point, target)
                if all(value != known for known, _ in ranking):  # else the same hardware, as a rule
                    ranking.append((value, way))
                    ranking.sort(key=lambda entry: entry[0])
                    del ranking[_PARENTS:]

    def _changed(self) -> Way:
        names = sorted(self.best)
        still_open = [name for name in names if self.best[name][0][0] > self.enough] or names
        parent = self._parent(self.chance.choice(still_open if self.chance.random() < _OPEN else names))
        kind = self.chance.random()
        if kind < 0.12:
            return parent._replace(recipe=self.chance.choice(list(RECIPES)))
        if kind < 0.32:
            return parent._replace(form=_other_form(parent.form, self.width, self.chance))
        if kind < 0.42:
            columns = crossed(parent.columns, self._parent(self.chance.choice(names)).columns, self.chance)
        else:
            changes = (changed(parent.columns, self.chance) for _ in range(self.chance.choice(_DRAWN)))
            columns = min(changes, key=_estimate)
        form = parent.form
        if self.chance.random() < 0.2:
            form = _other_form(form, self.width, self.chance)
        return parent._replace(columns=columns, form=form)

    def _parent(self, name: str) -> Way:
        ranking = self.best[name]
        return ranking[min(int(self.chance.expovariate(0.4)), len(ranking) - 1)][1]


def _estimate(columns: Columns) -> float:
    """Estimate an area-delay product in joins and FO4: what is not in the graph takes part as so many of them.

    Over families in Ling's form it goes with what is measured by a correlation of 0.8 to 0.9.
    """
    width = len(columns)
    return (2.75 * width + size(columns)) * (4.0 + prefix_time(columns, (0.0,) * width))


def _other_form(form: PrefixForm, width: int, chance: random.Random) -> PrefixForm:
    """Change a form: how bits hand on, how they are added, or how a few neighbouring sum bits take their carries."""
    propagation, shared, sums = form.propagation, form.shared_halves, list(form.sums.ljust(width, "x"))
    kind = chance.random()
    if kind < 0.15:
        propagation = chance.choice(PROPAGATIONS)
    elif kind < 0.3:
        shared = not shared
    else:
        letter = chance.choice(list(SUM_BITS))
        begin = chance.randrange(2, max(width, 3))
        for bit in range(begin, min(begin + chance.choice((1, 1, 1, 2, 4, width)), width)):
            sums[bit] = letter
    if propagation != "ling":
        sums = ["x" if letter == "w" else letter for letter in sums]
    return PrefixForm(propagation=propagation, shared_halves=shared, sums="".join(sums).rstrip("x"))

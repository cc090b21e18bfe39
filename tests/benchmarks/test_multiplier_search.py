"""The search for multipliers, with a mapper that is a formula."""

from __future__ import annotations

import random

import pytest

from benchmarks.adder_search import fitness
from benchmarks.multiplier_search import Search, lag
from benchmarks.shell import Kernel
from hdlgen.space import Knob, Point, Space

SPACE = Space(
    knobs=(
        Knob(name="tree", choices=tuple(range(20))),
        Knob(name="adder", choices=tuple(range(20))),
        Knob(name="recipe", choices=("fast", "small")),
    )
)
FAMILIES = {"dadda": Kernel(60.0, 45.0), "booth": Kernel(40.0, 60.0)}
FRONT = [Kernel(60.0, 45.0), Kernel(30.0, 90.0)]


def measured(point: Point) -> Kernel:
    """Measure a point: the further from one place among the trees and the adders, the larger and slower."""
    apart = 1 + abs(int(point["tree"]) - 13) / 20 + abs(int(point["adder"]) - 4) / 20
    area, delay = (50.0, 40.0) if point["recipe"] == "fast" else (28.0, 56.0)
    return Kernel(area * apart, delay * apart)


def toy(seed: int, *, enough: float = 0.95, steps: int = 30) -> Search:
    search = Search(SPACE, FAMILIES, FRONT, enough=enough, starts=10, chance=random.Random(seed))
    for _ in range(steps):
        points = search.ask(6)
        search.tell(points, map(measured, points))
    return search


def test_a_search_reaches_what_is_asked_and_repeats_itself() -> None:
    search = toy(1)
    assert not search.open
    for target in FAMILIES.values():
        dominating = [kernel for kernel in search.known.values() if kernel.dominates(target)]
        assert min(kernel.product for kernel in dominating) <= 0.95 * target.product
    assert all(min(lag(kernel, other) for kernel in search.known.values()) <= 1.0 for other in FRONT)
    assert list(toy(1).known) == list(search.known)
    assert list(toy(2).known) != list(search.known)


def test_it_comes_further_with_as_many_points_than_drawing_alone() -> None:
    better = 0
    for seed in range(20):
        found = list(toy(seed, enough=0.01, steps=20).known.values())
        drawn = [measured(point) for point in SPACE.sample(len(found), seed)]
        better += worst(found) < worst(drawn)
    assert better >= 15


def worst(kernels: list[Kernel]) -> float:
    return max(min(fitness(kernel, target) for kernel in kernels) for target in FAMILIES.values())


def test_what_cannot_be_reached_stays_open() -> None:
    search = toy(1, enough=0.1)
    assert set(search.open) == {"dadda", "booth"}
    assert all(value > 1.0 for value in search.open.values())


def test_nothing_is_asked_twice_though_nothing_is_new() -> None:
    space = Space(knobs=(Knob(name="tree", choices=(1, 2)), Knob(name="adder", choices=(4,)), SPACE.knobs[2]))
    search = Search(space, FAMILIES, FRONT, enough=0.01, starts=10, chance=random.Random(1))
    asked: list[Point] = []
    for _ in range(10):
        points = search.ask(5)
        search.tell(points, map(measured, points))
        asked += points
    assert len(asked) == len(set(asked)) == space.size()


@pytest.mark.parametrize(("kernel", "factor"), [((40.0, 60.0), 1.0), ((44.0, 50.0), 1.1), ((30.0, 90.0), 1.5)])
def test_the_lag_is_the_worse_of_both(kernel: tuple[float, float], factor: float) -> None:
    assert lag(Kernel(*kernel), FAMILIES["booth"]) == pytest.approx(factor)

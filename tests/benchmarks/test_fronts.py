"""Comparisons of kernels on points whose answer is known."""

from __future__ import annotations

import random

from benchmarks.fronts import NOTHING, behind, domination
from benchmarks.shell import Kernel
from benchmarks.structures import compare

THEIRS = [Kernel(100.0, 50.0), Kernel(80.0, 80.0), Kernel(200.0, 40.0)]


def test_only_a_point_that_is_nowhere_worse_counts_as_dominating() -> None:
    best = Kernel(100.0, 50.0)
    assert domination([Kernel(90.0, 49.0), Kernel(80.0, 50.0), Kernel(10.0, 51.0), Kernel(101.0, 1.0)], best) == 0.8
    assert domination([Kernel(100.0, 50.0)], best) == 1.0
    assert domination([Kernel(100.1, 1.0), Kernel(1.0, 50.1)], best) == NOTHING
    assert domination([], best) == NOTHING


def test_behind_is_the_factor_that_would_close_the_widest_gap() -> None:
    assert behind(THEIRS, THEIRS) == 1.0
    assert behind([Kernel(100.0, 50.0)], THEIRS) == 1.25
    assert behind([Kernel(40.0, 20.0)], THEIRS) == 0.5
    source = random.Random(3)
    for _ in range(50):
        ours = [Kernel(source.uniform(50, 200), source.uniform(30, 90)) for _ in range(9)]
        factor = behind(ours, THEIRS)
        for shrink, covered in ((factor * 1.0001, True), (factor * 0.9999, False)):
            shrunk = [Kernel(area / shrink, delay / shrink) for area, delay in ours]
            assert all(any(one.dominates(their) for one in shrunk) for their in THEIRS) is covered


def test_each_family_is_held_by_its_best_product_and_the_front_by_all() -> None:
    found = compare(
        [Kernel(90.0, 45.0), Kernel(60.0, 100.0)],
        {"slow": [Kernel(100.0, 100.0), Kernel(120.0, 50.0)], "small": [Kernel(60.0, 110.0), Kernel(500.0, 20.0)]},
    )
    assert found == {"behind": 2.25, "slow": 0.675, "small": round(6000 / 6600, 4)}

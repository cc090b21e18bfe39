"""The structures that the benchmark of adders holds against each other, and its shell."""

from __future__ import annotations

import random

import pytest

from benchmarks.adders import BENCHMARK, CLASSICS, classics, ours
from benchmarks.structures import Structure
from hdlgen.arithmetic.adders import ADDERS
from tests.hdlgen.rtlil import Netlist, Run


def check(structure: Structure, width: int) -> None:
    chance = random.Random(width)
    a, b = ([chance.getrandbits(width) for _ in range(200)] for _ in range(2))
    run = Run(Netlist(structure.rtlil), 200)
    for _ in range(3):
        run.set("x0", a)
        run.set("x1", b)
        run.settle()
        run.tick()
    run.settle()
    assert run.get("y") == [left + right for left, right in zip(a, b, strict=True)]


@pytest.mark.parametrize("width", [3, 16])
def test_every_structure_adds(width: int) -> None:
    for structure in (*classics(width), *ours(width)):
        check(structure, width)


def test_all_families_and_all_choices_take_part() -> None:
    assert {structure.family for structure in classics(8)} == set(CLASSICS)
    assert {structure.family for structure in ours(8)} == set(ADDERS)
    texts = [structure.rtlil for structure in classics(32)]
    assert len(set(texts)) == len(texts)


def test_the_goals_are_figures_that_are_measured() -> None:
    assert [goal.figure for goal in BENCHMARK.goals] == ["area_delay_ratio_worst", "behind"]

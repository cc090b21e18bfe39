"""Classic trees against their textbook counts, and every multiplier of the benchmark against Python's products."""

from __future__ import annotations

import random

import pytest

from benchmarks.classic_multipliers import TREES
from benchmarks.multipliers import EFFORTS, classics, ours, space
from benchmarks.structures import Structure
from hdlgen.arithmetic.sums import MULTIPLIERS
from tests.hdlgen.rtlil import Netlist, Run


def check(candidate: Structure, width: int) -> None:
    chance = random.Random(width)
    top = 1 << (width - 1)
    corners = [-top, top - 1, -1, 0, 1, -top + 1]
    pairs = [(a, b) for a in corners for b in corners]
    pairs += [(chance.randrange(-top, top), chance.randrange(-top, top)) for _ in range(164)]
    run = Run(Netlist(candidate.rtlil), len(pairs))
    for port, numbers in zip(("x0", "x1"), zip(*pairs, strict=True), strict=True):
        run.set(port, [number % (2 * top) for number in numbers])
    for _ in range(3):
        run.settle()
        run.tick()
    run.settle()
    assert run.get("y") == [a * b % (4 * top * top) for a, b in pairs], candidate.variant


def test_every_classic_multiplier_of_8_bits_is_exact() -> None:
    for structure in classics(8):
        if structure.flow == "generated":
            check(structure, 8)


@pytest.mark.parametrize("multiplier", sorted(MULTIPLIERS))
def test_ours_are_exact(multiplier: str) -> None:
    for point in space(8).narrow({"multiplier": multiplier}).sample(4, 1):
        check(ours(8, point), 8)


@pytest.mark.parametrize("tree", sorted(TREES))
def test_a_tree_ends_with_two_rows_and_loses_no_bit_but_at_the_top(tree: str) -> None:
    heights = [min(place + 1, 15 - place) for place in range(15)] + [0]
    for stage in TREES[tree](heights):
        assert all(sum(adders) <= height for adders, height in zip(stage, heights, strict=True))
        carries = [0, *(len(adders) for adders in stage)]
        heights = [
            height - sum(count - 1 for count in adders) + carry
            for height, adders, carry in zip(heights, stage, carries, strict=False)
        ]
    assert max(heights) == 2


def test_an_unsigned_dadda_tree_has_the_textbook_adders() -> None:
    """Eight bits: 35 full and 7 half adders in 4 stages (Dadda 1965); Wallace's tree takes as many stages."""
    heights = [min(place + 1, 15 - place) for place in range(15)] + [0]
    stages = list(TREES["dadda"](heights))
    counts = [count for stage in stages for adders in stage for count in adders]
    assert (counts.count(3), counts.count(2), len(stages)) == (35, 7, 4)
    assert len(list(TREES["wallace"](heights))) == 4


def test_everything_at_a_width_is_mapped_alike() -> None:
    for width, effort in EFFORTS.items():
        recipes = next(knob for knob in space(width).knobs if knob.name == "recipe")
        assert recipes.choices == effort.recipes
        assert "sklansky" in effort.finals


def test_a_point_of_ours_says_how_it_is_built() -> None:
    values = {"multiplier": "booth_stages", "adder": "fitted", "full_adders": "gates_50", "recipe": "spare"}
    structure = ours(8, space(8).complete(values))
    assert (structure.kind, structure.family, structure.variant) == ("ours", "booth_stages", "fitted, gates_50")
    assert structure.gate_share == 0.5
    assert "$fa" in structure.rtlil

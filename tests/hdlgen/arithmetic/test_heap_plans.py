"""Plans of reductions by counting, and by published depths and numbers of adders."""

from __future__ import annotations

import random

import pytest
from amaranth.hdl import Signal
from hypothesis import given, settings
from hypothesis import strategies as st

from hdlgen.arithmetic.heap_plans import PLANS, Bit, plan_by_arrival, plan_chains, plan_queues, plan_stages

HEIGHTS = st.lists(st.integers(0, 12), min_size=1, max_size=10)


def columns_of(heights: list[int]) -> list[list[Bit]]:
    return [[Bit(Signal()) for _ in range(height)] for height in heights]


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(HEIGHTS, st.sampled_from(sorted(PLANS)), st.integers(0))
def test_a_plan_leaves_two_bits_a_column_and_keeps_the_value(heights: list[int], name: str, seed: int) -> None:
    chance, width = random.Random(seed), len(heights)
    columns = columns_of(heights)
    values = {id(bit): chance.randint(0, 1) for column in columns for bit in column}
    value = sum(values[id(bit)] << place for place, column in enumerate(columns) for bit in column)
    plan = PLANS[name](columns)
    for adder in sorted(plan, key=lambda adder: (adder.level, adder.depth)):
        assert len(adder.bits) in (2, 3)
        for bit in adder.bits:
            columns[adder.column].remove(bit)  # a ValueError where it is taken twice, or before it is made
        total = sum(values[id(bit)] for bit in adder.bits)
        values[id(adder.total)], values[id(adder.carry)] = total & 1, total >> 1
        columns[adder.column].append(adder.total)
        if adder.column + 1 < width:
            columns[adder.column + 1].append(adder.carry)
    assert max(map(len, columns)) <= 2
    result = sum(values[id(bit)] << place for place, column in enumerate(columns) for bit in column)
    assert (result - value) % (1 << width) == 0


@pytest.mark.parametrize(
    ("height", "levels"), [(2, 0), (3, 1), (4, 2), (6, 3), (9, 4), (13, 5), (19, 6), (28, 7), (42, 8)]
)
def test_a_plan_is_no_deeper_than_dadda_s_by_more_than_a_level(height: int, levels: int) -> None:
    plan = plan_by_arrival(columns_of([height] * 40))
    assert max((adder.level + 1 for adder in plan), default=0) <= levels + 1
    chains = plan_chains(columns_of([height] * 40))
    assert len(chains) >= len(plan)
    assert max((adder.level for adder in chains), default=0) >= max((adder.level for adder in plan), default=0)


def test_bits_that_are_late_wait_for_a_late_adder() -> None:
    late = Bit(Signal(), arrival=9.0)
    plan = plan_by_arrival([[late, *columns_of([8])[0]], [], [], []])
    users = [adder for adder in plan if late in adder.bits]
    assert not users or users[0].bits[-1] is late


@pytest.mark.parametrize(("width", "full", "half", "stages"), [(4, 3, 3, 2), (8, 35, 7, 4), (16, 195, 15, 6)])
def test_stages_of_an_unsigned_product_have_the_textbook_adders(width: int, full: int, half: int, stages: int) -> None:
    """Dadda 1965: `n * n - 4 * n + 3` full adders and `n - 1` half adders for words of `n` bits."""
    plan = plan_stages(columns_of([min(place + 1, 2 * width - 1 - place) for place in range(2 * width - 1)] + [0]))
    counts = [len(adder.bits) for adder in plan]
    assert (counts.count(3), counts.count(2), max(adder.depth for adder in plan) + 1) == (full, half, stages)


def test_a_stage_takes_the_early_bits_and_lets_the_late_ones_wait() -> None:
    late = Bit(Signal(), arrival=9.0)
    plan = plan_stages([[late, *columns_of([3])[0]], [], []])
    assert late not in plan[0].bits
    assert plan[0].depth == 0


def test_a_queue_takes_the_bits_that_have_waited_longest_whenever_they_are_ready() -> None:
    late = Bit(Signal(), arrival=9.0)
    plan = plan_queues([[late, *columns_of([3])[0]], [], []])
    assert late in plan[0].bits

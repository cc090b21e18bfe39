"""The search for prefix adders, with a mapper that is a formula."""

from __future__ import annotations

import random

import pytest

from benchmarks.adder_search import Search, Way, fitness, map_ways
from benchmarks.shell import Kernel, register_delay_ps
from hdlgen.arithmetic.prefix_adder import PrefixForm
from hdlgen.arithmetic.prefix_families import ladner_fischer
from hdlgen.arithmetic.prefix_graph import depth, size, verify_columns
from sim.technology import load

TARGETS = {"ripple": Kernel(21.0, 26.0), "sklansky": Kernel(40.0, 22.0)}
START = ladner_fischer(8, slack=2)


def measured(way: Way) -> Kernel:
    """Measure an adder by its size and depth; a sum bit that is chosen takes area and saves time."""
    chosen = len(way.form.sums) - way.form.sums.count("x")
    return Kernel(10.0 + size(way.columns) + chosen, 10.0 + 4 * depth(way.columns) - 0.5 * chosen)


def toy(seed: int, batch: int = 6) -> Search:
    search = Search(TARGETS, [Way(START, PrefixForm(), "fastest")], enough=0.3, chance=random.Random(seed))
    for _ in range(20):
        ways = search.ask(batch)
        search.tell(ways, map(measured, ways))
    return search


def test_a_search_goes_on_to_better_adders_and_repeats_itself() -> None:
    search = toy(1)
    assert next(iter(search.known)) == Way(START, PrefixForm(), "fastest")
    for name, target in TARGETS.items():
        assert search.best[name][0][0] < fitness(measured(Way(START, PrefixForm(), "fastest")), target)
    assert not search.done
    for way in search.known:
        verify_columns(way.columns)
    assert list(toy(1).known) == list(search.known)
    assert list(toy(2).known) != list(search.known)


def test_nothing_is_asked_twice_though_nothing_is_new() -> None:
    search = Search(TARGETS, [Way(((), (0,)), PrefixForm(), "fastest")], enough=0.3, chance=random.Random(1))
    asked: list[Way] = []
    for _ in range(40):
        ways = search.ask(20)
        search.tell(ways, map(measured, ways))
        asked += ways
    assert len(set(asked)) == len(asked) < 800
    assert {way.columns for way in asked} == {((), (0,))}, "there is one graph of two bits"


def test_domination_is_worth_more_than_a_good_product() -> None:
    target = Kernel(10.0, 10.0)
    assert fitness(Kernel(9.0, 10.0), target) == pytest.approx(0.9)
    for missed in (Kernel(2.0, 10.01), Kernel(10.01, 2.0), Kernel(5.0, 12.0)):
        assert fitness(missed, target) > fitness(target, target) == 1.0
    assert fitness(Kernel(5.0, 11.0), target) < fitness(Kernel(5.0, 12.0), target) < fitness(Kernel(9.0, 12.0), target)


def test_a_way_is_mapped_for_real() -> None:
    ways = [Way(START, PrefixForm(propagation="ling"), recipe) for recipe in ("keep_fast", "spare")]
    (fast_area, fast_period), (small_area, small_period) = map_ways(ways, load("sky130hd"))
    assert fast_area > small_area > 0
    assert small_period > fast_period > register_delay_ps("sky130hd")

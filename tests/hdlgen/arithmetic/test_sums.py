# amaranth: UnusedElaboratable=no
"""Sums of products: every way to build one against Python's integers, with and without registers, folded or not."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest
from amaranth.hdl import Module, Signal

from hdlgen.arithmetic import sums
from hdlgen.arithmetic.adders import ADDERS
from hdlgen.arithmetic.constants import CONSTANT_ENCODINGS
from hdlgen.arithmetic.sum_levels import sum_levels
from hdlgen.arithmetic.sum_shape import MULTIPLIERS, REDUCTIONS, Position, SumShape, SumStyle
from hdlgen.arithmetic.sums import SumUnit, estimate
from hdlgen.emit import to_rtlil
from hdlgen.number import Format
from tests.hdlgen.arithmetic.sum_cases import LANES, drawn, expected, is_exact, pipelined_results, random_shape
from tests.hdlgen.rtlil import Netlist

STYLES = [
    SumStyle(reduction=reduction, multiplier=multiplier, adder=adder, constants=constants)
    for reduction in REDUCTIONS
    for multiplier in MULTIPLIERS
    for adder in ADDERS
    for constants in CONSTANT_ENCODINGS
]


def named(style: SumStyle) -> str:
    return f"{style.reduction}-{style.multiplier}-{style.adder}-{style.constants}"


def with_cells(style: SumStyle) -> SumStyle:
    return SumStyle(
        reduction=style.reduction,
        multiplier=style.multiplier,
        adder=style.adder,
        constants=style.constants,
        cells=True,
    )


@pytest.mark.parametrize("style", STYLES, ids=named)
def test_every_style_is_exact(style: SumStyle) -> None:
    number = STYLES.index(style)
    for seed in range(number * 3, number * 3 + 3):
        shape = random_shape(seed)
        assert is_exact(shape, style if seed % 2 else with_cells(style), seed=seed), shape


TWO = Format(width=4), Format(width=3, signed=False)
MIXED = SumShape(
    positions=(
        Position(factors=TWO),
        Position(factors=TWO[:1], coefficient=-11),
        Position(factors=(TWO[1], TWO[1]), coefficient=-1),
        Position(factors=TWO[1:], coefficient=4),
    ),
    constant=-19,
    result=Format(width=9),
)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_squares_are_products_of_a_word_by_itself(reduction: str) -> None:
    positions = (
        Position(factors=(TWO[0], TWO[0]), squared=True),
        Position(factors=(TWO[1], TWO[1]), coefficient=-3, squared=True),
        Position(factors=TWO),
    )
    shape, style = SumShape(positions=positions, constant=5, result=Format(width=10)), SumStyle(reduction=reduction)
    values = drawn(shape, 1, LANES, 3)[0]
    for place in (0, 1):
        values[place, 1] = values[place, 0]
    netlist = Netlist(to_rtlil(SumUnit(shape, style)))
    found = pipelined_results(netlist, [values], LANES, latency=0)[0]
    assert found == [total % 1024 for total in expected(shape, values, LANES)]
    alone = SumShape(positions=positions[:1], constant=0, result=Format(width=8))
    multiplied = replace(alone, positions=(replace(positions[0], squared=False),))
    assert estimate(alone, style)[0].delay < estimate(multiplied, style)[0].delay, "no digits to recode"


@pytest.mark.parametrize("multiplier", sorted(MULTIPLIERS))
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_register_may_stand_after_any_level(reduction: str, multiplier: str) -> None:
    style = SumStyle(reduction=reduction, multiplier=multiplier, cells=True)
    last = len(estimate(MIXED, style)) - 1
    for cuts in [*({level} for level in range(last)), set(range(last))]:
        assert is_exact(MIXED, style, frozenset(cuts)), sorted(cuts)


@pytest.mark.parametrize("reduction", ["heap", "tree"])
def test_every_cut_set_of_a_small_sum(reduction: str) -> None:
    style = SumStyle(reduction=reduction, adder="ripple")
    shape = SumShape(positions=(Position(factors=TWO),), constant=3, result=Format(width=8))
    last = len(estimate(shape, style)) - 1
    for size in range(last + 1):
        for cuts in itertools.combinations(range(last), size):
            assert is_exact(shape, style, frozenset(cuts)), cuts


@pytest.mark.parametrize("multiplier", ["array", "booth"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_the_estimate_tells_the_levels_and_their_registers(reduction: str, multiplier: str) -> None:
    style = SumStyle(reduction=reduction, multiplier=multiplier, cells=True)
    for shape in (MIXED, random_shape(11, accumulates=True)):
        levels = estimate(shape, style)
        accumulator = shape.result.width if shape.accumulates else 0
        for level in range(0, len(levels) - 1, 2):
            built = Netlist(to_rtlil(SumUnit(shape, style, cuts=frozenset({level}))))
            assert built.gates.registers == levels[level].bits + accumulator
        assert all(level.delay >= 0 for level in levels)


@pytest.mark.parametrize(("reduction", "levels"), [("heap", 1 + 2 + 1), ("tree", 1 + 4 + 1), ("chain", 1 + 8 + 1)])
def test_nine_bits_take_the_levels_that_the_textbook_counts(reduction: str, levels: int) -> None:
    # A heap: 9 bits, 3, 1; a tree: 9, 5, 3, 2, 1; a chain one at a time. A first and a last level always stand.
    bit = Position(factors=(Format(width=1, signed=False),))
    shape = SumShape(positions=(bit,) * 9, constant=0, result=Format(width=4, signed=False))
    assert len(estimate(shape, SumStyle(reduction=reduction))) == levels


@pytest.mark.parametrize("style", STYLES[::5], ids=named)
def test_a_folded_sum_starts_from_its_operand_and_adds_up(style: SumStyle) -> None:
    number = STYLES.index(style)
    for seed in (number, number + 100)[: 1 + number % 2]:
        shape = random_shape(seed, accumulates=True)
        last = len(estimate(shape, style)) - 1
        modulus = 1 << shape.result.width
        for cuts in (frozenset[int](), frozenset(range(last))):
            folds = (3, 1, 4)
            first = [int(step == 0) for fold in folds for step in range(fold)]
            starts = [seed % modulus, modulus - 1, 0]
            initial = [start for fold, start in zip(folds, starts, strict=True) for _ in range(fold)]
            given = drawn(shape, len(first), LANES, seed)
            netlist = Netlist(to_rtlil(SumUnit(shape, style, cuts=cuts)))
            found = pipelined_results(netlist, given, LANES, latency=len(cuts), first=first, initial=initial)
            totals = [0] * LANES
            for cycle, values in enumerate(given):
                added = expected(shape, values, LANES)
                before = [initial[cycle]] * LANES if first[cycle] else totals
                totals = [total + more for total, more in zip(before, added, strict=True)]
                assert found[cycle] == [total % modulus for total in totals], (shape, sorted(cuts), cycle)


def test_the_levels_of_a_sum_do_not_depend_on_where_its_registers_stand() -> None:
    """Bits of a Booth row that come late make a level of their own, unless a register before it made them equal."""
    factors = Format(width=5, signed=False), Format(width=1)
    positions = (Position(factors=(Format(width=3, signed=False),), coefficient=-1), Position(factors=factors))
    shape = SumShape(positions=positions, constant=0, result=Format(width=7))
    style = SumStyle(multiplier="booth")
    last = len(estimate(shape, style)) - 1
    assert last >= 2
    for chosen in range(1 << last):
        assert is_exact(shape, style, frozenset(place for place in range(last) if chosen >> place & 1))


def test_sums_without_anything_to_add() -> None:
    result = Format(width=6)
    for constant in (0, 21, -5):
        for positions in ((), (Position(factors=(), coefficient=7),), (Position(factors=TWO[:1], coefficient=0),)):
            shape = SumShape(positions=positions, constant=constant, result=result)
            for reduction in REDUCTIONS:
                style = SumStyle(reduction=reduction)
                last = len(estimate(shape, style)) - 1
                assert is_exact(shape, style)
                assert is_exact(shape, style, frozenset(range(last)))


def test_a_position_tells_its_range() -> None:
    for formats in ((), TWO[:1], TWO, (TWO[1], TWO[0])):
        for coefficient in (-3, 0, 1, 5):
            values = itertools.product(*(range(held.low, held.high + 1) for held in formats))
            products = [coefficient * (pair[0] if pair else 1) * (pair[1] if len(pair) > 1 else 1) for pair in values]
            assert Position(factors=formats, coefficient=coefficient).range() == (min(products), max(products))


@pytest.mark.parametrize("cells", [False, True], ids=["gates", "cells"])
def test_full_adders_are_cells_where_they_are_asked_for(cells: bool) -> None:
    for reduction in REDUCTIONS:
        netlist = Netlist(to_rtlil(SumUnit(MIXED, SumStyle(reduction=reduction, cells=cells))))
        assert bool(netlist.cell_types["$fa"]) == cells


def test_a_wrong_gate_is_seen() -> None:
    text = to_rtlil(SumUnit(MIXED, SumStyle()))
    given = drawn(MIXED, 1, LANES, 0)
    right = [total % 512 for total in expected(MIXED, given[0], LANES)]
    assert pipelined_results(Netlist(text), given, LANES, latency=0) == [right]
    places = [match.start() for match in re.finditer(r"cell \$xor ", text)]
    for place in places[::4]:
        broken = text[:place] + text[place:].replace("cell $xor ", "cell $and ", 1)
        assert pipelined_results(Netlist(broken), given, LANES, latency=0) != [right]


def test_cuts_after_the_last_level_are_refused() -> None:
    shape = SumShape(positions=(Position(factors=TWO),), constant=0, result=Format(width=7))
    last = len(estimate(shape, SumStyle())) - 2
    for cuts in ({last + 1}, {-1}, {0, last + 1}):
        message = f"SumUnit: cuts must lie after levels 0 to {last}, not {sorted(cuts)!r}"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            SumUnit(shape, SumStyle(), cuts=frozenset(cuts))


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_the_adder_and_the_cells_change_delays_alone(reduction: str) -> None:
    plain = SumStyle(reduction=reduction, adder="ripple")
    bits = [level.bits for level in estimate(MIXED, plain)]
    for adder in ADDERS:
        for cells in (False, True):
            style = replace(plain, adder=adder, cells=cells)
            made = sum_levels(Module(), MIXED, style, factors(MIXED), None)
            built = [(delay.of(adder), len(sums._moving(live))) for delay, live in made]
            found = estimate(MIXED, style)
            assert [level.bits for level in found] == bits
            assert [(level.delay, level.bits) for level in found] == built


def factors(shape: SumShape) -> list[list[Signal]]:
    return [[Signal(format.width) for format in position.factors] for position in shape.positions]

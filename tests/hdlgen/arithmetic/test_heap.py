# amaranth: UnusedElaboratable=no
"""Bit heaps: plans of reductions by counting, published depths, and whole heaps against Python's integers."""

from __future__ import annotations

import random
import re

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Cat, Const, Module, Signal
from hypothesis import given, settings
from hypothesis import strategies as st

from hdlgen.arithmetic.heap import Bit, Heap, compress, plan_adders
from hdlgen.arithmetic.partial_products import Row
from tests.hdlgen.rtlil import Netlist, Run

HEIGHTS = st.lists(st.integers(0, 12), min_size=1, max_size=10)


def columns_of(heights: list[int]) -> list[list[Bit]]:
    return [[Bit(Signal()) for _ in range(height)] for height in heights]


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(HEIGHTS, st.booleans(), st.integers(0))
def test_a_plan_leaves_two_bits_a_column_and_keeps_the_value(heights: list[int], chains: bool, seed: int) -> None:
    chance, width = random.Random(seed), len(heights)
    columns = columns_of(heights)
    values = {id(bit): chance.randint(0, 1) for column in columns for bit in column}
    value = sum(values[id(bit)] << place for place, column in enumerate(columns) for bit in column)
    plan = plan_adders(columns, newest_first=chains)
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
    plan = plan_adders(columns_of([height] * 40))
    assert max((adder.level + 1 for adder in plan), default=0) <= levels + 1
    chains = plan_adders(columns_of([height] * 40), newest_first=True)
    assert len(chains) >= len(plan)
    assert max((adder.level for adder in chains), default=0) >= max((adder.level for adder in plan), default=0)


def test_bits_that_are_late_wait_for_a_late_adder() -> None:
    late = Bit(Signal(), arrival=9.0)
    plan = plan_adders([[late, *columns_of([8])[0]], [], [], []])
    users = [adder for adder in plan if late in adder.bits]
    assert not users or users[0].bits[-1] is late


def built(
    width: int, rows: list[tuple[int, int, int, int, int]], constant: int, *, cells: bool, linear: bool
) -> Netlist:
    """Build a heap over rows `(bits, place, negative bits, shift, sign)`, reduced to two words that Python adds."""
    m, heap = Module(), Heap(width)
    words = [Signal(bits, name=f"row_{number}") for number, (bits, *_) in enumerate(rows)]
    for word, (_, place, negative, shift, sign) in zip(words, rows, strict=True):
        heap.add_row(m, Row(word, place, negative), shift=shift, sign=sign)
    heap.add_constant(constant)
    heap.settle_constant()
    plan = plan_adders(heap.columns, newest_first=linear)
    for level in range(max((adder.level + 1 for adder in plan), default=0)):
        compress(m, f"level_{level}", [(heap, [a for a in plan if a.level == level])], cells=cells)
    assert heap.height <= 2
    heap.ripple(m, "ripple", cells=cells)
    lower, left, right, carry = heap.addends()
    first = len(lower)
    parts = {"left": Cat(*lower, *left), "right": Cat(Const(0, first), *right), "carry": Cat(Const(0, first), carry)}
    outputs = [Signal(width, name=name) for name in parts]
    m.d.comb += [output.eq(part) for output, part in zip(outputs, parts.values(), strict=True)]
    return Netlist(rtlil.convert(m, name="top", emit_src=False, ports=[*words, *outputs]).replace("\\$fa", "$fa"))


@pytest.mark.parametrize("seed", range(24))
def test_a_heap_adds_rows_of_any_sign_modulo_its_width(seed: int) -> None:
    chance = random.Random(seed)
    width = chance.randint(1, 12)
    rows = []
    for _ in range(chance.randint(1, 6)):
        bits = chance.randint(1, 8)
        rows.append(
            (bits, chance.randint(0, 3), chance.getrandbits(bits), chance.randint(0, 4), chance.choice((1, -1)))
        )
    constant = chance.randint(-3000, 3000)
    lanes = 100
    netlist = built(width, rows, constant, cells=seed % 2 == 0, linear=seed % 3 == 0)
    run, totals = Run(netlist, lanes), [constant] * lanes
    for number, (bits, place, negative, shift, sign) in enumerate(rows):
        values = [chance.getrandbits(bits) for _ in range(lanes)]
        run.set(f"row_{number}", values)
        for lane, value in enumerate(values):
            weighed = (value & ~negative) - (value & negative)
            totals[lane] += sign * (weighed << (place + shift))
    run.settle()
    found = map(sum, zip(*(run.get(name) for name in ("left", "right", "carry")), strict=True))
    assert [number % (1 << width) for number in found] == [total % (1 << width) for total in totals]


def test_bits_may_be_replaced_place_by_place() -> None:
    m, heap = Module(), Heap(3)
    heap.add_row(m, Row(Signal(3), 0, 0))
    heap.add_row(m, Row(Signal(1), 1, 0))
    assert [len(column) for column in heap.columns] == [1, 2, 1]
    other = [Signal(name=f"other_{place}") for place in range(4)]
    heap.replace(other)
    assert [[bit.value is new for bit, new in zip(heap.columns[1], other[1:3], strict=True)]] == [[True, True]]
    assert list(map(id, heap.bits())) == list(map(id, other))
    assert len(heap.addends()[0]) == 1


def test_a_width_below_1_is_refused() -> None:
    with pytest.raises(ValueError, match=f"^{re.escape('Heap: width must be at least 1 bit, not 0')}$"):
        Heap(0)

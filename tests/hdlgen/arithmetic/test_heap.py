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

from hdlgen.arithmetic.heap import Heap, compress, reduction_steps
from hdlgen.arithmetic.partial_products import Row
from tests.hdlgen.rtlil import Netlist, Run

HEIGHTS = st.lists(st.integers(0, 12), min_size=1, max_size=10)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(HEIGHTS, st.booleans(), st.integers(0))
def test_steps_leave_two_bits_a_column_and_keep_the_value(heights: list[int], linear: bool, seed: int) -> None:
    chance, width = random.Random(seed), len(heights)
    columns = [[chance.randint(0, 1) for _ in range(height)] for height in heights]
    value = sum(bit << place for place, column in enumerate(columns) for bit in column)
    tallest = max(heights)
    for step in reduction_steps(heights, linear=linear):
        made: list[list[int]] = [[] for _ in range(width + 1)]
        assert len(step) == width
        for place, (full, half) in enumerate(step):
            assert 3 * full + 2 * half <= len(columns[place]), "a level must not wait for its own results"
            assert half <= 1
            taken = [columns[place].pop(0) for _ in range(3 * full + 2 * half)]
            groups = [taken[3 * k : 3 * k + 3] for k in range(full)] + ([taken[3 * full :]] if half else [])
            for group in groups:
                made[place].append(sum(group) & 1)
                made[place + 1].append(sum(group) >> 1)
        columns = [left + new for left, new in zip(columns, made, strict=False)]
        assert max(map(len, columns)) < tallest, "every level must take something off"
        tallest = max(map(len, columns))
    assert tallest <= 2
    result = sum(bit << place for place, column in enumerate(columns) for bit in column)
    assert (result - value) % (1 << width) == 0


@pytest.mark.parametrize(
    ("height", "levels"),
    [
        (0, 0),
        (1, 0),
        (2, 0),
        (3, 1),
        (4, 2),
        (5, 3),
        (6, 3),
        (7, 4),
        (9, 4),
        (13, 5),
        (19, 6),
        (28, 7),
        (42, 8),
        (63, 9),
        (64, 10),
    ],
)
def test_depths_are_dadda_s(height: int, levels: int) -> None:
    assert len(reduction_steps([height] * 70)) == levels
    assert len(reduction_steps([height] * 70, linear=True)) == max(height - 2, 0)


def built(
    width: int, rows: list[tuple[int, int, int, int, int]], constant: int, *, library: bool, linear: bool
) -> Netlist:
    """Build a heap over rows `(bits, place, negative bits, shift, sign)`, reduced to two words that Python adds."""
    m, heap = Module(), Heap(width)
    words = [Signal(bits, name=f"row_{number}") for number, (bits, *_) in enumerate(rows)]
    for word, (_, place, negative, shift, sign) in zip(words, rows, strict=True):
        heap.add_row(m, Row(word, place, negative), shift=shift, sign=sign)
    heap.add_constant(constant)
    heap.settle_constant()
    for number, step in enumerate(reduction_steps([len(column) for column in heap.columns], linear=linear)):
        compress(m, f"level_{number}", [(heap, step)], library=library, newest_first=linear)
    assert heap.height <= 2
    first, left, right = heap.addends()
    lower = [column[0] if column else Const(0, 1) for column in heap.columns[:first]]
    outputs = [Signal(width, name="left"), Signal(width, name="right")]
    m.d.comb += [outputs[0].eq(Cat(*lower, *left)), outputs[1].eq(Cat(Const(0, first), *right))]
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
    netlist = built(width, rows, constant, library=seed % 2 == 0, linear=seed % 3 == 0)
    run, totals = Run(netlist, lanes), [constant] * lanes
    for number, (bits, place, negative, shift, sign) in enumerate(rows):
        values = [chance.getrandbits(bits) for _ in range(lanes)]
        run.set(f"row_{number}", values)
        for lane, value in enumerate(values):
            weighed = (value & ~negative) - (value & negative)
            totals[lane] += sign * (weighed << (place + shift))
    run.settle()
    found = [left + right for left, right in zip(run.get("left"), run.get("right"), strict=True)]
    assert [number % (1 << width) for number in found] == [total % (1 << width) for total in totals]


def test_bits_may_be_replaced_place_by_place() -> None:
    m, heap = Module(), Heap(3)
    heap.add_row(m, Row(Signal(3), 0, 0))
    heap.add_row(m, Row(Signal(1), 1, 0))
    assert [len(column) for column in heap.columns] == [1, 2, 1]
    other = [Signal(name=f"other_{place}") for place in range(4)]
    heap.replace(other)
    assert heap.columns == [[other[0]], [other[1], other[2]], [other[3]]]
    assert heap.addends()[0] == 1


def test_a_width_below_1_is_refused() -> None:
    with pytest.raises(ValueError, match=f"^{re.escape('Heap: width must be at least 1 bit, not 0')}$"):
        Heap(0)

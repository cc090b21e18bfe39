# amaranth: UnusedElaboratable=no
"""Bit heaps: plans of reductions by counting, published depths, and whole heaps against Python's integers."""

from __future__ import annotations

import random
import re

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Cat, Const, Module, Signal

from hdlgen.arithmetic.heap import Heap, compress
from hdlgen.arithmetic.heap_plans import PLANS
from hdlgen.arithmetic.partial_products import Row
from tests.hdlgen.rtlil import Netlist, Run


def built(
    width: int, rows: list[tuple[int, int, int, int, int]], constant: int, *, cells: bool, plan_name: str
) -> Netlist:
    """Build a heap over rows `(bits, place, negative bits, shift, sign)`, reduced to two words that Python adds."""
    m, heap = Module(), Heap(width)
    words = [Signal(bits, name=f"row_{number}") for number, (bits, *_) in enumerate(rows)]
    for word, (_, place, negative, shift, sign) in zip(words, rows, strict=True):
        heap.add_row(m, Row(word, place, negative), shift=shift, sign=sign)
    heap.add_constant(constant)
    heap.settle_constant()
    plan = PLANS[plan_name](heap.columns)
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
    netlist = built(width, rows, constant, cells=seed % 2 == 0, plan_name=sorted(PLANS)[seed % len(PLANS)])
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

# amaranth: UnusedElaboratable=no
"""Full adders: the truth table in every place, as gates and as cells."""

from __future__ import annotations

from itertools import product

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hdlgen.arithmetic.full_adders import full_adders
from hdlgen.emit import to_rtlil
from tests.hdlgen.rtlil import Netlist, evaluate


class Harness(wiring.Component):  # type: ignore[misc]
    """Three words in, sums and carries out side by side."""

    def __init__(self, width: int, *, cells: bool) -> None:
        self.width, self.cells = width, cells
        super().__init__({"a": In(width), "b": In(width), "c": In(width), "sum": Out(width), "carry": Out(width)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        total, carry = full_adders(m, "adders", self.a, self.b, self.c, cells=self.cells)
        m.d.comb += [self.sum.eq(total), self.carry.eq(carry)]
        return m


@pytest.mark.parametrize("cells", [False, True], ids=["gates", "cells"])
def test_each_place_adds_its_three_bits(cells: bool) -> None:
    words = list(product(range(4), repeat=3))
    a, b, c = (list(column) for column in zip(*words, strict=True))
    harness = Harness(2, cells=cells)
    totals, carries = (evaluate(harness, port, a=a, b=b, c=c) for port in ("sum", "carry"))
    for word, total, carry in zip(words, totals, carries, strict=True):
        for place in (0, 1):
            ones = sum(number >> place & 1 for number in word)
            assert (total >> place & 1) + 2 * (carry >> place & 1) == ones


def test_cells_are_asked_for_once_for_all_places() -> None:
    assert Netlist(to_rtlil(Harness(7, cells=True))).cell_types["$fa"] == 1
    assert not Netlist(to_rtlil(Harness(7, cells=False))).cell_types["$fa"]


def test_operands_of_different_widths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^full_adders: operands must have equal widths, not 3, 2 and 3$"):
        full_adders(Module(), "adders", Signal(3), Signal(2), Signal(3), cells=True)

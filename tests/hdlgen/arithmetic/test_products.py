# amaranth: UnusedElaboratable=no
"""Products: the rows of a shared multiplication are those that are made in place, and add up to the product."""

from __future__ import annotations

import itertools

import pytest
from amaranth.hdl import Module, Signal

from hdlgen.arithmetic.partial_products import PRODUCT_ROWS
from hdlgen.arithmetic.products import Product
from hdlgen.emit import to_rtlil
from hdlgen.number import Format
from tests.hdlgen.rtlil import Netlist, Run


@pytest.mark.parametrize("signs", list(itertools.product((False, True), repeat=2)))
@pytest.mark.parametrize("kind", sorted(PRODUCT_ROWS))
def test_the_rows_add_up_to_the_product(kind: str, signs: tuple[bool, bool]) -> None:
    left, right = Format(width=5, signed=signs[0]), Format(width=4, signed=signs[1])
    product = Product(kind, left, right)
    pairs = list(itertools.product(range(left.low, left.high + 1), range(right.low, right.high + 1)))
    run = Run(Netlist(to_rtlil(product)), len(pairs))
    for port, numbers, format in zip(("left", "right"), zip(*pairs, strict=True), (left, right), strict=True):
        run.set(port, [number % (1 << format.width) for number in numbers])
    run.settle()
    totals = [0] * len(pairs)
    for number, row in enumerate(product.rows):
        for lane, bits in enumerate(run.get(f"bits_{number}")):
            totals[lane] += ((bits & ~row.negative) - (bits & row.negative)) << row.shift
    modulus = 1 << 9
    assert [total % modulus for total in totals] == [a * b % modulus for a, b in pairs]


@pytest.mark.parametrize("kind", sorted(PRODUCT_ROWS))
def test_the_rows_are_those_that_are_made_in_place(kind: str) -> None:
    byte, nibble = Format(width=8, signed=True), Format(width=4, signed=False)
    made = PRODUCT_ROWS[kind](Module(), Signal(8), byte, Signal(4), nibble)
    rows = Product(kind, byte, nibble).rows
    assert [(len(row.bits), *row[1:]) for row in rows] == [(len(row.bits), *row[1:]) for row in made]


def test_a_module_is_named_after_its_kind_and_both_formats() -> None:
    titles = {
        Product("booth", Format(width=a, signed=s), Format(width=8, signed=False)).title
        for a in (7, 8)
        for s in (False, True)
    }
    assert titles == {"booth_u7_u8", "booth_s7_u8", "booth_u8_u8", "booth_s8_u8"}

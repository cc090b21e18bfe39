# amaranth: UnusedElaboratable=no
"""Partial products: the rows, weighed by hand, add up to the product of Python's integers."""

from __future__ import annotations

import random
from itertools import product

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Module, Signal

from hdlgen.arithmetic.heap import Heap
from hdlgen.arithmetic.partial_products import PRODUCT_ROWS, Row, square_rows, word_row
from hdlgen.number import Format
from tests.hdlgen.rtlil import Netlist, Run

NAMES = sorted(PRODUCT_ROWS)
Factors = list[tuple[int, int]]


def weights(row: Row) -> list[int]:
    """List what each bit of a row counts."""
    signs = (-1 if row.negative >> place & 1 else 1 for place in range(len(row.bits)))
    return [sign << (row.shift + place) for place, sign in enumerate(signs)]


def row_sums(name: str, left: Format, right: Format, factors: Factors, *, flip: int = 0) -> tuple[list[int], int]:
    """Add up the rows of each product, the signs in `flip` turned round in the first; tell how many rows are words."""
    m = Module()
    words = [Signal(format.width, name=f"factor_{place}") for place, format in enumerate((left, right))]
    squared = name == "square"
    rows = square_rows(m, words[0], left) if squared else PRODUCT_ROWS[name](m, words[0], left, words[1], right)
    outputs = [Signal(len(row.bits), name=f"bits_{place}") for place, row in enumerate(rows)]
    m.d.comb += [output.eq(row.bits) for output, row in zip(outputs, rows, strict=True)]
    text = rtlil.convert(m, name="top", emit_src=False, ports=[*words, *outputs])
    run = Run(Netlist(text), len(factors))
    for place, numbers in enumerate(zip(*factors, strict=True)):
        run.set(f"factor_{place}", numbers)
    run.settle()
    totals = [0] * len(factors)
    for place, row in enumerate(rows):
        changed = row._replace(negative=row.negative ^ flip if not place else row.negative)
        for lane, bits in enumerate(run.get(f"bits_{place}")):
            totals[lane] += sum(weight for at, weight in enumerate(weights(changed)) if bits >> at & 1)
    return totals, sum(len(row.bits) > 1 for row in rows)


def drawn(format: Format, count: int, seed: int) -> list[int]:
    chance = random.Random(seed)
    corners = [format.low, format.high, 0, 1, format.low + 1, format.high - 1]
    return [chance.choice([*corners, chance.randint(format.low, format.high)]) for _ in range(count)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("signs", list(product((False, True), repeat=2)), ids=str)
def test_all_products_of_small_factors(name: str, signs: tuple[bool, bool]) -> None:
    for widths in product(range(1, 5), repeat=2):
        left, right = (Format(width=width, signed=sign) for width, sign in zip(widths, signs, strict=True))
        factors = list(product(range(left.low, left.high + 1), range(right.low, right.high + 1)))
        assert row_sums(name, left, right, factors)[0] == [a * b for a, b in factors]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("widths", [(8, 8), (9, 5), (7, 16), (16, 15), (13, 32), (33, 31)], ids=str)
def test_products_of_wide_factors(name: str, widths: tuple[int, int]) -> None:
    for signs in product((False, True), repeat=2):
        left, right = (Format(width=width, signed=sign) for width, sign in zip(widths, signs, strict=True))
        factors = list(zip(drawn(left, 200, 1), drawn(right, 200, 2), strict=True))
        assert row_sums(name, left, right, factors)[0] == [a * b for a, b in factors]


def test_booth_makes_half_the_rows() -> None:
    wide = Format(width=16)
    baugh_wooley = row_sums("baugh_wooley", wide, Format(width=8), [(0, 0)])[1]
    booth = row_sums("booth", wide, Format(width=8), [(0, 0)])[1]
    assert (baugh_wooley, booth) == (8, 4)


@pytest.mark.parametrize("width", [8, 16])
def test_a_whole_last_row_leaves_no_column_higher_than_the_digits(width: int) -> None:
    word = Format(width=width)
    highest = {}
    for name in ("booth", "booth_whole"):
        m, heap = Module(), Heap(2 * width)
        for row in PRODUCT_ROWS[name](m, Signal(width), word, Signal(width), word):
            heap.add_row(m, row)
        heap.settle_constant()
        highest[name] = heap.height
    assert highest == {"booth": width // 2 + 1, "booth_whole": width // 2}


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_sign_is_seen(name: str) -> None:
    held = Format(width=4)
    numbers = range(held.low, held.high + 1)
    factors = [(a, b) for a in numbers for b in numbers]
    assert row_sums(name, held, held, factors, flip=1)[0] != [a * b for a, b in factors]


@pytest.mark.parametrize(
    "format", [Format(width=w, signed=s) for w in (*range(1, 8), 12) for s in (False, True)], ids=str
)
def test_a_square_adds_every_pair_of_bits_once(format: Format) -> None:
    words = range(format.low, format.high + 1)
    totals, _ = row_sums("square", format, format, [(word, word) for word in words])
    assert totals == [word * word for word in words]
    rows = square_rows(Module(), Signal(format.width), format)
    assert sum(len(row.bits) for row in rows) == format.width * (format.width + 1) // 2


def test_a_wrong_sign_of_a_square_is_seen() -> None:
    numbers = range(-8, 8)
    found = row_sums("square", Format(width=4), Format(width=4), [(word, word) for word in numbers], flip=1)[0]
    assert found != [word * word for word in numbers]


def test_a_word_is_a_row_whose_sign_counts_negative() -> None:
    word = Signal(5)
    assert weights(word_row(word, Format(width=5))) == [1, 2, 4, 8, -16]
    assert weights(word_row(word, Format(width=5, signed=False))) == [1, 2, 4, 8, 16]

"""Partial products: the rows of bits whose sum is a product of two words."""

from __future__ import annotations

from typing import NamedTuple

from amaranth.hdl import Cat, Const, Module, Signal, Value

from hdlgen.number import Format

__all__ = ["PRODUCT_ROWS", "Row", "baugh_wooley_rows", "booth_rows", "word_row"]


class Row(NamedTuple):
    """Bits of neighbouring weights.

    Args:
        bits: the bits, lowest first.
        shift: weight of the lowest bit is `2**shift`.
        negative: mask of the bits that count with a negative weight.
    """

    bits: Value
    shift: int
    negative: int


def word_row(word: Value, format: Format) -> Row:
    """Take a word as one row: the sign bit of a signed word has a negative weight."""
    return Row(word, 0, 1 << (format.width - 1) if format.signed else 0)


def baugh_wooley_rows(m: Module, left: Value, left_format: Format, right: Value, right_format: Format) -> list[Row]:
    """Multiply by one row an operand bit; the products with exactly one sign bit have a negative weight.

    Source: Baugh and Wooley, IEEE Trans. Computers C-22(12), 1973, 1045-1047.
    """
    if right_format.width > left_format.width:
        left, left_format, right, right_format = right, right_format, left, left_format
    top = 1 << (left_format.width - 1)
    plain, negated = (top, top - 1) if left_format.signed else (0, 2 * top - 1)
    rows = []
    for place in range(right_format.width):
        bits = Signal(left_format.width, name=f"row_{place}")
        m.d.comb += bits.eq(left & right[place].replicate(left_format.width))
        is_sign = right_format.signed and place == right_format.width - 1
        rows.append(Row(bits, place, negated if is_sign else plain))
    return rows


def booth_rows(m: Module, left: Value, left_format: Format, right: Value, right_format: Format) -> list[Row]:
    """Multiply by one row a pair of operand bits: radix-4 digits -2 to 2 of the narrower operand.

    Source: MacSorley, Proc. IRE 49(1), 1961, 67-91 (modified Booth recoding).
    """
    if right_format.width > left_format.width:
        left, left_format, right, right_format = right, right_format, left, left_format
    extension = left[-1] if left_format.signed else Const(0)
    width = left_format.width + (1 if left_format.signed else 2)
    single = Cat(left, *[extension] * (width - left_format.width))
    double = Cat(Const(0, 1), left, *[extension] * (width - left_format.width - 1))
    top = right[-1] if right_format.signed else Const(0)
    digits = (right_format.width + 1) // 2
    rows = []
    for digit in range(digits):
        low, middle, high = (
            right[place] if 0 <= place < right_format.width else (Const(0) if place < 0 else top)
            for place in range(2 * digit - 1, 2 * digit + 2)
        )
        one, two, minus = (Signal(name=f"digit_{digit}_{name}") for name in ("one", "two", "minus"))
        bits = Signal(width, name=f"row_{digit}")
        m.d.comb += [
            one.eq(middle ^ low),
            two.eq((high & ~middle & ~low) | (~high & middle & low)),
            minus.eq(high & ~(middle & low)),
            bits.eq(
                ((one.replicate(width) & single) | (two.replicate(width) & double)) ^ minus.replicate(width),
            ),
        ]
        rows.append(Row(bits, 2 * digit, 1 << (width - 1)))
        rows.append(Row(minus, 2 * digit, 0))
    if not right_format.signed and right_format.width % 2 == 0:
        bits = Signal(left_format.width, name=f"row_{digits}")
        m.d.comb += bits.eq(left & right[-1].replicate(left_format.width))
        rows.append(Row(bits, right_format.width, word_row(left, left_format).negative))
    return rows


PRODUCT_ROWS = {"baugh_wooley": baugh_wooley_rows, "booth": booth_rows}
"""The ways to make the rows of a product, by name."""

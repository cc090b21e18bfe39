"""Partial products: the rows of bits whose sum is a product of two words."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value

from hdlgen.arithmetic.delay import AND
from hdlgen.number import Format

__all__ = [
    "PRODUCT_ROWS",
    "Row",
    "baugh_wooley_rows",
    "booth_late_rows",
    "booth_reset_rows",
    "booth_rows",
    "booth_whole_rows",
    "dsp_rows",
    "square_rows",
    "word_row",
]


class Row(NamedTuple):
    """Bits of neighbouring weights.

    Args:
        bits: the bits, lowest first.
        shift: weight of the lowest bit is `2**shift`.
        negative: mask of the bits that count with a negative weight.
        arrival: how much later than those of other rows they are ready, estimated in FO4.
    """

    bits: Value
    shift: int
    negative: int
    arrival: float = 0.0


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

    A negative digit takes the complement of the other word, and a one more. At the row's lowest bit that one cancels
    against the complement: the bit is the word's own, and what is left over is a bit one place higher. The complement
    is taken before the digit chooses, as the word is earlier than the digit.

    Source: MacSorley, Proc. IRE 49(1), 1961, 67-91 (modified Booth recoding).
    """
    return _booth_rows(m, left, left_format, right, right_format)


def booth_late_rows(m: Module, left: Value, left_format: Format, right: Value, right_format: Format) -> list[Row]:
    """Multiply as `booth_rows` does, with the complement taken after the digit has chosen: later, but for fewer gates.

    A mapper for speed finds a cell for the choice and an exclusive or behind it; the other way round it puts an
    inverter between the two.

    Source: Weste and Harris, CMOS VLSI Design, 4th edition, 2011, 11.9.3.
    """
    return _booth_rows(m, left, left_format, right, right_format, late=True)


def booth_whole_rows(m: Module, left: Value, left_format: Format, right: Value, right_format: Format) -> list[Row]:
    """Multiply as `booth_rows` does, with the last digit's row made whole: it leaves nothing over one place higher.

    The opposite of the other word is made while the digits are. The first row's sign is written out over two places
    more, where the constant of the signs would have ones: no column then holds more bits than there are digits.

    Source: Kang and Gaudiot, IEEE Trans. Computers 55(10), 2006, 1253-1258.
    """
    return _booth_rows(m, left, left_format, right, right_format, whole=True)


def _booth_rows(
    m: Module,
    left: Value,
    left_format: Format,
    right: Value,
    right_format: Format,
    *,
    whole: bool = False,
    late: bool = False,
) -> list[Row]:
    if right_format.width > left_format.width:
        left, left_format, right, right_format = right, right_format, left, left_format
    width = left_format.width + (1 if left_format.signed else 2)
    extension = left[-1] if left_format.signed else Const(0, 1)
    word = Cat(left, extension.replicate(width - left_format.width))
    top = right[-1] if right_format.signed else Const(0, 1)
    digits = (right_format.width + 1) // 2
    rows = []
    for digit in range(digits):
        low, middle, high = (
            right[place] if 0 <= place < right_format.width else (Const(0, 1) if place < 0 else top)
            for place in range(2 * digit - 1, 2 * digit + 2)
        )
        one, two, more = (Signal(name=f"digit_{digit}_{name}") for name in ("one", "two", "more"))
        if whole and digit == digits - 1:
            m.d.comb += [one.eq(middle ^ low), two.eq(Mux(high, ~middle & ~low, middle & low))]
            wider = Cat(word, word[-1])  # -2 times the least word has one bit more
            turned = Signal(width + 1, name=f"turned_{digit}")
            m.d.comb += turned.eq(wider ^ _chosen(high, _set_below(wider)))
            bits = _chosen(one, turned) | _chosen(two, Cat(Const(0, 1), turned[:-1]))
            rows.append(Row(bits, 2 * digit, 1 << width))
            continue
        bits = Signal(width, name=f"row_{digit}")
        if late:
            chosen = (_chosen(one, word) | _chosen(two, _doubled(word))) ^ high.replicate(width)
        elif digit:
            turned = Signal(width, name=f"turned_{digit}")
            m.d.comb += turned.eq(word ^ high.replicate(width))
            chosen = _chosen(one, turned) | _chosen(two, _doubled(turned))
        else:  # nothing is below: the digit is 0, 1, -2 or -1, and cheaper to choose by
            chosen = _chosen(one & ~high, word) | _chosen(one & high, ~word) | _chosen(two, ~_doubled(word))
        m.d.comb += [
            one.eq(middle ^ low),
            two.eq(Mux(high, ~middle & ~low, middle & low)),
            bits.eq(Cat(one & left[0], chosen[1:])),
            more.eq(high & ~bits[0] if late else high & ~(middle & low) & ~bits[0]),  # the digit -0 turned is -1
        ]
        if whole and not digit:
            rows.append(Row(Cat(bits, bits[-1], bits[-1]), 0, 1 << (width + 1)))
        else:
            rows.append(Row(bits, 2 * digit, 1 << (width - 1)))
        rows.append(Row(more, 2 * digit + 1, 0, arrival=AND))
    if not right_format.signed and right_format.width % 2 == 0:
        bits = Signal(left_format.width, name=f"row_{digits}")
        m.d.comb += bits.eq(left & right[-1].replicate(left_format.width))
        rows.append(Row(bits, right_format.width, word_row(left, left_format).negative))
    return rows


def booth_reset_rows(m: Module, left: Value, left_format: Format, right: Value, right_format: Format) -> list[Row]:
    """Multiply as `booth_rows` does, in the form for look-up tables with a register behind.

    Digit 0 clears the row as a whole, which the reset of a register does for nothing; what is left of a bit is a
    function of four: the word's bit, the one below, whether they are doubled and whether they are turned. The one that
    a turned row owes is a bit of its own at the row's weight.
    """
    if right_format.width > left_format.width:
        left, left_format, right, right_format = right, right_format, left, left_format
    width = left_format.width + (1 if left_format.signed else 2)
    word = Cat(left, (left[-1] if left_format.signed else Const(0, 1)).replicate(width - left_format.width))
    top = right[-1] if right_format.signed else Const(0, 1)
    places = right_format.width + (0 if right_format.signed else 1)
    rows = []
    for digit in range((places + 1) // 2):
        low, middle, high = (
            right[place] if 0 <= place < right_format.width else (Const(0, 1) if place < 0 else top)
            for place in range(2 * digit - 1, 2 * digit + 2)
        )
        twice, zero = Signal(name=f"digit_{digit}_twice"), Signal(name=f"digit_{digit}_zero")
        bits = Signal(width + 1, name=f"row_{digit}")
        chosen = Mux(twice, Cat(Const(0, 1), word[:-1]), word) ^ high.replicate(width)
        m.d.comb += [
            twice.eq(~(middle ^ low)),
            zero.eq(Cat(low, middle, high).all() | ~Cat(low, middle, high).any()),
            bits.eq(Mux(zero, 0, Cat(chosen, high))),
        ]
        rows.append(Row(bits[:width], 2 * digit, 1 << (width - 1)))
        if not (isinstance(high, Const) and high.value == 0):
            rows.append(Row(bits[width], 2 * digit, 0))
    return rows


def dsp_rows(m: Module, left: Value, left_format: Format, right: Value, right_format: Format) -> list[Row]:
    """Multiply by the language's own `*`, which synthesis puts into a multiplier block: one row."""
    formats = ((left, left_format), (right, right_format))
    factors = [value.as_signed() if format.signed else value.as_unsigned() for value, format in formats]
    width = left_format.width + right_format.width
    product = Signal(width, name="product")
    m.d.comb += product.eq(factors[0] * factors[1])
    return [Row(product, 0, 1 << (width - 1) if left_format.signed or right_format.signed else 0)]


def square_rows(m: Module, word: Value, format: Format) -> list[Row]:
    """Multiply a word by itself: two bits meet twice, which is once at one place higher, and a bit alone is its square.

    Source: Chen, IEEE Trans. Computers C-20(6), 1971, 678-680.
    """
    rows = []
    for place in range(format.width):
        rows.append(Row(word[place], 2 * place, 0))
        above = format.width - 1 - place
        if above:
            bits = Signal(above, name=f"row_{place}")
            m.d.comb += bits.eq(word[place + 1 :] & word[place].replicate(above))
            rows.append(Row(bits, 2 * place + 2, word_row(bits, replace(format, width=above)).negative))
    return rows


def _set_below(word: Value) -> Value:
    """Tell for each bit whether a lower one is set: `-word` turns round these; a tree of as few levels as can be."""
    below = list(word)
    distance = 1
    while distance < len(below):
        below = [bit | below[place - distance] if place >= distance else bit for place, bit in enumerate(below)]
        distance *= 2
    return Cat(Const(0, 1), *below[:-1])


def _chosen(choice: Value, word: Value) -> Value:
    """Give a word where a bit chooses it, and else zeros."""
    return choice.replicate(len(word)) & word


def _doubled(word: Value) -> Value:
    """Shift a word up by one place; what comes in is of no account, as a row's lowest bit is made otherwise."""
    return Cat(word[0], word[:-1])


PRODUCT_ROWS = {
    "baugh_wooley": baugh_wooley_rows,
    "booth": booth_rows,
    "booth_late": booth_late_rows,
    "booth_whole": booth_whole_rows,
    "booth_reset": booth_reset_rows,
    "dsp": dsp_rows,
}
"""The ways to make the rows of a product, by name."""

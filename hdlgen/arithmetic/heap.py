# amaranth: UnusedElaboratable=no
"""Bit heaps: bits of any weight that are to be summed, reduced by full adders to two rows and added.

A heap holds its bits by column; the sum counts modulo `2**width`, so signs need no extension: a bit of negative
weight is held inverted, `-x = ~x - 1`, and all the ones that this takes off, with every constant, stand in one word.
Each bit knows when it is ready, and the adders take those first that are, by one of the plans of
`hdlgen.arithmetic.heap_plans`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from amaranth.hdl import Const, Module, Signal, Value

from hdlgen.arithmetic.full_adders import full_adders
from hdlgen.arithmetic.heap_plans import Adder, Bit, plan_adder
from hdlgen.arithmetic.joined import joined
from hdlgen.arithmetic.partial_products import Row

__all__ = ["Heap", "compress"]


class Heap:
    """Bits by column, lowest column first; the sum counts modulo `2**width`."""

    def __init__(self, width: int) -> None:
        if width < 1:
            raise ValueError(f"Heap: width must be at least 1 bit, not {width!r}")
        self.columns: list[list[Bit]] = [[] for _ in range(width)]
        self._constant = 0

    @property
    def width(self) -> int:
        """Tell how many columns there are."""
        return len(self.columns)

    @property
    def height(self) -> int:
        """Tell how many bits the fullest column holds."""
        return max(len(column) for column in self.columns)

    def add_constant(self, constant: int) -> None:
        """Add a whole number of any sign."""
        self._constant += constant

    def add_row(self, m: Module, row: Row, *, shift: int = 0, sign: int = 1) -> None:
        """Add `sign * 2**shift` times a row; bits below the lowest column and beyond the last one fall away."""
        below = max(-row.shift - shift, 0)
        lowest = row.shift + shift + below
        width = min(len(row.bits) - below, self.width - lowest)
        if width <= 0:
            return
        mask = (1 << width) - 1
        inverted = (row.negative if sign > 0 else ~row.negative) >> below & mask
        bits = row.bits[below : below + width]
        if inverted:
            flipped = Signal(width, name="inverted_row")
            m.d.comb += flipped.eq(bits ^ Const(inverted, width))
            bits = flipped
            self._constant -= inverted << lowest
        for place in range(width):
            self.columns[lowest + place].append(Bit(bits[place], row.arrival))

    def settle_constant(self) -> None:
        """Put the constant into the columns as ones; call it once, when all has been added."""
        constant, self._constant = self._constant % (1 << self.width), 0
        for place in range(self.width):
            if constant >> place & 1:
                self.columns[place].append(Bit(Const(1, 1)))

    def bits(self) -> list[Value]:
        """List all bits, lowest column first."""
        return [bit.made for column in self.columns for bit in column]

    def replace(self, bits: Iterable[Value]) -> None:
        """Put other bits in the places of those that `bits` lists: their registers, say."""
        source = iter(bits)
        for column in self.columns:
            for bit in column:
                bit.value, bit.arrival = next(source), 0.0

    def apply(self, adder: Adder) -> None:
        """Put the results of an adder in the place of its operands; a carry out of the last column falls away."""
        column = self.columns[adder.column]
        for bit in adder.bits:
            column.remove(bit)
        column.append(adder.total)
        if adder.column + 1 < self.width:
            self.columns[adder.column + 1].append(adder.carry)

    def ripple(self, m: Module, name: str, *, cells: bool) -> None:
        """Add up, from the lowest column on, what is ready before the latest bit; at most two bits a column before.

        Every column comes down to one bit; the carry out of the last one is the third bit of the column above.
        """
        latest = max((bit.arrival for column in self.columns for bit in column), default=0.0)
        for place, column in enumerate(self.columns):
            if len(column) < 2:
                continue
            adder = plan_adder(place, column, 0)
            if adder.carry.arrival > latest:
                return
            compress(m, f"{name}_{place}", [(self, [adder])], cells=cells)

    def addends(self) -> tuple[list[Value], list[Value], list[Value], Value]:
        """Give the bits below the lowest column of several, the two words to add from there on, and the carry in.

        Only that column may hold three bits, and no other more than two.
        """
        first = self._first()
        padded = [[bit.made for bit in column] + [Const(0, 1)] * (3 - len(column)) for column in self.columns]
        upper = padded[first:]
        carry = upper[0][2] if upper else Const(0, 1)
        return [bits[0] for bits in padded[:first]], [bits[0] for bits in upper], [bits[1] for bits in upper], carry

    def arrivals(self) -> list[float]:
        """Tell when the last bit of each column of the two words comes that `addends` gives."""
        return [max((bit.arrival for bit in column), default=0.0) for column in self.columns[self._first() :]]

    def _first(self) -> int:
        """Find the lowest column of several bits."""
        return next((place for place, column in enumerate(self.columns) if len(column) > 1), self.width)


def compress(m: Module, name: str, work: Sequence[tuple[Heap, Sequence[Adder]]], *, cells: bool) -> None:
    """Make some of the adders planned for several heaps.

    The adders stand in rows, at most one a column in each: neighbouring columns then take their bits from the same
    words, and the design stays readable and quick to simulate.

    Args:
        work: each heap with adders whose operands it holds, or that others of them give.
        cells: whether the adders are cells of the library.
    """
    rows: dict[tuple[int, int, int, int], list[Adder]] = {}
    filled: Counter[tuple[int, int, int, int]] = Counter()
    for number, (heap, adders) in enumerate(work):
        for adder in sorted(adders, key=lambda adder: adder.depth):
            place = (adder.depth, number, len(adder.bits), adder.column)
            rows.setdefault((*place[:3], filled[place]), []).append(adder)
            filled[place] += 1
            heap.apply(adder)
    for (depth, number, operands, row), adders in sorted(rows.items()):
        title = f"{name}_{number}_{depth}_{'full' if operands == 3 else 'half'}_{row}"
        words = [joined(adder.bits[operand].made for adder in adders) for operand in range(operands)]
        last = words[2] if operands == 3 else Const(0, len(adders))
        sums, carries = full_adders(m, title, words[0], words[1], last, cells=cells)
        for adder, total, carry in zip(adders, sums, carries, strict=True):
            adder.total.value, adder.carry.value = total, carry
            adder.settle()

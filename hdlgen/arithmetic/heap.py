# amaranth: UnusedElaboratable=no
"""Bit heaps: bits of any weight that are to be summed, reduced by full and half adders to two rows and added.

A heap holds its bits by column; the sum counts modulo `2**width`, so signs need no extension: a bit of negative
weight is held inverted, `-x = ~x - 1`, and all the ones that this takes off, with every constant, stand in one word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from amaranth.hdl import Cat, Const, Module, Signal, Value

from hdlgen.arithmetic.full_adders import full_adders
from hdlgen.arithmetic.partial_products import Row

__all__ = ["Heap", "Step", "compress", "reduction_steps"]

Step = tuple[tuple[int, int], ...]
"""One level of a reduction: for every column how many full and how many half adders it gets."""


class Heap:
    """Bits by column, lowest column first; the sum counts modulo `2**width`."""

    def __init__(self, width: int) -> None:
        if width < 1:
            raise ValueError(f"Heap: width must be at least 1 bit, not {width!r}")
        self.columns: list[list[Value]] = [[] for _ in range(width)]
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
        """Add `sign * 2**shift` times a row; columns beyond the width fall away."""
        width = min(len(row.bits), self.width - row.shift - shift)
        if width <= 0:
            return
        mask = (1 << width) - 1
        inverted = (row.negative if sign > 0 else ~row.negative) & mask
        bits = row.bits[:width]
        if inverted:
            flipped = Signal(width, name="inverted_row")
            m.d.comb += flipped.eq(bits ^ Const(inverted, width))
            bits = flipped
            self._constant -= inverted << (row.shift + shift)
        for place in range(width):
            self.columns[row.shift + shift + place].append(bits[place])

    def settle_constant(self) -> None:
        """Put the constant into the columns as ones; call it once, when all has been added."""
        constant, self._constant = self._constant % (1 << self.width), 0
        for place in range(self.width):
            if constant >> place & 1:
                self.columns[place].append(Const(1, 1))

    def bits(self) -> list[Value]:
        """List all bits, lowest column first."""
        return [bit for column in self.columns for bit in column]

    def replace(self, bits: Iterable[Value]) -> None:
        """Put other bits in the places of those that `bits` lists: their registers, say."""
        source = iter(bits)
        self.columns = [[next(source) for _ in column] for column in self.columns]

    def addends(self) -> tuple[int, list[Value], list[Value]]:
        """Give the lowest column of two bits and the two words to add from there on; a heap of height 2 at the most."""
        first = next((place for place, column in enumerate(self.columns) if len(column) > 1), self.width)
        upper = self.columns[first:]
        left = [column[0] if column else Const(0, 1) for column in upper]
        right = [column[1] if len(column) > 1 else Const(0, 1) for column in upper]
        return first, left, right


def reduction_steps(heights: Sequence[int], *, linear: bool = False) -> tuple[Step, ...]:
    """Plan the levels of full and half adders that bring every column to two bits at the most.

    Args:
        heights: bits in each column, lowest first; carries out of the last one fall away.
        linear: whether each level takes one bit off the height, as an array multiplier does, instead of a third.
    Source: Dadda, Alta Frequenza 34, 1965, 349-356.
    """
    tallest = max(heights, default=0)
    targets = [2]
    while targets[-1] < tallest:
        targets.append(targets[-1] + 1 if linear else targets[-1] * 3 // 2)
    steps = []
    current = list(heights)
    for target in reversed([target for target in targets if target < tallest]):
        step, carries = [], 0
        for column, height in enumerate(current):
            excess = max(height + carries - target, 0)
            full, half = divmod(excess, 2)
            step.append((full, half))
            current[column] = height + carries - excess
            carries = full + half
        steps.append(tuple(step))
    return tuple(steps)


def compress(
    m: Module, name: str, work: Sequence[tuple[Heap, Step]], *, library: bool, newest_first: bool = False
) -> None:
    """Do one level of the reduction of several heaps at once.

    The adders stand in rows, one adder a column: neighbouring columns then take their bits from the same words, and
    the design stays readable and quick to simulate.

    Args:
        work: each heap with the level that `reduction_steps` planned for it.
        library: whether the adders are cells of the library.
        newest_first: whether the bits of the level before are taken first, as in an array multiplier.
    """
    for number, (heap, step) in enumerate(work):
        rows: dict[int, list[tuple[int, list[Value]]]] = {}
        for column, (full, half) in enumerate(step):
            bits = heap.columns[column]
            if newest_first:
                bits.reverse()
            for row in range(full):
                rows.setdefault(row, []).append((column, [bits.pop(0) for _ in range(3)]))
            if half:
                rows.setdefault(-1, []).append((column, [bits.pop(0), bits.pop(0), Const(0, 1)]))
            if newest_first:
                bits.reverse()
        for row, places in sorted(rows.items()):
            words = [Cat(triple[operand] for _, triple in places) for operand in range(3)]
            title = f"{name}_{number}_{'half' if row < 0 else row}"
            total, carry = full_adders(m, title, *words, library=library)
            for position, (column, _) in enumerate(places):
                heap.columns[column].append(total[position])
                if column + 1 < heap.width:
                    heap.columns[column + 1].append(carry[position])

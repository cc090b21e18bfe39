# amaranth: UnusedElaboratable=no
"""Carry chains: sum up rows of bits two by two with plain adders, as an FPGA's carry chains want it.

A full adder of a heap takes two look-up tables, a bit of a carry chain takes one. Every level adds neighbours of equal
weight; single bits (what a negative digit owes, the one of a complement) ride along as carries into adders that begin
at their weight. What counts negative is added up apart and complemented once, in the tables that make its last sum.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Module, Signal, Value

from hdlgen.arithmetic.delay import chain_delay
from hdlgen.arithmetic.partial_products import Row
from hdlgen.arithmetic.word import Word
from hdlgen.number import Format

__all__ = ["ChainSum", "words_of_row"]


def words_of_row(row: Row, *, shift: int = 0, sign: int = 1) -> Word:
    """Read a row as a word: its bits all count alike, but for the highest, which may be a sign.

    Raises: ValueError for another pattern of negative bits.
    """
    width = len(row.bits)
    full, top = (1 << width) - 1, 1 << (width - 1)
    minus = row.negative in (full, full ^ top) and row.negative != 0
    signed = width > 1 and row.negative in (top, full ^ top)
    if row.negative not in (0, full, top, full ^ top):
        raise ValueError(f"words_of_row: bits must count alike below the highest, not as {row.negative:#b}")
    low, high = (-top, top - 1) if signed else (0, full)
    return Word(row.bits, low, high, shift=row.shift + shift, minus=minus != (sign < 0))


@dataclass(slots=True)
class ChainSum:
    """A sum on its way: words to add, words to subtract, and single bits that fit into adders as carries.

    Args:
        width: the sum counts modulo `2**width`.
    """

    width: int
    plus: list[Word]
    minus: list[Word]
    carries: list[Word]

    @classmethod
    def of(cls, m: Module, words: Sequence[Word], *, width: int) -> ChainSum:
        """Take words apart by sign; a lone one that counts negative is complemented here, where logic may absorb it."""
        carries = [word for word in words if not word.minus and word.high == 1 and word.low == 0]
        plus = [word for word in words if not word.minus and not (word.high == 1 and word.low == 0)]
        found = cls(width, plus, [word for word in words if word.minus], carries)
        if len(found.minus) == 1:
            found._complement()
        # Each adder takes one carry in, and the last one bits below it: of more bits than that, some are words.
        extra = len(found.carries) - (len(found.plus) + len(found.minus)) + 1
        for _ in range((extra + 1) // 2 if extra > 1 else 0):
            found.plus.append(found.carries.pop())
        return found

    def live(self) -> list[Word]:
        """List everything that a register would have to hold."""
        return [*self.plus, *self.minus, *self.carries]

    def _complement(self) -> None:
        """Turn the one word that counts negative: `-x = ~x + 1`."""
        word = self.minus.pop()
        self.plus.append(_negative(~word.value, word))
        self.carries.append(Word(Const(1, 1), 0, 1, shift=word.shift))

    def levels(self, m: Module) -> Generator[float, None, None]:
        """Add neighbours until one word is left; yield the delay of each level."""
        number = 0
        while len(self.plus) + len(self.minus) > 1 or self.carries:
            if len(self.plus) + len(self.minus) <= 1:
                self._promote()
            slowest = 0.0
            made: dict[bool, list[Word]] = {}
            for minus, group in ((False, self.plus), (True, self.minus)):
                group.sort(key=lambda word: (word.shift, word.high - word.low))
                # A level of its own for the whole subtraction; till then each side adds up its own.
                pairs = list(zip(group[0::2], group[1::2], strict=False))
                rest = [group[-1]] if len(group) % 2 else []
                sums = []
                for pair in pairs:
                    turned = minus and len(pairs) == 1 and not rest
                    word, delay = self._add(m, f"chain_{number}", *pair, turned=turned, carries=not minus)
                    number += 1
                    slowest = max(slowest, delay)
                    sums.append(word)
                made[minus] = [*rest, *sums]
            self.plus, self.minus = made[False], made[True]
            turned_words = [word for word in self.minus if not word.minus]
            if turned_words:
                self.plus += turned_words
                self.minus = []
            yield slowest

    def _promote(self) -> None:
        """Make a word of bits that no adder took in, one of each weight."""
        chosen: dict[int, Word] = {}
        for bit in self.carries:
            chosen.setdefault(bit.shift, bit)
        self.carries = [bit for bit in self.carries if chosen[bit.shift] is not bit]
        base = min(chosen)
        span = max(chosen) - base + 1
        value = Cat(*(chosen[base + n].value if base + n in chosen else Const(0, 1) for n in range(span)))
        if self.minus:  # a lone word that counts negative cannot be left: it was turned when it became the only one
            raise AssertionError("a subtracted word must have been turned")
        self.plus.append(Word(value, 0, (1 << span) - 1, shift=base))

    def _carry_at(self, shift: int) -> Word | None:
        """Take a bit of a weight, one that would need a register rather than a constant."""
        found = sorted(
            (bit for bit in self.carries if bit.shift == shift), key=lambda bit: isinstance(bit.value, Const)
        )
        if not found:
            return None
        self.carries = [bit for bit in self.carries if bit is not found[0]]
        return found[0]

    def _hung_on(self, word: Word, *, above: int = 0) -> Word:
        """Hang bits that are left over on a word's lower end, one of each weight from `above` on."""
        chosen = {bit.shift: bit for bit in self.carries if above <= bit.shift < word.shift}
        if not chosen:
            return word
        self.carries = [bit for bit in self.carries if chosen.get(bit.shift) is not bit]
        base = min(chosen)
        below = Cat(*(chosen[place].value if place in chosen else Const(0, 1) for place in range(base, word.shift)))
        gap = word.shift - base
        return Word(Cat(below, word.value), word.low << gap, (word.high << gap) + (1 << gap) - 1, shift=base)

    def _add(self, m: Module, name: str, left: Word, right: Word, *, turned: bool, carries: bool) -> tuple[Word, float]:
        """Add two words that count alike; the bits of one below the other pass by.

        Args:
            turned: whether the result is complemented, and so counts positive with a one owed.
            carries: whether bits that ride along may come in.
        """
        if left.shift > right.shift:
            left, right = right, left
        if len(self.plus) == 2 and not self.minus:
            left, right = self._hung_on(left), self._hung_on(right, above=left.shift)
        base, cut = left.shift, right.shift
        low = left.low + (right.low << cut - base)
        high = left.high + (right.high << cut - base)
        carry = self._carry_at(cut) if carries else None
        if carry is not None:
            high += 1 << cut - base
        width = min(Format.holding(low, high).width, max(self.width - base, 1))
        upper = max(width - (cut - base), 1)
        total = chained(m, name, left.extended(cut, upper), right.extended(cut, upper), carry and carry.value)
        bits: Value = Cat(left.extended(base, cut - base), total)[:width]
        delay = chain_delay(upper)
        if turned:
            flipped = Signal(len(bits), name=f"{name}_turned")
            m.d.comb += flipped.eq(~bits)
            self.carries.append(Word(Const(1, 1), 0, 1, shift=base))
            return _negative(flipped, Word(bits, low, high, shift=base)), delay
        return Word(bits, low, high, shift=base, minus=left.minus), delay


def _negative(complement: Value, word: Word) -> Word:
    """Give the word that the complement of another one's bits is; a sign stands above those of one without sign."""
    bits = complement if word.low < 0 else Cat(complement, Const(1, 1))
    return Word(bits, -word.high - 1, -word.low - 1, shift=word.shift)


def chained(m: Module, name: str, left: Value, right: Value, carry: Value | None) -> Signal:
    """Add two words of equal width and a carry with one `+`; the carry out falls away.

    The carry comes in below the lowest bit, where 1 and the carry add up to nothing but that: a carry chain takes it
    without a table, or a constant as its own beginning.
    """
    total = Signal(len(left), name=name)
    if carry is None:
        m.d.comb += total.eq(left + right)
    else:
        m.d.comb += total.eq((Cat(Const(1, 1), left) + Cat(carry, right))[1:])
    return total

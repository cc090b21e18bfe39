"""Words inside a sum whose value is known: partial sums, which trees and chains of adders extend by their sign.

That an adder of two extended words does not overflow is no matter of its gates but of the ranges of what it adds. A
word that is equal, modulo its width, to some of the sum's terms, whose total fits that width, is that total.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sim.expressions import FALSE, TRUE, Expressions
from sim.polynomials import Known, Polynomial, TooLarge, linear, reduce_to_variables

__all__ = ["KnownWords", "Summand"]


MOST_PASSED = 3
"""Adders, one behind the other, that lowest bits are followed past."""
MOST_STARTS = 6
"""Places in a word at which the lowest bits of an operand are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summand:
    """A product that a sum adds, without its coefficient: its polynomial, its least and greatest value."""

    value: Mapping[frozenset[int], int]
    low: int
    high: int


class KnownWords:
    """Find the values of words.

    Args:
        summands: what a word may be the sum of, with any factors and a constant.
        words: literals of the words that the summands are made of.
        most: monomials of a polynomial.
    """

    def __init__(
        self,
        made: Expressions,
        summands: Sequence[Summand],
        words: Iterable[Sequence[int]],
        *,
        most: int,
    ) -> None:
        self.made, self.summands, self.most = made, summands, most
        self._own = _own(summands)
        self._beside: dict[int, dict[tuple[int, ...], None]] = {}
        self._places = {literal: (word, place) for word in words for place, literal in enumerate(word)}
        self._known: dict[tuple[tuple[int, ...], bool], Polynomial | None] = {}

    def within(self, word: Sequence[int]) -> Known:
        """Give what is known of operands of adders, deepest last: what stands below an adder's bits may pass by it."""
        self._note(word)

        def known(bits: Sequence[int], lowest: int) -> tuple[Polynomial, int] | None:
            self._note(bits)
            return self.operand(bits, list(self._beside.get(lowest, ())))

        return known

    def _note(self, word: Sequence[int]) -> None:
        """Keep what stands below each adder's lowest bit in a word."""
        for place, literal in enumerate(word):
            group = self.made.group.get(literal >> 1)
            if place and group is not None and group.outputs[0] == literal >> 1:
                starts = (tuple(word[start:place]) for start in range(min(place, MOST_STARTS)))
                self._beside.setdefault(group.outputs[0], {}).update(dict.fromkeys(starts))

    def operand(self, bits: Sequence[int], beside: Sequence[tuple[int, ...]] = ()) -> tuple[Polynomial, int] | None:
        """Give the value of an operand that is an extended word, its extension read as its sign; None for another.

        An operand may be the upper part of a word whose lowest bits pass by the adder: its value comes multiplied by
        `2**shift`, with the shift.

        Args:
            beside: bits that may be its lowest ones.
        """
        width = len(bits)
        while width > 1 and bits[width - 2] == bits[-1]:
            width -= 1
        unsigned = bits[-1] == FALSE
        word = tuple(bits[: width - 1] if unsigned else bits[:width])
        if not word or word[-1] in (FALSE, TRUE) or len(word) == len(bits) or not self._is_finished(word[-1]):
            return None
        value = self.value(word, signed=not unsigned)
        return (value, 0) if value is not None else self._upper(word, beside, signed=not unsigned)

    def _upper(
        self, word: tuple[int, ...], beside: Sequence[tuple[int, ...]], *, signed: bool
    ) -> tuple[Polynomial, int] | None:
        """Take a word without its lowest bits: what it is times `2**shift` is the whole less those bits."""
        sign = word[0] & 1
        if any(literal & 1 != sign for literal in word) or (sign and not signed):
            return None
        plain = tuple(literal ^ sign for literal in word)
        for lower in (*self._below(plain[0], MOST_PASSED), *beside):
            whole = self.value(lower + plain, signed=signed) if lower else None
            if whole is not None:
                found = linear((literal, -1 << place) for place, literal in enumerate(lower))
                for monomial, factor in whole.items():
                    found[monomial] = found.get(monomial, 0) + factor
                if sign:  # the inverse of a word is -1 less its value
                    found = {monomial: -factor for monomial, factor in found.items()}
                    found[frozenset()] = found.get(frozenset(), 0) - (1 << len(lower))
                return {monomial: factor for monomial, factor in found.items() if factor}, len(lower)
        return None

    def _below(self, literal: int, depth: int) -> list[tuple[int, ...]]:
        """List what may stand below a bit: in a word that is added, in an adder, or passing by one."""
        if literal in self._places:
            word, place = self._places[literal]
            return [tuple(word[:place])]
        group = self.made.group.get(literal >> 1)
        if group is None or not depth:
            return [()]
        own = tuple(2 * node for node in group.outputs[: group.outputs.index(literal >> 1)])
        passing = [lower for side in (group.left, group.right) for lower in self._below(side[0], depth - 1)]
        return list(dict.fromkeys(lower + own for lower in [*passing, ()]))

    def _is_finished(self, literal: int) -> bool:
        """Tell whether a bit is a variable or comes from an adder of words: a row of a heap has no value of its own."""
        node = literal >> 1
        group = self.made.group.get(node)
        return node in self.made.names or (group is not None and len(group.outputs) > 2)

    def value(self, word: tuple[int, ...], *, signed: bool) -> Polynomial | None:
        """Give the value of a word as a polynomial of variables, where it is some of the summands."""
        key = word, signed
        if key not in self._known:
            self._known[key] = None  # while it is being found
            self._known[key] = self._found(word, signed) or self._inverted(word, signed)
        return self._known[key]

    def _inverted(self, word: tuple[int, ...], signed: bool) -> Polynomial | None:
        """Take the inverse of a known word: -1 less its value."""
        if not signed:
            return None
        found = self._found(tuple(literal ^ 1 for literal in word), signed)
        if found is None:
            return None
        turned = {monomial: -factor for monomial, factor in found.items()}
        turned[frozenset()] = turned.get(frozenset(), 0) - 1
        return turned

    def _found(self, word: tuple[int, ...], signed: bool) -> Polynomial | None:
        modulus = 1 << len(word)
        bits = linear((literal, 1 << place) for place, literal in enumerate(word))
        try:
            rest = reduce_to_variables(self.made, bits, modulus=modulus, most=self.most, known=self.within(word))
        except TooLarge:
            return None
        total: Polynomial = {}
        low = high = 0
        for summand, (own, weight) in zip(self.summands, self._own, strict=True):
            factor = _factor(weight, rest.get(own, 0), modulus)
            if factor:  # if it is another one, something is left
                for monomial, c in summand.value.items():
                    total[monomial] = total.get(monomial, 0) + c * factor
                    rest[monomial] = (rest.get(monomial, 0) - c * factor) % modulus
                ends = sorted((factor * summand.low, factor * summand.high))
                low, high = low + ends[0], high + ends[1]
        left = rest.pop(frozenset(), 0)
        if any(rest.values()):
            return None
        least, most = (-(modulus >> 1), (modulus >> 1) - 1) if signed else (0, modulus - 1)
        for constant in (left, left - modulus):
            if least <= low + constant and high + constant <= most:
                total[frozenset()] = total.get(frozenset(), 0) + constant
                return {monomial: c for monomial, c in total.items() if c}
        return None


def _own(summands: Sequence[Summand]) -> list[tuple[frozenset[int], int]]:
    """Give for each summand the monomial, of those that no other one has, that counts least, and what it counts."""
    counts = Counter(monomial for summand in summands for monomial in summand.value)
    found = []
    for summand in summands:
        own = [(m, c) for m, c in summand.value.items() if m and counts[m] == 1]
        found.append(min(own, key=lambda entry: abs(entry[1]), default=(frozenset(), 0)))
    return found


def _factor(weight: int, found: int, modulus: int) -> int:
    """Divide what is found of a monomial by what it counts: the residue of the least magnitude, or 0 for none."""
    if not weight or found % abs(weight):
        return 0
    rest = modulus // abs(weight) or 1
    factor = found // weight % rest
    return factor - rest if factor > rest >> 1 else factor

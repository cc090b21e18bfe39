"""Words inside a sum whose value is known: partial sums, which trees and chains of adders extend by their sign.

That an adder of two extended words does not overflow is no matter of its gates but of the ranges of what it adds. A
word that is equal, modulo its width, to some of the sum's terms, whose total fits that width, is that total.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.expressions import FALSE, TRUE, Expressions
from sim.polynomials import Polynomial, TooLarge, linear, reduce_to_variables

__all__ = ["KnownWords", "Summand"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summand:
    """A product that a sum adds: its polynomial, its least and greatest value, and the factors that it may have."""

    value: Mapping[frozenset[int], int]
    low: int
    high: int
    factors: tuple[int, ...]


class KnownWords:
    """Find the values of words.

    Args:
        summands: what a word may be the sum of, each once at most.
        constants: what may be added to that.
    """

    def __init__(self, made: Expressions, summands: Sequence[Summand], constants: Sequence[int], *, most: int) -> None:
        self.made, self.summands, self.constants, self.most = made, summands, constants, most
        self._known: dict[tuple[tuple[int, ...], bool], Polynomial | None] = {}

    def operand(self, bits: Sequence[int]) -> Polynomial | None:
        """Give the value of an operand that is an extended word, its extension read as its sign; None for another."""
        width = len(bits)
        while width > 1 and bits[width - 2] == bits[-1]:
            width -= 1
        unsigned = bits[-1] == FALSE
        word = tuple(bits[: width - 1] if unsigned else bits[:width])
        if not word or word[-1] in (FALSE, TRUE) or len(word) == len(bits) or not self._is_finished(word[-1]):
            return None
        return self.value(word, signed=not unsigned)

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
            rest = reduce_to_variables(self.made, bits, modulus=modulus, most=self.most, known=self.operand)
        except TooLarge:
            return None
        total: Polynomial = {}
        low = high = 0
        for summand in self.summands:
            for factor in summand.factors:
                if all(rest.get(m, 0) == c * factor % modulus for m, c in summand.value.items() if m):
                    for monomial, c in summand.value.items():
                        total[monomial] = total.get(monomial, 0) + c * factor
                        rest[monomial] = (rest.get(monomial, 0) - c * factor) % modulus
                    ends = sorted((factor * summand.low, factor * summand.high))
                    low, high = low + ends[0], high + ends[1]
                    break
        left = rest.pop(frozenset(), 0)
        if any(rest.values()):
            return None
        for constant in self.constants:
            if constant % modulus == left:
                least, most = (-(modulus >> 1), (modulus >> 1) - 1) if signed else (0, modulus - 1)
                if least <= low + constant and high + constant <= most:
                    total[frozenset()] = total.get(frozenset(), 0) + constant
                    return {monomial: c for monomial, c in total.items() if c}
        return None

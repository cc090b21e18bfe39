"""Scalars: collect the scalar operations of a dataflow, with the idioms that lowering is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hdlgen.dataflow import Kind, Operation, Term
from hdlgen.number import Format

__all__ = ["BIT", "Scalars"]

BIT = Format(width=1, signed=False)


class Scalars:
    """Collect operations; equal ones are made once, known results become constants."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self._known: dict[Operation, int] = {}

    def add(self, operation: Operation) -> int:
        """Add an operation, or find the equal one that is there already."""
        if operation.low == operation.high and operation.kind is not Kind.STATE:
            operation = _constant(operation.low)
        if operation.kind is Kind.STATE:
            self.operations.append(operation)
            return len(self.operations) - 1
        if operation not in self._known:
            self._known[operation] = len(self.operations)
            self.operations.append(operation)
        return self._known[operation]

    def constant(self, value: int) -> int:
        """Add a constant."""
        return self.add(_constant(value))

    def sum(self, terms: Sequence[Term], constant: int = 0, *, within: tuple[int, int] | None = None) -> int:
        """Add a sum of products; `within` is a range that the caller knows the result to keep."""
        low = high = constant
        for term in terms:
            corners = [term.coefficient]
            for factor in term.factors:
                bounds = (self.operations[factor].low, self.operations[factor].high)
                corners = [corner * bound for corner in corners for bound in bounds]
            low, high = low + min(corners), high + max(corners)
        if within is not None:
            low, high = max(low, within[0]), min(high, within[1])
        if not constant and len(terms) == 1 and terms[0].coefficient == 1 and len(terms[0].factors) == 1:
            return terms[0].factors[0]
        args = tuple(factor for term in terms for factor in term.factors)
        format = Format.holding(low, high)
        return self.add(
            Operation(kind=Kind.SUM, format=format, args=args, terms=tuple(terms), place=constant, low=low, high=high)
        )

    def scaled(self, number: int, shift: int) -> int:
        """Multiply by `2**shift`."""
        return self.sum([Term(factors=(number,), coefficient=1 << shift)])

    def slice(self, number: int, place: int, format: Format) -> int:
        """Take bits from `place` on, sign-extended where the value has fewer, and read them in a format."""
        operation = self.operations[number]
        low, high = operation.low >> place, operation.high >> place
        if not format.holds(low, high):
            low, high = format.low, format.high
        elif not place and operation.format.signed == format.signed and operation.format.width <= format.width:
            return number
        return self.add(Operation(kind=Kind.SLICE, format=format, args=(number,), place=place, low=low, high=high))

    def pattern(self, number: int, width: int) -> int:
        """Give exactly so many bits: an element may have fewer than its array's format, where its range is narrower."""
        if self.operations[number].format.width == width:
            return number
        return self.bits(Kind.SLICE, number, format=Format(width=width, signed=False))

    def table(self, index: int, values: Sequence[int]) -> int:
        """Look a value up; there are as many as the index, which has no sign, has patterns."""
        low, high = min(values), max(values)
        table = tuple(values)
        format = Format.holding(low, high)
        return self.add(Operation(kind=Kind.TABLE, format=format, args=(index,), values=table, low=low, high=high))

    def unsigned(self, number: int, width: int) -> int:
        """Give exactly so many bits as a number without sign."""
        operation = self.operations[number]
        if operation.format.width == width and not operation.format.signed:
            return number
        return self.bits(Kind.SLICE, number, format=Format(width=width, signed=False))

    def floor(self, number: int, count: int) -> int:
        """Drop the lowest bits."""
        operation = self.operations[number]
        return self.slice(number, count, Format.holding(operation.low >> count, operation.high >> count))

    def negative(self, number: int) -> int:
        """Tell by one bit whether a value is below zero."""
        operation = self.operations[number]
        if operation.low >= 0 or operation.high < 0:
            return self.constant(int(operation.high < 0))
        return self.slice(number, operation.format.width - 1, BIT)

    def less(self, left: int, right: int, *, or_equal: bool = False) -> int:
        """Compare two values by the sign of their difference."""
        terms = [Term(factors=(left,)), Term(factors=(right,), coefficient=-1)]
        return self.negative(self.sum(terms, -1 if or_equal else 0))

    def bits(self, kind: Kind, *args: int, format: Format) -> int:
        """Add a bitwise operation, a comparison or a shift; its range is its format's."""
        return self.add(Operation(kind=kind, format=format, args=args, low=format.low, high=format.high))

    def invert_bit(self, number: int) -> int:
        """Invert one bit."""
        if self.operations[number].kind is Kind.CONSTANT:
            return self.constant(1 - self.operations[number].place)
        return self.bits(Kind.NOT, number, format=BIT)

    def select(self, condition: int, yes: int, no: int, *, within: tuple[int, int] | None = None) -> int:
        """Choose by a bit; `within` is a range that the caller knows the result to keep."""
        if yes == no:
            return yes
        if self.operations[condition].kind is Kind.CONSTANT:
            return yes if self.operations[condition].place else no
        low = min(self.operations[yes].low, self.operations[no].low)
        high = max(self.operations[yes].high, self.operations[no].high)
        if within is not None:
            low, high = max(low, within[0]), min(high, within[1])
        args = (condition, yes, no)
        return self.add(Operation(kind=Kind.SELECT, format=Format.holding(low, high), args=args, low=low, high=high))

    def saturate(self, number: int, format: Format) -> int:
        """Clip to a format."""
        operation = self.operations[number]
        low, high = (min(max(bound, format.low), format.high) for bound in (operation.low, operation.high))
        if (low, high) == (operation.low, operation.high):
            return self.slice(number, 0, format)
        return self.add(Operation(kind=Kind.SATURATE, format=format, args=(number,), low=low, high=high))

    def rounded(self, number: int, count: int, rounding: str) -> int:
        """Drop the lowest `count` bits by a rounding: an addition before the cut, none for `floor`.

        To be rounded to even, a value is rounded up like any other, and a tie then loses its lowest bit: that of the
        value itself, added before the cut, would be known only behind a carry-propagating adder of its own.
        """
        if count == 0:
            return number
        half = 1 << (count - 1)
        value = Term(factors=(number,))
        if rounding == "half_up":
            number = self.sum([value], half)
        elif rounding == "half_even":
            return self._even_in_ties(self.sum([value], half), count, self.operations[number])
        elif rounding == "toward_zero":
            number = self.sum([value, Term(factors=(self.negative(number),), coefficient=(1 << count) - 1)])
        return self.floor(number, count)

    def _even_in_ties(self, raised: int, count: int, exact: Operation) -> int:
        """Cut a sum of a value and half a unit; where nothing is left below the cut, a tie, the result is even."""
        half = 1 << (count - 1)
        low, high = ((bound + half - 1 + (bound >> count & 1)) >> count for bound in (exact.low, exact.high))
        format = Format.holding(low, high)
        rest = self.slice(raised, 0, Format(width=count, signed=False))
        tie = self.bits(Kind.EQUAL, rest, self.constant(0), format=BIT)
        args = [self.bits(Kind.AND, self.slice(raised, count, BIT), self.invert_bit(tie), format=BIT)]
        if format.width > 1:
            args.append(self.slice(raised, count + 1, replace(format, width=format.width - 1)))
        return self.add(Operation(kind=Kind.JOIN, format=format, args=tuple(args), low=low, high=high))


def _constant(value: int) -> Operation:
    return Operation(kind=Kind.CONSTANT, format=Format.holding(value, value), place=value, low=value, high=value)

"""Linear forms: what a sum is made of, so that two values can be seen to differ by a multiple of a third."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from hdlgen.dataflow import Kind, Operation

__all__ = ["LinearForm", "LinearForms"]

Product = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearForm:
    """`constant` plus products of operations, each times a coefficient that is not 0."""

    terms: Mapping[Product, Fraction]
    constant: Fraction

    def plus(self, other: LinearForm, factor: Fraction) -> LinearForm:
        """Add a multiple of another form."""
        terms = dict(self.terms)
        for product, coefficient in other.terms.items():
            terms[product] = terms.get(product, Fraction(0)) + factor * coefficient
        kept = {product: coefficient for product, coefficient in terms.items() if coefficient}
        return LinearForm(terms=kept, constant=self.constant + factor * other.constant)


class LinearForms:
    """The forms of the operations of a dataflow, each found once: sums are followed down to what is no sum."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._operations = operations
        self._known: dict[int, LinearForm] = {}

    def of(self, number: int) -> LinearForm:
        """Give the form of an operation."""
        if number not in self._known:
            self._known[number] = self._found(number)
        return self._known[number]

    def multiple(self, difference: tuple[int, int], of: int) -> tuple[Fraction, Fraction] | None:
        """Write the difference of two operations as a multiple of a third plus a constant; None where it is none."""
        left, right = (self.of(number) for number in difference)
        wanted, unit = left.plus(right, Fraction(-1)), self.of(of)
        if not unit.terms:
            return None
        product = next(iter(unit.terms))
        factor = wanted.terms.get(product, Fraction(0)) / unit.terms[product]
        rest = wanted.plus(unit, -factor)
        return None if rest.terms else (factor, rest.constant)

    def _found(self, number: int) -> LinearForm:
        operation = self._operations[number]
        if operation.kind is Kind.CONSTANT:
            return LinearForm(terms={}, constant=Fraction(operation.place))
        if operation.kind is not Kind.SUM:
            return LinearForm(terms={(number,): Fraction(1)}, constant=Fraction(0))
        total = LinearForm(terms={}, constant=Fraction(operation.place))
        for term in operation.terms:
            if len(term.factors) == 1:
                form = self.of(term.factors[0])
            else:
                form = LinearForm(terms={tuple(sorted(term.factors)): Fraction(1)}, constant=Fraction(0))
            total = total.plus(form, Fraction(term.coefficient))
        return total

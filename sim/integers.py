"""Integer terms in a normal form: polynomials over atoms such as minimum, floor and sign, equal ones made once.

Two ways to compute the same are shown to be equal by becoming the same term. Every term knows an interval that its
value stays in, which tells where a word cannot overflow, and then wrapping it does nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Atom", "Integers", "TooManyTerms"]

Product = tuple[int, ...]
"""Numbers of atoms, sorted; the empty one is 1."""

_MOST = 20_000


class TooManyTerms(Exception):
    """A term has grown beyond its limit."""


@dataclass(frozen=True, slots=True)
class Atom:
    """What is no sum or product.

    Args:
        kind: variable, floor (of args[0] / 2**parameters[0]), negative (args[0] < 0), zero (args[0] == 0), least,
            greatest, choose (args[0] is 1 ? args[1] : args[2]), and, or, xor, power (2**args[0]), shifted (the floor of
            args[0] / 2**args[1]), table.
        args: terms. parameters: plain data.
        low, high: least and greatest value.
    """

    kind: str
    args: tuple[int, ...]
    parameters: tuple[object, ...]
    low: int
    high: int


class Integers:
    """Make terms; a term is a number. `terms` holds its products with their coefficients, `ranges` its interval."""

    def __init__(self) -> None:
        self.terms: list[dict[Product, int]] = []
        self.ranges: list[tuple[int, int]] = []
        self.atoms: list[Atom] = []
        self._known: dict[frozenset[tuple[Product, int]], int] = {}
        self._atoms: dict[tuple[object, ...], int] = {}

    # Sums and products

    def constant(self, value: int) -> int:
        """Give a constant."""
        return self._term({(): value})

    def variable(self, name: str, place: int, low: int, high: int) -> int:
        """Give a variable; one of equal name and place is the same."""
        return self._atom("variable", (), (name, place), low, high)

    def value(self, term: int) -> int | None:
        """Give the value of a constant term; None for another."""
        low, high = self.ranges[term]
        return low if low == high else None

    def add(self, *weighted: tuple[int, int]) -> int:
        """Add terms, each with a factor."""
        found: dict[Product, int] = {}
        low = high = 0
        for term, factor in weighted:
            for product, coefficient in self.terms[term].items():
                found[product] = found.get(product, 0) + factor * coefficient
            ends = sorted(factor * bound for bound in self.ranges[term])
            low, high = low + ends[0], high + ends[1]
        return self._within(self._term(found), low, high)

    def multiply(self, left: int, right: int) -> int:
        """Multiply two terms."""
        found: dict[Product, int] = {}
        if len(self.terms[left]) * len(self.terms[right]) > _MOST:
            raise TooManyTerms(f"a product must have at most {_MOST} terms")
        for one, first in self.terms[left].items():
            for other, second in self.terms[right].items():
                product = self._product(one, other)
                found[product] = found.get(product, 0) + first * second
        ends = [one * other for one in self.ranges[left] for other in self.ranges[right]]
        return self._within(self._term(found), min(ends), max(ends))

    def _product(self, left: Product, right: Product) -> Product:
        both = sorted((*left, *right))
        kept = [
            atom
            for place, atom in enumerate(both)
            if not (place and both[place - 1] == atom and (self.atoms[atom].low, self.atoms[atom].high) == (0, 1))
        ]
        return tuple(kept)

    def _term(self, products: Mapping[Product, int]) -> int:
        kept = {product: coefficient for product, coefficient in products.items() if coefficient}
        key = frozenset(kept.items())
        if key not in self._known:
            if len(kept) > _MOST:
                raise TooManyTerms(f"a sum must have at most {_MOST} terms")
            self._known[key] = len(self.terms)
            self.terms.append(kept)
            self.ranges.append(self._range(kept))
        return self._known[key]

    def _range(self, products: Mapping[Product, int]) -> tuple[int, int]:
        low = high = 0
        for product, coefficient in products.items():
            least, most = 1, 1
            for atom in dict.fromkeys(product):
                corners = [bound ** product.count(atom) for bound in (self.atoms[atom].low, self.atoms[atom].high)]
                if product.count(atom) % 2 == 0 and self.atoms[atom].low < 0 < self.atoms[atom].high:
                    corners.append(0)
                ends = [x * y for x in (least, most) for y in (min(corners), max(corners))]
                least, most = min(ends), max(ends)
            low += min(coefficient * least, coefficient * most)
            high += max(coefficient * least, coefficient * most)
        return low, high

    def _atom(self, kind: str, args: Sequence[int], parameters: tuple[object, ...], low: int, high: int) -> int:
        if low == high:
            return self.constant(low)
        key = (kind, tuple(args), parameters)
        if key not in self._atoms:
            self._atoms[key] = len(self.atoms)
            self.atoms.append(Atom(kind, tuple(args), parameters, low, high))
        return self._term({(self._atoms[key],): 1})

    def single(self, term: int) -> Atom | None:
        """Give the atom that a term is; None where it is none."""
        if len(self.terms[term]) == 1:
            ((product, coefficient),) = self.terms[term].items()
            if coefficient == 1 and len(product) == 1:
                return self.atoms[product[0]]
        return None

    # Words

    def floor(self, term: int, places: int) -> int:
        """Give the floor of a term over `2**places`."""
        if places <= 0:
            return self.add((term, 1 << -places))
        low, high = self.ranges[term]
        if low >> places == high >> places:
            return self.constant(low >> places)
        inner = [self.atoms[product[0]] for product, c in self.terms[term].items() if len(product) == 1 and c == 1]
        floors = [atom for atom in inner if atom.kind == "floor"]
        if len(floors) == 1:  # a floor of a floor is one floor
            (atom,) = floors
            depth = int(str(atom.parameters[0]))
            own = self._atom(atom.kind, atom.args, atom.parameters, atom.low, atom.high)
            return self.floor(self.add((term, 1 << depth), (own, -1 << depth), (atom.args[0], 1)), places + depth)
        common = math.gcd(*(c for product, c in self.terms[term].items() if product))
        shared = min((common & -common).bit_length() - 1, places)
        if shared:  # what stands below all coefficients is constant, and falls away
            finer = {product: c >> shared for product, c in self.terms[term].items()}
            within = (bound >> shared for bound in self.ranges[term])
            return self.floor(self._within(self._term(finer), *within), places - shared)
        unit = 1 << places
        if self.ranges[term][0] >= -unit and self.ranges[term][1] < unit:
            return self.add((self.negative(term), -1))
        whole = {product: c // unit for product, c in self.terms[term].items() if c % unit == 0}
        rest = {product: c for product, c in self.terms[term].items() if c % unit}
        if () in rest:
            whole[()] = rest[()] // unit
            rest[()] %= unit
        part = self._term(rest)
        low, high = self.ranges[part]
        if low >> places == high >> places:
            floor = self.constant(low >> places)
        elif low >= -unit and high < unit:
            floor = self.add((self.negative(part), -1))
        else:
            floor = self._atom("floor", (part,), (places,), low >> places, high >> places)
        return self.add((self._term(whole), 1), (floor, 1))

    def wrap(self, term: int, width: int, *, signed: bool) -> int:
        """Keep the lowest bits of a term, and read them with or without sign."""
        half = 1 << (width - 1) if signed else 0
        turns = self.floor(self.add((term, 1), (self.constant(half), 1)), width)
        wrapped = self.add((term, 1), (turns, -(1 << width)))
        return self._within(wrapped, -half, (1 << width) - 1 - half)

    def _within(self, term: int, low: int, high: int) -> int:
        """Note bounds of a term that its products alone do not tell, as they cancel."""
        least, most = self.ranges[term]
        self.ranges[term] = max(least, low), min(most, high)
        return term

    # Decisions

    def negative(self, term: int) -> int:
        """Give 1 where a term is below 0, else 0."""
        low, high = self.ranges[term]
        if high < 0 or low >= 0:
            return self.constant(int(high < 0))
        products = self.terms[term]
        common = math.gcd(*(c for product, c in products.items() if product))
        if common > 1:
            term = self._term({product: c // common for product, c in products.items()})
            products = self.terms[term]
        lead = max(product for product in products if product)
        if products[lead] < 0:
            other = self.negative(self.add((term, -1), (self.constant(-1), 1)))
            return self.add((self.constant(1), 1), (other, -1))
        if self.ranges[term] == (-1, 0):
            return self.add((term, -1))
        return self._atom("negative", (term,), (), 0, 1)

    def zero(self, term: int) -> int:
        """Give 1 where a term is 0, else 0."""
        low, high = self.ranges[term]
        if low > 0 or high < 0 or low == high:
            return self.constant(int(low == high == 0))
        products = self.terms[term]
        common = math.gcd(*(c for product, c in products.items() if product))
        if products.get((), 0) % common:
            return self.constant(0)
        lead = max(product for product in products if product)
        term = self._term(
            {product: c // (common if products[lead] > 0 else -common) for product, c in products.items()}
        )
        low, high = self.ranges[term]
        if (low, high) == (0, 1):
            return self.add((self.constant(1), 1), (term, -1))
        if (low, high) == (-1, 0):
            return self.add((self.constant(1), 1), (term, 1))
        return self._atom("zero", (term,), (), 0, 1)

    def choose(self, condition: int, one: int, zero: int) -> int:
        """Give `one` where a condition is 1, `zero` where it is 0."""
        known = self.value(condition)
        if known is not None or one == zero:
            return one if known or one == zero else zero
        atom = self.single(condition)
        inverse = self.add((self.constant(1), 1), (condition, -1))
        if atom is None and self.single(inverse) is not None:
            return self.choose(inverse, zero, one)
        if atom is not None and atom.kind == "negative":
            difference = self.add((one, 1), (zero, -1))
            for sign, better in ((1, "least"), (-1, "greatest")):
                gap = self.value(self.add((atom.args[0], 1), (difference, -sign)))
                if gap in (0, -1):
                    return self._best(better, (one, zero))
        if all(low >= 0 and high <= 1 for low, high in (self.ranges[one], self.ranges[zero])):
            chosen = self.add((self.multiply(condition, one), 1), (self.multiply(inverse, zero), 1))
            return self._within(chosen, 0, 1)
        low = min(self.ranges[one][0], self.ranges[zero][0])
        high = max(self.ranges[one][1], self.ranges[zero][1])
        return self._atom("choose", (condition, one, zero), (), low, high)

    def least(self, *terms: int) -> int:
        """Give the least of terms."""
        return self._best("least", terms)

    def greatest(self, *terms: int) -> int:
        """Give the greatest of terms."""
        return self._best("greatest", terms)

    def _best(self, kind: str, terms: Sequence[int]) -> int:
        flat: set[int] = set()
        for term in terms:
            atom = self.single(term)
            flat.update(atom.args if atom is not None and atom.kind == kind else (term,))
        sign = -1 if kind == "least" else 1
        span = {term: sorted((sign * self.ranges[term][0], sign * self.ranges[term][1])) for term in flat}
        low, high = (max(ends[side] for ends in span.values()) for side in (0, 1))
        kept = sorted(
            term
            for term in flat
            if not any(
                span[other][0] >= span[term][1] and (other < term or span[term][0] < span[other][1])
                for other in flat - {term}
            )
        )
        low, high = sorted((sign * low, sign * high))
        if len(kept) == 1:
            return kept[0]
        return self._atom(kind, kept, (), low, high)

    def clip(self, term: int, low: int, high: int) -> int:
        """Give what is nearest to a term from low to high."""
        return self.least(self.greatest(term, self.constant(low)), self.constant(high))

    # Bits

    def bitwise(self, kind: str, left: int, right: int) -> int:
        """Give `and`, `or` or `xor` of two terms in two's complement."""
        if all(low >= 0 and high <= 1 for low, high in (self.ranges[left], self.ranges[right])):
            both = self.multiply(left, right)
            factor = {"and": (0, 1), "or": (1, -1), "xor": (1, -2)}[kind]
            return self._within(self.add((left, factor[0]), (right, factor[0]), (both, factor[1])), 0, 1)
        for mask, other in ((self.value(left), right), (self.value(right), left)):
            if kind == "and" and mask is not None and mask > 0 and not mask & (mask + 1):
                return self.wrap(other, mask.bit_length(), signed=False)
        ends = [bound for term in (left, right) for bound in self.ranges[term]]
        width = max((bound if bound >= 0 else ~bound).bit_length() for bound in ends)
        low = 0 if min(ends) >= 0 else -(1 << width)
        return self._atom(kind, sorted((left, right)), (), low, (1 << width) - 1)

    def power(self, term: int) -> int:
        """Give 2 to the power of a term, which must not be negative."""
        low, high = self.ranges[term]
        if low < 0:
            raise TooManyTerms("a shift must not be negative")
        return self._atom("power", (term,), (), 1 << low, 1 << high)

    def shifted(self, term: int, amount: int) -> int:
        """Give the floor of a term over 2 to the power of another, which must not be negative."""
        known = self.value(amount)
        if known is not None:
            return self.floor(term, known)
        least, most = self.ranges[amount]
        if least < 0:
            raise TooManyTerms("a shift must not be negative")
        ends = [bound >> places for bound in self.ranges[term] for places in (least, most)]
        return self._atom("shifted", (term, amount), (), min(ends), max(ends))

    def table(self, values: tuple[int, ...], index: int) -> int:
        """Look up a term, which must be within the table."""
        known = self.value(index)
        if known is not None:
            return self.constant(values[known])
        return self._atom("table", (index,), (values,), min(values), max(values))

"""Polynomials of bits: sums of products proved by rewriting adders backward, all outputs of an adder at once.

A word's value is a polynomial in its bits. From the deepest adders on, each is replaced by what it adds, which is
linear as long as its sum and its carry stand together, and gates by their polynomials, in which a bit is its own
square. What is left are the variables; two polynomials in those are equal or the words differ.

Source: Ciesielski, Yu, Brown, Liu and Rossi, DAC 2015 (function extraction by backward rewriting).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence

from sim.expressions import Expressions

__all__ = ["Known", "Monomial", "Polynomial", "TooLarge", "linear", "product", "reduce_to_variables"]

Monomial = frozenset[int]
"""The nodes whose product it is; the empty one is 1."""
Polynomial = dict[Monomial, int]
"""Coefficients by monomial, none 0."""

_ONE: Monomial = frozenset()
_MOST_OPENED = 20
"""Gates opened for the sake of one adder."""


class TooLarge(Exception):
    """A polynomial has grown beyond its limit, or an adder's outputs do not stand together."""


def linear(literals: Iterable[tuple[int, int]]) -> Polynomial:
    """Give the sum of weighted literals; `(literal, weight)` each."""
    found: Polynomial = {}
    for literal, weight in literals:
        node = literal >> 1
        if literal & 1:
            _add(found, _ONE, weight)
            weight = -weight
        if node:
            _add(found, frozenset((node,)), weight)
    return found


def product(left: Mapping[Monomial, int], right: Mapping[Monomial, int], modulus: int) -> Polynomial:
    """Multiply two polynomials; a bit is its own square."""
    found: Polynomial = {}
    for one, first in left.items():
        for other, second in right.items():
            _add(found, one | other, first * second, modulus)
    return found


def _add(polynomial: Polynomial, monomial: Monomial, coefficient: int, modulus: int = 0) -> None:
    total = polynomial.get(monomial, 0) + coefficient
    if modulus:
        total %= modulus
    if total:
        polynomial[monomial] = total
    else:
        polynomial.pop(monomial, None)


Known = Callable[[Sequence[int], int], "tuple[Polynomial, int] | None"]
"""Gives `2**shift` times the value of an operand where it is known as a whole, and the shift.

It is told the operand, and the lowest node that the adder puts out.
"""


def reduce_to_variables(
    made: Expressions,
    polynomial: Mapping[Monomial, int],
    *,
    modulus: int,
    most: int,
    known: Known | None = None,
) -> Polynomial:
    """Rewrite a polynomial until only variables are left.

    Args:
        modulus: what coefficients count modulo: a power of two.
        most: monomials that it may grow to.
    Raises: TooLarge.
    """
    return _Rewriting(made, modulus, most, known).run(polynomial)


class _Rewriting:
    """A polynomial on its way, with the monomials of each node at hand."""

    def __init__(self, made: Expressions, modulus: int, most: int, known: Known | None) -> None:
        self.made, self.modulus, self.most, self.known = made, modulus, most, known
        self.terms: Polynomial = {}
        self.where: dict[int, set[Monomial]] = {}
        self.queue: list[tuple[int, int]] = []

    def run(self, polynomial: Mapping[Monomial, int]) -> Polynomial:
        for monomial, coefficient in polynomial.items():
            self.put(monomial, coefficient)
        while self.queue:
            node = -heapq.heappop(self.queue)[1]
            if not self.where.get(node):
                continue
            group = self.made.group.get(node)
            if group is None:
                self.substitute(node, self.gate(node))
            elif len(group.outputs) == 2:
                self.full_adder(group.outputs, (group.left[0], group.right[0], group.carry_in))
            else:
                self.adder(group.outputs, group.left, group.right, group.carry_in)
        return self.terms

    def put(self, monomial: Monomial, coefficient: int) -> None:
        """Add a term."""
        total = (self.terms.get(monomial, 0) + coefficient) % self.modulus
        if not total:
            if self.terms.pop(monomial, 0):
                for node in monomial:
                    self.where[node].discard(monomial)
            return
        if monomial not in self.terms:
            if len(self.terms) >= self.most:
                raise TooLarge(f"a sum's polynomial must have at most {self.most} terms")
            for node in monomial:
                there = self.where.setdefault(node, set())
                if not there and node not in self.made.names:
                    heapq.heappush(self.queue, (-self.made.level[node], -node))
                there.add(monomial)
        self.terms[monomial] = total

    def take(self, nodes: Sequence[int]) -> dict[Monomial, dict[Monomial, int]]:
        """Take out all terms with some nodes: by what else they hold, then by which of the nodes they hold."""
        wanted = frozenset(nodes)
        found: dict[Monomial, dict[Monomial, int]] = {}
        for monomial in {each for node in nodes for each in self.where.get(node, ())}:
            found.setdefault(monomial - wanted, {})[monomial & wanted] = self.terms.pop(monomial)
            for node in monomial:
                self.where[node].discard(monomial)
        return found

    def spread(self, rest: Monomial, polynomial: Mapping[Monomial, int], factor: int) -> None:
        """Add `factor * rest * polynomial`."""
        for monomial, coefficient in polynomial.items():
            self.put(rest | monomial, coefficient * factor)

    def gate(self, node: int) -> Polynomial:
        """Give a gate's polynomial in what it reads."""
        left, right = (linear([(literal, 1)]) for literal in self.made.reads[node])
        both = product(left, right, 0)
        return _sum((left, 1), (right, 1), (both, -2)) if node in self.made.exclusive else both

    def substitute(self, node: int, polynomial: Mapping[Monomial, int]) -> None:
        for rest, parts in self.take([node]).items():
            for coefficient in parts.values():
                self.spread(rest, polynomial, coefficient)

    def full_adder(self, outputs: Sequence[int], inputs: Sequence[int]) -> None:
        """Replace sum and carry: together they are linear, and what is left over of the carry is its majority."""
        a, b, c = (linear([(literal, 1)]) for literal in inputs)
        ab, ac, bc = (product(x, y, 0) for x, y in ((a, b), (a, c), (b, c)))
        abc = product(ab, c, 0)
        carry = _sum((ab, 1), (ac, 1), (bc, 1), (abc, -2))
        total = _sum((a, 1), (b, 1), (c, 1))
        one, other = frozenset(outputs[:1]), frozenset(outputs[1:])
        for rest, parts in self.take(outputs).items():
            single = parts.get(one, 0)
            self.spread(rest, total, single)
            left = (parts.get(other, 0) - 2 * single) % self.modulus
            if left:
                self.spread(rest, carry, left)
            if parts.get(one | other, 0):
                self.spread(rest, abc, parts[one | other])

    def untangle(self, outputs: Sequence[int]) -> None:
        """Open the gates that an adder's bits are multiplied by: such products may cancel, as with 'one' and 'two'."""
        for _ in range(_MOST_OPENED):
            tangled = {each for node in outputs for each in self.where.get(node, ()) if len(each) > 1}
            found = [(self.made.level[node], node) for each in tangled for node in each if self.made.reads[node]]
            if not found:
                return
            _, node = max(found)
            opened = self.gate(node)
            for monomial in [each for each in tangled if node in each]:
                coefficient = self.terms[monomial]
                self.put(monomial, -coefficient)
                self.spread(monomial - {node}, opened, coefficient)

    def adder(self, outputs: Sequence[int], left: Sequence[int], right: Sequence[int], carry_in: int) -> None:
        """Replace all bits of a sum, which must stand with the weights of a word."""
        words = [(linear([(carry_in, 1)]), 0)]
        for side in (left, right):
            value = self.known(side, outputs[0]) if self.known else None
            words.append(value or (linear((literal, 1 << place) for place, literal in enumerate(side)), 0))
        self.untangle(outputs)
        for rest, parts in self.take(outputs).items():
            unit = parts.get(frozenset(outputs[:1]), 0)
            for place, output in enumerate(outputs):
                wanted = (unit << place) % self.modulus
                if parts.pop(frozenset((output,)), 0) != wanted:
                    raise TooLarge("an adder's bits must count with the weights of a word")
            if parts:
                raise TooLarge("an adder's bits must not be multiplied by one another")
            for word, shift in words:
                if unit % (1 << shift):
                    raise TooLarge("the upper part of a word must count with the weights of the whole")
                self.spread(rest, word, unit >> shift)


def _sum(*parts: tuple[Mapping[Monomial, int], int]) -> Polynomial:
    found: Polynomial = {}
    for polynomial, factor in parts:
        for monomial, coefficient in polynomial.items():
            _add(found, monomial, coefficient * factor)
    return found

"""Backward rewriting against multiplication by hand; a wrong gate leaves something over."""

from __future__ import annotations

import pytest

from sim.expressions import FALSE, Expressions, evaluate, to_network
from sim.polynomials import Polynomial, TooLarge, linear, product, reduce_to_variables

WIDTH = 4


def multiplier(made: Expressions, *, wrong: bool = False, whole: bool = True) -> tuple[list[int], list[int], list[int]]:
    """Make an array multiplier of two words without sign, its last addition as a whole or rippling."""
    left = [made.variable(f"a{k}") for k in range(WIDTH)]
    right = [made.variable(f"b{k}") for k in range(WIDTH)]
    total = [FALSE] * (2 * WIDTH)
    for place, bit in enumerate(right):
        row = [FALSE] * place + [made.conjunction(bit, each) for each in left] + [FALSE] * (WIDTH - place)
        if wrong and place == 2:
            row[3] = made.disjunction(bit, left[1])
        if whole and place == WIDTH - 1:
            return left, right, list(made.adder(total, row, FALSE))[:-1]
        carry, sums = FALSE, []
        for a, b in zip(total, row, strict=True):
            one, carry = made.full_adder(a, b, carry)
            sums.append(one)
        total = sums
    return left, right, total


def difference(made: Expressions, left: list[int], right: list[int], total: list[int]) -> Polynomial:
    modulus = 1 << len(total)
    found = linear((bit, 1 << place) for place, bit in enumerate(total))
    one, other = (linear((bit, 1 << k) for k, bit in enumerate(word)) for word in (left, right))
    wanted = product(one, other, modulus)
    for monomial, factor in wanted.items():
        found[monomial] = found.get(monomial, 0) - factor
    return reduce_to_variables(made, found, modulus=modulus, most=100_000)


@pytest.mark.parametrize("whole", [True, False])
def test_a_multiplier_is_the_product(whole: bool) -> None:
    made = Expressions()
    assert difference(made, *multiplier(made, whole=whole)) == {}


def test_what_a_wrong_gate_leaves_over_tells_where_it_matters() -> None:
    made = Expressions()
    left, right, total = multiplier(made, wrong=True)
    rest = difference(made, left, right, total)
    assert rest
    for number in range(1 << 2 * WIDTH):
        bits = {literal >> 1: number >> place & 1 for place, literal in enumerate([*left, *right])}
        got = sum(bit << k for k, bit in enumerate(evaluate(made, total, bits, 1)))
        off = sum(c * all(bits[node] for node in monomial) for monomial, c in rest.items())
        wanted = (number & 15) * (number >> 4)
        assert (got - wanted - off) % (1 << 2 * WIDTH) == 0


def test_what_an_adders_bits_are_multiplied_by_cancels_once_it_is_opened() -> None:
    """A carry of `u and not w` or another one, written as an OR, although both are never high together."""
    made = Expressions()
    left, right = ([made.variable(f"{side}{k}") for k in range(2)] for side in "ab")
    u, w = made.variable("u"), made.variable("w")
    total = made.adder(left, right, FALSE)
    one, differ = made.conjunction(u, w ^ 1), made.exclusive_or(u, w)
    both = made.conjunction(total[0], made.conjunction(one, differ))  # that is `total[0] and one`
    found = linear([(made.exclusive_or(total[0], one), 1), (both, 2), (total[1], 2), (total[2], 4)])
    wanted = linear([(bit, 1 << place) for word in (left, right) for place, bit in enumerate(word)])
    wanted |= {frozenset((u >> 1,)): 1, frozenset((u >> 1, w >> 1)): -1}
    assert reduce_to_variables(made, found, modulus=8, most=1_000) == {m: c % 8 for m, c in wanted.items()}
    wrong = linear([(made.exclusive_or(total[0], one), 1), (made.conjunction(total[0], differ), 2), (total[1], 2)])
    with pytest.raises(TooLarge, match="an adder's bits must"):
        reduce_to_variables(made, wrong, modulus=8, most=1_000)


def test_a_polynomial_that_grows_beyond_its_limit_is_refused() -> None:
    made = Expressions()
    _, _, total = multiplier(made)
    with pytest.raises(TooLarge, match="^a sum's polynomial must have at most 3 terms$"):
        reduce_to_variables(made, linear((bit, 1 << k) for k, bit in enumerate(total)), modulus=256, most=3)


def test_networks_of_expressions_refuse_a_variable_that_is_not_listed() -> None:
    made = Expressions()
    a, b = made.variable("a"), made.variable("b")
    with pytest.raises(ValueError, match="^to_network: b must be among the variables$"):
        to_network(made, [a], [[made.conjunction(a, b)]])

"""Digits of constants: their value, their form, and that no writing with fewer digits exists."""

from __future__ import annotations

from itertools import pairwise

import pytest

from hdlgen.arithmetic.constants import CONSTANT_ENCODINGS, binary_digits, signed_digits

NUMBERS = range(-200, 201)


def fewest_digits(largest: int) -> dict[int, int]:
    """Find by breadth-first search how many signed powers of two each number needs at least."""
    powers = [sign << place for place in range(largest.bit_length() + 2) for sign in (1, -1)]
    bound = 1 << (largest.bit_length() + 2)
    found, frontier = {0: 0}, {0}
    while frontier:
        reached = {number + power for number in frontier for power in powers} - found.keys()
        frontier = {number for number in reached if abs(number) <= bound}
        found.update(dict.fromkeys(frontier, max(found.values()) + 1))
    return found


@pytest.mark.parametrize("name", sorted(CONSTANT_ENCODINGS))
def test_digits_add_up_to_the_constant(name: str) -> None:
    for number in (*NUMBERS, 2**40 - 1, -(2**40) - 3):
        digits = CONSTANT_ENCODINGS[name](number)
        assert sum(digit.sign * 2**digit.shift for digit in digits) == number
        assert all(digit.sign in (1, -1) and digit.shift >= 0 for digit in digits)
        assert [digit.shift for digit in digits] == sorted({digit.shift for digit in digits})


def test_signed_digits_are_canonical_and_the_fewest() -> None:
    fewest = fewest_digits(200)
    for number in NUMBERS:
        digits = signed_digits(number)
        shifts = [digit.shift for digit in digits]
        assert all(later - earlier > 1 for earlier, later in pairwise(shifts))
        assert len(digits) == fewest[number]


def test_binary_digits_are_the_ones_of_the_magnitude() -> None:
    for number in NUMBERS:
        assert len(binary_digits(number)) == abs(number).bit_count()
        assert {digit.sign for digit in binary_digits(number)} <= {-1 if number < 0 else 1}


def test_a_run_of_ones_tells_the_two_apart() -> None:
    assert binary_digits(15) == ((0, 1), (1, 1), (2, 1), (3, 1))
    assert signed_digits(15) == ((0, -1), (4, 1))
    assert signed_digits(-15) == ((0, 1), (4, -1))

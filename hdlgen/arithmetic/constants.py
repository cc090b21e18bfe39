"""Constants as sums of shifted ones: which rows a multiplication by a constant adds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

__all__ = ["CONSTANT_ENCODINGS", "Digit", "binary_digits", "signed_digits"]


class Digit(NamedTuple):
    """One digit of a constant: `sign * 2**shift`, the sign being 1 or -1."""

    shift: int
    sign: int


def binary_digits(constant: int) -> tuple[Digit, ...]:
    """Write a constant as the ones of its magnitude, all with the constant's sign; lowest first."""
    sign = -1 if constant < 0 else 1
    return tuple(Digit(shift, sign) for shift in range(abs(constant).bit_length()) if abs(constant) >> shift & 1)


def signed_digits(constant: int) -> tuple[Digit, ...]:
    """Write a constant in canonical signed digits: no two neighbours are both nonzero, so the fewest are; lowest first.

    Source: Reitwiesner, Advances in Computers 1, 1960, 231-308.
    """
    digits = []
    rest, shift = constant, 0
    while rest:
        if rest & 1:
            sign = 2 - (rest & 3)
            digits.append(Digit(shift, sign))
            rest -= sign
        rest >>= 1
        shift += 1
    return tuple(digits)


CONSTANT_ENCODINGS: Mapping[str, Callable[[int], tuple[Digit, ...]]] = {
    "signed_digits": signed_digits,
    "binary": binary_digits,
}
"""The encodings by name, the sensible default first."""

"""Numbers: two's complement formats with a fixed binary point, and exact conversion between them on numpy arrays.

A value is kept as its raw integer: `value = raw * 2**-fraction`. Arrays hold raw integers as int64, or as Python
integers (dtype object) where 64 bits do not suffice; every function here is exact for both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hdlgen.limits import MAX_WIDTH

__all__ = [
    "INT64_WIDTH",
    "OVERFLOWS",
    "ROUNDINGS",
    "Format",
    "IntArray",
    "convert",
    "drop_bits",
    "saturate",
    "wrap",
]

IntArray: TypeAlias = NDArray[Any]
"""Raw integers: dtype int64, or object holding Python integers."""

INT64_WIDTH = 62
"""Widest number that int64 arrays carry here: one bit is left for a sum before it is reduced."""

_TEXT = re.compile(
    r"(?:(?P<kind>[iu])(?P<width>[0-9]{1,6})|(?P<fixed>u?q)(?P<integer>-?[0-9]{1,6})\.(?P<fraction>[0-9]{1,6}))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """Describe a number: `width` bits, the lowest `fraction` of them behind the binary point, with or without sign.

    Args:
        width: bits in all, the sign included; 1 to MAX_WIDTH.
        fraction: bits behind the binary point, 0 to MAX_WIDTH; may exceed the width.
        signed: two's complement where true.
    Raises: ValueError for a width or fraction outside these ranges.
    """

    width: int
    fraction: int = 0
    signed: bool = True

    def __post_init__(self) -> None:
        if type(self.width) is not int or not 1 <= self.width <= MAX_WIDTH:
            raise ValueError(f"Format: width must be 1 to {MAX_WIDTH} bits, not {self.width!r}")
        if type(self.fraction) is not int or not 0 <= self.fraction <= MAX_WIDTH:
            raise ValueError(f"Format: fraction must be 0 to {MAX_WIDTH} bits, not {self.fraction!r}")

    @property
    def low(self) -> int:
        """Give the smallest raw integer."""
        return -(1 << (self.width - 1)) if self.signed else 0

    @property
    def high(self) -> int:
        """Give the largest raw integer."""
        return (1 << (self.width - self.signed)) - 1

    def holds(self, low: int, high: int) -> bool:
        """Tell whether every raw integer from low to high lies in the format."""
        return self.low <= low and high <= self.high

    @classmethod
    def holding(cls, low: int, high: int, *, fraction: int = 0) -> Format:
        """Choose the narrowest format that holds the raw integers low to high: unsigned where none is negative.

        Raises: ValueError where low exceeds high or more than MAX_WIDTH bits are needed.
        """
        if low > high:
            raise ValueError(f"Format: low must be at most {high}, not {low!r}")
        signed = low < 0
        width = max((~low if signed else 0).bit_length(), high.bit_length() if high >= 0 else 0) + signed
        return cls(width=max(width, 1), fraction=fraction, signed=signed)

    @classmethod
    def parse(cls, text: str) -> Format:
        """Read `i8`, `u8`, `q4.12` (16 bits with the sign, 12 of them fraction) or `uq0.8`.

        Raises: ValueError for any other text; the message is the rule alone, for the caller to put a place before it.
        """
        match = _TEXT.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise ValueError(f"must be a format such as i8, u8, q4.12 or uq0.8, not {text!r}")
        if match["kind"]:
            width, fraction, signed = int(match["width"]), 0, match["kind"] == "i"
        else:
            fraction = int(match["fraction"])
            width, signed = int(match["integer"]) + fraction, match["fixed"] == "q"
        if not 1 <= width <= MAX_WIDTH or fraction > MAX_WIDTH:
            raise ValueError(f"must be a format of 1 to {MAX_WIDTH} bits, not {text!r}")
        return cls(width=width, fraction=fraction, signed=signed)

    def __str__(self) -> str:
        """Write the format as `parse` reads it."""
        if not self.fraction:
            return f"{'i' if self.signed else 'u'}{self.width}"
        return f"{'q' if self.signed else 'uq'}{self.width - self.fraction}.{self.fraction}"


def _floor(raw: IntArray, count: int) -> IntArray:
    return raw >> count


def _half_up(raw: IntArray, count: int) -> IntArray:
    # Not (raw + half) >> count: the sum could leave int64.
    return np.asarray((raw >> count) + ((raw >> (count - 1)) & 1))


def _half_even(raw: IntArray, count: int) -> IntArray:
    down, rest, half = raw >> count, raw & ((1 << count) - 1), 1 << (count - 1)
    up = (rest > half) | ((rest == half) & ((down & 1) == 1))
    return np.asarray(down + up.astype(raw.dtype))


def _toward_zero(raw: IntArray, count: int) -> IntArray:
    up = (raw < 0) & ((raw & ((1 << count) - 1)) != 0)
    return np.asarray((raw >> count) + up.astype(raw.dtype))


ROUNDINGS: Mapping[str, Callable[[IntArray, int], IntArray]] = {
    "floor": _floor,
    "half_up": _half_up,
    "half_even": _half_even,
    "toward_zero": _toward_zero,
}
"""How the lowest `count` bits of raw integers may be dropped; half_up takes ties towards plus infinity."""


def _fits(array: IntArray, width: int) -> bool:
    return array.dtype == object or width <= INT64_WIDTH


def drop_bits(raw: IntArray, count: int, rounding: str) -> IntArray:
    """Drop the lowest `count` bits of raw integers by one of ROUNDINGS; exact, any `count` from 0."""
    if rounding not in ROUNDINGS:
        raise ValueError(f"drop_bits: rounding must be one of {', '.join(ROUNDINGS)}, not {rounding!r}")
    if count == 0:
        return raw
    if not _fits(raw, count):
        # What is left of 62-bit numbers is -1, 0 or 1.
        return ROUNDINGS[rounding](raw.astype(object), count).astype(np.int64)
    return ROUNDINGS[rounding](raw, count)


def wrap(raw: IntArray, target: Format) -> IntArray:
    """Keep the lowest `target.width` bits of raw integers and read them in that format."""
    if not _fits(raw, target.width):
        return wrap(raw.astype(object), target)
    pattern = np.asarray(raw & ((1 << target.width) - 1))
    if not target.signed:
        return pattern
    sign = 1 << (target.width - 1)
    return np.asarray((pattern ^ sign) - sign)


def saturate(raw: IntArray, target: Format) -> IntArray:
    """Replace raw integers beyond the format by its nearest one."""
    if not _fits(raw, target.width):
        return saturate(raw.astype(object), target)
    return np.asarray(np.minimum(np.maximum(raw, target.low), target.high))


OVERFLOWS: Mapping[str, Callable[[IntArray, Format], IntArray]] = {"wrap": wrap, "saturate": saturate}
"""What may happen to raw integers beyond a format."""


def convert(raw: IntArray, source: Format, target: Format, *, rounding: str, overflow: str) -> IntArray:
    """Bring raw integers of one format into another: align the binary point, round, then wrap or saturate.

    Args:
        raw: raw integers in `source`, any shape of at least one dimension.
        source, target: the formats.
        rounding: one of ROUNDINGS, used where fraction bits are dropped.
        overflow: one of OVERFLOWS, used where a value lies beyond `target`.
    Returns: raw integers in `target`; dtype object where int64 could not carry a step on the way.
    """
    if overflow not in OVERFLOWS:
        raise ValueError(f"convert: overflow must be one of {', '.join(OVERFLOWS)}, not {overflow!r}")
    added = target.fraction - source.fraction
    if added <= 0:
        aligned = drop_bits(raw, -added, rounding)
    else:
        aligned = (raw if _fits(raw, source.width + added) else raw.astype(object)) << added
    return OVERFLOWS[overflow](aligned, target)

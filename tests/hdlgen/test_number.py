"""Formats and conversions against exact rational arithmetic, exhaustively at small widths."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from hdlgen.limits import MAX_WIDTH
from hdlgen.number import ROUNDINGS, Format, convert, drop_bits, saturate, wrap

ORACLES: dict[str, Callable[[Fraction], int]] = {
    "floor": math.floor,
    "half_up": lambda value: math.floor(value + Fraction(1, 2)),
    "half_even": round,  # of a Fraction: ties to even
    "toward_zero": math.trunc,
}
SMALL = [Format(width=width, signed=signed) for width in range(1, 6) for signed in (False, True)]


@pytest.mark.parametrize(
    ("text", "width", "fraction", "signed", "low", "high"),
    [
        ("i8", 8, 0, True, -128, 127),
        ("u8", 8, 0, False, 0, 255),
        ("q4.12", 16, 12, True, -(2**15), 2**15 - 1),
        ("uq0.8", 8, 8, False, 0, 255),
        ("q-2.10", 8, 10, True, -128, 127),
        ("i1", 1, 0, True, -1, 0),
        ("u1", 1, 0, False, 0, 1),
    ],
)
def test_a_format_is_read_and_written(text: str, width: int, fraction: int, signed: bool, low: int, high: int) -> None:
    found = Format.parse(text)
    assert found == Format(width=width, fraction=fraction, signed=signed)
    assert (found.low, found.high) == (low, high)
    assert str(found) == text


@pytest.mark.parametrize("text", ["", "8", "i", "i8 ", "I8", "q4", "q.4", "q4.", "f32", "i-1", "u8.0", "i8\n"])
def test_another_text_is_no_format(text: str) -> None:
    with pytest.raises(ValueError) as error:
        Format.parse(text)
    assert str(error.value) == f"must be a format such as i8, u8, q4.12 or uq0.8, not {text!r}"


@pytest.mark.parametrize("text", ["i0", "u0", "q0.0", "q-8.8", "i1025", "q1.2000", "i99999"])
def test_a_format_has_a_width_within_the_limit(text: str) -> None:
    with pytest.raises(ValueError) as error:
        Format.parse(text)
    assert str(error.value) == f"must be a format of 1 to {MAX_WIDTH} bits, not {text!r}"


def test_the_record_checks_itself() -> None:
    with pytest.raises(ValueError) as error:
        Format(width=0)
    assert str(error.value) == "Format: width must be 1 to 1024 bits, not 0"
    with pytest.raises(ValueError) as error:
        Format(width=8, fraction=-1)
    assert str(error.value) == "Format: fraction must be 0 to 1024 bits, not -1"
    with pytest.raises(ValueError) as error:
        Format.holding(3, 2)
    assert str(error.value) == "Format: low must be at most 2, not 3"


def test_the_narrowest_format_is_chosen() -> None:
    for low, high in product(range(-40, 41), repeat=2):
        if low > high:
            continue
        found = Format.holding(low, high)
        assert found.holds(low, high)
        assert found.signed == (low < 0)
        if found.width > 1:
            assert not Format(width=found.width - 1, signed=found.signed).holds(low, high)


@pytest.mark.parametrize("kind", [np.int64, object])
@pytest.mark.parametrize("rounding", sorted(ROUNDINGS))
@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 62, 63, 70])
def test_rounding_is_that_of_rationals(rounding: str, count: int, kind: type) -> None:
    raw = [*range(-40, 41), -(2**62), -(2**61) - 1, 2**61, 2**61 + 1, 2**62 - 1]
    found = drop_bits(np.array(raw, dtype=kind), count, rounding)
    assert found.tolist() == [ORACLES[rounding](Fraction(value, 2**count)) for value in raw]


@pytest.mark.parametrize("kind", [np.int64, object])
@pytest.mark.parametrize("target", SMALL, ids=str)
def test_wrapping_and_saturating_are_those_of_integers(target: Format, kind: type) -> None:
    raw = list(range(-100, 101))
    held = list(range(target.low, target.high + 1))
    wrapped = wrap(np.array(raw, dtype=kind), target).tolist()
    assert all(
        value in held and (value - given) % 2**target.width == 0 for value, given in zip(wrapped, raw, strict=True)
    )
    clipped = saturate(np.array(raw, dtype=kind), target).tolist()
    assert clipped == [min(held, key=lambda value: abs(value - given)) for given in raw]


@pytest.mark.parametrize("overflow", ["wrap", "saturate"])
@pytest.mark.parametrize("rounding", sorted(ROUNDINGS))
def test_conversion_is_that_of_rationals_exhaustively(rounding: str, overflow: str) -> None:
    formats = [
        Format(width=width, fraction=fraction, signed=signed)
        for width, fraction, signed in product((1, 2, 4), (0, 1, 3, 5), (False, True))
    ]
    for source, target in product(formats, repeat=2):
        raw = np.arange(source.low, source.high + 1)
        found = convert(raw, source, target, rounding=rounding, overflow=overflow).tolist()
        for given, value in zip(raw.tolist(), found, strict=True):
            exact = ORACLES[rounding](Fraction(given, 2**source.fraction) * 2**target.fraction)
            if overflow == "saturate":
                assert value == min(max(exact, target.low), target.high)
            else:
                assert target.holds(value, value)
                assert (value - exact) % 2**target.width == 0


def test_conversion_beyond_64_bits_is_exact() -> None:
    source, target = Format(width=60, fraction=0), Format(width=130, fraction=70)
    raw = np.array([source.low, -1, 1, source.high])
    found = convert(raw, source, target, rounding="floor", overflow="wrap")
    assert found.tolist() == [value << 70 for value in raw.tolist()]


def test_an_unknown_rounding_or_overflow_is_refused() -> None:
    with pytest.raises(ValueError) as error:
        drop_bits(np.array([1]), 1, "up")
    assert str(error.value) == "drop_bits: rounding must be one of floor, half_up, half_even, toward_zero, not 'up'"
    with pytest.raises(ValueError) as error:
        convert(np.array([1]), Format(width=8), Format(width=4), rounding="floor", overflow="forbid")
    assert str(error.value) == "convert: overflow must be one of wrap, saturate, not 'forbid'"

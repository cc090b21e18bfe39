"""Functions of reals: against exact fractions and scipy in other orders of evaluation, ties and edges by hand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np
import pytest
from scipy import special

from hdlgen import reals
from hdlgen.number import Format
from hdlgen.reals import ARGUMENTS, AT_THE_EDGE, divided, tabulated

PAIRS = [("q4.8", "q4.8"), ("i6", "u4"), ("uq2.7", "q3.9"), ("q3.4", "q2.3"), ("uq0.6", "uq4.2"), ("q3.1", "i5")]
ORACLES: Mapping[str, Callable[[float], float]] = {
    "exp": lambda x: math.expm1(x) + 1,
    "log": math.log,
    "sigmoid": lambda x: (1 + math.tanh(x / 2)) / 2,
    "tanh": lambda x: 1 - 2 / (1 + math.exp(2 * x)),
    "gelu": lambda x: x * float(special.ndtr(x)),
    "sin": lambda x: math.cos(x - math.pi / 2),
    "cos": lambda x: 1 - 2 * math.sin(x / 2) ** 2,
}


def clipped(value: float, target: Format) -> int:
    return min(max(round(value), target.low), target.high)


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("name", sorted(ORACLES))
def test_a_transcendental_function_is_the_nearest_number(name: str, pair: tuple[str, str]) -> None:
    source, target = map(Format.parse, pair)
    found = tabulated(name, source, target)
    for raw, result in zip(range(source.low, source.high + 1), found.tolist(), strict=True):
        if name == "log" and raw <= 0:
            assert result == target.low
            continue
        scaled = ORACLES[name](raw / 2**source.fraction) * 2**target.fraction
        if abs(abs(scaled - math.floor(scaled)) - 0.5) > 1e-6:
            assert result == clipped(scaled, target), (name, raw)


def nearest_of_square(square: Fraction, target: Format) -> int:
    """Find the number whose square is nearest to being this one, half to even, by stepping."""
    low = math.isqrt(int(square))
    while (Fraction(2 * low + 1) / 2) ** 2 < square:
        low += 1
    tie = (Fraction(2 * low + 1) / 2) ** 2 == square
    return min(low + (1 if tie and low % 2 else 0), target.high)


@pytest.mark.parametrize("pair", PAIRS)
def test_roots_and_reciprocals_are_exact_fractions_rounded(pair: tuple[str, str]) -> None:
    source, target = map(Format.parse, pair)
    scale = Fraction(1 << target.fraction)
    results = {name: tabulated(name, source, target) for name in ("sqrt", "rsqrt", "reciprocal")}
    for place, raw in enumerate(range(source.low, source.high + 1)):
        value = Fraction(raw, 1 << source.fraction)
        expected = {
            "sqrt": nearest_of_square(max(value, Fraction(0)) * scale**2, target),
            "rsqrt": nearest_of_square(scale**2 / value, target) if raw > 0 else target.high,
            "reciprocal": min(max(round(scale / value), target.low), target.high) if raw else target.high,
        }
        assert {name: int(table[place]) for name, table in results.items()} == expected, raw


@pytest.mark.parametrize("formats", list(itertools.product(["i4", "q2.3", "uq1.3"], ["i4", "uq3.1"], ["q3.2", "u3"])))
def test_quotients_are_exact_fractions_rounded(formats: tuple[str, str, str]) -> None:
    top, bottom, target = map(Format.parse, formats)
    for a, b in itertools.product(range(top.low, top.high + 1), range(bottom.low, bottom.high + 1)):
        (found,) = divided(np.array([a]), np.array([b]), (top, bottom), target)
        if b:
            quotient = Fraction(a, 1 << top.fraction) / Fraction(b, 1 << bottom.fraction)
            assert found == min(max(round(quotient * (1 << target.fraction)), target.low), target.high), (a, b)
        else:
            assert found == (target.high if a > 0 else target.low if a < 0 else 0)


def test_wide_quotients_are_exact_too() -> None:
    wide = Format(width=32, fraction=20)
    rows = np.array([wide.high, -12345678, 7]), np.array([3, 77, wide.low])
    expected = [round(Fraction(int(a), int(b)) * (1 << 20)) for a, b in zip(*rows, strict=True)]
    found = divided(*rows, (wide, wide), wide)
    assert found.tolist() == [min(max(value, wide.low), wide.high) for value in expected]


@pytest.mark.parametrize("name", sorted(ORACLES))
def test_what_is_too_near_to_a_tie_is_decided_by_many_digits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = Format.parse("q4.6"), Format.parse("q6.9")
    wanted = tabulated(name, source, target)
    monkeypatch.setattr(reals, "_DOUBT", 1.0)  # every value is in doubt
    tabulated.cache_clear()
    found = tabulated(name, source, target)
    tabulated.cache_clear()
    assert found.tolist() == wanted.tolist()


def test_ties_go_to_even() -> None:
    bit = Format.parse("u2")
    assert tabulated("sigmoid", Format.parse("i2"), bit).tolist()[2] == 0  # 0.5
    assert tabulated("reciprocal", Format.parse("u3"), Format.parse("uq2.1")).tolist()[4] == 0  # 0.25 is half of 0.5
    assert tabulated("sqrt", Format.parse("uq4.4"), Format.parse("u3")).tolist()[36] == 2  # 1.5


def test_every_function_says_what_it_gives_where_it_has_no_value() -> None:
    assert set(AT_THE_EDGE) <= set(ARGUMENTS)

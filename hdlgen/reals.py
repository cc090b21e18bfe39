"""Real functions on fixed-point numbers, rounded correctly: half to even, saturated where a value leaves the format.

Roots and quotients are decided by integer arithmetic. The others are taken in double precision, whose error is some
units in the 52nd place; a value so near to a tie that this could matter is decided by 60 decimal digits.
Outside of its domain a function takes the limit at the nearest point of it; see `AT_THE_EDGE`.
"""

from __future__ import annotations

import decimal
import functools
import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hdlgen.number import INT64_WIDTH, Format, IntArray

__all__ = ["ARGUMENTS", "AT_THE_EDGE", "divided", "tabulated"]

Floats = NDArray[np.float64]

_CONTEXT = decimal.Context(prec=60, rounding=decimal.ROUND_HALF_EVEN)
_DOUBT = 2.0**-44
"""Relative error that no float64 function here comes near to."""

AT_THE_EDGE: Mapping[str, str] = {
    "reciprocal": "0: the largest value of the format",
    "rsqrt": "0 and below: the largest value",
    "log": "0 and below: the smallest value",
    "sqrt": "below 0: 0",
    "divide": "a divisor of 0: the largest value, the smallest where the dividend is negative, 0 for 0 / 0",
}
"""What is given where there is no value."""


def _exp(x: Floats) -> Floats:
    with np.errstate(over="ignore", under="ignore"):
        return np.exp(x)


def _log(x: Floats) -> Floats:
    return np.log(np.where(x > 0, x, 1.0))


def _sigmoid(x: Floats) -> Floats:
    small = np.exp(-np.abs(x))  # never above 1, so that neither side overflows
    return np.asarray(np.where(x < 0, small, 1.0) / (1.0 + small))


def _gelu(x: Floats) -> Floats:
    # The complement of the error function keeps its relative accuracy far below 0, where 1 + erf cancels.
    return np.array([value * math.erfc(-value / math.sqrt(2)) / 2 for value in x.tolist()])


def _fine_tanh(x: Decimal) -> Decimal:
    grown = (2 * x).exp()
    return (grown - 1) / (grown + 1)


def _fine_sine(x: Decimal) -> Decimal:
    """Sum the series at the remainder by pi, with digits to spare for what the remainder loses."""
    turns = (x / _pi()).to_integral_value()
    rest = x - turns * _pi()
    term = total = rest
    place = 1
    while abs(term) > Decimal(10) ** -58:
        place += 2
        term *= -rest * rest / (place * (place - 1))
        total += term
    return -total if int(turns) % 2 else total


@functools.cache
def _pi() -> Decimal:
    """Compute pi by Machin's formula."""

    def arctan_of_inverse(number: int) -> Decimal:
        term = total = Decimal(1) / number
        place = 1
        while abs(term) > Decimal(10) ** -85:
            term /= -number * number
            place += 2
            total += term / place
        return total

    with decimal.localcontext(decimal.Context(prec=90)):
        return 4 * (4 * arctan_of_inverse(5) - arctan_of_inverse(239))


def _fine_gelu(x: Decimal) -> Decimal:
    """Take x times the normal distribution by its series around 0, whose terms all have the sign of x."""
    term = total = x
    place = 1
    while term and abs(term) > abs(total) * Decimal(10) ** -70:
        place += 2
        term *= x * x / place
        total += term
    return x * (Decimal("0.5") + total * (-x * x / 2).exp() / (2 * _pi()).sqrt())


_ROUGH: Mapping[str, Callable[[Floats], Floats]] = {
    "exp": _exp,
    "log": _log,
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "gelu": _gelu,
    "sin": np.sin,
    "cos": np.cos,
}
_FINE: Mapping[str, Callable[[Decimal], Decimal]] = {
    "exp": Decimal.exp,
    "log": Decimal.ln,
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
    "tanh": _fine_tanh,
    "gelu": _fine_gelu,
    "sin": _fine_sine,
    "cos": lambda x: _fine_sine(x + _pi() / 2) if x else Decimal(1),
}


def _rounded(name: str, raw: IntArray, fraction: int, target: Format) -> IntArray:
    """Round a transcendental function of raw integers."""
    inside = raw > 0 if name == "log" else np.ones_like(raw, dtype=bool)
    with np.errstate(over="ignore"):
        scaled = _ROUGH[name](raw / 2.0**fraction) * 2.0**target.fraction
    clipped = np.clip(scaled, target.low, target.high)
    result = np.rint(clipped).astype(np.int64)
    unclear = np.abs(np.abs(clipped - np.floor(clipped)) - 0.5) <= _DOUBT * np.maximum(np.abs(clipped), 1.0)
    for place in np.flatnonzero(unclear & inside):
        with decimal.localcontext(_CONTEXT.copy()) as context:
            context.prec = 90
            value = _FINE[name](Decimal(int(raw[place])) / (1 << fraction)) * (1 << target.fraction)
            exact = int(value.quantize(Decimal(1), rounding=decimal.ROUND_HALF_EVEN, context=context))
        result[place] = min(max(exact, target.low), target.high)
    result[~inside] = target.low
    return result


def _root(numerator: int, denominator: int) -> int:
    """Round the square root of a fraction, half to even."""
    halves = math.isqrt(4 * numerator // denominator)
    down = halves >> 1
    tie = halves * halves * denominator == 4 * numerator
    return down + (halves & 1 and (not tie or down & 1))


def _quotient(numerator: int, denominator: int) -> int:
    """Round a fraction, half to even; the denominator is not 0."""
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    down, rest = divmod(numerator, denominator)
    return down + (2 * rest > denominator or (2 * rest == denominator and down & 1))


def _by_integers(name: str, raw: int, fraction: int, target: Format) -> int:
    """Round a root or a reciprocal of one raw integer; `target.high + 1` stands for a value beyond all bounds."""
    if name == "sqrt":
        shift = 2 * target.fraction - fraction
        return _root(max(raw, 0) << max(shift, 0), 1 << max(-shift, 0))
    if raw == 0 or (raw < 0 and name == "rsqrt"):
        return target.high + 1
    if name == "rsqrt":
        return _root(1 << (2 * target.fraction + fraction), raw)
    return _quotient(1 << (target.fraction + fraction), raw)


ARGUMENTS: Mapping[str, int] = {
    "divide": 2,
    **dict.fromkeys(("sqrt", "rsqrt", "reciprocal", "exp", "log", "sigmoid", "tanh", "gelu", "sin", "cos"), 1),
}
"""Every function with the number of its arguments."""


@functools.lru_cache(maxsize=32)
def tabulated(name: str, source: Format, target: Format) -> IntArray:
    """Round a function of one argument for every number of a format.

    Args:
        name: of ARGUMENTS, with one argument.
        source: format of the argument, at most some 20 bits wide.
        target: format of the result, at most some 32 bits wide.
    Returns: shape (2**source.width,), int64, read-only: raw results, that of `source.low` first.
    """
    raw = np.arange(source.low, source.high + 1, dtype=np.int64)
    if name in _ROUGH:
        result = _rounded(name, raw, source.fraction, target)
    else:
        exact = [_by_integers(name, value, source.fraction, target) for value in raw.tolist()]
        result = np.array([min(max(value, target.low), target.high) for value in exact], dtype=np.int64)
    result.setflags(write=False)
    return result


def divided(dividend: IntArray, divisor: IntArray, formats: tuple[Format, Format], target: Format) -> IntArray:
    """Divide raw integers of two formats, element by element, and round to a third."""
    shift = target.fraction + formats[1].fraction - formats[0].fraction
    wide = max(each.width for each in formats) + abs(shift) + 2 > INT64_WIDTH
    kind: Any = object if wide else np.int64
    top, bottom = dividend.astype(kind) << max(shift, 0), divisor.astype(kind) << max(-shift, 0)
    top, bottom = np.where(bottom < 0, -top, top), np.abs(bottom)
    safe = np.where(bottom == 0, 1, bottom)
    down = top // safe
    twice = 2 * (top - down * safe)
    up = (twice > safe) | ((twice == safe) & ((down & 1) == 1))
    found = np.clip(down + up.astype(kind), target.low, target.high)
    edge = np.where(top > 0, target.high, np.where(top < 0, target.low, np.clip(0, target.low, target.high)))
    return np.asarray(np.where(bottom == 0, edge, found))

"""Division: an array of subtractions that gives one bit of the quotient a row, on magnitudes, rounded half to even."""

from __future__ import annotations

from hdlgen.dataflow import Kind, Term
from hdlgen.number import Format
from hdlgen.scalars import BIT, Scalars

__all__ = ["divide"]


def divide(scalars: Scalars, args: tuple[int, int], formats: tuple[Format, Format], target: Format) -> int:
    """Divide one value by another, each in its own format, exactly as `hdlgen.reals.divided` does.

    Source: restoring division, Ercegovac and Lang, "Digital Arithmetic", 2004, section 5.2.
    """
    shift = target.fraction + formats[1].fraction - formats[0].fraction
    signs = [scalars.negative(arg) for arg in args]
    top, bottom = (_magnitude(scalars, arg, sign) for arg, sign in zip(args, signs, strict=True))
    top, bottom = scalars.scaled(top, max(shift, 0)), scalars.scaled(bottom, max(-shift, 0))
    minus = scalars.bits(Kind.XOR, *signs, format=BIT)
    bits = target.width - target.signed
    rest = scalars.floor(top, bits)
    beyond = scalars.invert_bit(scalars.less(rest, bottom))
    digits: list[int] = []
    for place in reversed(range(bits)):
        digit = scalars.slice(top, place, BIT)
        rest = scalars.sum([Term(factors=(rest,), coefficient=2), Term(factors=(digit,))])
        less = scalars.sum([Term(factors=(rest,)), Term(factors=(bottom,), coefficient=-1)])
        borrow = scalars.negative(less)
        digits.insert(0, scalars.invert_bit(borrow))
        # Where nothing is beyond, the rest is below the divisor.
        rest = scalars.slice(scalars.select(borrow, rest, less), 0, scalars.operations[bottom].format)
    quotient = scalars.bits(Kind.JOIN, *digits, format=Format(width=bits, signed=False))
    over = scalars.sum([Term(factors=(rest,), coefficient=2), Term(factors=(bottom,), coefficient=-1)])
    tie = scalars.bits(Kind.EQUAL, over, scalars.constant(0), format=BIT)
    even = scalars.bits(Kind.AND, tie, scalars.invert_bit(digits[0]), format=BIT)
    up = scalars.bits(Kind.AND, scalars.invert_bit(scalars.negative(over)), scalars.invert_bit(even), format=BIT)
    rounded = scalars.sum([Term(factors=(quotient,)), Term(factors=(up,))])
    signed = scalars.select(minus, scalars.sum([Term(factors=(rounded,), coefficient=-1)]), rounded)
    inside = scalars.saturate(signed, Format(width=target.width, signed=target.signed))
    edge = scalars.select(minus, scalars.constant(target.low), scalars.constant(target.high))
    nothing = scalars.bits(Kind.EQUAL, top, scalars.constant(0), format=BIT)
    edge = scalars.select(nothing, scalars.constant(0), edge)
    return scalars.select(beyond, edge, inside)


def _magnitude(scalars: Scalars, number: int, sign: int) -> int:
    negated = scalars.sum([Term(factors=(number,), coefficient=-1)])
    low, high = scalars.operations[number].low, scalars.operations[number].high
    magnitude = scalars.select(sign, negated, number)
    most = max(abs(low), abs(high))
    return scalars.slice(magnitude, 0, Format.holding(0, most))

"""Range reductions: an argument becomes the index of a shorter table, and what is looked up becomes the result.

Each reduction says what its sum must lie between for every index, with all arguments that share the index asked; so
whatever keeps these bounds is right on every argument. Symmetric functions use the one's complement of a negative
argument, which costs no adder; the half unit that it is off is part of the bounds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from hdlgen.approximation.goal import FREE, Bounds, Goal, Integers, narrowed, scaled
from hdlgen.dataflow import Kind, Term
from hdlgen.number import Format
from hdlgen.scalars import BIT, Scalars

__all__ = ["Core", "Reduction", "Sum", "reductions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A sum of products in units of 2**-scale, with the least and greatest value that it takes."""

    terms: tuple[Term, ...]
    scale: int
    low: int
    high: int


_TURNED_BIT, _NEGATED_BIT = 1.2, 3.0
"""Area of a bit that is turned round by a sign, and of one that is negated, in multiplexers."""

Core = Callable[[Scalars, int], Sum]
"""Makes the sum for an index."""


class Reduction(Protocol):
    """A way to compute a function by a sum that depends on an index."""

    @property
    def index_width(self) -> int:
        """Tell the bits of the index."""

    @property
    def least_scale(self) -> int:
        """Tell the fewest bits below the result's last place that the sum must have."""

    @property
    def cost(self) -> float:
        """Estimate the area of all but the sum, in multiplexers."""

    def bounds(self, scale: int) -> Bounds:
        """Tell what the sum must lie between for each index, in units of 2**-scale."""

    def build(self, scalars: Scalars, argument: int, core: Core) -> int:
        """Add the operations and give the result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Direct:
    """The argument's own bits are the index."""

    goal: Goal

    @property
    def index_width(self) -> int:
        return self.goal.source.width

    @property
    def least_scale(self) -> int:
        return 0

    @property
    def cost(self) -> float:
        return 0.0

    def bounds(self, scale: int) -> Bounds:
        raw, low, high = self.goal.limits()
        return narrowed(len(raw), [(raw & (len(raw) - 1), *scaled(low, high, scale))])

    def build(self, scalars: Scalars, argument: int, core: Core) -> int:
        found = _floor(scalars, core(scalars, scalars.unsigned(argument, self.index_width)))
        return scalars.slice(found, 0, _raw(self.goal.target))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Negative arguments are turned round: m = x or ~x.

    Args:
        turned: whether the result of a negative argument is turned round too, within `turned` bits (f(-x) = 1 - f(x)),
            or all of them where it is 0 (f(-x) = -f(x)); None where it is not (f(-x) = f(x)).
        ramp: whether positive arguments are added to what is looked up (f(x) - f(-x) = x).
    """

    goal: Goal
    turned: int | None = None
    ramp: bool = False

    @property
    def index_width(self) -> int:
        return self.goal.source.width - 1

    @property
    def least_scale(self) -> int:
        return max(self.goal.source.fraction - self.goal.target.fraction, 0) if self.ramp else 0

    def _slope(self, scale: int) -> int:
        """Tell what an LSB of the argument is in the sum."""
        return 1 << (scale + self.goal.target.fraction - self.goal.source.fraction)

    @property
    def cost(self) -> float:
        return _TURNED_BIT * (self.index_width * (1 + self.ramp) + self.goal.target.width * (self.turned is not None))

    def bounds(self, scale: int) -> Bounds:
        raw, low, high = self.goal.limits()
        half = len(raw) // 2
        index = np.arange(half, dtype=np.int64)
        minus_low, minus_high = low[:half][::-1], high[:half][::-1]
        plus_low, plus_high = low[half:], high[half:]
        if self.turned is not None:
            mirror = (1 << self.turned) - 1 if self.turned else -1
            minus_low, minus_high = mirror - minus_high, mirror - minus_low
        if self.turned:
            # What is turned round within so many bits must lie in them.
            plus_low, plus_high = np.maximum(plus_low, 0), np.minimum(plus_high, (1 << self.turned) - 1)
        plus = scaled(plus_low, plus_high, scale)
        if self.ramp:
            ramp = index * self._slope(scale)
            plus = plus[0] - ramp, plus[1] - ramp
        return narrowed(half, [(index, *plus), (index, *scaled(minus_low, minus_high, scale))])

    def build(self, scalars: Scalars, argument: int, core: Core) -> int:
        width = self.index_width
        sign = scalars.slice(scalars.unsigned(argument, width + 1), width, BIT)
        magnitude = scalars.slice(argument, 0, Format(width=width, signed=False))
        index = _turned(scalars, scalars.unsigned(magnitude, width), sign, width)
        total = core(scalars, index)
        if self.ramp:
            kept = scalars.select(sign, scalars.constant(0), magnitude)
            total = _added(total, Term(factors=(kept,), coefficient=self._slope(total.scale)), self.goal.target)
        found = _floor(scalars, total)
        if self.turned is None:
            return scalars.slice(found, 0, _raw(self.goal.target))
        if self.turned:
            return _turned(scalars, scalars.unsigned(found, self.turned), sign, self.turned)
        low, high = scalars.operations[found].low, scalars.operations[found].high
        bits = Format.holding(min(low, ~high), max(high, ~low)).width
        whole = _turned(scalars, scalars.unsigned(found, bits), sign, bits)
        return scalars.slice(whole, 0, Format(width=bits))


@dataclass(frozen=True, slots=True, kw_only=True)
class Absolute:
    """Negative arguments are negated, exactly: an adder or two more than `Fold`, where that is too far off.

    Args:
        mirror: what the result of a negative argument and that of its absolute value add up to, as a raw result;
            None where they are the same.
    """

    goal: Goal
    mirror: int | None

    @property
    def index_width(self) -> int:
        return self.goal.source.width - 1

    @property
    def least_scale(self) -> int:
        return 0

    @property
    def cost(self) -> float:
        return _NEGATED_BIT * (self.index_width + self.goal.target.width * (self.mirror is not None))

    def bounds(self, scale: int) -> Bounds:
        raw, low, high = self.goal.limits()
        minus = raw < 0
        # The absolute value of the least number has a bit too many; the one before must do for it.
        index = np.minimum(np.abs(raw), len(raw) // 2 - 1)
        if self.mirror is not None:
            low, high = np.where(minus, self.mirror - high, low), np.where(minus, self.mirror - low, high)
        return narrowed(len(raw) // 2, [(index, *scaled(low, high, scale))])

    def build(self, scalars: Scalars, argument: int, core: Core) -> int:
        width = self.index_width
        minus = scalars.negative(argument)
        negated = scalars.sum([Term(factors=(argument,), coefficient=-1)])
        whole = scalars.unsigned(scalars.select(minus, negated, argument), width + 1)
        index = scalars.unsigned(scalars.saturate(whole, Format(width=width, signed=False)), width)
        found = _floor(scalars, core(scalars, index))
        if self.mirror is not None:
            turned = scalars.sum([Term(factors=(found,), coefficient=-1)], self.mirror)
            found = scalars.select(minus, turned, found)
        return scalars.slice(found, 0, _raw(self.goal.target))


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalise:
    """Leading zeros are shifted away, and the result is shifted back: f(m * 2**-(step * z)) = f(m) * 2**(+-z).

    Args:
        step: zeros that are shifted away together.
        grows: whether the result grows with the zeros, as 1 / x does, or falls.
    """

    goal: Goal
    step: int
    grows: bool

    @property
    def index_width(self) -> int:
        return self.goal.source.width - self.goal.source.signed

    @property
    def least_scale(self) -> int:
        return 0

    @property
    def stages(self) -> int:
        """Count the stages of the shifter."""
        return max((-(-self.index_width // self.step) - 1).bit_length(), 1)

    @property
    def most(self) -> int:
        """Tell the most steps that a number above 0 is shifted by."""
        return (self.index_width - 1) // self.step

    def shifted(self) -> tuple[Integers, Integers, Integers]:
        """Give the raw arguments above 0, how many steps each is shifted by, and its index."""
        raw = np.arange(1, 1 << self.index_width, dtype=np.int64)
        length = np.floor(np.log2(raw)).astype(np.int64) + 1
        steps = (self.index_width - length) // self.step
        return raw, steps, raw << (self.step * steps)

    @property
    def cost(self) -> float:
        return float(self.stages * (self.index_width + self.goal.target.width))

    def bounds(self, scale: int) -> Bounds:
        _, low, high = self.goal.limits()
        raw, steps, index = self.shifted()
        low, high = low[raw - self.goal.source.low], high[raw - self.goal.source.low]
        back = self.most - steps if self.grows else steps
        least, most = scaled(low << back, ((high + 1) << back) - 1, scale)
        # What is clipped to the largest value may be as large as it will.
        most = np.where(high == self.goal.target.high, FREE, most)
        return narrowed(1 << self.index_width, [(index, least, most)])

    def build(self, scalars: Scalars, argument: int, core: Core) -> int:
        index, steps = _normalised(scalars, argument, self.index_width, self.step, self.stages)
        found = _floor(scalars, core(scalars, index))
        if self.grows:
            found = scalars.scaled(found, (1 << self.stages) - 1 - self.most)
        for stage, bit in enumerate(steps):
            less = scalars.floor(found, 1 << stage)
            found = scalars.select(bit, found, less) if self.grows else scalars.select(bit, less, found)
        result = scalars.saturate(found, _raw(self.goal.target))
        edge = self.goal.target.high if self.grows else 0
        return _above_zero(scalars, argument, self.goal.source, index, self.step, result, edge)


@dataclass(frozen=True, slots=True, kw_only=True)
class Logarithm:
    """Leading zeros are shifted away and their logarithm is added: log(m * 2**-z) = log(m) - z * log(2)."""

    goal: Goal

    @property
    def index_width(self) -> int:
        return self.goal.source.width - self.goal.source.signed

    @property
    def least_scale(self) -> int:
        return 0

    def _normaliser(self) -> Normalise:
        return Normalise(goal=self.goal, step=1, grows=True)

    def _offsets(self, scale: int) -> list[int]:
        count = 1 << self._normaliser().stages
        unit = math.log(2) * 2.0 ** (self.goal.target.fraction + scale)
        return [-round(unit * steps) for steps in range(count)]

    @property
    def cost(self) -> float:
        return float(self._normaliser().stages * self.index_width + _NEGATED_BIT * self.goal.target.width)

    def bounds(self, scale: int) -> Bounds:
        _, low, high = self.goal.limits()
        raw, steps, index = self._normaliser().shifted()
        offset = np.array(self._offsets(scale), dtype=np.int64)[steps]
        least, most = scaled(low[raw - self.goal.source.low], high[raw - self.goal.source.low], scale)
        return narrowed(1 << self.index_width, [(index, least - offset, most - offset)])

    def build(self, scalars: Scalars, argument: int, core: Core) -> int:
        stages = self._normaliser().stages
        index, steps = _normalised(scalars, argument, self.index_width, 1, stages)
        total = core(scalars, index)
        count = scalars.bits(Kind.JOIN, *steps, format=Format(width=stages, signed=False))
        offset = scalars.table(count, self._offsets(total.scale))
        found = _floor(scalars, _added(total, Term(factors=(offset,)), self.goal.target))
        result = scalars.slice(found, 0, _raw(self.goal.target))
        return _above_zero(scalars, argument, self.goal.source, index, 1, result, self.goal.target.low)


def _raw(format: Format) -> Format:
    """Take the binary point away."""
    return Format(width=format.width, signed=format.signed)


def _added(total: Sum, term: Term, target: Format) -> Sum:
    """Add a term; the whole is what is wanted, so it lies in the target wherever anything is wanted."""
    low, high = target.low << total.scale, ((target.high + 1) << total.scale) - 1
    return replace(total, terms=(*total.terms, term), low=low, high=high)


def _floor(scalars: Scalars, total: Sum) -> int:
    """Add up and drop the bits below the last place."""
    return scalars.floor(scalars.sum(total.terms, within=(total.low, total.high)), total.scale)


def _turned(scalars: Scalars, value: int, sign: int, width: int) -> int:
    """Turn all bits of a pattern round where the sign is set."""
    format = Format(width=width, signed=False)
    mask = scalars.bits(Kind.JOIN, *[sign] * width, format=format) if width > 1 else sign
    return scalars.bits(Kind.XOR, value, mask, format=format)


def _normalised(scalars: Scalars, argument: int, width: int, step: int, stages: int) -> tuple[int, list[int]]:
    """Shift leading zeros away, `step` at a time: the shifted bits, and the bits of the number of steps."""
    format = Format(width=width, signed=False)
    value = scalars.unsigned(scalars.slice(argument, 0, format), width)
    found: list[int] = []
    for stage in reversed(range(stages)):
        zeros = min(step << stage, width)
        top = scalars.slice(value, width - zeros, Format(width=zeros, signed=False))
        none = scalars.bits(Kind.EQUAL, top, scalars.constant(0), format=BIT)
        moved = scalars.constant(0)
        if zeros < width:
            rest = scalars.slice(value, 0, Format(width=width - zeros, signed=False))
            gap = scalars.unsigned(scalars.constant(0), zeros)
            moved = scalars.bits(Kind.JOIN, gap, scalars.unsigned(rest, width - zeros), format=format)
        value = scalars.unsigned(scalars.select(none, moved, value), width)
        found.insert(0, none)
    return value, found


def _above_zero(scalars: Scalars, argument: int, source: Format, index: int, step: int, result: int, edge: int) -> int:
    """Give the result where the argument is above 0, and the edge of the format elsewhere."""
    width = source.width - source.signed
    top = scalars.slice(index, width - min(step, width), Format(width=min(step, width), signed=False))
    outside = scalars.bits(Kind.EQUAL, top, scalars.constant(0), format=BIT)
    if source.signed:
        outside = scalars.bits(Kind.OR, outside, scalars.negative(argument), format=BIT)
    return scalars.select(outside, scalars.constant(edge), result)


def reductions(goal: Goal) -> list[Reduction]:
    """List the reductions that a function offers in its formats."""
    found: list[Reduction] = []
    one = goal.target.fraction
    if goal.source.signed and goal.source.width > 1:
        match goal.function:
            case "tanh" | "sin" if goal.target.signed:
                found += [Fold(goal=goal, turned=0), Absolute(goal=goal, mirror=0)]
            case "sigmoid" if one and goal.target.holds(0, (1 << one) - 1):
                found += [Fold(goal=goal, turned=one), Absolute(goal=goal, mirror=1 << one)]
            case "cos":
                found += [Fold(goal=goal), Absolute(goal=goal, mirror=None)]
            case "gelu":
                found.append(Fold(goal=goal, ramp=True))
    match goal.function:
        case "sqrt":
            found.append(Normalise(goal=goal, step=2, grows=False))
        case "rsqrt":
            found.append(Normalise(goal=goal, step=2, grows=True))
        case "reciprocal" if not goal.source.signed:
            found.append(Normalise(goal=goal, step=1, grows=True))
        case "log":
            found.append(Logarithm(goal=goal))
    return [*found, Direct(goal=goal)]

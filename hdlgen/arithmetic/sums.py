# amaranth: UnusedElaboratable=no
"""Sums of products: the one arithmetic unit, from a bare adder to a folded dot product.

A sum is built level by level: partial products, levels of full adders, carry-propagating adders. Between any two
levels a pipeline register may stand, and where the sum is folded the last level holds the accumulator.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Self, cast

from amaranth.hdl import Const, Module, Mux, Signal, Value
from amaranth.lib import wiring

from hdlgen.arithmetic.joined import joined
from hdlgen.arithmetic.sum_levels import Delay, Live, sum_levels
from hdlgen.arithmetic.sum_shape import MULTIPLIERS, REDUCTIONS, Position, SumShape, SumStyle, sum_ports

__all__ = [
    "MULTIPLIERS",
    "REDUCTIONS",
    "LevelEstimate",
    "Position",
    "SumShape",
    "SumStyle",
    "SumUnit",
    "estimate",
    "sum_ports",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelEstimate:
    """What is known of a level before it is built: its delay in FO4, and the bits that a register after it holds."""

    delay: float
    bits: int


@lru_cache(maxsize=4096)
def estimate(shape: SumShape, style: SumStyle) -> tuple[LevelEstimate, ...]:
    """Tell the levels that a sum will have, by building it once without registers."""
    plain = replace(style, adder="ripple", cells=False)  # neither has a say in which levels there are
    return tuple(LevelEstimate(delay=delay.of(style.adder), bits=bits) for delay, bits in _sketched(shape, plain))


class _Nothing:
    """Stands for a module that nobody wants: takes statements and submodules and keeps none."""

    def __getattr__(self, name: str) -> _Nothing:
        return self

    def __setattr__(self, name: str, value: object) -> None:
        pass

    def __setitem__(self, name: str, value: object) -> None:
        pass

    def __iadd__(self, statements: object) -> Self:
        return self


@lru_cache(maxsize=4096)
def _sketched(shape: SumShape, style: SumStyle) -> tuple[tuple[Delay, int], ...]:
    factors = [[Signal(format.width) for format in position.factors] for position in shape.positions]
    accumulator = Signal(shape.result.width) if shape.accumulates else None
    levels = sum_levels(cast("Module", _Nothing()), shape, style, factors, accumulator)
    return tuple((delay, len(_moving(live))) for delay, live in levels)


class SumUnit(wiring.Component):
    """Add up products: `result = constant + sum of coefficient * product of factors`, modulo `2**width`.

    A shape that drops columns gives about this sum divided by `2**dropped`, and is one heap in every style.

    Ports: `factor_P_F` in for factor F of position P; `result` out. A sum that accumulates also has `first` (in, high
    in the cycle in which the first addends reach the accumulator) and `initial` (in, what they are added to).
    Latency: one cycle for every cut; an accumulating sum's result is whole in the cycle of its last addends.

    Args:
        shape: what is added.
        style: how it is built.
        cuts: numbers of the levels after which a pipeline register stands; the last level has none.
    """

    result: Signal

    def __init__(self, shape: SumShape, style: SumStyle, *, cuts: frozenset[int] = frozenset()) -> None:
        last = len(estimate(shape, style)) - 1
        if cuts and not 0 <= min(cuts) <= max(cuts) < last:
            raise ValueError(f"SumUnit: cuts must lie after levels 0 to {last - 1}, not {sorted(cuts)!r}")
        self.shape = shape
        self.style = style
        self.cuts = cuts
        super().__init__(sum_ports(shape))

    def factor(self, position: int, number: int) -> Signal:
        """Give the port of a factor."""
        port: Signal = getattr(self, f"factor_{position}_{number}")
        return port

    def elaborate(self, platform: object) -> Module:
        m = Module()
        factors = [
            [self.factor(place, number) for number in range(len(position.factors))]
            for place, position in enumerate(self.shape.positions)
        ]
        accumulator = None
        if self.shape.accumulates:
            total = Signal(self.shape.result.width, name="accumulator", reset_less=True)
            m.d.sync += total.eq(self.result)
            accumulator = Signal(self.shape.result.width, name="addend")
            m.d.comb += accumulator.eq(Mux(self.first, self.initial, total))
        levels = sum_levels(m, self.shape, self.style, factors, accumulator)
        number = 0
        while True:
            try:
                _, live = next(levels)
            except StopIteration as end:
                m.d.comb += self.result.eq(end.value)
                return m
            if number in self.cuts:
                _register(m, live, number)
            number += 1


def _moving(live: Live) -> list[Value]:
    """List the bits that are on their way; constants stand still."""
    return [bit for item in live for bit in item.bits() if not isinstance(bit, Const)]


def _register(m: Module, live: Live, number: int) -> None:
    """Put a pipeline register behind all bits that are on their way; constants need none."""
    moving = _moving(live)
    stage = Signal(len(moving), name=f"stage_{number}", reset_less=True)
    m.d.sync += stage.eq(joined(moving))
    held = iter(stage)
    for item in live:
        item.replace([bit if isinstance(bit, Const) else next(held) for bit in item.bits()])

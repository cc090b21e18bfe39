"""A bare kernel between registers: how benchmarks of arithmetic measure area and delay, alike for all."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hdlgen.emit import to_rtlil
from sim.mapped import Mapped
from sim.steps import map_and_time
from sim.technology import load

__all__ = ["METHOD", "Kernel", "Shell", "kernel", "register_delay_ps"]

METHOD = """\
Every design stands between the same registers. The kernel's area is that of all cells but the flip-flops; its delay is
the shortest register-to-register period by static timing, less that of a bare wire between two registers (clock to
output, and setup). Both are taken off alike on all sides: they say nothing of the arithmetic, and would only draw the
ratios towards 1."""

Build = Callable[[Module, tuple[Signal, ...]], Value]
"""Builds the logic between the registers, from the operands to the result."""


class Shell(wiring.Component):
    """Register operands, compute, register the result; latency two cycles.

    Args:
        widths: of the operands `x0`, `x1`, ...
        width: of the result `y`.
        build: what stands in between.
    """

    y: Signal

    def __init__(self, widths: tuple[int, ...], width: int, build: Build) -> None:
        self.build = build
        super().__init__({**{f"x{number}": In(bits) for number, bits in enumerate(widths)}, "y": Out(width)})
        self.widths = widths

    def elaborate(self, platform: object) -> Module:
        m = Module()
        operands = tuple(Signal(bits, name=f"operand_{n}", reset_less=True) for n, bits in enumerate(self.widths))
        result = Signal(len(self.y), reset_less=True)
        m.d.sync += [operand.eq(getattr(self, f"x{number}")) for number, operand in enumerate(operands)]
        m.d.sync += result.eq(self.build(m, operands))
        m.d.comb += self.y.eq(result)
        return m


class Kernel(NamedTuple):
    """What a design costs without its registers."""

    area_um2: float
    delay_ps: float

    @property
    def product(self) -> float:
        """Give the area-delay product."""
        return self.area_um2 * self.delay_ps

    def dominates(self, other: Kernel) -> bool:
        """Tell whether it is nowhere worse."""
        return self.area_um2 <= other.area_um2 and self.delay_ps <= other.delay_ps


def kernel(mapped: Mapped, technology: str) -> Kernel:
    """Take the registers off a mapped design."""
    return Kernel(
        round(mapped.area_um2 - mapped.flip_flop_area_um2, 4),
        round(mapped.period_ps - register_delay_ps(technology), 2),
    )


@cache
def register_delay_ps(technology: str) -> float:
    """Measure the period of a wire from register to register."""
    text = to_rtlil(Shell((1,), 1, lambda _, operands: operands[0]))
    return map_and_time(text, load(technology), "fast", "generated").period_ps

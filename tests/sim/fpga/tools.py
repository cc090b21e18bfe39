"""What the tests of FPGAs share: a small design, and skipping where place and route is not installed."""

from __future__ import annotations

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from sim import tools
from sim.fpga.devices import FAMILIES

__all__ = ["Adding", "needs"]


def needs(family: str) -> pytest.MarkDecorator:
    """Skip a test where nothing places and routes for a family."""
    programs = FAMILIES[family].programs
    missing = all(tools.find(program) is None for program in programs)
    install = tools.INSTALL[programs[-1]]
    return pytest.mark.skipif(missing, reason=f"{' and '.join(programs)} are not installed; {install}")


class Adding(wiring.Component):  # type: ignore[misc]  # Amaranth has no types
    """Add each payload to the one before, with a register before and behind: two cycles, never a pause."""

    inputs: stream.Interface
    outputs: stream.Interface

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__({"inputs": In(stream.Signature(width)), "outputs": Out(stream.Signature(width))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        before = Signal(self.width)
        m.d.sync += [
            before.eq(self.inputs.payload),
            self.outputs.payload.eq(before + self.inputs.payload),
            self.outputs.valid.eq(self.inputs.valid),
        ]
        m.d.comb += self.inputs.ready.eq(self.outputs.ready)
        return m

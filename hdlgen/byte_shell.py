"""A shell that takes a design's tokens and gives its results byte by byte, on the pins of a Tiny Tapeout project."""

from __future__ import annotations

from amaranth.hdl import Cat, ClockDomain, Const, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hdlgen.hardware import Kernel, Top

__all__ = ["PINS", "ByteShell", "byte_count"]

PINS: dict[str, tuple[str, ...]] = {
    "ui": tuple(f"byte in, bit {bit}" for bit in range(8)),
    "uo": tuple(f"byte out, bit {bit}" for bit in range(8)),
    "uio": ("byte in valid (in)", "byte in ready (out)", "byte out valid (out)", "byte out ready (in)", *[""] * 4),
}
"""What each pin is for, bit 0 first; an empty text for a pin without use."""

_OUTPUTS = 0b0110
"""The bidirectional pins that we drive."""


def byte_count(width: int) -> int:
    """Tell how many bytes a payload takes."""
    return -(-width // 8)


class ByteShell(wiring.Component):
    """Wrap a design: bytes of a token in, lowest first, bytes of its result out, lowest first, both by valid and ready.

    A byte goes over at a rising clock at which both are high. Bits of the last byte beyond a payload are ignored on the
    way in and 0 on the way out. Costs a register for each input byte but the last, which goes straight into the
    design, and nothing but a multiplexer for results, which wait in the design. `rst_n` is synchronous.

    Ports: `clk`, `rst_n`, `ena` (always high, unused), `ui_in`, `uio_in` in; `uo_out`, `uio_out`, `uio_oe` out.
    """

    clk: Signal
    rst_n: Signal
    ena: Signal
    ui_in: Signal
    uo_out: Signal
    uio_in: Signal
    uio_out: Signal
    uio_oe: Signal

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        inputs = {"clk": In(1), "rst_n": In(1), "ena": In(1), "ui_in": In(8), "uio_in": In(8)}
        super().__init__({**inputs, "uo_out": Out(8), "uio_out": Out(8), "uio_oe": Out(8)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.domains.sync = domain = ClockDomain()
        m.submodules.core = design = Top(self.kernel)
        m.d.comb += [domain.clk.eq(self.clk), domain.rst.eq(~self.rst_n)]
        in_valid, out_ready = self.uio_in[0], self.uio_in[3]
        in_ready, out_valid = Signal(), Signal()
        m.d.comb += [self.uio_out.eq(Cat(Const(0, 1), in_ready, out_valid)), self.uio_oe.eq(_OUTPUTS)]
        self._take(m, design, in_valid, in_ready)
        self._give(m, design, out_valid, out_ready)
        return m

    def _take(self, m: Module, design: Top, valid: Value, ready: Signal) -> None:
        """Gather bytes; the last one is offered to the design together with those before it."""
        width = len(design.inputs.payload)
        last = byte_count(width) - 1
        place = Signal(range(last + 1), name="byte_in")
        held = Signal(8 * last, name="held", reset_less=True)
        at_last = place == last
        m.d.comb += [
            design.inputs.payload.eq(Cat(held, self.ui_in)[:width]),
            design.inputs.valid.eq(valid & at_last),
            ready.eq(~at_last | design.inputs.ready),
        ]
        with m.If(valid & ready):
            m.d.sync += place.eq(place + 1)
            if last:
                m.d.sync += held.eq(Cat(held, self.ui_in)[8:])
            with m.If(at_last):
                m.d.sync += place.eq(0)

    def _give(self, m: Module, design: Top, valid: Signal, ready: Value) -> None:
        """Show the bytes of a result one after the other; it leaves the design with its last one."""
        last = byte_count(len(design.outputs.payload)) - 1
        place = Signal(range(last + 1), name="byte_out")
        at_last = place == last
        m.d.comb += [
            valid.eq(design.outputs.valid),
            self.uo_out.eq(design.outputs.payload.word_select(place, 8)),
            design.outputs.ready.eq(at_last & ready),
        ]
        with m.If(valid & ready):
            m.d.sync += place.eq(place + 1)
            with m.If(at_last):
                m.d.sync += place.eq(0)

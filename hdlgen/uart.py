# amaranth: UnusedElaboratable=no
"""A serial line (8 data bits, no parity, one stop bit) at both ends of a design: bytes in, tokens; results, bytes out.

A token is its payload in as few bytes as hold it, the lowest first; a result likewise. There is no framing but the
count: a break (the line held low for longer than a byte) begins anew and resets the design.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, ResetInserter, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hdlgen.hardware import Top

__all__ = ["Receiver", "SerialShell", "Transmitter", "byte_count", "divisor"]

FEWEST_CYCLES = 4
"""So many cycles of the clock a bit must last, for its middle to be found."""
WORST_ERROR = 0.02
"""How far the rate may be off, of which the tenth bit sees ten times as much."""


def byte_count(width: int) -> int:
    """Count the bytes of a payload."""
    return -(-width // 8)


def divisor(clock_mhz: float, baud: int) -> int:
    """Tell how many cycles of the clock a bit lasts.

    Raises: ValueError where there are too few, or no whole number of them is near enough.
    """
    cycles = round(clock_mhz * 1e6 / baud)
    if cycles < FEWEST_CYCLES:
        most = int(clock_mhz * 1e6 / FEWEST_CYCLES)
        raise ValueError(f"baud must be at most {most} with a clock of {clock_mhz:g} MHz, not {baud}")
    error = abs(clock_mhz * 1e6 / cycles / baud - 1)
    if error > WORST_ERROR:
        off = f"it would be off by {100 * error:.1f}%"
        raise ValueError(f"baud must be near a whole part of {clock_mhz:g} MHz, not {baud}: {off}")
    return cycles


class Receiver(wiring.Component):
    """Take bytes off a serial line; `ready` is high for a cycle with each, `broken` from a missing stop bit on until
    the line is high again.

    Args:
        cycles: of the clock, a bit.
    """

    rx: Signal
    byte: Signal
    ready: Signal
    broken: Signal

    def __init__(self, cycles: int) -> None:
        self.cycles = cycles
        super().__init__({"rx": In(1), "byte": Out(8), "ready": Out(1), "broken": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # Two registers against metastability; the line rests high, so they are kept the other way round.
        line = Signal(2)
        low = line[1]
        count = Signal(range(self.cycles + self.cycles // 2))
        place = Signal(4)
        data = Signal(8)
        m.d.sync += [line.eq(Cat(~self.rx, line[0])), self.ready.eq(0), count.eq(count - 1)]
        m.d.comb += self.byte.eq(data)
        with m.If(self.broken):
            m.d.sync += self.broken.eq(low)
        with m.Elif(place == 0), m.If(low):
            # The middle of the start bit is past by the two registers and the cycle in which it is seen.
            m.d.sync += [place.eq(1), count.eq(self.cycles + self.cycles // 2 - 2)]
        with m.Elif(count == 0):
            m.d.sync += count.eq(self.cycles - 1)
            with m.If(place == 9):
                m.d.sync += [place.eq(0), self.ready.eq(~low), self.broken.eq(low)]
            with m.Else():
                m.d.sync += [place.eq(place + 1), data.eq(Cat(data[1:], ~low))]
        return m


class Transmitter(wiring.Component):
    """Put bytes on a serial line: `byte` is taken in a cycle with `valid` and `ready`.

    Args:
        cycles: of the clock, a bit.
    """

    tx: Signal
    byte: Signal
    valid: Signal
    ready: Signal

    def __init__(self, cycles: int) -> None:
        self.cycles = cycles
        super().__init__({"tx": Out(1), "byte": In(8), "valid": In(1), "ready": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        low = Signal()  # of the line, which rests high
        rest = Signal(9)
        count = Signal(range(self.cycles))
        left = Signal(4)
        m.d.comb += [self.tx.eq(~low), self.ready.eq(left == 0)]
        with m.If(left == 0), m.If(self.valid):
            m.d.sync += [
                low.eq(1),
                rest.eq(Cat(~self.byte, Const(0, 1))),
                left.eq(10),
                count.eq(self.cycles - 1),
            ]
        with m.Elif(count == 0):
            m.d.sync += [low.eq(rest[0]), rest.eq(rest[1:]), left.eq(left - 1), count.eq(self.cycles - 1)]
        with m.Else():
            m.d.sync += count.eq(count - 1)
        return m


class SerialShell(wiring.Component):
    """Stand around a design with a serial line: `rx` in, `tx` out.

    One token at a time is on its way in; the host sends the next when it has the result, or knows of no overrun.

    Args:
        top: the design.
        cycles: of the clock, a bit.
    """

    rx: Signal
    tx: Signal

    def __init__(self, top: Top, *, cycles: int) -> None:
        self.top = top
        self.cycles = cycles
        super().__init__({"rx": In(1), "tx": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.receiver = receiver = Receiver(self.cycles)
        m.submodules.transmitter = transmitter = Transmitter(self.cycles)
        broken = receiver.broken
        m.submodules.design = ResetInserter(broken)(self.top)
        inputs, outputs = self.top.inputs, self.top.outputs
        m.d.comb += [receiver.rx.eq(self.rx), self.tx.eq(transmitter.tx)]

        entering = byte_count(len(inputs.payload))
        token = Signal(8 * entering)
        arrived = Signal(range(entering + 1))
        m.d.comb += [inputs.payload.eq(token), inputs.valid.eq(arrived == entering)]
        with m.If(broken):
            m.d.sync += arrived.eq(0)
        with m.Elif(inputs.valid & inputs.ready):
            m.d.sync += arrived.eq(0)
        with m.Elif(receiver.ready & ~inputs.valid):
            m.d.sync += [token.eq(Cat(token[8:], receiver.byte)), arrived.eq(arrived + 1)]

        leaving = byte_count(len(outputs.payload))
        result = Signal(8 * leaving)
        left = Signal(range(leaving + 1))
        m.d.comb += [
            outputs.ready.eq(left == 0),
            transmitter.byte.eq(result[:8]),
            transmitter.valid.eq(left != 0),
        ]
        with m.If(broken):
            m.d.sync += left.eq(0)
        with m.Elif(outputs.valid & outputs.ready):
            m.d.sync += [result.eq(outputs.payload), left.eq(leaving)]
        with m.Elif(transmitter.valid & transmitter.ready):
            m.d.sync += [result.eq(result[8:]), left.eq(left - 1)]
        return m

"""The byte-serial shell in Amaranth's own simulator: bytes in, bytes out, against sums by plain Python."""

from __future__ import annotations

import random

import pytest
from amaranth.sim import Simulator, SimulatorContext

from hdlgen.byte_shell import PINS, ByteShell, byte_count
from hdlgen.compiler import Compiler
from hdlgen.knobs import Mapping, offer
from hdlgen.space import Point
from hdlgen.spec import parse

SUM = """
name = "sum3"
[inputs]
x = { format = "u7", shape = [3] }
[outputs]
y = { format = "u9" }
[compute]
y = "x[0] + x[1] + x[2]"
"""
BYTE = """
name = "not"
[inputs]
x = { format = "u3" }
[outputs]
y = { format = "u8" }
[compute]
y = "x * 31"
"""


def shell_of(text: str) -> ByteShell:
    compiler = Compiler.of(parse(text).graph)
    space = offer(compiler.dataflow, Mapping(recipes=("lean",), full_adder_cells=False))
    return ByteShell(compiler.kernel(Point.parse("", space))[0])


def play(shell: ByteShell, sent: list[int], wanted: int, pause: float, *, lie: bool = False) -> list[int]:
    """Send bytes and take as many as wanted, with pauses on both sides; `lie` takes bytes that are not valid, too."""
    source = random.Random(3)
    taken: list[int] = []

    async def bench(context: SimulatorContext) -> None:
        place = 0
        context.set(shell.rst_n, 0)
        await context.delay(1e-6)
        for _ in range(2):
            context.set(shell.clk, 1)
            await context.delay(1e-6)
            context.set(shell.clk, 0)
            await context.delay(1e-6)
        context.set(shell.rst_n, 1)
        offered = False
        for _ in range(40 * (len(sent) + wanted) + 100):
            offered = offered or (place < len(sent) and source.random() >= pause)
            ready = source.random() >= pause
            context.set(shell.ui_in, sent[place] if offered else source.randrange(256))
            context.set(shell.uio_in, offered | ready << 3)
            await context.delay(1e-6)
            seen = context.get(shell.uio_out)
            if ready and (seen >> 2 & 1 or lie) and len(taken) < wanted:
                taken.append(context.get(shell.uo_out))
            if offered and seen >> 1 & 1:
                place, offered = place + 1, False
            context.set(shell.clk, 1)
            await context.delay(1e-6)
            context.set(shell.clk, 0)
            await context.delay(1e-6)

    simulator = Simulator(shell)
    simulator.add_testbench(bench)
    simulator.run()
    return taken


@pytest.mark.parametrize("pause", [0.0, 0.5])
def test_bytes_go_in_and_the_results_come_out(pause: float) -> None:
    source = random.Random(1)
    tokens = [[source.randrange(128) for _ in range(3)] for _ in range(12)]
    words = [a | b << 7 | c << 14 for a, b, c in tokens]
    # The unused bits above a payload of 21 bits must not matter.
    sent = [byte for word in words for byte in (word | source.randrange(8) << 21).to_bytes(3, "little")]
    expected = [byte for token in tokens for byte in sum(token).to_bytes(2, "little")]
    assert play(shell_of(SUM), sent, len(expected), pause) == expected
    # A planted fault on the other side: who takes bytes that are not valid gets others.
    assert play(shell_of(SUM), sent, len(expected), pause, lie=True) != expected


def test_a_token_of_one_byte_needs_no_gathering() -> None:
    sent = [0, 1, 5, 7, 8 + 2, 255]  # bits above the third are ignored
    assert play(shell_of(BYTE), sent, len(sent), 0.2) == [31 * (byte & 7) for byte in sent]


def test_pins_are_all_told() -> None:
    assert {name: len(uses) for name, uses in PINS.items()} == {"ui": 8, "uo": 8, "uio": 8}
    assert [byte_count(width) for width in (1, 8, 9, 21, 24)] == [1, 1, 2, 3, 3]

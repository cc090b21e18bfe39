"""The project's test: bytes in, bytes out, with pauses on both sides, against what the golden model expects."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, Timer

IN_VALID, IN_READY, OUT_VALID, OUT_READY = 1, 2, 4, 8  # bits of uio
OUTPUTS = IN_READY | OUT_VALID
VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors.json").read_text())
PATIENCE = 20_000  # cycles without a byte


async def stream(dut: Any, sent: list[int], wanted: int, pause: float) -> list[int]:
    """Send bytes and take as many as wanted; in a cycle each side pauses with some probability."""
    source = random.Random(f"pause {pause}")
    taken: list[int] = []
    place = idle = 0
    offered = False
    while len(taken) < wanted and idle < PATIENCE:
        # A byte that is offered stays until it is taken.
        offered = offered or (place < len(sent) and source.random() >= pause)
        ready = source.random() >= pause
        dut.ui_in.value = sent[place] if offered else source.randrange(256)
        dut.uio_in.value = (IN_VALID if offered else 0) | (OUT_READY if ready else 0)
        await Timer(5, "ns")  # now both sides see what the coming rising edge will see
        seen, byte = int(dut.uio_out.value) & OUTPUTS, str(dut.uo_out.value)
        idle += 1
        if ready and seen & OUT_VALID:
            taken.append(int(byte, 2))
            idle = 0
        if offered and seen & IN_READY:
            place, offered, idle = place + 1, False, 0
        await FallingEdge(dut.clk)
    return taken


@cocotb.test()
async def bytes_in_bytes_out(dut: Any) -> None:
    """Send all tokens three times, after a reset each, at full speed and with pauses."""
    dut.clk.value = 0
    dut.ena.value = 1
    dut.ui_in.value = dut.uio_in.value = 0
    dut.rst_n.value = 0
    Clock(dut.clk, 20, "ns").start()
    sent, expected = VECTORS["sent"], VECTORS["expected"]
    for pause in (0.0, 0.3, 0.7):
        dut.rst_n.value = 0
        for _ in range(4):
            await FallingEdge(dut.clk)
        dut.rst_n.value = 1
        got = await stream(dut, sent, len(expected), pause)
        assert int(dut.uio_oe.value) == OUTPUTS, f"uio_oe must be {OUTPUTS}, not {dut.uio_oe.value}"
        assert len(got) == len(expected), f"{len(expected)} bytes must come out, not {len(got)} (pauses {pause})"
        width = VECTORS["bytes_out"]
        for place, (one, other) in enumerate(zip(got, expected, strict=True)):
            assert one == other, f"result {place // width}, byte {place % width}: it must be {other}, not {one}"

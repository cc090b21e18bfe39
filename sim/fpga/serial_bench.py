"""The testbench of the serial shell, run by cocotb inside the simulator: bytes into `rx`, bytes off `tx`.

Its job comes from the file that the plusarg `+hdlgen_serial` names; what the line answered is written beside it.
Nothing is judged in here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cocotb
from cocotb.triggers import FallingEdge, First, Timer

__all__ = ["serial"]


async def _send(line: Any, byte: int, bit_ps: int) -> None:
    for level in (0, *((byte >> place) & 1 for place in range(8)), 1):
        line.value = level
        await Timer(bit_ps, "ps")


async def _receive(line: Any, bit_ps: int, patience_ps: int) -> int | None:
    """Take a byte off the line; None where none begins in time, -1 where its stop bit is missing."""
    begun = FallingEdge(line)
    if await First(begun, Timer(patience_ps, "ps")) is not begun:
        return None
    await Timer(bit_ps + bit_ps // 2, "ps")
    byte = 0
    for place in range(8):
        byte |= int(line.value) << place
        await Timer(bit_ps, "ps")
    return byte if int(line.value) == 1 else -1


@cocotb.test()
async def serial(dut: Any) -> None:
    """Send each token when the last one's result is there; with a break in the middle of a token, where asked for."""
    path = Path(str(cocotb.plusargs["hdlgen_serial"]))
    job = json.loads(path.read_text())
    bit_ps, patience = job["bit_ps"], job["patience_ps"]
    dut.rx.value = 1
    await Timer(40 * job["period_ps"], "ps")
    answers: list[list[int | None]] = []
    for number, token in enumerate(job["tokens"]):
        if number == job["break_before"]:
            await _send(dut.rx, token[0] ^ 0xFF, bit_ps)  # half a token, which the break must make forgotten
            dut.rx.value = 0
            await Timer(20 * bit_ps, "ps")
            dut.rx.value = 1
            await Timer(20 * bit_ps, "ps")
        receiver = cocotb.start_soon(_answer(dut.tx, job["result_bytes"], bit_ps, patience + 10 * bit_ps * len(token)))
        for byte in token:
            await _send(dut.rx, byte, bit_ps)
        answers.append(await receiver)
    path.with_suffix(".answers").write_text(json.dumps(answers))


async def _answer(line: Any, count: int, bit_ps: int, patience_ps: int) -> list[int | None]:
    found: list[int | None] = []
    while len(found) < count and (not found or found[-1] is not None):
        found.append(await _receive(line, bit_ps, patience_ps))
    return found

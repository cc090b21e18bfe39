"""The naive loop's testbench: offer every token, compare every result, count the cycles between them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge

__all__ = ["stream"]

RESET_CYCLES = 3
PATIENCE_CYCLES = 1000


async def drive(dut: Any, tokens: list[int]) -> None:
    """Offer each token until it is taken."""
    for token in tokens:
        dut.inputs__payload.value = token
        dut.inputs__valid.value = 1
        await RisingEdge(dut.clk)
        while not dut.inputs__ready.value:
            await RisingEdge(dut.clk)
    dut.inputs__valid.value = 0


@cocotb.test()
async def stream(dut: Any) -> None:
    """Every token must give the expected result, in order."""
    tokens = json.loads(Path(os.environ["NAIVE_TOKENS"]).read_text())
    Clock(dut.clk, 10, "ns").start()
    dut.rst.value = 1
    dut.inputs__valid.value = 0
    dut.outputs__ready.value = 1
    for _ in range(RESET_CYCLES):
        await RisingEdge(dut.clk)
    dut.rst.value = 0
    cocotb.start_soon(drive(dut, [int(text, 16) for text in tokens["inputs"]]))
    cycle, shown = 0, []
    for number, text in enumerate(tokens["expected"]):
        waited = 0
        await RisingEdge(dut.clk)
        while not dut.outputs__valid.value:
            await RisingEdge(dut.clk)
            waited += 1
            assert waited < PATIENCE_CYCLES, f"token {number}: no result"
        cycle += waited + 1
        shown.append(cycle)
        got = int(dut.outputs__payload.value)
        assert got == int(text, 16), f"token {number}: expected {text}, got {got:x}"
    interval = (shown[-1] - shown[0]) / (len(shown) - 1)
    Path(os.environ["NAIVE_MEASURED"]).write_text(json.dumps({"interval_cycles": interval}))

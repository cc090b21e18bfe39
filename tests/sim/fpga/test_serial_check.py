"""The simulated serial line: a design in its shell answers right, and a planted fault is seen."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import pytest
from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hdlgen.emit import to_rtlil
from hdlgen.errors import ToolError
from hdlgen.uart import SerialShell
from sim.fpga.boards import Board, Pin
from sim.fpga.serial_check import SerialCheck, check_serial
from sim.verilog import rtlil_to_verilog

BOARD = Board(name="x", device="ice40-up5k", clock_mhz=12.0, clock=Pin(site="1"), rx=Pin(site="2"), tx=Pin(site="3"))
CYCLES = 6
TOKENS = (0x0003, 0x0104, 0x0FFF, 0x0801)
WIDTH = 12


class Summing(wiring.Component):  # type: ignore[misc]  # Amaranth has no types
    """Add up all payloads since the reset."""

    inputs: stream.Interface
    outputs: stream.Interface

    def __init__(self) -> None:
        super().__init__({"inputs": In(stream.Signature(WIDTH)), "outputs": Out(stream.Signature(WIDTH))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.inputs.ready.eq(~self.outputs.valid | self.outputs.ready)
        with m.If(self.inputs.ready):
            m.d.sync += self.outputs.valid.eq(self.inputs.valid)
            with m.If(self.inputs.valid):
                m.d.sync += self.outputs.payload.eq(self.outputs.payload + self.inputs.payload)
        return m


@pytest.fixture(scope="module")
def verilog() -> str:
    shell = SerialShell(Summing(), cycles=CYCLES)
    return rtlil_to_verilog(to_rtlil(shell)) + BOARD.verilog()


def check(verilog: str, folder: Path, expected: Sequence[int], *, break_before: int = -1) -> SerialCheck:
    return check_serial(
        verilog,
        TOKENS,
        expected,
        input_width=WIDTH,
        output_width=WIDTH,
        clock_mhz=12.0,
        baud=2_000_000,
        folder=folder,
        break_before=break_before,
    )


def sums(tokens: Sequence[int]) -> list[int]:
    return [total & 0xFFF for total in itertools.accumulate(tokens)]


def test_results_come_back_over_the_line(verilog: str, tmp_path: Path) -> None:
    assert check(verilog, tmp_path, sums(TOKENS)) == SerialCheck(results=4)


def test_a_break_forgets_half_a_token_and_resets_the_design(verilog: str, tmp_path: Path) -> None:
    anew = [*sums(TOKENS[:2]), *sums(TOKENS[2:])]
    assert anew != sums(TOKENS)
    assert check(verilog, tmp_path, anew, break_before=2) == SerialCheck(results=4)


def test_a_wrong_result_is_told_with_both(verilog: str, tmp_path: Path) -> None:
    right = sums(TOKENS)
    found = check(verilog, tmp_path, [*right[:2], right[2] ^ 0x100, right[3]])
    assert found.results == 2
    wanted, got = ((right[2] ^ bit).to_bytes(2, "little").hex(" ") for bit in (0x100, 0))
    assert found.message == f"result 2 must be the bytes {wanted}, not {got}"


def test_a_line_that_is_cut_says_nothing(verilog: str, tmp_path: Path) -> None:
    inner, outer = verilog.split("module board")
    outer = outer.replace(".tx(tx)", ".tx()").replace("  wire rst", "  assign tx = 1'b1;\n  wire rst")
    cut = f"{inner}module board{outer}"
    assert cut != verilog
    found = check(cut, tmp_path, sums(TOKENS))
    assert found.results == 0 and found.message.endswith("not nothing")


def test_a_simulation_that_does_not_end_as_it_should_is_an_error(verilog: str, tmp_path: Path) -> None:
    with pytest.raises(ToolError):
        check(verilog.replace("module board", "module bored"), tmp_path, sums(TOKENS))

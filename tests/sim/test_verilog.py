"""Verilog from RTLIL: what simulators read, equal for equal texts, adders written out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hdlgen.errors import ToolError
from sim import tools
from sim.verilog import rtlil_to_verilog
from tests.sim.circuits import ADDERS, DOT, rtlil

BENCH = """
module tb; reg clk = 0; reg [23:0] x; wire [9:0] y; integer i, wrong = 0; reg [23:0] last;
  top dut (.clk(clk), .x(x), .y(y));
  initial begin
    for (i = 0; i < 500; i = i + 1) begin
      last = x; x = $random; if (i % 9 == 0) x = 24'hffffff;
      #5 clk = 1; #1 if (i > 1 && y !== last[7:0] + last[15:8] + last[23:16]) wrong = wrong + 1; #4 clk = 0;
    end
    $display("wrong %0d", wrong); $finish;
  end
endmodule
"""


def wrong_sums(verilog: str, folder: Path) -> str:
    (folder / "bench.v").write_text(verilog + BENCH)
    assert tools.run(["iverilog", "-g2012", "-o", "a.vvp", "bench.v"], folder=folder, seconds=60).status == 0
    return tools.run(["vvp", "-n", "a.vvp"], folder=folder, seconds=60).output.strip()


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog (iverilog) is not installed")
def test_full_adders_are_written_out_rightly(tmp_path: Path) -> None:
    verilog = rtlil_to_verilog(rtlil(ADDERS, tmp_path))
    assert wrong_sums(verilog, tmp_path) == "wrong 0"
    assert wrong_sums(verilog.replace(" & ", " | ", 1), tmp_path) != "wrong 0"


def test_it_is_clean_and_keeps_the_hierarchy(tmp_path: Path) -> None:
    text = rtlil(ADDERS, tmp_path)
    verilog = rtlil_to_verilog(text)
    assert "module row(" in verilog and "module top(" in verilog
    assert not any(mark in verilog for mark in ("$fa", "(*", "/*", "Generated", str(tmp_path)))
    assert rtlil_to_verilog(text, folder=tmp_path) == verilog


def test_power_up_values_are_left_out(tmp_path: Path) -> None:
    text = rtlil(DOT.replace("output reg full", "output reg full = 1'b1"), tmp_path)
    assert "initial" not in rtlil_to_verilog(text)


def test_a_text_without_top_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolError) as refusal:
        rtlil_to_verilog(rtlil("module other; endmodule", tmp_path))
    assert str(refusal.value) == "yosys: it ended with status 1: Module `top' not found!"

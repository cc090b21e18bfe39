"""Small circuits for the tests of synthesis, mapping and timing, written in Verilog and read by Yosys itself."""

from __future__ import annotations

from pathlib import Path

from sim.yosys import run_passes

DOT = """
module top(input clk, input rst, input en, input [31:0] x, output reg signed [16:0] y, output reg full);
  reg [31:0] r;
  wire signed [7:0] a0 = r[7:0], a1 = r[15:8], b0 = r[23:16], b1 = r[31:24];
  always @(posedge clk) begin
    if (en) begin r <= x; y <= a0 * b0 + a1 * b1; end
    if (rst) full <= 1'b0; else if (en) full <= 1'b1;
  end
endmodule
"""
"""A dot product of two pairs of signed bytes, two clocks from operands to result; `full` has a reset."""

ADDERS = r"""
module row(input [7:0] a, b, c, output [7:0] s, k);
  \$fa #(.WIDTH(8)) fa (.A(a), .B(b), .C(c), .Y(s), .X(k));
endmodule
module top(input clk, input [23:0] x, output reg [9:0] y);
  reg [23:0] r; wire [7:0] s, k;
  row compress (.a(r[7:0]), .b(r[15:8]), .c(r[23:16]), .s(s), .k(k));
  always @(posedge clk) begin r <= x; y <= s + {k, 1'b0}; end
endmodule
"""
"""The sum of three unsigned bytes: full adders in a module of their own, and a plain operator after them."""

CHAIN = """
module top(input clk, input [3:0] x, input d, output z, output reg q);
  assign z = x[0] ^ x[1] ^ x[2] ^ x[3];
  always @(posedge clk) q <= d & x[0];
endmodule
"""
"""An input that goes straight to an output beside one register."""


def rtlil(verilog: str, folder: Path) -> str:
    """Turn Verilog into RTLIL as a designer's front end would; `$fa` may stand in it."""
    (folder / "circuit.v").write_text(verilog)
    run_passes(["read_verilog -icells circuit.v", "proc", "write_rtlil circuit.il"], folder=folder, seconds=30)
    return (folder / "circuit.il").read_text()

"""Reading Yosys' Verilog: what each form says, and every other form refused."""

from __future__ import annotations

import pytest

from hdlgen.errors import ToolError
from sim.procedural.reader import read_modules

TEXT = r"""
module \child$1 (a, y);
  input [3:0] a;
  wire [3:0] a;
  output y;
  wire y;
  assign y = ^ a;
endmodule

module top(clk, x
, \y.z );
  input clk;
  wire clk;
  input signed [7:0] x;
  wire signed [7:0] x;
  output [3:0] \y.z ;
  reg [3:0] \y.z ;
  wire [3:0] _0_;
  wire bit;
  wire [7:0] _1_ = x;
  assign { _0_[3], _0_[1:0] } = x[0] ? { x[7:6], bit } : 3'h5;
  assign _0_[2] = _1_[$signed(x) +: 1];
  always @(posedge clk)
    \y.z [3:1] <= _0_[2:0];
  \child$1  \one.two  (
    .a({ x[1], bit, 2'h0 }),
    .y(bit)
  );
endmodule
"""


def test_what_is_written_is_read() -> None:
    child, top = read_modules(TEXT)
    assert (child.name, child.directions) == ("child$1".join(("\\", "")), {"a": "input", "y": "output"})
    assert top.directions == {"clk": "input", "x": "input", "\\y.z": "output"}
    assert top.widths == {"clk": 1, "x": 8, "\\y.z": 4, "_0_": 4, "bit": 1, "_1_": 8}
    assert top.signed == {"x"}
    declared, choice, chosen = top.assignments
    assert (declared.target.text, declared.operands[0].text) == ("_1_", "x")
    assert choice.target.reads == {"_0_": 0b1011} and choice.target.width == 3
    assert (choice.operator, [one.width for one in choice.operands]) == ("?", [1, 3, 3])
    assert [one.reads for one in choice.operands] == [{"x": 1}, {"x": 0xC0, "bit": 1}, {}]
    assert [part.text for part in choice.operands[1].parts] == ["x[7:6]", "bit"]
    assert (chosen.operator, chosen.operands[0].width, chosen.operands[0].reads) == ("", 0, {"_1_": 0xFF, "x": 0xFF})
    (register,) = top.registers
    assert (register.clock, register.assignment.target.reads) == ("clk", {"\\y.z": 0b1110})
    (instance,) = top.children
    assert (instance.module, instance.name) == ("\\child$1", "\\one.two")
    assert {port: operand.reads for port, operand in instance.connections.items()} == {
        "a": {"x": 2, "bit": 1},
        "y": {"bit": 1},
    }


@pytest.mark.parametrize(
    "line",
    [
        "reg [7:0] table [3:0];",
        "inout [3:0] pad;",
        "wire [0:3] x;",
        "always @(posedge clk, posedge reset)",
        "always @*",
        "function [7:0] _0_;",
        "initial begin",
        "x = y;",
        "cell #(.WIDTH(3)) one (",
    ],
)
def test_other_lines_are_refused(line: str) -> None:
    with pytest.raises(ToolError) as refusal:
        read_modules(f"module top(clk);\n  input clk;\n  wire clk;\n  {line}\nendmodule\n")
    assert str(refusal.value) == f"yosys: each line of its Verilog must be of a known form, not {line!r}"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("assign x = unknown;", "unknown"),
        ("assign x = x[8];", "x[8]"),
        ("assign x[3:4] = x;", "x[3:4]"),
        ('assign x = "text";', '"text"'),
        ("assign x = 8'd12;", "8'd12"),
        ("assign x = f(x);", "f(x)"),
        ("always @(posedge x)\nx = 1'h0;", "x = 1'h0;"),
        ("other one (\n  .a(x),\n  b\n  );", "b"),
        ("other one (\n.a(x)", "instance one without an end"),
        ("assign x = x;", "module top(x); without an end"),
    ],
)
def test_other_things_are_refused(lines: str, told: str) -> None:
    end = "" if told.endswith("end") else "\nendmodule"
    with pytest.raises(ToolError) as refusal:
        read_modules(f"module top(x);\ninput [7:0] x;\nwire [7:0] x;\n{lines}{end}\n")
    assert str(refusal.value) == f"yosys: each line of its Verilog must be of a known form, not {told!r}"

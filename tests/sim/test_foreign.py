"""Verilog from outside: what a simulator would run or open is refused, and ordinary designs are not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hdlgen.errors import InputError
from sim.foreign import check_foreign

GOOD = """\
`timescale 1ns/1ps
`default_nettype none
`define WIDTH 8
// a counter, $signed
module top #(parameter N = `WIDTH) (input wire clk, output reg [N-1:0] count);
  wire \\name.of$a.tool$3 = count[0]; /* \\ */
`ifdef DEBUG
  initial $display("at %0d: \\"%d\\"", $time, count);
`else
  always @(posedge clk) count <= $signed(count) + $unsigned(1) + {$clog2(N){1'b0}};
`endif
  localparam string_of$kind = 1;
endmodule
`resetall
"""
GOOD = GOOD.replace("string_of$kind", "kind")

HOSTILE = {
    "$system": 'initial $system("touch x");',
    "$fopen": 'initial f = $fopen("x", "w");',
    "$readmemh": 'initial $readmemh("/etc/passwd", m);',
    "$writememh": 'initial $writememh("x", m);',
    "$dumpfile": 'initial $dumpfile("x");',
    "$c": 'initial $c("system(0);");',
    "$value": 'initial $value$plusargs("x=%s", s);',
    "$sdf_annotate": 'initial $sdf_annotate("x");',
    "after a number": 'initial #1$system("x");',
    "after a base": 'initial a = 8\'hff$system("x");',
    "after a comment's backslash": '/* \\*/ initial $system("x");',
    "glued by a comment": "initial $write/**/memh(1);",
    "glued by a macro": "`define A memh\ninitial $write`A (1);",
    "glued by an argument": '`define A(display) $display("x")\n`A(system)',
    "glued by pasting": '`define A $``system\n`A ("x")',
    "a lone dollar": "initial $ /**/ system;",
    "behind a skipped region": '`ifdef A \\`endif $system("x"); //',
    "in a skipped string": '`ifdef A "\n`endif initial $system("x");',
    "include": '`include "/etc/passwd"',
    "an include by name": "`define include 1",
    "c": "`systemc_header\nint x;",
    "c by name": "`define systemc_header 1\n`systemc_header",
    "pragma": "`pragma protect",
    "an unknown macro": "`nothing",
    "imports": 'import "DPI-C" function int system(input string s);',
    "imports behind a comment": 'import/**/"DPI-C" function int system(input string s);',
    "exports": 'export "DPI-C" function f;',
}


def test_ordinary_designs_pass() -> None:
    check_foreign(GOOD, "good.v")
    check_foreign("import types::*;\nmodule top; endmodule", "package.sv")


@pytest.mark.parametrize("name", HOSTILE)
def test_what_reaches_outside_is_refused_by_its_line(name: str) -> None:
    text = GOOD.replace("endmodule", f"{HOSTILE[name]}\nendmodule")
    with pytest.raises(InputError, match=r"^bad\.v: line (13|14|15): .* in Verilog from outside$"):
        check_foreign(text, "bad.v")


def test_messages_name_what_is_refused() -> None:
    for text, message in {
        '$system("x")': "bad.v: line 1: the system task '$system' must be a harmless one in Verilog from outside",
        '\n`include "x"': (
            "bad.v: line 2: the directive or macro '`include' must be a harmless one in Verilog from outside"
        ),
        "`define A(x) x": "bad.v: line 1: a macro must have a plain name and no arguments in Verilog from outside",
    }.items():
        with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
            check_foreign(text, "bad.v")


def test_what_we_write_ourselves_passes() -> None:
    for path in sorted((Path(__file__).parents[2] / "designs").rglob("*.v")):
        check_foreign(path.read_text(), str(path))

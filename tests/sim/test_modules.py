"""Renaming of modules: words that look like a module's name but are none, and a compiler's word that it works."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import tools
from sim.modules import Source

TRAPS = r"""
`timescale 1ns / 1 ps
// module commented; add add
/* module commented_too
   endmodule */
(* top = "add", note = "module quoted" *)
module \add.one (input [7:0] a, output [7:0] y); // the name is escaped
  assign y = a + 8'hadd[7:0] * 0;
endmodule
module automatic add #(parameter beef = 1) (input [7:0] a, input [7:0] add, output [7:0] y);
  wire [7:0] beef_add = 8 'h ad;
  localparam text = "add \" module add";
  assign y = a + add + (8'sh0f & 'hadd) * 0;
endmodule
macromodule top (input [7:0] a, output [7:0] y, output [7:0] z);
  wire [7:0] add$, add_, _add;
  wire [7:0] \add  = a;
  add #(.beef(2)) \add[0] (.a(a), .add(\add ), .y(y));
  \add.one  one (a, z);
  initial if (0) $display("%m add");
endmodule
primitive nand3 (output y, input a, input b); table 0 0 : 1; 1 1 : 0; endtable endprimitive
"""

RENAMED = (
    TRAPS.replace(r"\add.one ", r"\p_add.one ")
    .replace("automatic add #", "automatic p_add #")
    .replace("[7:0] add,", "[7:0] p_add,")
    .replace("a + add +", "a + p_add +")
    .replace("macromodule top", "macromodule p_top")
    .replace(r"\add  =", r"\p_add  =")
    .replace("  add #(", "  p_add #(")
    .replace(r".add(\add )", r".p_add(\p_add )")
    .replace("nand3", "p_nand3")
)


def test_modules_are_found_and_nothing_else() -> None:
    source = Source(TRAPS)
    assert source.names == ("add.one", "add", "top", "nand3")
    assert source.is_shareable


def test_names_are_prefixed_wherever_they_stand_as_words() -> None:
    # `top` and `add` inside comments, strings, numbers, attributes and longer words stay.
    expected = RENAMED.replace('(* top = "add"', '(* p_top = "add"')
    assert Source(TRAPS).prefixed("p_") == expected


def test_a_prefix_that_the_text_has_is_refused() -> None:
    with pytest.raises(ValueError) as caught:
        Source(TRAPS).prefixed("be")
    assert str(caught.value) == "Source: prefix must occur nowhere in the text, not 'be'"


def test_a_text_without_modules_stays() -> None:
    assert Source("// nothing\n").prefixed("p_") == "// nothing\n"


MODULE = "module top (input a); wire b = a; endmodule\n"


@pytest.mark.parametrize(
    "text",
    [
        "`define WIDTH 8\n" + MODULE,
        '`include "other.v"\n' + MODULE,
        MODULE.replace("wire", "`WIRE"),
        "package numbers; endpackage\n" + MODULE,
        "import numbers::*;\n" + MODULE,
        "typedef logic [7:0] byte_t;\n" + MODULE,
        "function automatic integer twice(input integer x); twice = 2 * x; endfunction\n" + MODULE,
        "interface bus; endinterface\n" + MODULE,
        "module top (input a); module inner; endmodule wire b = a; endmodule\n",
        MODULE.replace("endmodule", "initial $finish; endmodule"),
        MODULE.replace("endmodule", "initial $dumpvars; endmodule"),
        MODULE.replace("endmodule", ""),
        MODULE + "bind top checker check (.*);\n",
    ],
)
def test_what_acts_beyond_its_modules_is_not_shared(text: str) -> None:
    assert not Source(text).is_shareable


@pytest.mark.parametrize(
    "text",
    [
        MODULE,
        "`timescale 1 ns/1 ps\n`default_nettype none\n`resetall\n" + MODULE,
        '(* src = "top.v:1", keep *)\n' + MODULE,
        "/* package numbers; */ // `define x\n" + MODULE + MODULE.replace("top", "`celldefine".removeprefix("`")),
        MODULE.replace("wire b = a;", 'initial $display("`define $finish endmodule package");'),
    ],
)
def test_plain_modules_are_shared(text: str) -> None:
    assert Source(text).is_shareable


def test_two_copies_of_a_text_compile_together(tmp_path: Path) -> None:
    if tools.find("iverilog") is None:
        pytest.skip("iverilog is not installed")
    valid = TRAPS.replace("8'hadd[7:0]", "12'hadd")
    for index in (0, 1):
        (tmp_path / f"{index}.v").write_text(Source(valid).prefixed(f"p{index}_"))
    command = ["iverilog", "-g2012", "-s", "p0_top", "-s", "p1_top", "-o", "both.vvp", "0.v", "1.v"]
    done = tools.run(command, folder=tmp_path, seconds=60)
    assert (done.status, done.error) == (0, "")
    (tmp_path / "1.v").write_text(valid.replace("top", "p1_top"))
    (tmp_path / "0.v").write_text(valid.replace("top", "p0_top"))
    assert tools.run(command, folder=tmp_path, seconds=60).status != 0  # the fault that the prefix avoids

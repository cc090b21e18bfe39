"""How it is written: nested, shared, counted, in order, and nothing that nobody reads."""

from __future__ import annotations

import pytest

from hdlgen.errors import ToolError
from sim.procedural import procedural

HEAD = """module top(clk, x, y);
  input clk;
  wire clk;
  input [7:0] x;
  wire [7:0] x;
  output [7:0] y;
"""


def lines(body: str) -> list[str]:
    """Rewrite a module, and give its lines after those of the ports."""
    written = procedural(f"{HEAD}{body}endmodule\n").splitlines()
    start = next(number for number, line in enumerate(written) if line.endswith(" y;") and "output" not in line)
    return [written[start].strip(), *(line.strip() for line in written[start + 1 :])]


def test_single_readers_take_the_expression_in() -> None:
    assert lines(
        """  wire [7:0] y;
  wire [7:0] _0_;
  wire [7:0] _1_;
  wire [7:0] _2_;
  assign y = _2_ | _1_;
  assign _1_ = x & 8'h0f;
  assign _2_ = _0_ | x;
  assign _0_ = ~ x;
"""
    ) == ["wire [7:0] y;", "assign y = ~x | x | (x & 8'h0f);", "endmodule"]


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("x + 8'h01", "_0_ ^ x"),  # a sum has another value in wider surroundings
        ("x[3:0] & x[7:4]", "_0_ ^ x"),  # widened before the operation
        ("~ x", "_0_ + x"),
        ("x & 8'h33", "{ _0_[3:0], _0_[7:4] }"),
        ("x & 8'h33", "_0_ ^ _0_"),
    ],
)
def test_other_values_keep_their_names(inner: str, outer: str) -> None:
    body = f"  wire [7:0] y;\n  wire [7:0] _0_;\n  assign _0_ = {inner};\n  assign y = {outer};\n"
    assert lines(body) == [
        "reg [7:0] y;",
        "reg [7:0] _0_;",
        "always @* begin",
        f"_0_ = {inner.replace('~ ', '~')};",
        f"y = {outer};",
        "end",
        "endmodule",
    ]


def test_registers_take_what_only_they_read() -> None:
    assert lines(
        """  reg [7:0] y;
  wire [7:0] _0_;
  wire _1_;
  assign _0_ = _1_ ? x : y;
  assign _1_ = x == 8'h03;
  always @(posedge clk)
    y <= _0_;
"""
    ) == ["reg [7:0] y;", "always @(posedge clk)", "y <= (x == 8'h03) ? x : y;", "endmodule"]


def test_words_are_shared_by_a_name_of_theirs_or_a_new_one_and_equal_bits_are_counted() -> None:
    assert lines(
        r"""  wire [7:0] y;
  wire [7:0] nobody;
  wire [3:0] \a.b ;
  wire [3:0] named;
  wire word_0;
  assign y[3:0] = { x[7], x[2:0] } & { x[0], x[3:1] };
  assign y[7:4] = { x[7], x[2:0] } | { x[0], x[3:1] };
  assign \a.b  = { x[0], x[3:1] };
  assign named = { x[0], x[3:1] };
  assign nobody = { x[7], x[7], x[7], x[7], x[7], x[7], x[7], x[7] };
"""
    ) == [
        "reg [7:0] y;",
        "reg [3:0] named;",
        "reg [3:0] word_1;",
        "always @* begin",
        "word_1 = { x[7], x[2:0] };",
        "named = { x[0], x[3:1] };",
        "y[3:0] = word_1 & named;",
        "y[7:4] = word_1 | named;",
        "end",
        "endmodule",
    ]
    ones = ", ".join(["x[1]"] * 8)
    body = f"  wire [7:0] y;\n  assign y = {{ x[7], x[7], x[7], x[7:6], x[0], x[0], x[1] }} ^ {{ {ones} }};\n"
    assert lines(body)[1] == "assign y = { {3{x[7]}}, x[7:6], x[0], x[0], x[1] } ^ {8{x[1]}};"


def test_the_rest_of_a_ring_stays_continuous() -> None:
    body = "  wire [7:0] y;\n  wire [7:0] a;\n  assign a = y + x;\n  assign y = a - 8'h01;\n"
    assert lines(body)[2:4] == ["assign y = a - 8'h01;", "assign a = y + x;"]


def test_what_an_instance_drives_stays_a_wire() -> None:
    text = procedural(
        f"module child(a);\n  output [3:0] a;\n  wire [3:0] a;\n  assign a = 4'h3;\nendmodule\n{HEAD}  wire [7:0] y;\n"
        "  assign y[4] = x[0];\n  assign y[7:5] = x[7:5] & x[3:1];\n  child one (\n    .a(y[3:0])\n  );\nendmodule\n"
    )
    assert "wire [7:0] y;" in text and "assign y[4] = x[0];" in text and "always" not in text


def test_a_missing_module_is_refused() -> None:
    with pytest.raises(ToolError) as refusal:
        procedural(f"{HEAD}  wire [7:0] y;\n  other one (\n    .a(x)\n  );\nendmodule\n")
    assert str(refusal.value) == "yosys: its Verilog must hold each module that it instantiates, not 'other'"

"""Registers that stand for one another: constants that synthesis finds are followed, and none is believed in."""

from __future__ import annotations

from pathlib import Path

import pytest

from hdlgen.evaluation import Verdict
from sim.circuit import Circuit, read_circuit
from sim.correspondence import Unmatched, cut, names_of
from sim.netlist import Bit
from sim.prove import EquivalenceProver

MODULE = """
module top(input clk, input rst, input en, input d, output y);
  reg kept, delayed;
  always @(posedge clk) {kept}
  always @(posedge clk) delayed <= {loaded};
  assign y = delayed;
endmodule
"""
WITHOUT = """
module top(input clk, input rst, input en, input d, output y);
  reg delayed;
  always @(posedge clk) delayed <= {loaded};
  assign y = delayed;
endmodule
"""


def circuit(folder: Path, text: str) -> Circuit:
    (folder / "top.v").write_text(text)
    return read_circuit(["read_verilog top.v"], folder=folder, seconds=60)


def verdict(folder: Path, kept: str, loaded: str, without: str) -> Verdict:
    first = circuit(folder, MODULE.format(kept=kept, loaded=loaded))
    second = circuit(folder, WITHOUT.format(loaded=without))
    pair = cut(first, second, names_of(second.names, second.registers))
    return EquivalenceProver(pair.first, seconds=60).prove(pair.second).verdict


@pytest.mark.parametrize(
    ("kept", "without"),
    [
        ("kept <= 1'b1;", "d"),
        ("if (en) kept <= 1'b1;", "d"),
        ("kept <= en ? d | 1'b1 : kept;", "d"),
        ("if (en) kept <= 1'b0;", "1'b0"),
    ],
)
def test_a_register_that_only_ever_loads_a_constant_is_that(tmp_path: Path, kept: str, without: str) -> None:
    assert verdict(tmp_path, kept, "d & kept", without) is Verdict.EQUAL


@pytest.mark.parametrize("kept", ["if (en) kept <= 1'b1;", "if (en) kept <= 1'b0;"])
def test_a_netlist_with_the_other_constant_is_refuted(tmp_path: Path, kept: str) -> None:
    wrong = "1'b0" if "b1" in kept else "d"
    assert verdict(tmp_path, kept, "d & kept", wrong) is Verdict.DIFFERENT


@pytest.mark.parametrize(
    "kept",
    [
        "if (en) kept <= d;",
        "if (rst) kept <= 1'b0; else if (en) kept <= 1'b1;",
        "kept <= kept | d;",
        "kept <= en ? ~kept : 1'b1;",
    ],
)
def test_a_register_that_loads_more_needs_a_counterpart(tmp_path: Path, kept: str) -> None:
    with pytest.raises(Unmatched, match=r"kept\[0\] must have a counterpart"):
        verdict(tmp_path, kept, "d & kept", "d")


def test_a_constant_goes_before_a_twin_that_synthesis_kept(tmp_path: Path) -> None:
    """Two registers load 0 in the end, and one of them stays: what reads the other reads 0, and not that register."""
    text = """
    module top(input clk, input en, input d, output y);
      reg zero, also, delayed;
      always @(posedge clk) if (en) {zero, also} <= 2'b0;
      always @(posedge clk) delayed <= d & zero | also & ~d;
      assign y = delayed;
    endmodule
    """
    kept = """
    module top(input clk, input en, input d, output y);
      reg also, delayed;
      always @(posedge clk) if (en) also <= 1'b0;
      always @(posedge clk) delayed <= also & ~d;
      assign y = delayed;
    endmodule
    """
    first, second = circuit(tmp_path, text), circuit(tmp_path, kept)
    pair = cut(first, second, names_of(second.names, second.registers))
    assert EquivalenceProver(pair.first, seconds=60).prove(pair.second).verdict is Verdict.EQUAL


def compared(folder: Path, first: str, second: str) -> Verdict:
    """Compare two texts, registers of the second one by all names that the first has for them."""
    one, other = circuit(folder, first), circuit(folder, second)
    pair = cut(one, other, names_of(other.names, other.registers))
    return EquivalenceProver(pair.first, seconds=60).prove(pair.second).verdict


def test_a_register_may_have_kept_the_name_of_one_that_does_not_matter(tmp_path: Path) -> None:
    text = """
    module top(input clk, input a, input b, output y);
      reg sum, total;
      always @(posedge clk) begin sum <= sum ^ (a & b); total <= sum ^ (a & b); end
      assign y = sum;
    endmodule
    """
    kept = """
    module top(input clk, input a, input b, output y);
      reg total;
      always @(posedge clk) total <= {};
      assign y = total;
    endmodule
    """
    assert compared(tmp_path, text, kept.format("total ^ (a & b)")) is Verdict.EQUAL
    assert compared(tmp_path, text, kept.format("total ^ (a | b)")) is Verdict.DIFFERENT


def test_a_register_that_gates_with_constants_leave_out_needs_no_counterpart(tmp_path: Path) -> None:
    text = """
    module top(input clk, input [1:0] a, output y);
      reg [1:0] held;
      wire carry = held[0] & 1'b0;
      always @(posedge clk) held <= a;
      assign y = held[1] ^ carry;
    endmodule
    """
    kept = """
    module top(input clk, input [1:0] a, output y);
      reg held;
      always @(posedge clk) held <= a[{}];
      assign y = held;
    endmodule
    """
    for place, wanted in ((1, Verdict.EQUAL), (0, Verdict.DIFFERENT)):
        one, other = circuit(tmp_path, text), circuit(tmp_path, kept.format(place))
        names: dict[Bit, list[str]] = {net: ["held[1]"] for net in other.registers}
        pair = cut(one, other, names)
        assert EquivalenceProver(pair.first, seconds=60).prove(pair.second).verdict is wanted


def test_a_constant_that_synthesis_kept_in_one_register_for_two(tmp_path: Path) -> None:
    """Both hold 0; what read `zero` reads `also` in the netlist, whose gates do not show a multiplexer any more."""
    text = """
    module top(input clk, input en, input d, output y);
      reg zero, also, delayed;
      always @(posedge clk) if (en) {zero, also} <= 2'b0;
      always @(posedge clk) delayed <= d & zero ^ also;
      assign y = delayed;
    endmodule
    """
    kept = """
    module top(input clk, input en, input d, output y);
      reg also, delayed;
      always @(posedge clk) also <= LOAD;
      always @(posedge clk) delayed <= d & also ^ also;
      assign y = delayed;
    endmodule
    """
    assert compared(tmp_path, text, kept.replace("LOAD", "~(~also | en)")) is Verdict.EQUAL
    assert compared(tmp_path, text, kept.replace("LOAD", "~(~also & en)")) is Verdict.DIFFERENT


def test_of_two_registers_that_load_the_same_either_may_stand_for_a_third(tmp_path: Path) -> None:
    """Parity of a sum and of a difference: synthesis kept two of three registers, and what read the third reads one."""
    text = """
    module top(input clk, input [1:0] a, input [1:0] b, output x, output y, output z);
      reg sum, difference, third, w;
      always @(posedge clk) begin
        sum <= a[0] ^ b[0]; difference <= b[0] ^ a[0]; third <= a[0] ^ b[0]; w <= third;
      end
      assign x = sum, y = difference, z = w;
    endmodule
    """
    kept = """
    module top(input clk, input [1:0] a, input [1:0] b, output x, output y, output z);
      reg sum, difference, w;
      always @(posedge clk) begin sum <= a[0] ^ b[0]; difference <= OTHER; w <= READ; end
      assign x = sum, y = difference, z = w;
    endmodule
    """
    same = kept.replace("OTHER", "~(a[0] ~^ b[0])")
    for read, wanted in (("sum", Verdict.EQUAL), ("difference", Verdict.EQUAL), ("~sum", Verdict.DIFFERENT)):
        assert compared(tmp_path, text, same.replace("READ", read)) is wanted
    other = kept.replace("OTHER", "a[0] & b[0]").replace("READ", "sum")
    assert compared(tmp_path, text, other) is Verdict.DIFFERENT


def test_a_register_may_have_kept_the_name_of_a_wire_alone(tmp_path: Path) -> None:
    text = """
    module top(input clk, input d, output y);
      reg [1:0] phase;
      wire factor = phase[1] ? (phase[0] ? 1'b1 : 1'b0) : (phase[0] ? 1'b1 : 1'b0);
      always @(posedge clk) phase <= {d, ~phase[0]};
      assign y = factor;
    endmodule
    """
    kept = """
    module top(input clk, input d, output y);
      reg NAME;
      always @(posedge clk) NAME <= ~NAME;
      assign y = NAME;
    endmodule
    """
    assert compared(tmp_path, text, kept.replace("NAME", "factor")) is Verdict.EQUAL
    assert compared(tmp_path, text, kept.replace("NAME", "factor").replace("~factor", "factor")) is Verdict.DIFFERENT

"""Procedural Verilog does what Yosys' own text does: at every clock and with unknown bits, and by proof."""

from __future__ import annotations

import contextlib
import re
import shutil
from pathlib import Path

import pytest

import sim.verilog
from hdlgen.compiler import Compiler
from hdlgen.errors import ToolError
from hdlgen.knobs import Mapping, offer
from hdlgen.space import Point
from hdlgen.spec import load
from sim import tools
from sim.procedural import procedural, rewrite
from sim.procedural.schedule import schedule
from sim.verilog import rtlil_to_verilog
from sim.yosys import LOG, run_passes
from tests.sim.circuits import ADDERS, rtlil
from tests.sim.procedural.circuits import CIRCUITS, DETOUR, RIPPLE, STILL, random_circuit

needs_icarus = pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")

BENCH = """
module tb;
  reg clk = 0; reg [31:0] x; wire [31:0] y; integer i;
  top dut (.clk(clk), .x(x), .y(y));
  initial begin
    for (i = 0; i < 200; i = i + 1) begin
      x = $random; if (i % 5 == 0) x[31:26] = 0;
      if (i > 30 && i % 7 == 2) x[i % 32] = 1'bx; if (i > 30 && i % 31 == 5) x = 32'bx;
      #5 $display("%b", y); clk = 1; #5 $display("%b", y); clk = 0;
    end
    $finish;
  end
endmodule
"""


def texts(circuit: str, folder: Path) -> tuple[str, str]:
    """Write a circuit as Yosys does, and rewritten."""
    given = rtlil(circuit, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sim.verilog, "procedural", lambda text: text)
        plain = rtlil_to_verilog(given)
    return plain, procedural(plain)


def answers(verilog: str, folder: Path) -> list[str]:
    """Simulate, and give what the outputs are before and after each clock edge.

    The first cycles are left out: until something that it reads moves, a block has not run.
    """
    (folder / "bench.v").write_text(verilog + BENCH)
    done = tools.run(["iverilog", "-g2005", "-Wall", "-o", "a.vvp", "-s", "tb", "bench.v"], folder=folder, seconds=60)
    assert (done.status, done.error) == (0, "")
    found = tools.run(["vvp", "-n", "a.vvp"], folder=folder, seconds=60).output.split()
    assert len(found) == 400
    return found[20:]


@needs_icarus
@pytest.mark.parametrize("name", sorted(CIRCUITS))
def test_every_hard_circuit_answers_alike_at_all_times(name: str, tmp_path: Path) -> None:
    plain, rewritten = texts(CIRCUITS[name], tmp_path)
    assert answers(rewritten, tmp_path) == answers(plain, tmp_path)


@needs_icarus
@pytest.mark.parametrize("seed", range(12))
def test_every_random_circuit_answers_alike_at_all_times(seed: int, tmp_path: Path) -> None:
    plain, rewritten = texts(random_circuit(seed), tmp_path)
    assert "always @*" in rewritten
    expected = answers(plain, tmp_path)
    assert len(set(expected)) > 100
    assert answers(rewritten, tmp_path) == expected


@needs_icarus
def test_a_wrong_order_a_lost_bit_and_a_wrong_operator_are_noticed(tmp_path: Path) -> None:
    _, rewritten = texts(RIPPLE, tmp_path)
    expected = answers(rewritten, tmp_path)
    line, following = re.findall(r"    carry\[[45]\] = .*\n", rewritten)
    assert line == "    carry[4] = _00_[3] | (x[3] & carry[3]) | (x[19] & carry[3]);\n"
    for wrong in (
        rewritten.replace(line + following, following + line),
        rewritten.replace(line, ""),
        rewritten.replace(line, line.replace("&", "|", 1)),
    ):
        assert wrong != rewritten
        assert answers(wrong, tmp_path) != expected


def test_what_never_moves_does_not_wait_for_a_move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, rewritten = texts(STILL, tmp_path)
    below, top = rewritten.split("module top")
    assert "always" not in below and "always" in top
    monkeypatch.setattr(rewrite, "schedule", lambda module, order, still: schedule(module, order, 0))
    assert "always" in procedural(plain).split("module top")[0]


def test_what_comes_back_by_an_instance_is_read_by_another_block(tmp_path: Path) -> None:
    _, rewritten = texts(DETOUR, tmp_path)
    top = rewritten[rewritten.index("module top") :]
    blocks = re.findall(r"always @\*(.*?)  end", top, re.DOTALL)
    assert [re.findall(r"(first|start|joined|beside|last|more) = ", block) for block in blocks] == [
        ["first", "start"],
        ["joined", "beside"],
        ["last", "more"],
    ]


@pytest.mark.parametrize("name", ["ripple", "detour", "state", "signed", "random", "adders"])
def test_yosys_proves_it_equal(name: str, tmp_path: Path) -> None:
    circuit = {**CIRCUITS, "random": random_circuit(7), "adders": ADDERS}[name]
    assert prove(rtlil(circuit, tmp_path), rtlil_to_verilog(rtlil(circuit, tmp_path)), tmp_path)


def test_yosys_refutes_a_lost_inversion(tmp_path: Path) -> None:
    given = rtlil(random_circuit(7), tmp_path)
    verilog = rtlil_to_verilog(given)
    assert "~" in verilog
    assert not prove(given, verilog.replace("~", "", 1), tmp_path)


def prove(given: str, verilog: str, folder: Path) -> bool:
    """Ask Yosys whether Verilog, read as any other, does what RTLIL says; it may hold no latch and no second driver."""
    (folder / "given.il").write_text(given)
    (folder / "written.v").write_text(verilog)
    flat = ("hierarchy -check -top top", "proc", "flatten", "opt_clean")
    sound = ("check -assert", "select -assert-none t:$dlatch t:$adlatch t:$dlatchsr")
    passes = [
        *("read_rtlil given.il", *flat, "techmap t:$fa", "rename top gold", "design -stash gold"),
        *("read_verilog written.v", *flat, *sound, "rename top gate", "design -stash gate"),
        *("design -copy-from gold gold", "design -copy-from gate gate", "equiv_make gold gate both"),
        *("hierarchy -top both", "equiv_simple", "equiv_induct", "equiv_status -assert"),
    ]
    with contextlib.suppress(ToolError):
        run_passes(passes, folder=folder, seconds=120)
    found = re.findall(r"Of those cells (\d+) are proven and (\d+) are unproven", (folder / LOG).read_text())
    assert len(found) == 1, "the proof must come to its end"
    proven, unproven = map(int, found[0])
    return proven > 0 and unproven == 0


POINTS = (
    ("dot8", "interval=8,fold=8,adder=ripple"),
    ("dot8", "stages=3,full_adders=gates,adder=kogge_stone"),
    ("fir8", "interval=2,fold=2,reduction=tree,adder=brent_kung"),
)


@pytest.mark.parametrize(("name", "text"), POINTS)
def test_designs_are_proved_equal(name: str, text: str, tmp_path: Path) -> None:
    compiler = Compiler.of(load(name).graph)
    space = offer(compiler.dataflow, Mapping(recipes=("fast",), full_adder_cells=True))
    given = compiler.build(Point.parse(text, space)).rtlil
    assert prove(given, rtlil_to_verilog(given), tmp_path)

"""Synthesis from RTLIL to cells, judged by gate-level simulation in Icarus with models from the liberty functions."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

import pytest

from hdlgen.errors import ToolError
from sim import tools
from sim.cell_models import cell_models
from sim.recipes import RECIPES
from sim.synthesize import FLOWS, STOCK_FLOWS, Synthesis, summarise, synthesize
from sim.technology import TECHNOLOGIES, load
from tests.sim.circuits import ADDERS, DOT, rtlil

needs_icarus = pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog (iverilog) is not installed")

BENCH = """
module tb;
  reg clk = 0, rst = 1, en = 1; reg [31:0] x = 0; wire [16:0] y; wire full;
  top dut(.clk(clk), .rst(rst), .en(en), .x(x), .y(y), .full(full));
  task step(input [31:0] value, input enable); begin
    x = value; en = enable; #5 clk = 1; #1 $display("%0d %0d", $signed(y), full); #4 clk = 0; end
  endtask
  initial begin
    step(0, 1); rst = 0;
    STEPS
    $finish;
  end
endmodule
"""


def byte(value: int, place: int) -> int:
    raw = value >> 8 * place & 0xFF
    return raw - 256 if raw > 127 else raw


def run(netlist: str, models: str, folder: Path, steps: list[tuple[int, int]]) -> list[str]:
    """Simulate a mapped `DOT` and give y and full after each step."""
    bench = BENCH.replace("STEPS", "\n".join(f"step(32'd{value}, {enable});" for value, enable in steps))
    for name, text in (("bench.v", bench), ("netlist.v", netlist), ("cells.v", models)):
        (folder / name).write_text(text)
    for command in (["iverilog", "-g2012", "-o", "a.vvp", "bench.v", "netlist.v", "cells.v"], ["vvp", "-n", "a.vvp"]):
        done = tools.run(command, folder=folder, seconds=60)
        assert done.status == 0, done.error
    shown = done.output.splitlines()[1:]
    known = next(
        place for place, (_, enable) in enumerate(steps) if enable
    )  # before, y is what the registers woke up with
    return [f"? {line.split()[1]}" if place < known else line for place, line in enumerate(shown)]


def stimuli() -> list[tuple[int, int]]:
    draw = random.Random(7)
    corners = [0x80808080, 0x7F7F7F7F, 0x80807F7F, 0x01FF01FF, 0]
    values = [*corners, *(draw.getrandbits(32) for _ in range(120))]
    return [(value, int(draw.random() < 0.7)) for value in values]


def reference(steps: list[tuple[int, int]]) -> list[str]:
    """Play the two registers with enable in plain Python, from the state that the first step with zeros leaves."""
    held, result, full, shown = 0, None, 0, []
    for value, enable in steps:
        if enable:
            result = byte(held, 0) * byte(held, 2) + byte(held, 1) * byte(held, 3)
            held, full = value, 1
        shown.append(f"{'?' if result is None else result} {full}")
    return shown


@needs_icarus
@pytest.mark.parametrize(
    ("technology", "flow", "recipe"),
    [
        *[(name, "generated", "balanced") for name in TECHNOLOGIES],
        *[("sky130hd", "generated", recipe) for recipe in RECIPES],
        *[("sky130hd", flow, "lean") for flow in STOCK_FLOWS],
        ("asap7", "booth_tree_cells", "fast"),
        ("sg13g2", "booth_tree_cells", "leanest"),
    ],
)
def test_mapped_netlists_compute_what_was_written(tmp_path: Path, technology: str, flow: str, recipe: str) -> None:
    cells = load(technology)
    done = synthesize(rtlil(DOT, tmp_path), cells, recipe=recipe, flow=flow, folder=tmp_path)
    steps = stimuli()
    assert run(done.netlist, cell_models(cells, done.cells), tmp_path, steps) == reference(steps)
    assert done.flip_flops == 32 + 17 + 1
    assert done.area_um2 == pytest.approx(sum(cells.cells[name].area_um2 * count for name, count in done.cells.items()))
    assert 0 < done.flip_flop_area_um2 < done.area_um2


@needs_icarus
def test_a_fault_in_the_netlist_is_seen_by_that_simulation(tmp_path: Path) -> None:
    cells = load("sky130hd")
    done = synthesize(rtlil(DOT, tmp_path), cells, recipe="lean", folder=tmp_path)
    steps = stimuli()
    name = next(name for name in done.cells if "nand2" in name)
    broken = done.netlist.replace(f"{name} g", f"{name.replace('nand2', 'nor2')} g", 1)
    assert broken != done.netlist
    assert run(broken, cell_models(cells), tmp_path, steps) != reference(steps)


def test_full_adders_become_adder_cells_in_our_flow(tmp_path: Path) -> None:
    text = rtlil(ADDERS, tmp_path)
    cells = synthesize(text, load("sky130hd"), recipe="keep_lean", folder=tmp_path).cells
    assert cells["sky130_fd_sc_hd__fa_1"] == 8
    cells = synthesize(text, load("sg13g2"), recipe="keep_lean", folder=tmp_path).cells
    assert sum(cells.values()) > 40 and all(name.startswith("sg13g2_") for name in cells)


@pytest.mark.parametrize(("share", "cells"), [(0.0, 8), (0.25, 6), (0.5, 4), (1.0, 0)])
def test_a_share_of_the_full_adders_becomes_gates(tmp_path: Path, share: float, cells: int) -> None:
    text = rtlil(ADDERS, tmp_path)
    done = synthesize(text, load("sky130hd"), recipe="keep_lean", gate_share=share, folder=tmp_path)
    assert done.cells.get("sky130_fd_sc_hd__fa_1", 0) == cells


def test_adders_of_both_kinds_compute_the_same(tmp_path: Path) -> None:
    cells = load("sky130hd")
    text = rtlil(DOT, tmp_path)
    done = synthesize(text, cells, recipe="fast", flow="booth_tree_cells", gate_share=0.5, folder=tmp_path)
    assert done.cells["sky130_fd_sc_hd__fa_1"] > 3
    steps = stimuli()
    assert run(done.netlist, cell_models(cells), tmp_path, steps) == reference(steps)


def test_equal_inputs_give_equal_bytes(tmp_path: Path) -> None:
    results: list[Synthesis] = []
    for name in ("one", "other"):
        folder = tmp_path / name / "with a space"
        folder.mkdir(parents=True)
        results.append(synthesize(rtlil(DOT, folder), load("sky130hd"), recipe="fast", folder=folder))
    assert results[0].netlist == results[1].netlist
    assert results[0].netlist_json == results[1].netlist_json


def test_power_up_values_do_not_reach_the_netlist(tmp_path: Path) -> None:
    text = rtlil("module top(input clk, d, output reg q = 1'b1); always @(posedge clk) q <= d; endmodule", tmp_path)
    assert re.search(r"init", text)
    done = synthesize(text, load("sky130hd"), recipe="fast", folder=tmp_path)
    assert dict(done.cells) == {"sky130_fd_sc_hd__dfxtp_1": 1}


@pytest.mark.parametrize(
    ("verilog", "message"),
    [
        ("module other; endmodule", "yosys: it ended with status 1: Module `top' not found!"),
        (
            "module top(input a, output y); missing m (.a(a), .y(y)); endmodule",
            "yosys: it ended with status 1: Module `\\missing' referenced in module `\\top' in cell `\\m' ",
        ),
        (
            "module top(input e, d, output reg q); always @* if (e) q = d; endmodule",
            "yosys: it ended with status 1: FF top.",
        ),
        (
            "module top(input a, output y); wire t; \\$pow #(.A_SIGNED(0)) p (.A(a), .Y(y)); endmodule",
            "yosys: it ended with status 1: ",
        ),
        (
            "module top(input a, output y); assign y = 1'bz; endmodule",
            "yosys: no bit must float (z)",
        ),
        (
            "module top(input clk, d, output reg q); always @(negedge clk) q <= d; endmodule",
            "mapping: every register must be clocked by the rising edge of an input, not by a gate",
        ),
    ],
)
def test_designs_that_cannot_be_mapped_are_refused(tmp_path: Path, verilog: str, message: str) -> None:
    with pytest.raises(ToolError) as refusal:
        synthesize(rtlil(verilog, tmp_path), load("sky130hd"), recipe="fast", folder=tmp_path)
    assert str(refusal.value).startswith(message)


def test_rtlil_that_is_none_is_refused_and_we_live_on(tmp_path: Path) -> None:
    with pytest.raises(ToolError) as refusal:
        synthesize("module \\top\n  cell $and \\x\n", load("sky130hd"), recipe="fast", folder=tmp_path)
    assert str(refusal.value).startswith("yosys: it ended with status 1: Parser error in line 3:")


def test_misspelt_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError) as refusal:
        synthesize("", load("sky130hd"), recipe="fats", folder=tmp_path)
    assert str(refusal.value) == (
        f"synthesize: recipe must be one of {', '.join(RECIPES)}, not 'fats' (did you mean 'fast'?)"
    )
    with pytest.raises(ValueError) as refusal:
        synthesize("", load("sky130hd"), recipe="fast", flow="boot", folder=tmp_path)
    assert str(refusal.value) == (
        f"synthesize: flow must be one of {', '.join(FLOWS)}, not 'boot' (did you mean 'booth'?)"
    )


def test_a_netlist_with_foreign_cells_is_refused(tmp_path: Path) -> None:
    done = synthesize(rtlil(DOT, tmp_path), load("sky130hd"), recipe="lean", folder=tmp_path)
    with pytest.raises(ToolError) as refusal:
        summarise(done.mapped, load("sg13g2"))
    assert str(refusal.value).startswith("netlist: every cell must be one of sg13g2, not 'sky130_fd_sc_hd__")

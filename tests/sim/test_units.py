"""Area by kind of unit, against areas counted by hand and against the flat netlist."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.synthesize import synthesize
from sim.technology import load
from sim.units import area_by_unit
from tests.sim.circuits import ADDERS, rtlil

TWICE = """
module invert(input a, output y); assign y = ~a; endmodule
module pair(input [1:0] a, output [1:0] y); invert i0 (.a(a[0]), .y(y[0])); invert i1 (.a(a[1]), .y(y[1])); endmodule
module top(input [3:0] a, output [3:0] y); pair p0 (.a(a[1:0]), .y(y[1:0])); pair p1 (.a(a[3:2]), .y(y[3:2])); endmodule
"""


def test_each_instance_counts_for_all_that_it_stands_in(tmp_path: Path) -> None:
    technology = load("sky130hd")
    areas = area_by_unit(rtlil(TWICE, tmp_path), technology, folder=tmp_path)
    inverter = technology.cells["sky130_fd_sc_hd__inv_1"].area_um2
    held = {"top": 4, "top.p0": 2, "top.p0.i0": 1, "top.p0.i1": 1, "top.p1": 2, "top.p1.i0": 1, "top.p1.i1": 1}
    assert areas == {path: pytest.approx(count * inverter) for path, count in held.items()}
    assert list(areas) == list(held)


def test_the_units_add_up_to_about_the_flat_netlist(tmp_path: Path) -> None:
    technology = load("sky130hd")
    text = rtlil(ADDERS, tmp_path)
    areas = area_by_unit(text, technology, folder=tmp_path, recipe="lean")
    assert areas["top.compress"] == pytest.approx(8 * technology.cells["sky130_fd_sc_hd__fa_1"].area_um2)
    flat = synthesize(text, technology, recipe="lean", folder=tmp_path)
    assert areas["top"] == pytest.approx(flat.area_um2, rel=0.05)

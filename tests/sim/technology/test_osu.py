"""Two libraries of a distribution, which nothing here was tuned on: read, mapped, and timed as OpenSTA times them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from sim import tools
from sim.synthesize import synthesize
from sim.technology import Technology, load
from sim.timing import analyse
from tests.sim.circuits import DOT, rtlil

OSU = {
    name: Path(f"/usr/share/qflow/tech/{name}/{name}_stdcells.lib") for name in ("osu018", "osu035")
}  # fmt: skip
VOLTS = {"osu018": 1.8, "osu035": 3.3}
TOLERANCE = 0.01
CLOCK_NS = 100


def library(name: str) -> Technology:
    """Load a library of the distribution, or skip with the line that installs it."""
    if not OSU[name].is_file():
        pytest.skip(f"{OSU[name]} is not there: apt-get install qflow-tech-{name}")
    return load(OSU[name])


COMMANDS = """
read_liberty {liberty}
read_verilog netlist.v
link_design top
create_clock -name clk -period {clock} [get_ports clk]
set_clock_transition {clock_slew} [get_clocks clk]
set inputs [list]
foreach port [all_inputs] {{ if {{[get_property $port full_name] != "clk"}} {{ lappend inputs $port }} }}
set_input_delay 0 -clock clk $inputs
set_output_delay 0 -clock clk [all_outputs]
set_driving_cell -lib_cell {cell} -pin {pin} -input_transition_rise {slew} -input_transition_fall {slew} $inputs
set_load {load} [all_outputs]
report_checks -path_delay max -digits 6
"""


def opensta_ps(netlist: str, technology: Technology, folder: Path) -> float:
    """Take the shortest period from OpenSTA, which counts in the libraries' own units, ns and pF."""
    (folder / "netlist.v").write_text(netlist)
    around = technology.environment
    text = COMMANDS.format(
        liberty=technology.liberty,
        clock=CLOCK_NS,
        clock_slew=around.clock_slew_ps / 1000,
        cell=around.driving_cell,
        pin=technology.cells[around.driving_cell].outputs[0],
        slew=around.input_slew_ps / 1000,
        load=around.output_load_ff / 1000,
    )
    (folder / "commands.tcl").write_text(text)
    done = tools.run(["sta", "-exit", "-no_splash", "commands.tcl"], folder=folder, seconds=600)
    slack = re.search(r"(-?[\d.]+)\s+slack", done.output)
    assert slack is not None, done.output + done.error
    return 1000 * (CLOCK_NS - float(slack[1]))


@pytest.mark.parametrize("name", OSU)
def test_every_cell_is_read(name: str) -> None:
    technology = library(name)
    named = re.findall(r"^\s*cell\s*\(\s*\"?(\w+)", OSU[name].read_text(), re.MULTILINE)
    assert list(technology.cells) == named and len(named) > 30
    assert technology.voltage_v == VOLTS[name]
    assert technology.register.cell == "DFFPOSX1" and not technology.register.inverted
    assert technology.full_adder is not None and technology.full_adder.cell == "FAX1"
    assert technology.half_adder is not None and technology.half_adder.cell == "HAX1"
    # Latches, tristates and pads stay alone.
    assert {"LATCH", "TBUFX1"} & technology.cells.keys() <= set(technology.dont_use)
    inverter = technology.cells["INVX1"]
    assert inverter.leakage_nw > 0 and inverter.pins["Y"].energies


@pytest.mark.parametrize("name", OSU)
def test_a_design_is_mapped_and_timed_as_by_opensta(tmp_path: Path, name: str) -> None:
    technology = library(name)
    if shutil.which("sta") is None:
        pytest.skip("OpenSTA (sta) is not installed: apt-get install opensta")
    text = rtlil(DOT, tmp_path)
    for recipe in ("fast", "lean"):
        done = synthesize(text, technology, recipe=recipe, folder=tmp_path)
        ours = analyse(done.mapped, technology).period_ps
        assert ours == pytest.approx(opensta_ps(done.netlist, technology, tmp_path), rel=TOLERANCE)
    # A planted fault: other inverters than those that were timed.
    other = re.sub(r"\bINVX1\b", "INVX8", done.netlist)
    assert other != done.netlist
    assert ours != pytest.approx(opensta_ps(other, technology, tmp_path), rel=TOLERANCE)

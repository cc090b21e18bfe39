"""Static timing against OpenSTA, against sums by hand, and against netlists that nobody may time."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from hdlgen.errors import ToolError
from sim import tools
from sim.lookup import interpolate
from sim.netlist import Bit, Instance, Netlist, Port
from sim.synthesize import synthesize
from sim.technology import TECHNOLOGIES, Technology, load
from sim.timing import SlackAnalysis, analyse
from tests.sim.circuits import ADDERS, CHAIN, DOT, rtlil

needs_sta = pytest.mark.skipif(shutil.which("sta") is None, reason="OpenSTA (sta) is not installed")
SKY = "sky130_fd_sc_hd__"
CLOCK_PS = 30_000  # OpenSTA counts in single precision: no longer than need be

COMMANDS = """
read_liberty {liberty}
read_verilog netlist.v
link_design top
set_units -time ps -capacitance fF
create_clock -name clk -period {clock} [get_ports clk]
set_clock_transition {clock_slew} [get_clocks clk]
set inputs [list]
foreach port [all_inputs] {{ if {{[get_property $port full_name] != "clk"}} {{ lappend inputs $port }} }}
set_input_delay 0 -clock clk $inputs
set_output_delay 0 -clock clk [all_outputs]
set_driving_cell -lib_cell {cell} -pin {pin} -input_transition_rise {slew} -input_transition_fall {slew} $inputs
set_load {load} [all_outputs]
report_checks -path_delay max -digits 5
"""


def opensta(netlist: str, technology: Technology, folder: Path) -> float:
    """Take the shortest period from OpenSTA: a very long one less the slack that it leaves."""
    (folder / "netlist.v").write_text(netlist)
    around = technology.environment
    text = COMMANDS.format(
        liberty=technology.liberty,
        clock=CLOCK_PS,
        clock_slew=around.clock_slew_ps,
        cell=around.driving_cell,
        pin=technology.cells[around.driving_cell].outputs[0],
        slew=around.input_slew_ps,
        load=around.output_load_ff,
    )
    (folder / "commands.tcl").write_text(text)
    done = tools.run(["sta", "-exit", "-no_splash", "commands.tcl"], folder=folder, seconds=60)
    slack = re.search(r"(-?[\d.]+)\s+slack", done.output)
    assert slack is not None, done.output + done.error
    return CLOCK_PS - float(slack[1])


@needs_sta
@pytest.mark.parametrize("circuit", [DOT, ADDERS, CHAIN], ids=["dot", "adders", "chain"])
@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_the_period_is_opensta_s(tmp_path: Path, name: str, circuit: str) -> None:
    technology = load(name)
    recipe = "lean" if circuit is CHAIN else "fast"
    done = synthesize(rtlil(circuit, tmp_path), technology, recipe=recipe, folder=tmp_path)
    timing = analyse(done.mapped, technology)
    assert timing.period_ps == pytest.approx(opensta(done.netlist, technology, tmp_path), rel=1e-4)
    assert analyse(done.netlist_json, technology) == timing


@needs_sta
def test_a_planted_difference_is_seen(tmp_path: Path) -> None:
    technology = load("sky130hd")
    done = synthesize(rtlil(DOT, tmp_path), technology, recipe="lean", folder=tmp_path)
    slower = done.netlist.replace("xnor2_1", "xnor2_2").replace("nand2_1", "nand2_2")
    assert slower != done.netlist
    assert analyse(done.mapped, technology).period_ps != pytest.approx(opensta(slower, technology, tmp_path), rel=1e-3)


def netlist(*instances: tuple[str, str, dict[str, Bit]], x: tuple[Bit, ...] = (3,), y: tuple[Bit, ...] = ()) -> Netlist:
    return Netlist(
        name="top",
        ports=(
            Port(name="clk", is_output=False, bits=(2,)),
            Port(name="x", is_output=False, bits=x),
            Port(name="y", is_output=True, bits=y),
        ),
        instances=tuple(Instance(name=name, cell=SKY + cell, pins=pins) for name, cell, pins in instances),
    )


def test_register_to_register_by_hand() -> None:
    technology = load("sky130hd")
    timing = analyse(
        netlist(
            ("a", "dfxtp_1", {"CLK": 2, "D": "0", "Q": 10}),
            ("b", "inv_1", {"A": 10, "Y": 11}),
            ("c", "dfxtp_1", {"CLK": 2, "D": 11, "Q": 12}),
        ),
        technology,
    )
    clock = technology.environment.clock_slew_ps
    register, inverter = technology.cells[f"{SKY}dfxtp_1"].pins, technology.cells[f"{SKY}inv_1"].pins
    launch, through, setup = register["Q"].arcs[0], inverter["Y"].arcs[0], register["D"].setups[0]
    first, second = inverter["A"].capacitance_ff, register["D"].capacitance_ff
    periods = []
    for edge in (0, 1):  # a rising register output falls behind the inverter
        one, other, last = launch.delay[edge], through.delay[1 - edge], setup.constraint[1 - edge]
        slope, slope_behind = launch.slew[edge], through.slew[1 - edge]
        assert one and other and last and slope and slope_behind
        slew = interpolate(slope, clock, first)
        arrival = interpolate(one, clock, first) + interpolate(other, slew, second)
        periods.append(arrival + interpolate(last, clock, interpolate(slope_behind, slew, second)))
    assert timing.period_ps == pytest.approx(max(periods), rel=1e-9)
    assert [(step.instance, step.pin) for step in timing.path] == [("a", "Q"), ("b", "Y"), ("c", "D")]
    assert timing.period_ps == pytest.approx(timing.path[-1].arrival_ps + timing.setup_ps)


def test_only_the_load_s_share_of_an_input_s_driver_counts() -> None:
    technology = load("sky130hd")
    light = analyse(netlist(("r", "dfxtp_1", {"CLK": 2, "D": 3, "Q": 4})), technology)
    driver = technology.cells[technology.driving_cell]
    (arc,) = driver.pins[driver.outputs[0]].arcs
    slew, load_ff = technology.environment.input_slew_ps, technology.cells[f"{SKY}dfxtp_1"].pins["D"].capacitance_ff
    shares = [interpolate(table, slew, load_ff) - interpolate(table, slew, 0.0) for table in arc.delay if table]
    assert light.path[-1].arrival_ps == pytest.approx(shares[0 if light.path[-1].edge == "rise" else 1])
    assert light.path[0].instance == "x"


def test_constants_and_open_outputs_cost_nothing() -> None:
    technology = load("sky130hd")
    plain = analyse(netlist(("g", "nand2_1", {"A": 3, "B": "1", "Y": 4}), y=(4,)), technology)
    tied = analyse(
        netlist(("g", "nand2_1", {"A": 3, "B": "1", "Y": 4}), ("t", "inv_1", {"A": "0", "Y": 5}), y=(4, "1")),
        technology,
    )
    assert plain.period_ps == tied.period_ps > 0


def test_an_adder_s_open_output_hides_no_path() -> None:
    # asap7's sum comes by way of the carry: its arcs begin at that output, wired or not.
    technology = load("asap7")
    pins: dict[str, Bit] = {"A": 3, "B": 4, "CI": 5, "SN": 6}
    wired = Netlist(
        name="top",
        ports=(Port(name="x", is_output=False, bits=(3, 4, 5)), Port(name="y", is_output=True, bits=(6,))),
        instances=(Instance(name="a", cell="FAx1_ASAP7_75t_R", pins=pins | {"CON": 7}),),
    )
    open_ended = replace(wired, instances=(Instance(name="a", cell="FAx1_ASAP7_75t_R", pins=pins),))
    assert analyse(open_ended, technology).period_ps == analyse(wired, technology).period_ps > 0


def test_an_overloaded_output_is_counted() -> None:
    technology = load("sky130hd")
    sinks: list[tuple[str, str, dict[str, Bit]]] = [(f"s{n}", "inv_16", {"A": 4, "Y": 10 + n}) for n in range(12)]
    assert analyse(netlist(("g", "inv_1", {"A": 3, "Y": 4}), *sinks, y=(10,)), technology).overloaded_nets == 1


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (
            netlist(("g", "nand9_1", {"A": 3, "Y": 4})),
            f"timing: every cell must be one of sky130hd, not '{SKY}nand9_1'",
        ),
        (netlist(("g", "inv_1", {"A": 9, "Y": 4})), "timing: every net must have a driver, not so net 9 at g"),
        (netlist(y=(9,)), "timing: every net must have a driver, not so net 9 at y"),
        (netlist(("g", "inv_1", {"Y": 4})), "timing: g must have every input connected, not so A"),
        (netlist(("g", "inv_1", {"A": 3, "Y": 3})), "timing: g.Y must be the only driver of its net, not of 3"),
        (netlist(("g", "inv_1", {"A": 3, "Y": "0"})), "timing: g.Y must be the only driver of its net, not of '0'"),
        (netlist(("g", "inv_1", {"A": 3, "Z": 4})), f"timing: g must have pins of {SKY}inv_1, not 'Z'"),
        (
            netlist(("g", "inv_1", {"A": 3, "Y": 4}), ("h", "inv_1", {"A": 9, "Z": 5})),
            f"timing: h must have pins of {SKY}inv_1, not 'Z'",
        ),
        (
            netlist(("g", "nand2_1", {"A": 3, "B": 5, "Y": 4}), ("h", "inv_1", {"A": 4, "Y": 5})),
            "timing: the netlist must have no combinational loop, not one behind g",
        ),
        (
            netlist(("g", "inv_1", {"A": 2, "Y": 4}), ("r", "dfxtp_1", {"CLK": 4, "D": 3, "Q": 5})),
            "timing: the clock must be one input port, not ['4']",
        ),
        (
            netlist(("r", "dfrtp_1", {"CLK": 2, "D": "0", "RESET_B": 3, "Q": 5})),
            "timing: r.RESET_B must be tied to a constant: recovery is not modelled",
        ),
        (
            netlist(("r", "dfxtp_1", {"CLK": 2, "D": "0", "Q": 5})),
            "timing: the netlist must have a path that ends at a register or an output",
        ),
    ],
)
def test_netlists_that_cannot_be_timed_are_refused(broken: Netlist, message: str) -> None:
    with pytest.raises(ToolError) as refusal:
        analyse(broken, load("sky130hd"))
    assert str(refusal.value) == message


@needs_sta
def test_slacks_are_those_of_opensta(tmp_path: Path) -> None:
    technology = load("sky130hd")
    mapped = synthesize(rtlil(ADDERS, tmp_path), technology, recipe="balanced", folder=tmp_path).mapped
    found = SlackAnalysis(mapped, technology).slacks()
    worst = opensta(mapped.verilog(), technology, tmp_path)
    text = (tmp_path / "commands.tcl").read_text()
    for instance in mapped.instances[::7]:
        outputs = [pin for pin in technology.cells[instance.cell].outputs if pin in instance.pins]
        through = " ".join(f"{instance.name}/{pin}" for pin in outputs)
        command = f"report_checks -path_delay max -digits 5 -through [get_pins {{{through}}}]"
        lines = [line for line in text.splitlines() if not line.startswith("report_checks")]
        (tmp_path / "commands.tcl").write_text("\n".join([*lines, command, ""]))
        done = tools.run(["sta", "-exit", "-no_splash", "commands.tcl"], folder=tmp_path, seconds=60)
        slack = re.search(r"(-?[\d.]+)\s+slack", done.output)
        assert slack is not None, done.output + done.error
        assert found[instance.name] == pytest.approx(worst - (CLOCK_PS - float(slack[1])), abs=1.0)


def test_the_critical_path_has_no_slack_and_nothing_has_less(tmp_path: Path) -> None:
    technology = load("asap7")
    mapped = synthesize(rtlil(DOT, tmp_path), technology, recipe="fast", folder=tmp_path).mapped
    found = SlackAnalysis(mapped, technology).slacks()
    path = {step.instance for step in analyse(mapped, technology).path[:-1] if step.cell}
    assert max(found[name] for name in path) == pytest.approx(0.0, abs=1e-6)
    assert min(found.values()) == pytest.approx(0.0, abs=1e-6) and max(found.values()) > 1.0


def test_a_quicker_path_has_slack_and_another_becomes_critical(tmp_path: Path) -> None:
    technology = load("sky130hd")
    mapped = synthesize(rtlil(DOT, tmp_path), technology, recipe="fast", folder=tmp_path).mapped
    analysis = SlackAnalysis(mapped, technology)
    before = analysis.slacks()
    assert analysis.slacks(dict.fromkeys(before, 1.0)) == pytest.approx(before)
    halved = analysis.slacks(dict.fromkeys(before, 0.5))
    assert min(halved.values()) == pytest.approx(0.0, abs=1e-6)
    # With the whole critical path at half its delay, others set the period: what lies on none of them gains nothing.
    path = [step.instance for step in analyse(mapped, technology).path if step.cell][1:-1]
    after = analysis.slacks(dict.fromkeys(path, 0.5))
    assert max(after[name] for name in path) > 1.0 and min(after.values()) == pytest.approx(0.0, abs=1e-6)
    assert analysis.slacks() == before

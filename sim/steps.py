"""The steps of a measurement, each a function that a worker of the pool runs on its own: plain data in, plain data out.

Each stops by the CPU seconds that the pool allows it; the limits of wall-clock time below are for hangs alone, since a
machine may be shared.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hdlgen.arithmetic import prefix_gallery
from hdlgen.compiler import Compiler
from hdlgen.errors import ToolError, ToolMissing
from hdlgen.payload import Port
from hdlgen.space import Point
from sim import sizing, timing, yosys
from sim.activity import count_changes
from sim.cell_models import cell_models
from sim.energy import Consumption, add_up
from sim.fpga import Fpga, map_on_fpga
from sim.fpga.models import simulation_verilog
from sim.logic import Logic
from sim.mapped import Mapped
from sim.netlist import Netlist, cells_of
from sim.processes import Stages
from sim.simulate import SimulationJob, SimulationResult, simulate
from sim.simulation import Phase
from sim.synthesize import Synthesis, elaborate_flow, map_flow
from sim.technology import Technology
from sim.texts import FolderTexts
from sim.timing import analyse
from sim.units import area_by_unit
from sim.verilog import rtlil_to_verilog

__all__ = [
    "BUILD_SECONDS",
    "FPGA_SECONDS",
    "MAP_SECONDS",
    "SIMULATION_SECONDS",
    "Built",
    "Count",
    "build",
    "elaborate_and_read",
    "map_and_time",
    "map_logic_and_time",
    "place_and_route",
    "prepare",
    "simulate_netlist",
    "simulate_together",
    "unit_areas",
]

BUILD_SECONDS = 120.0
MAP_SECONDS = 240.0
SIMULATION_SECONDS = 120.0
FPGA_SECONDS = 600.0
"""CPU-second limits of the steps; of a simulation, for each design in it."""

_HANG = 10.0
"""So many times as long may a program take by the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A design before measurement.

    Args:
        rtlil, verilog: its text.
        datapath: a summary in plain types.
        error_bound_lsb: what its error is proved to stay within; the simulation holds it to that.
        stages: CPU seconds by stage.
    """

    rtlil: str
    verilog: str
    datapath: dict[str, Any]
    error_bound_lsb: float = 0.0
    stages: Mapping[str, float] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Hold what the changes of nets are counted with: tokens and results, the output's fields and their error."""

    phase: Phase
    outputs: tuple[Port, ...]
    max_error_lsb: float = 0.0


def prepare(compiler: Compiler, technology: Technology | Fpga) -> None:
    """Work out what the steps with these need again and again, where all workers are forked from."""
    prefix_gallery.prepare()
    yosys.prepare()
    if isinstance(technology, Fpga):
        return
    timing.prepare(technology)
    sizing.prepare(technology)


def build(compiler: Compiler, point: Point | None, texts: Path | None = None) -> Built:
    """Build the design of a point, or the stock design for None.

    Args:
        texts: the folder in which workers leave the texts of modules that many designs hold.
    Raises: PointError where there is no such design.
    """
    stages = Stages()
    design = compiler.stock() if point is None else compiler.build(point, None if texts is None else FolderTexts(texts))
    stages.end("build in Amaranth, to RTLIL")
    verilog = rtlil_to_verilog(design.rtlil, seconds=_HANG * BUILD_SECONDS)
    stages.end("Verilog by Yosys, made procedural")
    return Built(
        rtlil=design.rtlil,
        verilog=verilog,
        datapath=design.datapath.summary(),
        error_bound_lsb=design.error_bound_lsb,
        stages=stages.seconds,
    )


def place_and_route(rtlil: str, device: Fpga, recipe: str, flow: str) -> Mapped:
    """Place and route a design on an FPGA and find its shortest period.

    Raises: PointError where it does not fit the device.
    """
    return map_on_fpga(rtlil, device, recipe, flow, seconds=_HANG * FPGA_SECONDS)


def map_and_time(
    rtlil: str, technology: Technology, recipe: str, flow: str, gate_share: float = 0.0, count: Count | None = None
) -> Mapped:
    """Map a design onto a technology and find its shortest period, and with `count` its energy."""
    stages, seconds = Stages(), _HANG * MAP_SECONDS
    with tempfile.TemporaryDirectory(prefix="hdlgen-map-") as name:
        folder = Path(name)
        logic = elaborate_flow(rtlil, technology, flow=flow, folder=folder, seconds=seconds)
        stages.end("elaboration by Yosys")
        synthesis = map_flow(logic, technology, recipe=recipe, gate_share=gate_share, folder=folder, seconds=seconds)
        stages.end("mapping by ABC, with timing between")
    return _timed(synthesis, technology, stages, count)


def elaborate_and_read(rtlil: str, technology: Technology, flow: str) -> Logic:
    """Take a design to the logic that a flow hands to the mapper."""
    with tempfile.TemporaryDirectory(prefix="hdlgen-flow-") as folder:
        return elaborate_flow(rtlil, technology, flow=flow, folder=Path(folder), seconds=_HANG * MAP_SECONDS)


def map_logic_and_time(logic: Logic, technology: Technology, recipe: str, count: Count | None = None) -> Mapped:
    """Map logic onto a technology and find its shortest period, and with `count` its energy."""
    stages = Stages()
    with tempfile.TemporaryDirectory(prefix="hdlgen-map-") as folder:
        synthesis = map_flow(logic, technology, recipe=recipe, folder=Path(folder), seconds=_HANG * MAP_SECONDS)
        stages.end("mapping by ABC, with timing between")
    return _timed(synthesis, technology, stages, count)


def _timed(synthesis: Synthesis, technology: Technology, stages: Stages, count: Count | None) -> Mapped:
    timed, netlist = analyse(synthesis.mapped, technology), synthesis.netlist
    stages.end("timing and netlist")
    consumption, trouble = None, ""
    if count is not None:
        try:
            consumption = _consumption(synthesis.mapped, technology, count)
        except ToolMissing:
            raise
        except ToolError as error:  # whether the design itself is right is for its own simulation to say
            trouble = str(error)
        stages.end("activity by cocotb, gate by gate")
    return Mapped(
        area_um2=round(synthesis.area_um2, 4),
        flip_flop_area_um2=round(synthesis.flip_flop_area_um2, 4),
        cells=sum(synthesis.cells.values()),
        flip_flops=synthesis.flip_flops,
        period_ps=round(timed.period_ps, 2),
        path=tuple(f"{step.instance} {step.cell} {step.pin} {step.arrival_ps:.0f} ps" for step in timed.path),
        netlist=netlist,
        stages=stages.seconds,
        consumption=consumption,
        trouble=trouble,
    )


def _consumption(netlist: Netlist, technology: Technology, count: Count) -> Consumption:
    conditions = timing.conditions(netlist, technology)
    activity = count_changes(
        netlist,
        technology,
        conditions,
        count.phase,
        outputs=count.outputs,
        max_error_lsb=count.max_error_lsb,
        seconds=_HANG * SIMULATION_SECONDS,
    )
    return add_up(netlist, technology, conditions, activity)


def simulate_together(jobs: Sequence[SimulationJob], simulator: str | None) -> list[SimulationResult]:
    """Simulate designs in one simulation where they may share one."""
    with tempfile.TemporaryDirectory(prefix="hdlgen-simulate-") as folder:
        return simulate(jobs, simulator=simulator, folder=Path(folder), seconds=_HANG * SIMULATION_SECONDS)


def simulate_netlist(job: SimulationJob, technology: Technology | Fpga, simulator: str | None) -> SimulationResult:
    """Simulate a mapped netlist, which is the job's Verilog, with models of the cells that it consists of."""
    seconds = _HANG * SIMULATION_SECONDS
    with tempfile.TemporaryDirectory(prefix="hdlgen-netlist-") as name:
        if isinstance(technology, Fpga):
            verilog = simulation_verilog(job.verilog, technology, folder=Path(name), seconds=seconds)
        else:
            verilog = job.verilog + "\n" + cell_models(technology, cells_of(job.verilog))
        (result,) = simulate([replace(job, verilog=verilog)], simulator=simulator, folder=Path(name), seconds=seconds)
    return result


def unit_areas(rtlil: str, technology: Technology, recipe: str) -> dict[str, float]:
    """Map each module of a design on its own; um2 by path of the instance, flip-flops included."""
    with tempfile.TemporaryDirectory(prefix="hdlgen-units-") as folder:
        return area_by_unit(rtlil, technology, folder=Path(folder), recipe=recipe, seconds=_HANG * MAP_SECONDS)

"""Small designs to plant faults into: built, mapped, and with what their testbench plays."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hdlgen.knobs import settings
from hdlgen.payload import payload_width
from hdlgen.space import Point
from sim.cells import Cell
from sim.faults.bench import run_testbench
from sim.faults.fault import Fault, plant
from sim.faults.gates import GATE_CELLS
from sim.faults.lanes import Lanes
from sim.faults.netlist_faults import draw_netlist_faults
from sim.faults.sites import Sites
from sim.faults.structure import Structure, read_structure
from sim.faults.structure_faults import draw_structure_faults
from sim.netlist import Netlist
from sim.pace import Pace
from sim.simulation import SimulationJob
from sim.steps import build, map_and_time
from sim.technology import load
from sim.workload import Workload
from tests.sim.specs import compiler_of, graph_of, space_of

TECHNOLOGY = load("sky130hd")
USABLE = [cell.name for cell in TECHNOLOGY.cells.values() if cell.usable]
LEVELS = ("structure", "netlist")


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """A design: its texts, its structure, its netlist, and the jobs of the testbench and of the long run."""

    rtlil: str
    verilog: str
    structure: Structure
    netlist: Netlist
    netlist_text: str
    job: SimulationJob
    long: SimulationJob


@functools.cache
def small(text: str, point: str) -> Small:
    compiler = compiler_of(text)
    chosen = Point.parse(point, space_of(compiler))
    built = build(compiler, chosen)
    made = settings(chosen)
    mapped = map_and_time(built.rtlil, TECHNOLOGY, made.recipe, "generated", made.gate_share)
    with tempfile.TemporaryDirectory() as name:
        structure = read_structure(built.rtlil, folder=Path(name), seconds=60)
    workload = Workload(graph_of(text))
    interval = built.datapath["interval_cycles"]
    jobs = [
        SimulationJob(
            name="small",
            verilog=built.verilog,
            input_width=payload_width(compiler.inputs),
            output_width=payload_width(compiler.outputs),
            phases=phases,
            fields=compiler.outputs,
            pace=Pace.of(built.datapath),
        )
        for phases in (workload.phases(interval), workload.long_run(interval))
    ]
    return Small(
        rtlil=built.rtlil,
        verilog=built.verilog,
        structure=structure,
        netlist=Netlist.from_verilog(mapped.netlist),
        netlist_text=mapped.netlist,
        job=jobs[0],
        long=jobs[1],
    )


def drawn_faults(
    design: Small, level: str, count: int, *, seed: int
) -> tuple[Netlist, Mapping[str, Cell], list[Fault]]:
    """Draw faults of one of `LEVELS`; give the netlist that they are of, and its cells."""
    if level == "structure":
        sites = Sites(design.structure.netlist, GATE_CELLS)
        return sites.netlist, GATE_CELLS, draw_structure_faults(design.structure, sites, count=count, seed=seed)
    sites = Sites(design.netlist, TECHNOLOGY.cells)
    return sites.netlist, TECHNOLOGY.cells, draw_netlist_faults(sites, count=count, seed=seed, usable=USABLE)


def planted(netlist: Netlist, cells: Mapping[str, Cell], fault: Fault) -> Netlist:
    return plant(netlist, fault, outputs={name: cell.outputs for name, cell in cells.items()})


def caught_by_testbench(design: Small, level: str, *, seed: int) -> tuple[Netlist, Mapping[str, Cell], list[Netlist]]:
    """Give a netlist, its cells, and the same with each of some faults that the testbench catches."""
    netlist, cells, faults = drawn_faults(design, level, 60 if level == "structure" else 50, seed=seed)
    caught = run_testbench(Lanes(netlist, cells, faults), design.job).caught
    wrong = [fault for fault, objection in zip(faults, caught, strict=True) if objection is not None]
    return netlist, cells, [planted(netlist, cells, fault) for fault in wrong]

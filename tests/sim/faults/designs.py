"""Small designs to plant faults into: built, mapped, and with what their testbench plays."""

from __future__ import annotations

import functools
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hdlgen.knobs import settings
from hdlgen.payload import payload_width
from hdlgen.space import Point
from sim.faults.structure import Structure, read_structure
from sim.netlist import Netlist
from sim.pace import Pace
from sim.simulation import SimulationJob
from sim.steps import build, map_and_time
from sim.technology import load
from sim.workload import Workload
from tests.sim.specs import compiler_of, graph_of, space_of

TECHNOLOGY = load("sky130hd")


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

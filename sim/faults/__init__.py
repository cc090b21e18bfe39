"""Faults planted into designs, and who catches them: the testbench, the proofs, or nobody."""

from __future__ import annotations

from dataclasses import replace

from hdlgen.payload import payload_width
from hdlgen.space import Point
from sim.artifacts import Artifacts
from sim.faults.campaign import Campaign, Outcome, Planted, plant_faults
from sim.measure import Measure
from sim.pace import Pace
from sim.pool import Task
from sim.simulation import SimulationJob

__all__ = ["FAULT_SECONDS", "Campaign", "Outcome", "Planted", "plant_faults", "submit_faults"]

FAULT_SECONDS = 3600.0
"""CPU-second limit of a campaign."""


def submit_faults(
    measure: Measure, point: Point, files: Artifacts, *, count: int, seed: int, prove: bool
) -> Task[Campaign]:
    """Have faults planted into the design of a measured point, in a worker.

    Args:
        files: of the design, as `collect` gives them.
    """
    built = measure.submit_build(point).result().require()
    interval = built.datapath["interval_cycles"]
    job = SimulationJob(
        name="faults",
        verilog="",
        input_width=payload_width(measure.compiler.inputs),
        output_width=payload_width(measure.compiler.outputs),
        phases=measure.workload.phases(interval),
        fields=measure.compiler.outputs,
        max_error_lsb=built.error_bound_lsb,
        pace=Pace.of(built.datapath),
    )
    return measure.pool.submit(
        plant_faults,
        built.rtlil,
        files["netlist.v"],
        job,
        replace(job, phases=measure.workload.long_run(interval)),
        measure.technology,
        count,
        seed,
        prove,
        cpu_seconds=FAULT_SECONDS,
    )

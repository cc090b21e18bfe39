"""The record of a mapped design, whatever it is mapped to, and the score that it and a simulation make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hdlgen.errors import ToolError
from hdlgen.evaluation import Score
from sim.energy import Consumption
from sim.simulation import SimulationResult

__all__ = ["Mapped", "score_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What mapping and timing say: areas, counts, period, the critical path in words, and the netlist as Verilog.

    On an FPGA there are no areas but counts of what the device holds: `luts`, `dsps`, `brams`, elsewhere None.
    `stages` are the CPU seconds by stage; `consumption` is the energy of a result where it was asked for, and
    `trouble` says in one sentence why it could not be measured.
    """

    area_um2: float
    flip_flop_area_um2: float
    cells: int
    flip_flops: int
    period_ps: float
    path: tuple[str, ...]
    netlist: str
    luts: int | None = None
    dsps: int | None = None
    brams: int | None = None
    stages: Mapping[str, float] = field(default_factory=dict, compare=False)
    consumption: Consumption | None = None
    trouble: str = ""


def score_of(mapped: Mapped, result: SimulationResult, *, error_bound_lsb: float = 0.0) -> Score:
    """Join what mapping, timing and simulation measured, and what was proved of the error.

    Raises: ToolError where the simulation measured no rate.
    """
    if result.results_per_cycle is None or result.interval_cycles is None or result.latency_cycles is None:
        raise ToolError(f"{result.name}: the simulation must measure rate and latency in a phase without stalls")
    clock_mhz = 1e6 / mapped.period_ps
    return Score(
        area_um2=mapped.area_um2,
        flip_flop_area_um2=mapped.flip_flop_area_um2,
        clock_mhz=round(clock_mhz, 3),
        period_ps=mapped.period_ps,
        throughput_msps=round(clock_mhz * result.results_per_cycle, 3),
        interval_cycles=round(result.interval_cycles, 4),
        latency_cycles=result.latency_cycles,
        latency_ns=round(result.latency_cycles * mapped.period_ps / 1000, 3),
        error_lsb=float(result.error_lsb),
        error_bound_lsb=error_bound_lsb,
        cells=mapped.cells,
        flip_flops=mapped.flip_flops,
        luts=mapped.luts,
        dsps=mapped.dsps,
        brams=mapped.brams,
        energy_pj=None if mapped.consumption is None else round(mapped.consumption.energy_pj, 6),
    )

"""The record of a mapped design, whatever it is mapped to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sim.energy import Consumption

__all__ = ["Mapped"]


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

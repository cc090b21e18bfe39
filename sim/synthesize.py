"""Synthesise RTLIL onto a technology: our flow and the stock flows, from the same text and by the same recipes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hdlgen.errors import ToolError, nearest
from sim.adder_choice import map_adders_by_slack
from sim.logic import Logic, read_logic
from sim.netlist import Netlist
from sim.recipes import RECIPES
from sim.technology import Technology
from sim.yosys import TECHMAP, run_passes

__all__ = [
    "FLOWS",
    "SECONDS",
    "STOCK_FLOWS",
    "Flow",
    "Synthesis",
    "elaborate",
    "elaborate_flow",
    "gate_passes",
    "map_flow",
    "summarise",
    "synthesize",
]

SECONDS = 120.0
"""Wall-clock limit of Yosys and of ABC, each."""

_INPUT, _OUTPUT = "design.il", "gates.json"

_BEGIN = (
    f"read_rtlil {_INPUT}",
    "hierarchy -check -top top",
    "proc",
    "setattr -unset init */w:*",  # hardware wakes up in any state: a value for power-up would be assumed, not built
)
_STOCK_BEGIN = ("flatten", "opt_expr", "opt_clean", "opt -nodffe -nosdff", "wreduce", "peepopt", "opt_clean")
_STOCK_END = ("share", "opt", "opt -fast -full", "opt_expr", "opt_clean")
_ADDERS_STAY = (
    f"{TECHMAP} t:$fa %n",
    f"{TECHMAP} t:$fa %n",
)  # twice: the first round leaves adders inside what it opens
_END = ("opt -fast", "dfflegalize -cell $_DFF_P_ x -cell $_DFFE_PP_ x", "opt_clean -purge", f"write_json {_OUTPUT}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Hold what Yosys does between reading RTLIL and simple gates.

    Args:
        passes: the passes in between.
        keeps_adders: whether `$fa` cells go on to library adders where the technology has them; else they are gates.
    """

    passes: tuple[str, ...]
    keeps_adders: bool


FLOWS: Mapping[str, Flow] = {
    # Hand-built structure stays: no pass that looks for better arithmetic, only what propagates constants.
    "generated": Flow(passes=("flatten", "opt_clean -purge", "opt"), keeps_adders=True),
    "plain": Flow(passes=(*_STOCK_BEGIN, "alumacc", *_STOCK_END), keeps_adders=False),
    "booth": Flow(passes=(*_STOCK_BEGIN, "booth", "alumacc", *_STOCK_END), keeps_adders=False),
    "booth_tree": Flow(
        passes=(*_STOCK_BEGIN, "booth", "alumacc", "arith_tree -final prefix", *_STOCK_END), keeps_adders=False
    ),
    "booth_tree_cells": Flow(
        passes=(*_STOCK_BEGIN, "booth", "alumacc", "arith_tree -final prefix", *_STOCK_END), keeps_adders=True
    ),
    # Constant multiplications as shared shifts and additions; where there are none, these are `booth` and `booth_tree`.
    "mcm": Flow(passes=(*_STOCK_BEGIN, "mcm", "booth", "alumacc", *_STOCK_END), keeps_adders=False),
    "mcm_tree": Flow(
        passes=(*_STOCK_BEGIN, "mcm", "booth", "alumacc", "arith_tree -final prefix", *_STOCK_END), keeps_adders=False
    ),
}
"""By name: `generated` is ours, the others are what stock synthesis makes of plain operators.

Left out, as on dot8 and dct8 others are smaller and faster, or differ by the mapper's noise: `arith_tree` without
`booth`, its 3:2 strategy and its ripple adder, `alumacc -macc-only`, `mcm` with adders as cells; `mcm -force`, which
changes nothing.
"""

STOCK_FLOWS: tuple[str, ...] = tuple(flow for flow in FLOWS if flow != "generated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthesis:
    """Hold a mapped design.

    Args:
        area_um2, flip_flop_area_um2: of all cells, and of the flip-flops among them.
        cells: how many of each cell, by name.
        flip_flops: how many of them are flip-flops.
        mapped: the netlist; `netlist` is its Verilog, `netlist_json` what `sim.timing.analyse` reads.
    """

    area_um2: float
    flip_flop_area_um2: float
    cells: Mapping[str, int]
    flip_flops: int
    mapped: Netlist

    @property
    def netlist(self) -> str:
        """Give the mapped netlist as structural Verilog."""
        return self.mapped.verilog()

    @property
    def netlist_json(self) -> str:
        """Give the mapped netlist as Yosys' JSON."""
        return self.mapped.json()


def synthesize(
    rtlil: str,
    technology: Technology,
    *,
    recipe: str,
    folder: Path,
    gate_share: float = 0.0,
    flow: str = "generated",
    seconds: float = SECONDS,
) -> Synthesis:
    """Synthesise module `top` of an RTLIL text; equal arguments give an equal netlist.

    Args:
        rtlil: module `top` and what it instantiates; `$fa` cells become library adders where the flow keeps them.
        recipe: a name in `RECIPES`.
        folder: an existing folder that takes the working files.
        gate_share: share of the full adders that are gates though the flow keeps them: the most critical ones.
        flow: a name in `FLOWS`.
        seconds: wall-clock limit for Yosys and for ABC, each.
    Raises: ValueError for another recipe or flow; ToolError, ToolTimeout, ToolMissing.
    """
    _check("recipe", recipe, RECIPES)
    logic = elaborate_flow(rtlil, technology, flow=flow, folder=folder, seconds=seconds)
    return map_flow(logic, technology, recipe=recipe, gate_share=gate_share, folder=folder, seconds=seconds)


def elaborate_flow(rtlil: str, technology: Technology, *, flow: str, folder: Path, seconds: float = SECONDS) -> Logic:
    """Take module `top` to the logic that a flow hands to the mapper: every recipe may begin from it.

    Raises: ValueError for another flow; ToolError, ToolTimeout.
    """
    _check("flow", flow, FLOWS)
    middle = (*FLOWS[flow].passes, *gate_passes(technology, keeps_adders=FLOWS[flow].keeps_adders))
    modules = elaborate(rtlil, middle, folder=folder, seconds=seconds)
    if list(modules) != ["top"]:
        raise ToolError(f"yosys: it must leave one flat module named top, not {list(modules)!r}")
    return read_logic(modules["top"])


def map_flow(
    logic: Logic,
    technology: Technology,
    *,
    recipe: str,
    folder: Path,
    gate_share: float = 0.0,
    seconds: float = SECONDS,
) -> Synthesis:
    """Map what `elaborate_flow` gave; arguments and errors as those of `synthesize`."""
    _check("recipe", recipe, RECIPES)
    chosen = RECIPES[recipe]
    mapped = map_adders_by_slack(logic, technology, chosen, gate_share=gate_share, folder=folder, seconds=seconds)
    return summarise(mapped, technology)


def _check(what: str, name: str, family: Mapping[str, object]) -> None:
    if name not in family:
        raise ValueError(f"synthesize: {what} must be one of {', '.join(family)}, not {name!r}{nearest(name, family)}")


def gate_passes(technology: Technology, *, keeps_adders: bool) -> tuple[str, ...]:
    """Give what takes operators to gates, after `opt`; `$fa` cells stay if wanted and the technology has adders."""
    stay = keeps_adders and technology.full_adder is not None
    return _ADDERS_STAY if stay else (TECHMAP,)


def elaborate(rtlil: str, middle: Sequence[str], *, folder: Path, seconds: float = SECONDS) -> dict[str, Any]:
    """Take an RTLIL text to simple gates, flip-flops and `$fa` cells, and give the modules of Yosys' JSON by name.

    Args:
        middle: the passes between the processes and the last cleaning.
    Raises: ToolError, ToolTimeout.
    """
    (folder / _INPUT).write_text(rtlil)
    (folder / _OUTPUT).unlink(missing_ok=True)
    run_passes((*_BEGIN, *middle, *_END), folder=folder, seconds=seconds)
    if not (folder / _OUTPUT).is_file():
        raise ToolError("yosys: it must write its netlist, and did not")
    modules: dict[str, Any] = json.loads((folder / _OUTPUT).read_text())["modules"]
    return modules


def summarise(mapped: Netlist, technology: Technology) -> Synthesis:
    """Add up the cells of a mapped netlist.

    Raises: ToolError for a cell that the technology does not have.
    """
    cells = mapped.counts()
    unknown = sorted(cells.keys() - technology.cells.keys())
    if unknown:
        raise ToolError(f"netlist: every cell must be one of {technology.name}, not {unknown[0]!r}")
    registers = {name: count for name, count in cells.items() if technology.cells[name].flip_flop is not None}
    return Synthesis(
        area_um2=math.fsum(technology.cells[name].area_um2 * count for name, count in cells.items()),
        flip_flop_area_um2=math.fsum(technology.cells[name].area_um2 * count for name, count in registers.items()),
        cells=cells,
        flip_flops=sum(registers.values()),
        mapped=mapped,
    )

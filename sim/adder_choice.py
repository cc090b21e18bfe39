"""Cells or gates, adder by adder: a full-adder cell is small, gates that ABC may restructure are fast.

All adders are cells at first, and a netlist made in haste is timed. Those with the least slack are to be gates, a part
at a time: each part is taken to be quicker from then on, so that the next one is found on what paths are left. Then all
is mapped once more. So the front between all cells and all gates is filled.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

from sim.logic import Logic
from sim.mapping import map_logic
from sim.netlist import Netlist
from sim.recipes import HASTY, Recipe
from sim.sizing import ease, resize
from sim.technology import Technology
from sim.timing import SlackAnalysis
from sim.yosys_abc import Abc, running

__all__ = ["map_adders_by_slack"]

_PARTS = 4
_DELAY_OF_GATES = 0.75
"""The delay of an adder of gates as a share of a cell's, roughly.

What comes of 0.45, of 8 parts, or of mapping anew after each part lies within the noise of mapping; so does what comes
of a first netlist by the recipe itself (94 points of four designs: area times period less by 0.3 %, standard error
0.4 %), which takes a third longer.
"""


def map_adders_by_slack(
    logic: Logic, technology: Technology, recipe: Recipe, *, gate_share: float, folder: Path, seconds: float
) -> Netlist:
    """Map a module, a share of its full adders as gates and the others as cells, and size the whole by the recipe.

    Args:
        gate_share: share of the adders that could be cells, 0.0 to 1.0; the most critical ones become gates.
        folder: takes the working files.
        seconds: wall-clock limit of each run of ABC.
    Raises: ToolError, ToolTimeout, ToolMissing.
    """
    with running(folder) as abc:
        return _mapped(logic, technology, recipe, gate_share=gate_share, folder=folder, seconds=seconds, abc=abc)


def _mapped(
    logic: Logic, technology: Technology, recipe: Recipe, *, gate_share: float, folder: Path, seconds: float, abc: Abc
) -> Netlist:
    names = [f"a{number}" for number in range(len(logic.adders))]
    mapped = functools.partial(map_logic, logic, technology, folder=folder, seconds=seconds, abc=abc)
    as_gates = set(range(len(names))) if gate_share == 1.0 else set()
    if 0.0 < gate_share < 1.0 and names:
        first = mapped(HASTY)
        cells = _among(names, first)
        critical = set(_critical(first, technology, cells, round(len(cells) * gate_share)))
        as_gates = {number for number, name in enumerate(names) if name in critical}
    netlist = mapped(recipe, as_gates=as_gates, sizes_later=True)
    if recipe.for_speed and _among(names, netlist):
        netlist = resize(netlist, technology, recipe, folder=folder, seconds=seconds, abc=abc)
        if recipe.eased:
            netlist = ease(netlist, technology, recipe.eased, folder=folder, seconds=seconds, abc=abc)
    return netlist


def _among(names: Sequence[str], netlist: Netlist) -> list[str]:
    """List the names that instances have, in the order of the names."""
    present = {instance.name for instance in netlist.instances}
    return [name for name in names if name in present]


def _critical(netlist: Netlist, technology: Technology, cells: Sequence[str], count: int) -> list[str]:
    """Choose so many adder cells that are to be gates."""
    chosen: list[str] = []
    if count:
        analysis = SlackAnalysis(netlist, technology)
        left = list(cells)
        for part in range(1, _PARTS + 1):
            slack = analysis.slacks(dict.fromkeys(chosen, _DELAY_OF_GATES))
            left.sort(key=slack.__getitem__)
            wanted = round(count * part / _PARTS) - len(chosen)
            chosen, left = chosen + left[:wanted], left[wanted:]
    return chosen

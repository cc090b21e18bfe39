"""Cells or gates, adder by adder: a full-adder cell is small, gates that ABC may restructure are fast.

All adders are cells at first. Then, round by round, the netlist is timed and those with the least slack become gates,
until as many have as the design asked for. So the front between all cells and all gates is filled.
"""

from __future__ import annotations

from pathlib import Path

from sim.logic import Logic
from sim.mapping import map_logic
from sim.netlist import Netlist
from sim.recipes import Recipe
from sim.sizing import ease, resize
from sim.technology import Technology
from sim.timing import slacks
from sim.yosys_abc import Abc, running

__all__ = ["map_adders_by_slack"]

_ROUNDS = 4
"""More bring nothing: on the dot product the fronts of 4 and 16 rounds lie within the noise of mapping."""


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
    numbers = {f"a{number}": number for number in range(len(logic.adders))}
    as_gates: set[int] = set()
    netlist = map_logic(logic, technology, recipe, folder=folder, seconds=seconds, abc=abc)
    cells = [instance.name for instance in netlist.instances if instance.name in numbers]
    for turn in range(1, _ROUNDS + 1 if gate_share and cells else 1):
        wanted = round(len(cells) * gate_share * turn / _ROUNDS) - len(as_gates)
        if not wanted:
            continue  # the same netlist would come out
        slack = slacks(netlist, technology)
        left = [instance.name for instance in netlist.instances if instance.name in numbers]
        as_gates |= {numbers[name] for name in sorted(left, key=lambda name: (slack[name], numbers[name]))[:wanted]}
        netlist = map_logic(logic, technology, recipe, folder=folder, seconds=seconds, abc=abc, as_gates=as_gates)
    if recipe.for_speed and any(instance.name in numbers for instance in netlist.instances):
        netlist = resize(netlist, technology, recipe, folder=folder, seconds=seconds, abc=abc)
        if recipe.eased:
            netlist = ease(netlist, technology, recipe.eased, folder=folder, seconds=seconds, abc=abc)
    return netlist

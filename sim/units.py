"""How much area each kind of unit takes: every module of the hierarchy mapped on its own."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.logic import read_logic
from sim.mapping import map_logic
from sim.recipes import RECIPES
from sim.synthesize import SECONDS, elaborate, gate_passes
from sim.technology import Technology
from sim.yosys_abc import running

__all__ = ["alone", "area_by_unit"]


def area_by_unit(
    rtlil: str, technology: Technology, *, folder: Path, recipe: str = "lean", seconds: float = SECONDS
) -> dict[str, float]:
    """Map each module below and with `top` without what it instantiates, and add up its instances.

    The sum comes near the area of the flat netlist, and not upon it: nothing is optimised across modules here, and
    all full adders that may be cells are.

    Returns: um2 by module name (without RTLIL's backslash), all its instances together; `top` first, then by name.
    Raises: ValueError for another recipe; ToolError, ToolTimeout, ToolMissing.
    """
    modules = elaborate(rtlil, ("opt", *gate_passes(technology, keeps_adders=True)), folder=folder, seconds=seconds)
    counts = Counter[str]()
    _count("top", 1, modules, counts)
    found: dict[str, float] = {}
    with running(folder) as abc:
        for name in sorted(counts, key=lambda name: (name != "top", name)):
            logic = read_logic(alone(modules[name], modules))
            mapped = map_logic(logic, technology, RECIPES[recipe], folder=folder, seconds=seconds, abc=abc)
            areas = (technology.cells[cell].area_um2 * count for cell, count in mapped.counts().items())
            found[name] = math.fsum(areas) * counts[name]
    return found


def _count(name: str, times: int, modules: Mapping[str, Any], counts: Counter[str]) -> None:
    counts[name] += times
    for cell in modules[name]["cells"].values():
        if cell["type"] in modules:
            _count(cell["type"], times, modules, counts)


def alone(module: Mapping[str, Any], modules: Mapping[str, Any]) -> dict[str, Any]:
    """Cut out the instances of other modules: what they read becomes an output, what they drive an input."""
    cells: dict[str, Any] = {}
    ports = dict(module["ports"])
    for name, cell in module["cells"].items():
        if cell["type"] not in modules:
            cells[name] = cell
            continue
        for pin, bits in cell["connections"].items():
            inside = modules[cell["type"]]["ports"][pin]["direction"]
            ports[f"{name}.{pin}"] = {"direction": "input" if inside == "output" else "output", "bits": bits}
    return {"ports": ports, "cells": cells}

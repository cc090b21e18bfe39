"""How much area each unit takes: every module of the hierarchy mapped on its own, once for all its instances."""

from __future__ import annotations

import math
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
    """Map each module below and with `top` without what it instantiates, and add up what every instance holds.

    The area of `top` comes near that of the flat netlist, and not upon it: nothing is optimised across modules here,
    and all full adders that may be cells are.

    Returns: um2 by the path of an instance, as `top.kernel.sum_0`, with all that is in it; each before those in it.
    Raises: ValueError for another recipe; ToolError, ToolTimeout, ToolMissing.
    """
    modules = elaborate(rtlil, ("opt", *gate_passes(technology, keeps_adders=True)), folder=folder, seconds=seconds)
    own: dict[str, float] = {}
    with running(folder) as abc:
        for name, module in modules.items():
            logic = read_logic(alone(module, modules))
            mapped = map_logic(logic, technology, RECIPES[recipe], folder=folder, seconds=seconds, abc=abc)
            own[name] = math.fsum(technology.cells[cell].area_um2 * count for cell, count in mapped.counts().items())
    return _held("top", "top", modules, own)


def _held(path: str, module: str, modules: Mapping[str, Any], own: Mapping[str, float]) -> dict[str, float]:
    """Give the area of an instance with all that is in it, then the areas of those in it."""
    total, inner = own[module], {}
    for name, cell in modules[module]["cells"].items():
        if cell["type"] in modules:
            below = _held(f"{path}.{name}", cell["type"], modules, own)
            total += below[f"{path}.{name}"]
            inner.update(below)
    return {path: total, **inner}


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

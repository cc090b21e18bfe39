"""Simulators: one module each, all behind `Simulator`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hdlgen.errors import InputError, ToolMissing, nearest
from sim import tools
from sim.simulators.icarus import Icarus
from sim.simulators.simulator import Rejected, Simulator
from sim.simulators.verilator import Verilator

__all__ = ["SIMULATORS", "Rejected", "Simulator", "choose"]

SIMULATORS: Mapping[str, Callable[[], Simulator]] = {"icarus": Icarus, "verilator": Verilator}
"""The simulators by name, the preferred one first."""


def choose(name: str | None = None) -> Simulator:
    """Take the named simulator, or the first whose programs are installed.

    Raises: InputError for another name; ToolMissing where a program is missing, with the line that installs it.
    """
    if name is not None and name not in SIMULATORS:
        names = " or ".join(SIMULATORS)
        raise InputError(f"simulator: the name must be {names}, not {name!r}{nearest(name, SIMULATORS)}")
    if name is not None:
        simulator = SIMULATORS[name]()
        for program in simulator.programs:
            tools.require(program)
        return simulator
    for make in SIMULATORS.values():
        simulator = make()
        if all(tools.find(program) for program in simulator.programs):
            return simulator
    missing = [f"{program}: {tools.INSTALL[program]}" for program in Verilator.programs if not tools.find(program)]
    raise ToolMissing(f"simulator: Icarus or Verilator must be installed; missing for Verilator: {'; '.join(missing)}")

"""Energy: what a result costs, from the activity of a mapped netlist and the technology's figures.

Each change of a net takes half of its capacitance times the square of the supply; each change of a pin takes what the
library says of the cell's inside, where it says anything; each cell leaks as long as a result takes at the highest
clock. docs/energy.md says what this leaves out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from hdlgen.errors import InputError
from sim.activity import Activity
from sim.cells import Pin, Table
from sim.lookup import interpolate
from sim.netlist import Bit, Instance, Netlist
from sim.technology import Technology
from sim.timing import Conditions

__all__ = ["Consumption", "add_up", "check_voltage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumption:
    """Hold the energy of a result in pJ, by what takes it.

    Args:
        switching_pj: charging the pins and output loads that the cells and inputs drive, the clock left out.
        clock_pj: charging the clock pins.
        internal_pj: inside of cells, as far as the library tells.
        leakage_pj: at rest, for as long as a result takes at the highest clock.
    """

    switching_pj: float
    clock_pj: float
    internal_pj: float
    leakage_pj: float

    @property
    def energy_pj(self) -> float:
        """Give the sum."""
        return self.switching_pj + self.clock_pj + self.internal_pj + self.leakage_pj


def check_voltage(technology: Technology) -> None:
    """Refuse a technology of which no supply is known.

    Raises: InputError.
    """
    if not technology.voltage_v > 0:
        rule = "a nom_voltage above 0 to measure energy"
        raise InputError(f"{technology.liberty}: the library must have {rule}, not {technology.voltage_v:g}")


def add_up(netlist: Netlist, technology: Technology, conditions: Conditions, activity: Activity) -> Consumption:
    """Add up what a result costs.

    Raises: InputError where the technology names no supply.
    """
    check_voltage(technology)
    half = 0.5 * technology.voltage_v**2 / 1000  # fF * V^2 are fJ
    clocks = _clocks(netlist, technology)
    charged = {bit: conditions.loads_ff.get(bit, 0.0) * changes for bit, changes in activity.changes.items()}
    internal = [_internal_fj(instance, technology, conditions, activity) for instance in netlist.instances]
    leakage_nw = math.fsum(technology.cells[name].leakage_nw * count for name, count in netlist.counts().items())
    return Consumption(
        switching_pj=half * math.fsum(load for bit, load in charged.items() if bit not in clocks),
        clock_pj=half * math.fsum(load for bit, load in charged.items() if bit in clocks),
        internal_pj=math.fsum(internal) / 1000,
        leakage_pj=leakage_nw * activity.cycles * conditions.period_ps * 1e-9,  # nW * ps are 1e-9 pJ
    )


def _clocks(netlist: Netlist, technology: Technology) -> set[Bit]:
    return {
        instance.pins[pin]
        for instance in netlist.instances
        for state in [technology.cells[instance.cell].flip_flop]
        if state is not None
        for pin in state.clocked_on.pins()
    }


def _internal_fj(instance: Instance, technology: Technology, conditions: Conditions, activity: Activity) -> float:
    """Add up what the changes of a cell's pins take inside of it: as often a rise as a fall, whatever the cause."""
    cell = technology.cells[instance.cell]
    total = 0.0
    for pin in cell.pins.values():
        bit = instance.pins.get(pin.name)
        if not pin.energies or not isinstance(bit, int):
            continue
        load_ff = conditions.loads_ff.get(bit, 0.0) if pin.is_output else 0.0
        found = list(_energies_fj(instance, pin, load_ff, conditions))
        if found:
            total += activity.changes.get(bit, 0.0) * math.fsum(found) / len(found)
    return total


def _energies_fj(instance: Instance, pin: Pin, load_ff: float, conditions: Conditions) -> Iterator[float]:
    """Yield the mean of rise and fall for each cause that the library tells apart."""
    for energy in pin.energies:
        cause = instance.pins.get(energy.related or pin.name)
        slews = conditions.slews_ps.get(cause) if isinstance(cause, int) else None
        if slews is None:
            continue  # tied to a constant: it causes nothing
        pairs: list[tuple[Table | None, float]] = list(zip(energy.energy, slews, strict=True))
        both = [0.0 if table is None else interpolate(table, slew, load_ff) for table, slew in pairs]
        yield math.fsum(both) / 2

"""Where faults may stand in a netlist: who drives and who reads each net, and what a bypass must not close."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError

from sim.cells import Cell
from sim.faults.fault import Fault
from sim.faults.lanes import in_order, reads
from sim.netlist import Bit, Instance, Netlist

__all__ = ["Sites"]


class Sites:
    """The connections of a netlist.

    Attributes:
        gates, registers: the instances by name: without and with state.
        driver: the gate that drives a net.
        readers: the pins that read a net, by instance and name; clocks left out.
        shown: the places of output ports that show a net.
        level: how many gates stand before a net; 0 for inputs and registers.
    """

    def __init__(self, netlist: Netlist, cells: Mapping[str, Cell]) -> None:
        self.netlist, self.cells = netlist, cells
        self.gates: dict[str, Instance] = {}
        self.registers: dict[str, Instance] = {}
        self.driver: dict[Bit, Instance] = {}
        self.readers: dict[Bit, list[tuple[str, str]]] = defaultdict(list)
        self.shown: dict[Bit, list[tuple[str, int]]] = defaultdict(list)
        self.level: dict[Bit, int] = {}
        for instance in netlist.instances:
            cell = cells[instance.cell]
            (self.gates if cell.flip_flop is None else self.registers)[instance.name] = instance
            clock = cell.flip_flop.clocked_on.pins() if cell.flip_flop is not None else ()
            for pin, bit in instance.pins.items():
                if pin in cell.inputs and pin not in clock:
                    self.readers[bit].append((instance.name, pin))
        for port in netlist.ports:
            for place, bit in enumerate(port.bits if port.is_output else ()):
                self.shown[bit].append((port.name, place))
        for instance in in_order(netlist.instances, cells):
            level = 1 + max((self.level.get(bit, 0) for bit in reads(instance, cells)), default=0)
            for bit in self.driven(instance):
                self.level[bit] = level
                self.driver[bit] = instance
        self.free = 1 + max(
            (bit for instance in netlist.instances for bit in instance.pins.values() if isinstance(bit, int)),
            default=1,
        )

    def driven(self, instance: Instance) -> list[Bit]:
        """List the nets that an instance drives."""
        return [instance.pins[pin] for pin in self.cells[instance.cell].outputs if pin in instance.pins]

    def input(self, port: str) -> Bit:
        """Give the net of a port of one bit."""
        return next(each.bits[0] for each in self.netlist.ports if each.name == port)

    def new_net(self) -> int:
        """Give a net that nobody uses yet."""
        self.free += 1
        return self.free - 1

    def cone(self, bits: Iterable[Bit]) -> set[str]:
        """Name the gates that some nets depend on within a cycle."""
        found: set[str] = set()
        pending = list(bits)
        while pending:
            gate = self.driver.get(pending.pop())
            if gate is not None and gate.name not in found:
                found.add(gate.name)
                pending += reads(gate, self.cells)
        return found

    def redirected(self, net: Bit, other: Bit, *, but: Iterable[str] = ()) -> tuple[dict, dict]:  # type: ignore[type-arg]
        """Let all that read a net read another one: the pins, those of some instances excepted, and the ports."""
        kept = set(but)
        pins = {pin: other for pin in self.readers.get(net, ()) if pin[0] not in kept}
        return pins, dict.fromkeys(self.shown.get(net, ()), other)

    def closes_no_loop(self, faults: Sequence[Fault]) -> bool:
        """Tell whether all these faults can stand in one netlist's lanes."""
        added = [instance for fault in faults for instance in fault.added]
        try:
            in_order([*self.netlist.instances, *added], self.cells, faults)
        except CycleError:
            return False
        return True

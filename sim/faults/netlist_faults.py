"""Faults of mapped netlists: stuck nets and pins, wrong wires and cells, dropped carries, registers too few or many."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import combinations

from sim.boolean import Function, columns
from sim.cells import Cell
from sim.faults.fault import Fault
from sim.faults.sites import Sites
from sim.netlist import Bit, Instance

__all__ = ["bypass", "delay", "draw_netlist_faults"]

_SHARES: Mapping[str, int] = {"stuck": 10, "swap": 5, "cell": 3, "carry": 1, "register": 1}
_ATTEMPTS = 20
_WIRES = 40
"""A wrong wire is drawn among so many nets, so that the nearest ones in the order of the netlist are likely."""


def draw_netlist_faults(sites: Sites, *, count: int, seed: int, usable: Collection[str]) -> list[Fault]:
    """Draw faults, none twice, about half of them stuck nets; fewer than wanted where the netlist has no more.

    Args:
        usable: the cells that may stand in another's place.
    """
    source = random.Random(f"netlist faults {seed}")
    draws = _Draws(sites, source, usable)
    makers: dict[str, Callable[[], Fault | None]] = {
        "stuck": draws.stuck,
        "swap": draws.swap,
        "cell": draws.cell,
        "carry": draws.carry,
        "register": draws.register,
    }
    wanted = source.choices(list(_SHARES), weights=list(_SHARES.values()), k=count)
    found: dict[str, Fault] = {}
    for kind in sorted(wanted, key=list(_SHARES).index):  # what may close a loop comes last, when all others are known
        for attempt in range(_ATTEMPTS):
            fault = makers[kind if attempt < _ATTEMPTS // 2 else "stuck"]()  # no adders, say: something else instead
            if fault is None or fault.where in found:
                continue
            if kind == "register" and not sites.closes_no_loop([*found.values(), fault]):
                continue
            found[fault.where] = fault
            break
    return list(found.values())


class _Draws:
    """Draw single faults; None where what was drawn is none."""

    def __init__(self, sites: Sites, source: random.Random, usable: Collection[str]) -> None:
        self.sites, self.source = sites, source
        cells = sites.cells
        self.gates = list(sites.gates.values())
        self.registers = list(sites.registers.values())
        self.instances = [*self.gates, *self.registers]
        self.nets: list[Bit] = sorted(
            {bit for instance in self.instances for bit in sites.driven(instance) if isinstance(bit, int)}, key=str
        )
        ports = [bit for port in sites.netlist.ports if not port.is_output for bit in port.bits]
        self.wires = sorted({*self.nets, *(bit for bit in ports if sites.readers.get(bit))}, key=_number)
        self.pins = [(name, pin, bit) for bit, readers in sites.readers.items() for name, pin in readers
                     if isinstance(bit, int)]  # fmt: skip
        self.carries = [
            (instance, pin)
            for instance in self.gates
            for pin in cells[instance.cell].outputs
            if pin in instance.pins and _is_carry(cells[instance.cell], pin) and self._is_read(instance.pins[pin])
        ]
        self.others = _others([cells[name] for name in usable], cells, {gate.cell for gate in self.gates})

    def _is_read(self, bit: Bit) -> bool:
        return bool(self.sites.readers.get(bit) or self.sites.shown.get(bit))

    def stuck(self) -> Fault | None:
        level = self.source.choice("01")
        if self.source.random() < 0.5:
            net = self.source.choice(self.nets)
            return Fault(kind="stuck", where=f"net n{net} stuck at {level}", nets={net: level})
        name, pin, _ = self.source.choice(self.pins)
        return Fault(kind="stuck", where=f"pin {name}.{pin} stuck at {level}", pins={(name, pin): level})

    def swap(self) -> Fault | None:
        if self.source.random() < 0.3:
            return self._swapped_pins(self.source.choice(self.gates)) if self.gates else None
        name, pin, bit = self.source.choice(self.pins)
        instance = self.sites.gates.get(name)
        level = min((self.sites.level[net] for net in self.sites.driven(instance)), default=0) if instance else None
        at = self.wires.index(bit)
        near = self.wires[max(at - _WIRES, 0) : at + _WIRES]
        found = [net for net in near if net != bit and (level is None or self.sites.level.get(net, 0) < level)]
        if not found:
            return None
        other = self.source.choice(found)
        return Fault(kind="swap", where=f"pin {name}.{pin} reads n{other} for n{bit}", pins={(name, pin): other})

    def _swapped_pins(self, gate: Instance) -> Fault | None:
        cell = self.sites.cells[gate.cell]
        functions = [pin.function for pin in cell.pins.values() if pin.function is not None]
        pairs = [
            (one, other)
            for one, other in combinations(cell.inputs, 2)
            if gate.pins[one] != gate.pins[other]
            and any(not _is_symmetric(function, cell.inputs, one, other) for function in functions)
        ]
        if not pairs:
            return None
        one, other = self.source.choice(pairs)
        pins = {(gate.name, one): gate.pins[other], (gate.name, other): gate.pins[one]}
        return Fault(kind="swap", where=f"pins {one} and {other} of {gate.name} ({gate.cell}) swapped", pins=pins)

    def cell(self) -> Fault | None:
        if not self.gates:
            return None
        gate = self.source.choice(self.gates)
        others = self.others[gate.cell]
        if not others:
            return None
        other = self.source.choice(others)
        return Fault(kind="cell", where=f"{gate.name} is {other} for {gate.cell}", cells={gate.name: other})

    def carry(self) -> Fault | None:
        if not self.carries:
            return None
        instance, pin = self.source.choice(self.carries)
        net = instance.pins[pin]
        return Fault(kind="carry", where=f"carry of {instance.name} ({instance.cell}) dropped", nets={net: "0"})

    def register(self) -> Fault | None:
        if not self.registers:
            return None
        register = self.source.choice(self.registers)
        make = self.source.choice((bypass, delay))
        return make(self.sites, [register], register.name)


def bypass(sites: Sites, registers: Sequence[Instance], name: str) -> Fault | None:
    """Let all that read some registers read what these load, but for what that depends on; None where none is left."""
    data = {register.name: _data(sites, register) for register in registers}
    kept = sites.cone(data.values())
    pins: dict[tuple[str, str], Bit] = {}
    ports: dict[tuple[str, int], Bit] = {}
    for register in registers:
        for net in _plain_outputs(sites, register):
            more, shown = sites.redirected(net, data[register.name], but=kept)
            pins |= more
            ports |= shown
    if not pins and not ports:
        return None
    return Fault(kind="register", where=f"register {name} left out", pins=pins, ports=ports)


def delay(sites: Sites, registers: Sequence[Instance], name: str) -> Fault | None:
    """Put a second register behind each of some registers."""
    pins: dict[tuple[str, str], Bit] = {}
    ports: dict[tuple[str, int], Bit] = {}
    added = []
    for register in registers:
        cell = sites.cells[register.cell]
        for pin in (pin for pin in cell.outputs if pin in register.pins):
            net, new = register.pins[pin], sites.new_net()
            more, shown = sites.redirected(net, new)
            pins |= more
            ports |= shown
            out = _plain_output(cell)
            own = {each: bit for each, bit in register.pins.items() if each in cell.inputs}
            added.append(
                Instance(name=f"twice_{new}", cell=register.cell, pins={**own, _data_pin(cell): net, out: new})
            )
    if not pins and not ports:
        return None
    return Fault(kind="register", where=f"register {name} doubled", pins=pins, ports=ports, added=tuple(added))


def _data_pin(cell: Cell) -> str:
    """Name the data input of a flip-flop."""
    assert cell.flip_flop is not None
    return next(iter(cell.flip_flop.next_state.pins()))


def _data(sites: Sites, register: Instance) -> Bit:
    return register.pins[_data_pin(sites.cells[register.cell])]


def _plain_output(cell: Cell) -> str:
    """Name the output of a flip-flop that shows its state as it was loaded."""
    assert cell.flip_flop is not None
    wanted = (cell.flip_flop.state,)
    return next(
        (pin.name for pin in cell.pins.values() if pin.function is not None and pin.function.pins() == wanted
         and pin.function.operator == "name"),
        cell.outputs[0],
    )  # fmt: skip


def _plain_outputs(sites: Sites, register: Instance) -> Iterator[Bit]:
    pin = _plain_output(sites.cells[register.cell])
    if pin in register.pins:
        yield register.pins[pin]


def _number(bit: Bit) -> int:
    return bit if isinstance(bit, int) else -1


def _is_carry(cell: Cell, pin: str) -> bool:
    """Tell whether an output is the carry of an adder of two or three bits: such a cell has a sum, too."""
    functions = {each.name: each.function for each in cell.pins.values() if each.function is not None}
    if len(functions) != 2 or len(cell.inputs) not in (2, 3):
        return False
    columns_ = columns(len(cell.inputs))
    both = columns_[0] & columns_[1]
    carry = both if len(columns_) == 2 else both | columns_[2] & (columns_[0] | columns_[1])
    return functions[pin].table(cell.inputs) in (carry, carry ^ ((1 << (1 << len(columns_))) - 1))


def _is_symmetric(function: Function, inputs: Sequence[str], one: str, other: str) -> bool:
    turned = [{one: other, other: one}.get(pin, pin) for pin in inputs]
    return function.table(inputs) == function.table(turned)


def _others(usable: Sequence[Cell], cells: Mapping[str, Cell], used: Collection[str]) -> dict[str, list[str]]:
    """List for each used gate the cells of another function that fit in its place."""
    return {
        name: sorted(
            other.name
            for other in usable
            if other.flip_flop is None
            and set(other.inputs) == set(cells[name].inputs)
            and set(other.outputs) == set(cells[name].outputs)
            and _tables(other, cells[name].inputs) != _tables(cells[name], cells[name].inputs)
        )
        for name in sorted(used)
    }


def _tables(cell: Cell, inputs: Sequence[str]) -> dict[str, int]:
    return {pin.name: pin.function.table(inputs) for pin in cell.pins.values() if pin.function is not None}

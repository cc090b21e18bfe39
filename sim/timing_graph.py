"""The timing graph of a mapped netlist: which arc of which cell leads from which net to which, level by level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hdlgen.errors import ToolError
from sim.cells import Cell, Floats
from sim.netlist import Bit, Instance, Netlist
from sim.technology import Technology

__all__ = ["Graph", "build_graph"]

Integers = npt.NDArray[np.intp]
Rows = Mapping[str, Sequence[tuple[int, str, int, str, int]]]
"""Each cell's arcs: row of the tables, input pin, its edge, output pin, its edge."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Graph:
    """Hold the arcs between nets, sorted by the level of what they drive. A key is twice the net plus 1 for falling.

    Args:
        index: from a net's number in the netlist to its place here.
        loads: shape (nets,): in fF.
        row, source, target, owner: shape (arcs,): row of the tables, keys at both ends, number of the instance
            (negative: the driving cell of an input port).
        port_arcs: the arcs of driving cells.
        levels: for each level where its arcs begin and end, and where the arcs of each key begin within it.
        clock, outside: net of the clock and the net before the driving cells; negative where there is none.
        drivers: which instance and pin drives each net.
        port_names: name of the input at each net that a port drives.
        overloaded: how many outputs drive more than they may.
    """

    index: Mapping[Bit, int]
    loads: Floats
    row: Integers
    source: Integers
    target: Integers
    owner: Integers
    port_arcs: Integers
    levels: Sequence[tuple[int, int, Integers]]
    clock: int
    outside: int
    drivers: Sequence[str]
    port_names: Mapping[int, str]
    overloaded: int

    def drives(self, owner: int, pin: str, bit: Bit, net: int) -> bool:
        """Tell whether this pin of the instance is what drives the net."""
        return isinstance(bit, int) and self.index[bit] == net and self.drivers[net] == f"{owner}.{pin}"


def build_graph(netlist: Netlist, technology: Technology, rows: Rows) -> Graph:
    """Join the arcs of all cells.

    Raises: ToolError for unknown cells, undriven or doubly driven nets, loops, and clocks that are no plain input.
    """
    kinds: dict[str, list[int]] = {}
    for number, instance in enumerate(netlist.instances):
        kinds.setdefault(instance.cell, []).append(number)
    unknown = sorted(set(kinds) - technology.cells.keys())
    if unknown:
        raise ToolError(f"timing: every cell must be one of {technology.name}, not {unknown[0]!r}")
    index, drivers = _drivers(netlist, technology)
    clock = _clock(netlist, technology, index)
    outside = len(index)
    nets = len(index) + 1
    loads = np.zeros(nets)
    limits = np.full(nets, np.inf)
    parts: list[Integers] = []
    for name, numbers in kinds.items():
        cell = technology.cells[name]
        pins = [netlist.instances[number].pins for number in numbers]
        at = {pin: np.array(_places(pins, numbers, pin, index), dtype=np.intp) for pin in cell.pins}
        for pin in cell.pins.values():
            places = at[pin.name][at[pin.name] >= 0]
            if pin.is_output:
                limits[places] = pin.max_load_ff
            else:
                np.add.at(loads, places, pin.capacitance_ff)
        owners = np.array(numbers, dtype=np.intp)
        for row, related, edge_in, pin_out, edge_out in rows[name]:
            source, target = at[related], at[pin_out]
            kept = (source >= 0) & (target >= 0)
            parts.append(_arcs(row, 2 * source[kept] + edge_in, 2 * target[kept] + edge_out, owners[kept]))
    port_names = _input_names(netlist, index, clock)
    for row, _, edge_in, _, edge_out in rows[technology.driving_cell]:
        inputs = np.array(list(port_names), dtype=np.intp)
        parts.append(
            _arcs(row, np.full(len(inputs), 2 * outside + edge_in), 2 * inputs + edge_out, np.full(len(inputs), -1))
        )
    outputs = [bit for port in netlist.ports if port.is_output for bit in port.bits if isinstance(bit, int)]
    np.add.at(loads, np.array([index[bit] for bit in outputs], dtype=np.intp), technology.environment.output_load_ff)
    arcs = np.concatenate(parts, axis=1) if parts else np.zeros((4, 0), dtype=np.intp)
    level = _levels(arcs[1] >> 1, arcs[2] >> 1, nets, drivers, netlist)
    order = np.lexsort((arcs[2], level[arcs[2] >> 1]))
    row, source, target, owner = arcs[:, order]
    return Graph(
        index=index,
        loads=loads,
        row=row,
        source=source,
        target=target,
        owner=owner,
        port_arcs=np.flatnonzero(owner < 0),
        levels=_groups(level[target >> 1], target),
        clock=clock,
        outside=outside,
        drivers=drivers,
        port_names=port_names,
        overloaded=int((loads > limits * (1 + 1e-9)).sum()),
    )


def _places(
    connected: Sequence[Mapping[str, Bit]], numbers: Sequence[int], pin: str, index: Mapping[Bit, int]
) -> list[int]:
    """Give the place of the net at one pin of some instances; negative for a constant."""
    bits = [pins.get(pin) for pins in connected]
    if None in bits:
        # An open output still has a place: another output's arcs may begin there (both of an inverting full adder's).
        named = [f"{number}.{pin}" if bit is None else bit for number, bit in zip(numbers, bits, strict=True)]
        return [index.get(bit, -1) for bit in named]
    return [index.get(bit, -1) for bit in bits if bit is not None]


def _arcs(row: int, source: Integers, target: Integers, owner: Integers) -> Integers:
    return np.stack([np.full(len(source), row), source, target, owner])


def _drivers(netlist: Netlist, technology: Technology) -> tuple[dict[Bit, int], list[str]]:
    """Number the nets by their drivers, and see that every net in use has exactly one."""
    index: dict[Bit, int] = {}
    drivers: list[str] = []

    def drive(bit: Bit, who: str, shown: str) -> None:
        if not isinstance(bit, int) or bit in index:
            raise ToolError(f"timing: {shown} must be the only driver of its net, not of {bit!r}")
        index[bit] = len(drivers)
        drivers.append(who)

    for port in netlist.ports:
        for bit in () if port.is_output else port.bits:
            drive(bit, "", f"input {port.name}")
    ends: list[tuple[Bit, str]] = []
    sides: dict[str, frozenset[str]] = {}
    for number, instance in enumerate(netlist.instances):
        cell = technology.cells[instance.cell]
        outputs = sides.get(cell.name)
        if outputs is None:
            outputs = sides.setdefault(cell.name, frozenset(cell.outputs))
        for pin in sorted(cell.pins.keys() - instance.pins.keys()) if cell.pins.keys() != instance.pins.keys() else ():
            if pin not in outputs:
                raise ToolError(f"timing: {instance.name} must have every input connected, not so {pin}")
            index[f"{number}.{pin}"] = len(drivers)
            drivers.append(f"{number}.{pin}")
        for pin, bit in instance.pins.items():
            if pin in outputs:
                drive(bit, f"{number}.{pin}", f"{instance.name}.{pin}")
            elif pin not in cell.pins:
                raise ToolError(f"timing: {instance.name} must have pins of {cell.name}, not {pin!r}")
            else:
                ends.append((bit, instance.name))
    ends += [(bit, port.name) for port in netlist.ports if port.is_output for bit in port.bits]
    for bit, name in ends:
        if bit not in index and bit not in ("0", "1", "x"):
            raise ToolError(f"timing: every net must have a driver, not so net {bit!r} at {name}")
    return index, drivers


def _clock(netlist: Netlist, technology: Technology, index: Mapping[Bit, int]) -> int:
    """Find the one clock: an input port that drives flip-flop clock pins and nothing else."""
    clocks: set[Bit] = set()
    for instance in netlist.instances:
        cell = technology.cells[instance.cell]
        if cell.flip_flop is not None:
            if cell.flip_flop.clocked_on.operator != "name":
                raise ToolError(
                    f"timing: {instance.name} must be clocked by a rising edge at one pin, not as {cell.name}"
                )
            clocks.add(instance.pins.get(cell.flip_flop.clocked_on.name, "x"))
            _refuse_asynchronous(instance, cell)
    inputs = {bit for port in netlist.ports if not port.is_output for bit in port.bits}
    if len(clocks) > 1 or not clocks <= inputs:
        raise ToolError(f"timing: the clock must be one input port, not {sorted(map(str, clocks))!r}")
    return index[next(iter(clocks))] if clocks else -1


def _refuse_asynchronous(instance: Instance, cell: Cell) -> None:
    state = cell.flip_flop
    for function in (state.clear, state.preset) if state else ():
        for pin in function.pins() if function is not None else ():
            if instance.pins.get(pin) not in ("0", "1"):
                raise ToolError(f"timing: {instance.name}.{pin} must be tied to a constant: recovery is not modelled")


def _input_names(netlist: Netlist, index: Mapping[Bit, int], clock: int) -> dict[int, str]:
    named = [
        (index[bit], f"{port.name}[{place}]" if len(port.bits) > 1 else port.name)
        for port in netlist.ports
        if not port.is_output
        for place, bit in enumerate(port.bits)
    ]
    return {net: name for net, name in named if net != clock}


def _levels(source: Integers, target: Integers, nets: int, drivers: Sequence[str], netlist: Netlist) -> Integers:
    """Give each net its longest distance from a start."""
    pairs = np.unique(source * nets + target)
    ways: list[list[int]] = [[] for _ in range(nets)]
    waiting = np.bincount(pairs % nets, minlength=nets).tolist()
    for start, end in zip((pairs // nets).tolist(), (pairs % nets).tolist(), strict=True):
        ways[start].append(end)
    level = [0] * nets
    ready = [net for net in range(nets) if not waiting[net]]
    for net in ready:  # grows while it is walked
        beyond = level[net] + 1
        for end in ways[net]:
            if level[end] < beyond:
                level[end] = beyond
            waiting[end] -= 1
            if not waiting[end]:
                ready.append(end)
    if len(ready) < nets:
        stuck = next(net for net in range(nets) if waiting[net])
        name = netlist.instances[int(drivers[stuck].split(".")[0])].name
        raise ToolError(f"timing: the netlist must have no combinational loop, not one behind {name}")
    return np.array(level, dtype=np.intp)


def _groups(level: Integers, target: Integers) -> list[tuple[int, int, Integers]]:
    """Cut the sorted arcs into levels, and each level into the arcs of one key."""
    bounds = np.flatnonzero(np.diff(level, prepend=-1))
    found: list[tuple[int, int, Integers]] = []
    for begin, end in zip(bounds.tolist(), [*bounds[1:].tolist(), len(level)], strict=True):
        found.append((begin, end, np.flatnonzero(np.diff(target[begin:end], prepend=-1))))
    return found

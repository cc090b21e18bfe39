"""The timing graph of a mapped netlist: which arc of which cell leads from which net to which, level by level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn, cast

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
_CONSTANTS: Mapping[Bit, int] = {"0": -1, "1": -1, "x": -1}
"""Places of what no cell drives."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Graph:
    """Hold the arcs between nets, sorted by the level of what they drive. A key is twice the net plus 1 for falling.

    Args:
        index: from a net's number in the netlist to its place here, which is negative for a constant.
        loads: shape (nets,): in fF.
        row, source, target, owner: shape (arcs,): row of the tables, keys at both ends, number of the instance
            (negative: the driving cell of an input port).
        port_arcs: the arcs of driving cells.
        levels: for each level where its arcs begin and end, and where the arcs of each key begin within it.
        clock, outside: net of the clock and the net before the driving cells; negative where there is none.
        drivers: number of the instance and pin that drive each net; a negative number where an input does.
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
    drivers: Sequence[tuple[int, str]]
    port_names: Mapping[int, str]
    overloaded: int

    def drives(self, owner: int, pin: str, bit: Bit, net: int) -> bool:
        """Tell whether this pin of the instance is what drives the net."""
        return isinstance(bit, int) and self.index[bit] == net and self.drivers[net] == (owner, pin)


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
    ends = [bit for port in netlist.ports if port.is_output for bit in port.bits]
    if not all(bit in index for bit in ends):
        _refuse(netlist, technology)
    clock = _clock(netlist, technology, index)
    outside = len(drivers)
    nets = len(drivers) + 1
    loads = np.zeros(nets)
    limits = np.full(nets, np.inf)
    parts: list[Integers] = []
    for name, numbers in kinds.items():
        cell = technology.cells[name]
        pins = [netlist.instances[number].pins for number in numbers]
        try:
            at = {pin: _places(pins, numbers, pin, index) for pin in cell.pins}
        except KeyError:  # a net without a driver, or an input without a net
            _refuse(netlist, technology)
        for pin in cell.pins.values():
            places = at[pin.name][at[pin.name] >= 0]
            if pin.is_output:
                limits[places] = pin.max_load_ff
            else:
                np.add.at(loads, places, pin.capacitance_ff)
        if rows[name]:
            parts.append(_arcs(rows[name], at, np.array(numbers, dtype=np.intp)))
    port_names = _input_names(netlist, index, clock)
    inputs = np.array(list(port_names), dtype=np.intp)
    driving = [
        (row, "before", edge_in, "after", edge_out) for row, _, edge_in, _, edge_out in rows[technology.driving_cell]
    ]
    parts.append(_arcs(driving, {"before": np.full(len(inputs), outside), "after": inputs}, np.full(len(inputs), -1)))
    outputs = np.array([index[bit] for bit in ends if isinstance(bit, int)], dtype=np.intp)
    np.add.at(loads, outputs, technology.environment.output_load_ff)
    arcs = np.concatenate(parts, axis=1)
    level = _levels(arcs[1] >> 1, arcs[2] >> 1, nets, drivers, netlist)
    order = np.argsort(level[arcs[2] >> 1] * (2 * nets) + arcs[2], kind="stable")
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
) -> Integers:
    """Give the place of the net at one pin of some instances; negative for a constant.

    Raises: KeyError where there is no such place.
    """
    bits: list[Bit | None] = [pins.get(pin) for pins in connected]
    if None in bits:
        # An open output still has a place: another output's arcs may begin there (both of an inverting full adder's).
        bits = [f"{number}.{pin}" if bit is None else bit for number, bit in zip(numbers, bits, strict=True)]
    return np.fromiter(map(index.__getitem__, cast("list[Bit]", bits)), dtype=np.intp, count=len(bits))


def _arcs(rows: Sequence[tuple[int, str, int, str, int]], at: Mapping[str, Integers], owners: Integers) -> Integers:
    """Give the arcs of the instances of one cell, whose pins are at these places: row, keys at both ends, owner."""
    edges_in, edges_out = (np.array([row[place] for row in rows], dtype=np.intp)[:, None] for place in (2, 4))
    sources = 2 * np.stack([at[row[1]] for row in rows]) + edges_in
    targets = 2 * np.stack([at[row[3]] for row in rows]) + edges_out
    numbers = np.repeat(np.array([row[0] for row in rows], dtype=np.intp), len(owners))
    arcs = np.stack([numbers, sources.ravel(), targets.ravel(), np.tile(owners, len(rows))])
    return np.asarray(arcs[:, (arcs[1] >= 0) & (arcs[2] >= 0)])


def _drivers(netlist: Netlist, technology: Technology) -> tuple[dict[Bit, int], list[tuple[int, str]]]:
    """Number the nets by their drivers, and see that each has only one, and no instance a pin that its cell has not."""
    index: dict[Bit, int] = {}
    drivers: list[tuple[int, str]] = []
    for port in netlist.ports:
        for bit in () if port.is_output else port.bits:
            index[bit] = len(drivers)
            drivers.append((-1, ""))
    sides = {instance.cell: _sides(technology.cells[instance.cell]) for instance in netlist.instances}
    for number, instance in enumerate(netlist.instances):
        pins = instance.pins
        known, outputs = sides[instance.cell]
        if not pins.keys() <= known:
            _refuse(netlist, technology)
        for pin in outputs:
            net = pins.get(pin)
            index[f"{number}.{pin}" if net is None else net] = len(drivers)
            drivers.append((number, pin))
    if len(index) != len(drivers) or not _CONSTANTS.keys().isdisjoint(index):
        _refuse(netlist, technology)
    return {**index, **_CONSTANTS}, drivers


def _sides(cell: Cell) -> tuple[frozenset[str], tuple[str, ...]]:
    return frozenset(cell.pins), tuple(cell.outputs)


def _refuse(netlist: Netlist, technology: Technology) -> NoReturn:
    """Say of a netlist that cannot be timed what is wrong with it first.

    Raises: ToolError.
    """
    driven: set[Bit] = set()

    def drive(bit: Bit, shown: str) -> None:
        if not isinstance(bit, int) or bit in driven:
            raise ToolError(f"timing: {shown} must be the only driver of its net, not of {bit!r}")
        driven.add(bit)

    for port in netlist.ports:
        for bit in () if port.is_output else port.bits:
            drive(bit, f"input {port.name}")
    ends: list[tuple[Bit, str]] = []
    for instance in netlist.instances:
        cell = technology.cells[instance.cell]
        for pin in sorted(cell.pins.keys() - instance.pins.keys() - set(cell.outputs)):
            raise ToolError(f"timing: {instance.name} must have every input connected, not so {pin}")
        for pin, bit in instance.pins.items():
            if pin in cell.outputs:
                drive(bit, f"{instance.name}.{pin}")
            elif pin not in cell.pins:
                raise ToolError(f"timing: {instance.name} must have pins of {cell.name}, not {pin!r}")
            else:
                ends.append((bit, instance.name))
    ends += [(bit, port.name) for port in netlist.ports if port.is_output for bit in port.bits]
    bit, name = next((bit, name) for bit, name in ends if bit not in driven and bit not in _CONSTANTS)
    raise ToolError(f"timing: every net must have a driver, not so net {bit!r} at {name}")


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


def _levels(
    source: Integers, target: Integers, nets: int, drivers: Sequence[tuple[int, str]], netlist: Netlist
) -> Integers:
    """Give each net its longest distance from a start."""
    starts, ends = np.divmod(np.unique(source * nets + target), nets)
    first = np.searchsorted(starts, np.arange(nets + 1))
    waiting = np.bincount(ends, minlength=nets)
    level = np.zeros(nets, dtype=np.intp)
    ready = np.flatnonzero(waiting == 0)
    done = 0
    for distance in range(nets):
        if not len(ready):
            break
        level[ready] = distance
        done += len(ready)
        counts = first[ready + 1] - first[ready]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        reached = ends[np.repeat(first[ready], counts) + within]
        waiting -= np.bincount(reached, minlength=nets)
        ready = np.unique(reached[waiting[reached] == 0])
    if done < nets:
        stuck = int(np.flatnonzero(waiting)[0])
        name = netlist.instances[drivers[stuck][0]].name
        raise ToolError(f"timing: the netlist must have no combinational loop, not one behind {name}")
    return level


def _groups(level: Integers, target: Integers) -> list[tuple[int, int, Integers]]:
    """Cut the sorted arcs into levels, and each level into the arcs of one key."""
    bounds = [*np.flatnonzero(np.diff(level, prepend=-1)).tolist(), len(level)]
    keys = np.flatnonzero(np.diff(target, prepend=-1))
    cuts = np.searchsorted(keys, bounds).tolist()
    return [
        (begin, end, keys[first:last] - begin)
        for begin, end, first, last in zip(bounds, bounds[1:], cuts, cuts[1:], strict=False)
    ]

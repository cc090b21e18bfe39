"""Copies: a netlist's outputs and next state as expressions over its inputs and registers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sim.boolean import Function
from sim.cells import Cell
from sim.expressions import FALSE, TRUE, Expressions
from sim.faults.lanes import drives, in_order, reads
from sim.netlist import Bit, Instance, Netlist

__all__ = ["Copy", "shown_pairs"]


class Copy:
    """The literals of a netlist's outputs and next state.

    Args:
        inputs, states: literals of input nets, and of what registers hold, by instance.
        beside: a copy of another netlist on the same expressions and inputs: what a fault does not touch is taken from
            it.
        order: the gates, each after all that it reads, where that is known.

    Attributes:
        known: of each net.
        shown: of each bit of an output port.
        following: what each register holds after the edge.
        order: the gates, each after all that it reads.
    """

    def __init__(
        self,
        netlist: Netlist,
        cells: Mapping[str, Cell],
        made: Expressions,
        inputs: Mapping[Bit, int],
        states: Mapping[str, int],
        *,
        beside: Copy | None = None,
        order: Sequence[Instance] | None = None,
    ) -> None:
        self.netlist, self.cells, self.made, self.states = netlist, cells, made, states
        known: dict[Bit, int] = {"0": FALSE, "1": TRUE, "x": FALSE, **inputs}
        if beside is not None:
            known = dict(beside.known)
        self.known: dict[Bit, int] = known
        before = {} if beside is None else {instance.name: instance for instance in beside.netlist.instances}
        same = {instance.name for instance in netlist.instances if before.get(instance.name) == instance}
        other: set[Bit] = set()  # the nets that differ from the other copy's
        flip_flops = [instance for instance in netlist.instances if cells[instance.cell].flip_flop is not None]
        inner: dict[str, dict[str, int]] = {}
        for instance in flip_flops:
            state, literal = cells[instance.cell].flip_flop, states[instance.name]
            assert state is not None
            inner[instance.name] = {state.state: literal, state.inverted_state: literal ^ 1}
            if beside is None or instance.name not in same or beside.states[instance.name] != literal:
                other |= self._drive(instance.pins, cells[instance.cell], inner[instance.name], known)
        self.order = self._in_order(beside, same) if order is None else order
        for instance in self.order:
            if beside is None or instance.name not in same or not other.isdisjoint(instance.pins.values()):
                cell = cells[instance.cell]
                values = {pin: known[instance.pins.get(pin, "0")] for pin in cell.inputs}
                other |= self._drive(instance.pins, cell, values, known)
        self.following: dict[str, int] = {}
        for instance in flip_flops:
            if beside is not None and instance.name in same and other.isdisjoint(instance.pins.values()):
                self.following[instance.name] = beside.following[instance.name]
                continue
            state = cells[instance.cell].flip_flop
            assert state is not None
            values = {pin: known[instance.pins.get(pin, "0")] for pin in cells[instance.cell].inputs}
            self.following[instance.name] = self._literal(state.next_state, values | inner[instance.name])
        self.shown = {
            (port.name, place): known[bit]
            for port in netlist.ports
            if port.is_output
            for place, bit in enumerate(port.bits)
        }

    def _in_order(self, beside: Copy | None, same: set[str]) -> Sequence[Instance]:
        """Put the gates in order: as in the other copy, where that serves."""
        gates = {each.name: each for each in self.netlist.instances if self.cells[each.cell].flip_flop is None}
        if beside is not None and len(beside.order) == len(gates):
            order = [gates[each.name] for each in beside.order]
            place = {net: at for at, gate in enumerate(order) for net in drives(gate, self.cells)}
            touched = [(at, gate) for at, gate in enumerate(order) if gate.name not in same]
            if all(place.get(net, -1) < at for at, gate in touched for net in reads(gate, self.cells)):
                return order
        return in_order(self.netlist.instances, self.cells)

    @staticmethod
    def registers(netlist: Netlist, cells: Mapping[str, Cell]) -> list[str]:
        """Name the instances that hold state."""
        return [instance.name for instance in netlist.instances if cells[instance.cell].flip_flop is not None]

    def _drive(self, pins: Mapping[str, Bit], cell: Cell, values: Mapping[str, int], known: dict[Bit, int]) -> set[Bit]:
        """Put down what an instance drives, and give the nets that were known as something else."""
        changed: set[Bit] = set()
        for pin in cell.pins.values():
            if pin.is_output and pin.function is not None and pin.name in pins:
                literal = self._literal(pin.function, values)
                if known.get(pins[pin.name]) != literal:
                    known[pins[pin.name]] = literal
                    changed.add(pins[pin.name])
        return changed

    def _literal(self, function: Function, values: Mapping[str, int]) -> int:
        if function.operator == "name":
            return values[function.name]
        if function.operator in ("0", "1"):
            return TRUE if function.operator == "1" else FALSE
        inner = [self._literal(operand, values) for operand in function.operands]
        if function.operator == "not":
            return inner[0] ^ 1
        operators: dict[str, Callable[[int, int], int]] = {
            "and": self.made.conjunction,
            "or": self.made.disjunction,
            "xor": self.made.exclusive_or,
        }
        return operators[function.operator](inner[0], inner[1])

    def live(self, literals: Sequence[int] | None = None) -> set[str]:
        """Name the registers that some literals depend on, however late; without any, the outputs."""
        owner = {self.states[name] >> 1: name for name in self.following}
        found: set[str] = set()
        pending = list(self.shown.values() if literals is None else literals)
        while pending:
            names = {owner[node] for node in self.made.variables(pending) if node in owner} - found
            found |= names
            pending = [self.following[name] for name in names]
        return found


def shown_pairs(made: Expressions, one: Copy, other: Copy) -> dict[tuple[str, int], tuple[int, int]]:
    """Pair what the ports of both show, bit by bit; payloads as far as they are valid."""
    pairs = {}
    for port, literal in one.shown.items():
        pair = literal, other.shown[port]
        if port[0] == "outputs__payload":
            valid = one.shown["outputs__valid", 0]
            pair = made.conjunction(valid, pair[0]), made.conjunction(valid, pair[1])
        pairs[port] = pair
    return pairs

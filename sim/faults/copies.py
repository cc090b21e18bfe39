"""Copies: a netlist's outputs and next state as expressions over its inputs and registers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sim.boolean import Function
from sim.cells import Cell
from sim.expressions import FALSE, TRUE, Expressions
from sim.faults.lanes import in_order
from sim.netlist import Bit, Netlist

__all__ = ["Copy", "shown_pairs"]


class Copy:
    """The literals of a netlist's outputs and next state.

    Attributes:
        known: of each net.
        shown: of each bit of an output port.
        following: what each register holds after the edge.
    """

    def __init__(
        self,
        netlist: Netlist,
        cells: Mapping[str, Cell],
        made: Expressions,
        inputs: Mapping[Bit, int],
        states: Mapping[str, int],
    ) -> None:
        self.netlist, self.cells, self.made, self.states = netlist, cells, made, states
        self.known = known = {"0": FALSE, "1": TRUE, "x": FALSE, **inputs}
        flip_flops = [(each, cells[each.cell].flip_flop) for each in netlist.instances if cells[each.cell].flip_flop]
        inner: dict[str, dict[str, int]] = {}
        for instance, state in flip_flops:
            assert state is not None
            literal = states[instance.name]
            inner[instance.name] = {state.state: literal, state.inverted_state: literal ^ 1}
            self._drive(instance.pins, cells[instance.cell], inner[instance.name], known)
        for instance in in_order(netlist.instances, cells):
            cell = cells[instance.cell]
            values = {pin: known[instance.pins.get(pin, "0")] for pin in cell.inputs}
            self._drive(instance.pins, cell, values, known)
        self.following: dict[str, int] = {}
        for instance, state in flip_flops:
            assert state is not None
            values = {pin: known[instance.pins.get(pin, "0")] for pin in cells[instance.cell].inputs}
            self.following[instance.name] = self._literal(state.next_state, values | inner[instance.name])
        self.shown = {
            (port.name, place): known[bit]
            for port in netlist.ports
            if port.is_output
            for place, bit in enumerate(port.bits)
        }

    @staticmethod
    def registers(netlist: Netlist, cells: Mapping[str, Cell]) -> list[str]:
        """Name the instances that hold state."""
        return [instance.name for instance in netlist.instances if cells[instance.cell].flip_flop is not None]

    def _drive(self, pins: Mapping[str, Bit], cell: Cell, values: Mapping[str, int], known: dict[Bit, int]) -> None:
        for pin in cell.pins.values():
            if pin.is_output and pin.function is not None and pin.name in pins:
                known[pins[pin.name]] = self._literal(pin.function, values)

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

"""Full adders onto library cells: what a constant, a repeated or an unused bit makes simpler becomes plain logic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace

from sim.logic import FullAdder, Gate, Logic, StateBit
from sim.netlist import Bit, Instance, Port
from sim.technology import Adder, Technology

__all__ = ["map_adders"]


def map_adders(logic: Logic, technology: Technology, *, as_gates: Collection[int] = ()) -> tuple[Logic, list[Instance]]:
    """Replace every full adder by a full-adder cell, a half-adder cell or gates; equivalent to what was there.

    With three live inputs and both outputs in use it becomes a full-adder cell, with two a half-adder cell; one input
    constant 1, one output in use, or no such cell in the technology makes gates, and everything less makes wires.

    Args:
        as_gates: numbers of the adders in `logic` that are to be gates whatever the technology has.
    Returns: the logic without adders, and the cells, whose nets the logic now shares; `a7` is adder number 7.
    """
    worker = _Worker(logic)
    for number, adder in _settled(enumerate(logic.adders), worker):
        worker.place(number, adder, technology, cells=number not in as_gates)
    rest = worker.rename(logic)
    instances = [replace(cell, pins={pin: worker.find(bit) for pin, bit in cell.pins.items()}) for cell in worker.cells]
    return replace(rest, gates=(*rest.gates, *worker.gates), adders=(), free=worker.free), instances


def _settled(adders: Iterable[tuple[int, FullAdder]], worker: _Worker) -> list[tuple[int, FullAdder]]:
    """Turn adders into wires until none is left that can be; the rest has two or three different live inputs."""
    waiting = list(adders)
    while True:
        left = [(number, adder) for number, adder in waiting if not worker.wire(adder)]
        if len(left) == len(waiting):
            return left
        waiting = left


class _Worker:
    """Hold what the adders have become so far."""

    def __init__(self, logic: Logic) -> None:
        self.free = logic.free
        self.gates: list[Gate] = []
        self.cells: list[Instance] = []
        self.same: dict[Bit, Bit] = {}
        used: list[Bit] = [bit for gate in logic.gates for bit in gate.inputs]
        used += [bit for adder in logic.adders for bit in adder.inputs]
        used += [bit for state in logic.states for bit in (state.data, state.enable) if bit is not None]
        used += [bit for port in logic.ports if port.is_output for bit in port.bits]
        self.used = Counter(used)

    def find(self, bit: Bit) -> Bit:
        while bit in self.same:
            bit = self.same[bit]
        return bit

    def net(self) -> Bit:
        self.free += 1
        return self.free - 1

    def gate(self, kind: str, inputs: tuple[Bit, ...], output: Bit | None = None) -> Bit:
        target = self.net() if output is None else output
        self.gates.append(Gate(kind=kind, inputs=tuple(map(self.find, inputs)), output=target))
        return target

    def wire(self, adder: FullAdder) -> bool:
        """Replace an adder by wires if it is one in disguise: fewer than two different live inputs."""
        inputs = [self.find(bit) for bit in adder.inputs]
        for bit in inputs:
            others = list(inputs)
            others.remove(bit)
            if bit in others:  # two alike: they make the carry, the third is the sum
                others.remove(bit)
                self.same[adder.sum], self.same[adder.carry] = others[0], bit
                return True
        live = [bit for bit in inputs if isinstance(bit, int)]
        if len(live) == 1:  # and a 0 and a 1
            self.same[adder.sum], self.same[adder.carry] = self.gate("$_NOT_", (live[0],)), live[0]
            return True
        return False

    def place(self, number: int, adder: FullAdder, technology: Technology, *, cells: bool) -> None:
        """Make cells or gates of an adder with two or three different live inputs."""
        inputs = tuple(map(self.find, adder.inputs))
        live = tuple(bit for bit in inputs if isinstance(bit, int))
        cell = technology.full_adder if len(live) == 3 else technology.half_adder
        both = self.used[adder.sum] and self.used[adder.carry]
        if cells and cell is not None and "1" not in inputs and both:
            self.instance(f"a{number}", cell, live, adder)
            return
        if len(live) == 3:
            half = self.gate("$_XOR_", live[:2])
            self.gate("$_XOR_", (half, live[2]), adder.sum)
            self.gate("$_OR_", (self.gate("$_AND_", live[:2]), self.gate("$_AND_", (half, live[2]))), adder.carry)
        elif "1" in inputs:
            self.gate("$_XNOR_", live, adder.sum)
            self.gate("$_OR_", live, adder.carry)
        else:
            self.gate("$_XOR_", live, adder.sum)
            self.gate("$_AND_", live, adder.carry)

    def instance(self, name: str, cell: Adder, live: tuple[Bit, ...], adder: FullAdder) -> None:
        pins = dict(zip(cell.inputs, live, strict=True))
        for pin, inverted, bit in (
            (cell.sum, cell.sum_inverted, adder.sum),
            (cell.carry, cell.carry_inverted, adder.carry),
        ):
            pins[pin] = self.net() if inverted else bit
            if inverted:
                self.gate("$_NOT_", (pins[pin],), bit)
        self.cells.append(Instance(name=name, cell=cell.cell, pins=pins))

    def rename(self, logic: Logic) -> Logic:
        """Give every reader the net that its own became."""
        gates = tuple(map(self.renamed, logic.gates))
        states = tuple(
            StateBit(
                clock=state.clock,
                data=self.find(state.data),
                output=state.output,
                enable=None if state.enable is None else self.find(state.enable),
            )
            for state in logic.states
        )
        ports = tuple(
            Port(name=port.name, is_output=port.is_output, bits=tuple(map(self.find, port.bits)))
            for port in logic.ports
        )
        self.gates = [self.renamed(gate) for gate in self.gates]
        return Logic(ports=ports, gates=gates, states=states, adders=(), free=self.free)

    def renamed(self, gate: Gate) -> Gate:
        if self.same.keys().isdisjoint(gate.inputs):
            return gate
        return replace(gate, inputs=tuple(map(self.find, gate.inputs)))

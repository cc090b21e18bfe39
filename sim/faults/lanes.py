"""Lanes: many copies of a netlist simulated at once, each with a fault of its own; lane k is bit k of every integer.

The netlist becomes one Python function of bitwise operations on long integers, one call a clock cycle. A fault is a few
masks in it, so hundreds of faulty machines cost about as much as one. Values are 0 and 1; registers wake up at values
drawn by seed, the same in all lanes.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

from hdlgen.errors import ToolError
from sim.boolean import Function, columns
from sim.cells import Cell
from sim.faults.fault import Fault
from sim.netlist import Bit, Instance, Netlist

__all__ = ["Lanes", "drives", "in_order", "reads"]

Step = Callable[[Sequence[int], Sequence[int]], tuple[tuple[int, ...], tuple[int, ...]]]


@dataclass(slots=True)
class _Overrides:
    """What some lanes read instead of a net: 0, 1, or other nets."""

    zeros: int = 0
    ones: int = 0
    others: list[tuple[int, Bit]] = field(default_factory=list)

    def add(self, lane: int, bit: Bit) -> None:
        if isinstance(bit, int):
            self.others.append((lane, bit))
        elif bit == "1":
            self.ones |= lane
        else:
            self.zeros |= lane


class Lanes:
    """Simulate a netlist without a fault in lane 0, and with one fault in each of the lanes behind the good ones.

    Args:
        netlist: of the cells, with one clock.
        cells: by name; the outputs' functions and the flip-flops of all that the netlist and the faults use.
        faults: each may read nets that come later in the netlist, but together they must not close a loop.
        seed: of what registers wake up at.
        nets: whether a cycle's outputs are followed by the values of all nets.
        good: how many lanes, the first ones, have no fault.
        copies: how many lanes, side by side, have each fault.

    Attributes:
        lanes: how many there are.
        mask: a one for each of them.
        inputs: the input bits in the order in which `step` takes them, each its port and place; the clock left out.
        outputs: likewise of the output ports.
        nets: the nets whose values follow, where they were asked for.
        registers: the instances that hold state, the added ones last.
        state: what the registers wake up at.
    """

    def __init__(
        self,
        netlist: Netlist,
        cells: Mapping[str, Cell],
        faults: Sequence[Fault],
        *,
        seed: int = 1,
        nets: bool = False,
        good: int = 1,
        copies: int = 1,
    ) -> None:
        self.lanes = good + copies * len(faults)
        self.mask = (1 << self.lanes) - 1
        added = [instance for fault in faults for instance in fault.added]
        clocks = {
            instance.pins[pin]
            for instance in netlist.instances
            for state in [cells[instance.cell].flip_flop]
            if state is not None
            for pin in state.clocked_on.pins()
        }
        self.inputs = [
            (port.name, place, bit)
            for port in netlist.ports
            if not port.is_output
            for place, bit in enumerate(port.bits)
            if bit not in clocks
        ]
        self.outputs = [
            (port.name, place) for port in netlist.ports if port.is_output for place in range(len(port.bits))
        ]
        everything = [*netlist.instances, *added]
        driven = {
            instance.pins[pin]
            for instance in everything
            for pin in cells[instance.cell].outputs
            if pin in instance.pins
        }
        inputs = {bit for _, _, bit in self.inputs}
        self.nets = sorted(bit for bit in driven | inputs if isinstance(bit, int)) if nets else []
        self.registers = [instance for instance in everything if cells[instance.cell].flip_flop is not None]
        source = random.Random(f"wake up {seed}")
        self.state: tuple[int, ...] = tuple(self.mask * source.getrandbits(1) for _ in self.registers)
        self._cells, self._netlist = cells, netlist
        self._added = {instance.name for instance in added}
        self._pins: dict[tuple[str, str], _Overrides] = defaultdict(_Overrides)
        self._nets: dict[Bit, _Overrides] = defaultdict(_Overrides)
        self._ports: dict[tuple[str, int], _Overrides] = defaultdict(_Overrides)
        self._other_cells: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for number, fault in enumerate(faults):
            lane = (1 << copies) - 1 << good + number * copies
            for pin, bit in fault.pins.items():
                self._pins[pin].add(lane, bit)
            for net, bit in fault.nets.items():
                self._nets[net].add(lane, bit)
            for port, bit in fault.ports.items():
                self._ports[port].add(lane, bit)
            for name, cell in fault.cells.items():
                self._other_cells[name].append((lane, cell))
        self._raw = {bit for instance in added for bit in reads(instance, cells) if bit in self._nets}
        try:
            order = in_order(everything, cells, faults)
        except CycleError:
            raise ToolError("faults: the netlist with all of them must not have a loop of gates") from None
        self.step: Step = _compiled(self._program(order))

    def _program(self, order: Sequence[Instance]) -> str:
        """Write the function of one clock cycle: outputs, and the state after the edge."""
        lines = [_HEAD.rstrip()]
        if self.registers:
            lines.append(f"  {''.join(f's{place},' for place in range(len(self.registers)))} = state")
        if self.inputs:
            lines.append(f"  {''.join(f'i{place},' for place in range(len(self.inputs)))} = inputs")
        for place, (_, _, bit) in enumerate(self.inputs):
            lines += self._driven(bit, f"i{place}")
        for place, instance in enumerate(self.registers):
            state = self._cells[instance.cell].flip_flop
            assert state is not None
            values = {state.state: f"s{place}", state.inverted_state: f"(s{place} ^ {self.mask})"}
            for pin, function in _functions(self._cells[instance.cell]):
                if pin in instance.pins:
                    lines += self._driven(instance.pins[pin], self._text(function, values))
        for instance in order:
            lines += self._gate(instance)
        following = []
        for place, instance in enumerate(self.registers):
            state = self._cells[instance.cell].flip_flop
            assert state is not None
            values = {pin: self._read(instance, pin) for pin in self._cells[instance.cell].inputs}
            values |= {state.state: f"s{place}", state.inverted_state: f"(s{place} ^ {self.mask})"}
            following.append(self._text(state.next_state, values))
        shown = []
        bits = {(port.name, place): bit for port in self._netlist.ports for place, bit in enumerate(port.bits)}
        for port in self.outputs:
            value = self._constant_or_net(bits[port])
            shown.append(self._overridden(value, self._ports[port]) if port in self._ports else value)
        shown += [f"n{bit}" for bit in self.nets]
        lines.append(f"  return ({''.join(f'{text},' for text in shown)}), ({''.join(f'{t},' for t in following)})")
        return "\n".join(lines) + "\n"

    def _gate(self, instance: Instance) -> list[str]:
        cell = self._cells[instance.cell]
        values = {pin: self._read(instance, pin) for pin in cell.inputs}
        lines: list[str] = []
        for pin, function in _functions(cell):
            if pin not in instance.pins:
                continue
            text = self._text(function, values)
            for lane, other in self._other_cells.get(instance.name, ()):
                found = self._cells[other].pins[pin].function
                assert found is not None
                text = f"(({text} & {self.mask ^ lane}) | ({self._text(found, values)} & {lane}))"
            lines += self._driven(instance.pins[pin], text)
        return lines

    def _driven(self, bit: Bit, text: str) -> list[str]:
        """Assign a net; where some lanes read something else instead, those who read it see that."""
        if bit not in self._nets:
            return [f"  n{bit} = {text}"]
        lines = [f"  w{bit} = {text}"]
        return [*lines, f"  n{bit} = {self._overridden(f'w{bit}', self._nets[bit])}"]

    def _read(self, instance: Instance, pin: str) -> str:
        bit = instance.pins.get(pin, "0")
        if instance.name in self._added:
            return f"w{bit}" if bit in self._raw else self._constant_or_net(bit)
        value = self._constant_or_net(bit)
        overrides = self._pins.get((instance.name, pin))
        return value if overrides is None else self._overridden(value, overrides)

    def _constant_or_net(self, bit: Bit) -> str:
        if isinstance(bit, int):
            return f"n{bit}"
        return str(self.mask) if bit == "1" else "0"

    def _overridden(self, value: str, overrides: _Overrides) -> str:
        keep = self.mask ^ overrides.zeros
        for lane, _ in overrides.others:
            keep &= ~lane
        text = f"{value} & {keep}" if keep != self.mask else value
        for lane, bit in overrides.others:
            text = f"{text} | n{bit} & {lane}"
        if overrides.ones:
            text = f"{text} | {overrides.ones}"
        return f"({text})"

    def _text(self, function: Function, values: Mapping[str, str]) -> str:
        """Write a function; sums and carries of adders, which libraries write in full, in a short form."""
        pins = function.pins()
        if len(pins) == 3:
            a, b, c = (values[pin] for pin in pins)
            table = function.table(pins)
            if table in (_SUM, _SUM ^ 0xFF):
                return f"({a} ^ {b} ^ {c})" if table == _SUM else f"({a} ^ {b} ^ {c} ^ {self.mask})"
            if table in (_CARRY, _CARRY ^ 0xFF):
                text = f"({a} & {b} | {c} & ({a} | {b}))"
                return text if table == _CARRY else f"({text} ^ {self.mask})"
        if function.operator == "name":
            return values[function.name]
        if function.operator in ("0", "1"):
            return str(self.mask) if function.operator == "1" else "0"
        inner = [self._text(operand, values) for operand in function.operands]
        if function.operator == "not":
            return f"({inner[0]} ^ {self.mask})"
        sign = {"and": "&", "or": "|", "xor": "^"}[function.operator]
        return f"({inner[0]} {sign} {inner[1]})"


_HEAD = "def step(state, inputs):\n"
_BODY = re.compile(r"(?:[nwsi]?[0-9]++|state|inputs|return|[ =&|^(),\n])*+")
"""All that a program may consist of: numbered values, numbers, bitwise operators; no call, attribute or other name."""


def _compiled(program: str) -> Step:
    """Make the function of a program that consists of what one may.

    Raises: ToolError for any other text.
    """
    if not program.startswith(_HEAD) or not _BODY.fullmatch(program, len(_HEAD)):
        raise ToolError("faults: the program of a netlist must consist of numbered values and bitwise operators alone")
    scope: dict[str, Any] = {"__builtins__": {}}
    exec(compile(program, "<lanes>", "exec"), scope)  # noqa: S102 - held to `_BODY`
    step: Step = scope["step"]
    return step


_A, _B, _C = columns(3)
_SUM, _CARRY = _A ^ _B ^ _C, _A & _B | _A & _C | _B & _C


def _functions(cell: Cell) -> list[tuple[str, Function]]:
    return [(pin.name, pin.function) for pin in cell.pins.values() if pin.is_output and pin.function is not None]


def reads(instance: Instance, cells: Mapping[str, Cell]) -> list[Bit]:
    """List the nets at the inputs of an instance; of a flip-flop all but the clock."""
    cell = cells[instance.cell]
    clock = cell.flip_flop.clocked_on.pins() if cell.flip_flop is not None else ()
    return [instance.pins[pin] for pin in cell.inputs if pin in instance.pins and pin not in clock]


def drives(instance: Instance, cells: Mapping[str, Cell]) -> list[Bit]:
    """List the nets at the outputs of an instance."""
    return [instance.pins[pin] for pin in cells[instance.cell].outputs if pin in instance.pins]


def in_order(instances: Iterable[Instance], cells: Mapping[str, Cell], faults: Sequence[Fault] = ()) -> list[Instance]:
    """Put the gates in an order in which each comes after all that it reads, in every lane.

    Raises: graphlib.CycleError where there is none.
    """
    gates = {instance.name: instance for instance in instances if cells[instance.cell].flip_flop is None}
    driver: dict[Bit, str] = {}
    for name, instance in gates.items():
        driver.update(dict.fromkeys(drives(instance, cells), name))
    before: dict[str, set[str]] = {
        name: {driver[bit] for bit in reads(instance, cells) if bit in driver} for name, instance in gates.items()
    }
    for fault in faults:
        for (name, _), bit in fault.pins.items():
            if bit in driver and name in before:
                before[name].add(driver[bit])
    return [gates[name] for name in TopologicalSorter(before).static_order()]

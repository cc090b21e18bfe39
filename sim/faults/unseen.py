"""Faults that nothing sees in the states that occur: what differs never reaches a register that both designs have.

A proof that runs a whole design beside one with a fault chokes on multipliers. Here only what decides when something is
read stays: the control, which `ready` and `valid` depend on, and the registers that the fault touches. All others are
cut off: they hold anything, and the same in both designs. From the fault on, nets are followed a few gates far. If none
of those differs there in any cycle since a reset, all registers but the touched ones stay equal, and so do the ports.

Taken for granted: the good design shows nothing that its registers without a reset held before. Its own proof says so,
where all that a register held before the token is free, and every simulation, where they wake up unknown or at random.
So a fault may change what such a register holds after the first reset, and nothing else of that cycle.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from hdlgen.aiger import write_aiger
from sim.cells import Cell
from sim.expressions import FALSE, TRUE, Expressions, evaluate, to_network
from sim.faults.copies import Copy, shown_pairs
from sim.faults.lanes import drives, in_order, reads
from sim.netlist import Bit, Instance, Netlist
from sim.prove_handshake import PROVED, with_latches
from sim.yosys_abc import ask_abc

__all__ = ["is_unseen"]

_DISTANCES = (1, 2, 3, 5, 8)
"""So many gates behind the fault its effect must have come to nothing."""

_SECONDS = 2
"""Limit of each proof: what holds is an invariant of a few registers."""

_PATTERNS = 256
"""So many states before a reset are tried."""


def is_unseen(
    good: Netlist, faulty: Netlist, cells: Mapping[str, Cell], *, order: Sequence[Instance] | None = None
) -> bool:
    """Tell whether it is proved that the ports of both are the same from a reset on; False says nothing.

    Args:
        faulty: the good one with some pins, cells and output bits changed, and with cells added.
        order: the good one's gates, each after all that it reads, where that is known.
    Raises: ToolError, ToolMissing.
    """
    pair = _Pair(good, faulty, cells, in_order(good.instances, cells) if order is None else order)
    return any(pair.is_proved(distance) for distance in _DISTANCES if distance <= pair.farthest)


class _Pair:
    """Both designs over the same free registers, and how far each net that differs is from the fault.

    Attributes:
        farthest: beyond so many gates nothing differs.
    """

    def __init__(self, good: Netlist, faulty: Netlist, cells: Mapping[str, Cell], order: Sequence[Instance]) -> None:
        self.faulty, self.cells = faulty, cells
        before = {instance.name: instance for instance in good.instances}
        self.touched = {each.name for each in faulty.instances if before.get(each.name) != each}
        self.made = Expressions()
        self.started = self.made.variable("started")
        self.inputs: list[int] = []
        ports = self._ports(good)
        registers = Copy.registers(faulty, cells)
        apart = self._touched_registers(registers)
        self.control = control = _control(good, cells, order)
        states: list[dict[str, int]] = [{}, {}]
        self.latches: list[tuple[int, int, str]] = []  # the variable, in which design it is, and the register's name
        for name in registers:
            if name not in apart and name not in control:
                states[0][name] = states[1][name] = self._input(f"register {name}")
                continue
            first = self._input(f"before {name}")
            for side in (0, 1) if name in apart else (0,):
                variable = self.made.variable(f"register {name} {side}")
                states[side][name] = self.made.choose(self.started, variable, first)
                self.latches.append((variable, side, name))
            if name not in apart:
                states[1][name] = states[0][name]
        one = Copy(good, cells, self.made, ports, states[0], order=order)
        self.sides = (one, Copy(faulty, cells, self.made, ports, states[1], beside=one))
        self.latches = [latch for latch in self.latches if latch[2] in self.sides[latch[1]].following]
        self.apart = apart
        self.distance = self._distances()
        self.farthest = 1 + max(self.distance.values(), default=0)
        self.reset = next(port.bits[0] for port in good.ports if port.name == "rst")

    def _input(self, name: str) -> int:
        self.inputs.append(self.made.variable(name))
        return self.inputs[-1]

    def _ports(self, good: Netlist) -> dict[Bit, int]:
        """Give literals to the input ports: a reset comes first, and nobody offers a token during one."""
        made = self.made
        found: dict[Bit, int] = {
            bit: self._input(f"{port.name}[{place}]")
            for port in good.ports
            if not port.is_output
            for place, bit in enumerate(port.bits)
        }
        reset, offered = (next(p.bits[0] for p in good.ports if p.name == name) for name in ("rst", "inputs__valid"))
        found[reset] = made.disjunction(found[reset], self.started ^ 1)
        found[offered] = made.conjunction(found[offered], found[reset] ^ 1)
        return found

    def _touched_registers(self, registers: list[str]) -> set[str]:
        """Name the registers that the fault changes or adds, and those that these load from."""
        instances = {instance.name: instance for instance in self.faulty.instances}
        found = {name for name in registers if name in self.touched}
        read = {bit for name in found for bit in reads(instances[name], self.cells)}
        return found | {name for name in registers if read & set(drives(instances[name], self.cells))}

    def _distances(self) -> dict[Bit, int]:
        """Count for each net that differs the gates behind the fault, the longest way; 0 where the fault itself is."""
        one, other = (side.known for side in self.sides)
        found: dict[Bit, int] = {}
        for instance in self.faulty.instances:
            if self.cells[instance.cell].flip_flop is not None:
                found.update((bit, 0) for bit in drives(instance, self.cells) if one.get(bit) != other[bit])
        for instance in self.sides[1].order:
            behind = [found[bit] for bit in reads(instance, self.cells) if bit in found]
            far = 0 if instance.name in self.touched else 1 + max(behind, default=-1)
            found.update((bit, far) for bit in drives(instance, self.cells) if one.get(bit) != other[bit])
        return found

    def _cut(self, distance: int) -> list[tuple[int, int]]:
        """Pair what must be equal: nets at a distance that read nearer ones, registers and ports that do."""
        one, other = self.sides
        near = {bit for bit, far in self.distance.items() if far < distance}
        changed = {
            (port.name, place)
            for port, before in zip(self.faulty.ports, one.netlist.ports, strict=True)
            for place, (bit, old) in enumerate(zip(port.bits, before.bits, strict=True))
            if port.is_output and (bit != old or bit in near)
        }
        pairs = [pair for port, pair in shown_pairs(self.made, one, other).items() if port in changed]
        for instance in self.faulty.instances:
            if not near & set(reads(instance, self.cells)):
                continue
            if self.cells[instance.cell].flip_flop is None:
                bits = [bit for bit in drives(instance, self.cells) if self.distance.get(bit, -1) >= distance]
                pairs += [(one.known[bit], other.known[bit]) for bit in bits]
            elif instance.name not in self.apart:
                pairs.append((one.following[instance.name], other.following[instance.name]))
        return pairs

    def is_proved(self, distance: int) -> bool:
        """Prove that nothing differs so many gates behind the fault."""
        made = self.made
        bad = FALSE
        for left, right in self._cut(distance):
            bad = made.disjunction(bad, made.exclusive_or(left, right))
        bad = made.conjunction(bad, self.started)
        if bad == FALSE:
            return self._is_reset()
        following = [self.sides[side].following[name] for _, side, name in self.latches]
        variables = [*self.inputs, self.started, *(variable for variable, _, _ in self.latches)]
        (network,) = to_network(made, variables, [[TRUE, *following, bad]])
        with tempfile.TemporaryDirectory(prefix="hdlgen-faults-") as name:
            (Path(name) / "cut.aig").write_bytes(with_latches(write_aiger(network), 1 + len(following)))
            commands = f"read_aiger cut.aig; strash; scleanup; pdr -T {_SECONDS}"
            said = ask_abc(commands, folder=Path(name), seconds=2.0 * _SECONDS, purpose="compare") or ""
        return PROVED.search(said) is not None and self._is_reset()

    def _is_reset(self) -> bool:
        """Tell whether the first reset, from any state, leaves both alike but for what the good design never shows.

        Those are registers outside the control which a reset lets hold either value. What comes of a register that is
        touched is in the model.
        """
        made = Expressions()
        one, other = self.sides
        known: dict[Bit, int] = {
            bit: TRUE if port.name == "rst" else FALSE if port.name == "inputs__valid" else made.variable(f"{bit}")
            for port in one.netlist.ports
            if not port.is_output
            for bit in port.bits
        }
        states = {name: made.variable(name) for name in other.following}
        first = Copy(one.netlist, self.cells, made, known, states, order=one.order)
        second = Copy(other.netlist, self.cells, made, known, states, beside=first)
        names = sorted(first.following.keys() - self.apart)
        unlike = [name for name in names if first.following[name] != second.following[name]]
        return self.control.isdisjoint(unlike) and _take_both(made, [first.following[name] for name in unlike])


def _take_both(made: Expressions, literals: Sequence[int]) -> bool:
    """Tell whether each literal is seen to be 0 and to be 1: what is constant need not look it."""
    source = random.Random("reset")
    values = {node: source.getrandbits(_PATTERNS) for node in made.variables(literals)}
    return not {0, (1 << _PATTERNS) - 1} & set(evaluate(made, literals, values, _PATTERNS))


def _control(netlist: Netlist, cells: Mapping[str, Cell], order: Sequence[Instance]) -> set[str]:
    """Name the registers that `ready` and `valid` depend on, however late."""
    made = Expressions()
    inputs: dict[Bit, int] = {
        bit: made.variable(f"{bit}") for port in netlist.ports if not port.is_output for bit in port.bits
    }
    states = {name: made.variable(f"register {name}") for name in Copy.registers(netlist, cells)}
    copy = Copy(netlist, cells, made, inputs, states, order=order)
    return copy.live([copy.shown["inputs__ready", 0], copy.shown["outputs__valid", 0]])

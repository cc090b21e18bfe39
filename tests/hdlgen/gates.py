"""Gates and registers, evaluated in many lanes at once: bit `k` of every integer belongs to lane `k`."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

__all__ = ["Bits", "Gates", "gathered", "spread"]

AND, OR, XOR, NOT, MUX = range(5)
Bits = list[int]
"""A word: its nets, or in a run its integers, lowest bit first."""


def spread(values: Sequence[int], width: int) -> Bits:
    """Turn one number a lane into one integer a bit."""
    return [sum((value >> place & 1) << lane for lane, value in enumerate(values)) for place in range(width)]


def gathered(bits: Sequence[int], lanes: int) -> list[int]:
    """Turn one integer a bit into one unsigned number a lane."""
    return [sum((bit >> lane & 1) << place for place, bit in enumerate(bits)) for lane in range(lanes)]


class Gates:
    """Nets, the gates between them, and registers; nets 0 and 1 are the constants."""

    def __init__(self) -> None:
        self._parent: list[int] = [0, 1]
        self._gates: list[tuple[int, ...]] = []
        self._registers: list[tuple[int, int]] = []
        self._plan: list[tuple[int, int, int, int, int]] = []

    @property
    def registers(self) -> int:
        """Count the register bits."""
        return len(self._registers)

    def new(self, count: int) -> Bits:
        """Make nets."""
        first = len(self._parent)
        self._parent.extend(range(first, first + count))
        return list(range(first, first + count))

    def root(self, net: int) -> int:
        """Find the net that stands for all that are joined with this one."""
        while self._parent[net] != net:
            self._parent[net] = net = self._parent[self._parent[net]]
        return net

    def join(self, left: Sequence[int], right: Sequence[int]) -> None:
        """Make nets one, pair by pair; the constants stay roots."""
        for pair in zip(left, right, strict=True):
            low, high = sorted(self.root(net) for net in pair)
            if (low, high) == (0, 1):
                raise ValueError("gates: 0 and 1 must stay apart")
            self._parent[high] = low

    def gate(self, operation: int, a: int, b: int = 0, c: int = 0) -> int:
        """Add a gate and give its output; MUX gives `c ? b : a`."""
        (output,) = self.new(1)
        self._gates.append((operation, output, a, b, c))
        return output

    def register(self, data: int, output: int) -> None:
        """Add a register of one bit."""
        self._registers.append((data, output))

    def every(self, operation: int, bits: Sequence[int]) -> int:
        """Join bits by one operation; none at all give its neutral bit."""
        result = int(operation == AND)
        for bit in bits:
            result = self.gate(operation, result, bit)
        return result

    def full_adder(self, a: int, b: int, c: int) -> tuple[int, int]:
        """Add three bits: sum and carry."""
        half = self.gate(XOR, a, b)
        return self.gate(XOR, half, c), self.gate(OR, self.gate(AND, a, b), self.gate(AND, half, c))

    def add(self, left: Sequence[int], right: Sequence[int], carry: int = 0) -> Bits:
        """Add words of equal width."""
        result = []
        for a, b in zip(left, right, strict=True):
            total, carry = self.full_adder(a, b, carry)
            result.append(total)
        return result

    def inverted(self, bits: Sequence[int]) -> Bits:
        """Invert a word."""
        return [self.gate(NOT, bit) for bit in bits]

    def choose(self, no: Sequence[int], yes: Sequence[int], select: int) -> Bits:
        """Choose a word by a bit."""
        return [self.gate(MUX, a, b, select) for a, b in zip(no, yes, strict=True)]

    def multiply(self, left: Sequence[int], right: Sequence[int]) -> Bits:
        """Multiply words of equal width, modulo that width."""
        made = [0] * len(left)
        for place, bit in enumerate(right):
            row = [self.gate(AND, other, bit) for other in left[: len(left) - place]]
            made = made[:place] + self.add(made[place:], row)
        return made

    def plan(self, inputs: Sequence[int]) -> None:
        """Order the gates so that each reads what is there; call it once, when all is built.

        Raises: ValueError for a net with two drivers or none, or a loop.
        """
        self._registers = [(self.root(data), self.root(output)) for data, output in self._registers]
        gates = {}
        driven = {0, 1}
        for net in [*map(self.root, inputs), *(output for _, output in self._registers)]:
            if net in driven:
                raise ValueError("gates: a net must have one driver")
            driven.add(net)
        for operation, *nets in self._gates:
            output, a, b, c = map(self.root, nets)
            if output in driven:
                raise ValueError("gates: a net must have one driver")
            driven.add(output)
            gates[output] = (operation, output, a, b, c)
        read = {net for gate in gates.values() for net in gate[2:]} | {data for data, _ in self._registers}
        if read - driven:
            raise ValueError("gates: every net that is read must have a driver")
        try:
            order = [*TopologicalSorter({output: gate[2:] for output, gate in gates.items()}).static_order()]
        except CycleError:
            raise ValueError("gates: they must not form a loop") from None
        self._plan = [gates[output] for output in order if output in gates]

    def blank(self, lanes: int, seed: int) -> Bits:
        """Make the integers of all nets, registers full of noise."""
        values = [0] * len(self._parent)
        values[1] = (1 << lanes) - 1
        noise = random.Random(seed)
        for _, output in self._registers:
            values[output] = noise.getrandbits(lanes)
        return values

    def settle(self, v: Bits) -> None:
        """Let all gates take their values."""
        ones = v[1]
        for operation, output, a, b, c in self._plan:
            if operation == AND:
                v[output] = v[a] & v[b]
            elif operation == XOR:
                v[output] = v[a] ^ v[b]
            elif operation == OR:
                v[output] = v[a] | v[b]
            elif operation == MUX:
                v[output] = v[a] ^ ((v[a] ^ v[b]) & v[c])
            else:
                v[output] = v[a] ^ ones

    def tick(self, v: Bits) -> None:
        """Let all registers take what stands before them."""
        taken = [v[data] for data, _ in self._registers]
        for (_, output), value in zip(self._registers, taken, strict=True):
            v[output] = value

    def write(self, v: Bits, nets: Sequence[int], numbers: Sequence[int]) -> None:
        """Put one number a lane on some nets."""
        for net, bits in zip(nets, spread(numbers, len(nets)), strict=True):
            v[self.root(net)] = bits

    def read(self, v: Mapping[int, int] | Bits, nets: Sequence[int], lanes: int) -> list[int]:
        """Read one number a lane from some nets."""
        return gathered([v[self.root(net)] for net in nets], lanes)

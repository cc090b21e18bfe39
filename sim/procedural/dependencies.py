"""What depends on what in a module, bit by bit, its instances' ports included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sim.procedural.module import Bits, Module

__all__ = ["REGISTERED", "Dependencies", "Interface", "components"]

REGISTERED = 1
"""The bit of a set of sources that stands for the module's registers; the bits above it stand for its inputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """What each output of a module depends on without a register between: sources over `inputs`, in this order."""

    inputs: tuple[str, ...]
    outputs: Mapping[str, int]


class Dependencies:
    """The assignments of a module and the outputs of its instances, as numbered nodes: the former come first.

    Args:
        module: what is looked at.
        interfaces: of the modules that it instantiates.

    Attributes:
        writers: for each name the nodes that write it, each with the bits.
        before: for each node those that it reads directly.
        components: the nodes in order, each after those that it reads; a cycle together.
        cyclic: the nodes that read themselves, directly or by others.
        sources: for each node the registers and inputs that it depends on.
    """

    def __init__(self, module: Module, interfaces: Mapping[str, Interface]) -> None:
        self.module = module
        self.inputs = tuple(port for port, direction in module.directions.items() if direction == "input")
        self._input = {port: REGISTERED << 1 + place for place, port in enumerate(self.inputs)}
        self._registered: dict[str, int] = {}
        for register in module.registers:
            for name, bits in register.assignment.target.reads.items():
                self._registered[name] = self._registered.get(name, 0) | bits

        writes: list[Bits] = [one.target.reads for one in module.assignments]
        reads: list[Sequence[Bits]] = [[operand.reads for operand in one.operands] for one in module.assignments]
        inside: list[int] = [0] * len(reads)
        for child in module.children:
            interface = interfaces[child.module]
            for port, within in interface.outputs.items():
                if port in child.connections:
                    writes.append(child.connections[port].reads)
                    inside.append(within & REGISTERED)
                    through = [name for place, name in enumerate(interface.inputs) if within & REGISTERED << 1 + place]
                    reads.append([child.connections[name].reads for name in through if name in child.connections])
        self.writers: dict[str, list[tuple[int, int]]] = {}
        for node, several in enumerate(writes):
            for name, bits in several.items():
                self.writers.setdefault(name, []).append((bits, node))
        self.before: list[tuple[int, ...]] = []
        self.sources: list[int] = inside
        for node, several_reads in enumerate(reads):
            found: dict[int, None] = {}  # a set that keeps its order
            for bits_read in several_reads:
                found |= dict.fromkeys(self.nodes(bits_read))
                self.sources[node] |= self.direct(bits_read)
            self.before.append(tuple(found))
        self.components = components(self.before)
        cyclic = [one for one in self.components if len(one) > 1 or one[0] in self.before[one[0]]]
        self.cyclic = frozenset(node for one in cyclic for node in one)
        for one in self.components:
            joined = 0
            for node in one:
                joined |= self.sources[node]
                for other in self.before[node]:
                    joined |= self.sources[other]
            for node in one:
                self.sources[node] = joined

    def nodes(self, reads: Bits) -> list[int]:
        """List the nodes that write some of these bits."""
        return [node for name, bits in reads.items() for some, node in self.writers.get(name, ()) if some & bits]

    def direct(self, reads: Bits) -> int:
        """Tell which of these bits are registers and inputs themselves."""
        found = 0
        for name, bits in reads.items():
            found |= self._input.get(name, 0)
            if self._registered.get(name, 0) & bits:
                found |= REGISTERED
        return found

    def behind(self, reads: Bits) -> int:
        """Tell all sources of these bits."""
        found = self.direct(reads)
        for node in self.nodes(reads):
            found |= self.sources[node]
        return found

    def interface(self) -> Interface:
        """Tell what each output depends on."""
        whole = {port: (1 << self.module.widths[port]) - 1 for port in self.module.directions}
        outputs = {port: self.behind({port: whole[port]}) for port in whole if port not in self.inputs}
        return Interface(inputs=self.inputs, outputs=outputs)


def components(before: Sequence[Sequence[int]]) -> list[list[int]]:
    """Find the strongly connected components of a graph, each after those that it reads.

    Args:
        before: for each node the nodes that it reads.
    Source: Tarjan, SIAM J. Comput. 1(2), 1972, 146-160; without recursion, for carry chains are long.
    """
    number = [0] * len(before)
    lowest = [0] * len(before)
    stacked = [False] * len(before)
    stack: list[int] = []
    found: list[list[int]] = []
    count = 0
    for root in range(len(before)):
        if number[root]:
            continue
        path: list[tuple[int, Iterator[int]]] = []
        entered = [root]
        while entered or path:
            if entered:
                node = entered.pop()
                count += 1
                number[node] = lowest[node] = count
                stack.append(node)
                stacked[node] = True
                path.append((node, iter(before[node])))
            node, others = path[-1]
            for other in others:
                if not number[other]:
                    entered.append(other)
                    break
                if stacked[other]:
                    lowest[node] = min(lowest[node], number[other])
            else:
                path.pop()
                if path:
                    above = path[-1][0]
                    lowest[above] = min(lowest[above], lowest[node])
                if lowest[node] == number[node]:
                    members = []
                    while stacked[node]:
                        members.append(stack.pop())
                        stacked[members[-1]] = False
                    found.append(members)
    return found

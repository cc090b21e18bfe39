"""Faults of the toy design: made by hand, or drawn."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator

from sim.faults.fault import Fault, plant
from sim.faults.gates import GATE_CELLS
from sim.netlist import Bit, Instance, Netlist
from tests.sim.faults.toy import Toy

__all__ = ["Spoiled", "drawn", "flipped"]

OUTPUTS = {name: cell.outputs for name, cell in GATE_CELLS.items()}


class Spoiled:
    """A toy and a fault of it, which reads what the toy has and brings along gates and registers of its own."""

    def __init__(self, *, remembers: bool = True) -> None:
        self.toy = Toy(remembers=remembers)
        self.extra = Toy(remembers=remembers)
        self.known = len(self.extra.instances)
        self.pins: dict[tuple[str, str], Bit] = {}
        self.ports: dict[tuple[str, int], Bit] = {}

    def __getitem__(self, name: str) -> Bit:
        return self.extra.nets[name]

    def never(self) -> Bit:
        """Give what holds in phase 3 alone, which no run gets to."""
        return self.extra.gate("AND", A=self["phase_0"], B=self["phase_1"])

    def replace(self, name: str, pin: str, bit: Bit) -> None:
        """Let a pin of the toy read another net."""
        assert any(each.name == name and pin in each.pins for each in self.toy.instances)
        self.pins[name, pin] = bit

    @property
    def added(self) -> list[Instance]:
        return self.extra.instances[self.known :]

    def faulty(self) -> Netlist:
        """Give the toy with the fault."""
        fault = Fault(kind="swap", where="here", pins=self.pins, ports=self.ports, added=tuple(self.added))
        return plant(self.toy.netlist(), fault, outputs=OUTPUTS)


def flipped(spoiled: Spoiled, name: str, pin: str, when: Bit) -> None:
    """Let a pin read its net flipped now and then."""
    (net,) = [each.pins[pin] for each in spoiled.toy.instances if each.name == name]
    spoiled.replace(name, pin, spoiled.extra.gate("XOR", A=net, B=when))


def drawn(count: int, *, seed: str, remembers: bool = True, where: Collection[str] = ()) -> Iterator[Spoiled]:
    """Draw faults of a gate or a register or two each, anywhere in the toy, or most of them in some instances."""
    source = random.Random(seed)
    for _ in range(count):
        spoiled = Spoiled(remembers=remembers)
        bits = list(spoiled.toy.nets.values())[1:]
        for place in range(source.choice((1, 1, 2, 3))):
            if source.random() < 0.3:
                bits.append(spoiled.extra.register(f"added_{place}", source.choice(bits)))
            else:
                kind = source.choice(("AND", "ANDNOT", "OR", "XOR"))
                bits.append(spoiled.extra.gate(kind, A=source.choice(bits), B=source.choice(bits)))
        readers = [
            (each.name, pin)
            for each in spoiled.toy.instances
            for pin in each.pins
            if pin not in ("C", "Q", "Y") and (not where or each.name in where or source.random() < 0.3)
        ]
        spoiled.replace(*source.choice(readers), bits[-1])
        yield spoiled

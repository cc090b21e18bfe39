"""Faults: edits of a netlist, each of one kind, planted into a copy of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from sim.netlist import Bit, Instance, Netlist

__all__ = ["KINDS", "Fault", "plant"]

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "stuck": "a net or a pin of a cell stays 0 or 1",
        "swap": "a cell's two inputs change places, or it reads another net than its own",
        "cell": "another cell stands in a cell's place",
        "carry": "the carry of an adder is dropped",
        "constant": "a constant bit is flipped",
        "sign": "a number is extended by zeros instead of its sign",
        "register": "a register is bypassed, or takes a cycle longer",
        "handshake": "valid, ready or the stall of the kernel does not keep the protocol",
    }
)
"""What is planted, by kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault, as an edit of a netlist.

    Args:
        kind: a key of `KINDS`.
        where: what is wrong and where, in words.
        pins: what a pin of an instance reads instead.
        cells: the cell that stands in an instance's place, with the same pins.
        nets: the constant that everyone who reads a net reads instead; the added cells excepted.
        ports: what a bit of an output port shows instead.
        added: cells that the fault brings along; their nets are new.
    """

    kind: str
    where: str
    pins: Mapping[tuple[str, str], Bit] = field(default_factory=dict)
    cells: Mapping[str, str] = field(default_factory=dict)
    nets: Mapping[Bit, str] = field(default_factory=dict)
    ports: Mapping[tuple[str, int], Bit] = field(default_factory=dict)
    added: tuple[Instance, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"Fault: kind must be one of {', '.join(KINDS)}, not {self.kind!r}")


def plant(netlist: Netlist, fault: Fault, *, outputs: Mapping[str, tuple[str, ...]]) -> Netlist:
    """Give the netlist with the fault in it.

    Args:
        outputs: the output pins of each cell, by its name.
    """
    instances = []
    for instance in netlist.instances:
        driven = outputs[instance.cell]
        pins = {
            pin: bit if pin in driven else fault.pins.get((instance.name, pin), fault.nets.get(bit, bit))
            for pin, bit in instance.pins.items()
        }
        cell = fault.cells.get(instance.name, instance.cell)
        same = cell == instance.cell and pins == instance.pins
        instances.append(instance if same else replace(instance, cell=cell, pins=pins))
    ports = []
    for port in netlist.ports:
        bits = port.bits
        if port.is_output:
            bits = tuple(
                fault.ports.get((port.name, place), fault.nets.get(bit, bit)) for place, bit in enumerate(port.bits)
            )
        ports.append(replace(port, bits=bits))
    return replace(netlist, ports=tuple(ports), instances=(*instances, *fault.added))

"""Faults of a design's structure: constants, signs, carries, registers by the word, and the handshake."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from sim.faults.fault import Fault
from sim.faults.netlist_faults import bypass, delay
from sim.faults.sites import Sites
from sim.faults.structure import Structure
from sim.netlist import Bit, Instance

__all__ = ["draw_structure_faults"]

_CONTROL = ("valid_", "phase", "done", "advance", "accepts")
"""What the names of the kernel's control signals begin with."""


def draw_structure_faults(structure: Structure, sites: Sites, *, count: int, seed: int) -> list[Fault]:
    """Plant all faults of handshake and schedule, and draw from the others until there are so many, kind by kind.

    A fault that would close a loop of gates is left out.
    """
    source = random.Random(f"structure faults {seed}")
    kept: list[Fault] = []
    for fault in [*_handshake(structure, sites), *_registers(structure, sites)]:
        if sites.closes_no_loop([*(one for one in kept if one.pins or one.ports), fault]):
            kept.append(fault)
    kept = source.sample(kept, count) if len(kept) > count else kept
    others = [list(_constants(sites)), list(_signs(structure)), list(_carries(sites))]
    for faults in others:
        source.shuffle(faults)
    while len(kept) < count and any(others):
        for faults in others:
            if faults and len(kept) < count:
                kept.append(faults.pop())
    return kept


def _constants(sites: Sites) -> Iterator[Fault]:
    for level, other in (("0", "1"), ("1", "0")):
        for name, pin in sites.readers.get(level, ()):
            yield Fault(
                kind="constant", where=f"constant {level} at {name}.{pin} is {other}", pins={(name, pin): other}
            )
        for port, place in sites.shown.get(level, ()):
            yield Fault(kind="constant", where=f"constant {level} at {port}[{place}]", ports={(port, place): other})


def _signs(structure: Structure) -> Iterator[Fault]:
    for net, title in structure.extensions.items():
        yield Fault(kind="sign", where=f"{title} extended by zeros", nets={net: "0"})


def _carries(sites: Sites) -> Iterator[Fault]:
    for instance in sites.gates.values():
        net = instance.pins.get("X")
        if instance.cell == "gate_FA" and net is not None and (sites.readers.get(net) or sites.shown.get(net)):
            yield Fault(kind="carry", where=f"carry of {instance.name} dropped", nets={net: "0"})


def _registers(structure: Structure, sites: Sites) -> Iterator[Fault]:
    """Leave out and double each register of the source, all its bits together."""
    by_output = {bit: register for register in sites.registers.values() for bit in sites.driven(register)}
    seen: set[tuple[Bit, ...]] = set()
    for name, bits in structure.names.items():
        words = tuple(bit for bit in bits if isinstance(bit, int))
        if not words or words in seen or any(bit not in by_output for bit in words):
            continue
        seen.add(words)
        registers = [by_output[bit] for bit in dict.fromkeys(words)]
        for make in (bypass, delay):
            fault = make(sites, registers, name)
            if fault is not None:
                yield fault


class _Streams(NamedTuple):
    """The nets of the handshake."""

    in_valid: Bit
    in_ready: Bit
    out_valid: Bit
    out_ready: Bit
    clock: Bit


def _handshake(structure: Structure, sites: Sites) -> Iterator[Fault]:
    nets = _Streams(*map(sites.input, ("inputs__valid", "inputs__ready", "outputs__valid", "outputs__ready", "clk")))
    for name, net in zip(("inputs__valid", "outputs__ready", "rst"), (*nets[::3], sites.input("rst")), strict=True):
        for level in "01":
            yield Fault(kind="handshake", where=f"{name} is read as {level}", nets={net: level})
    for name in ("inputs__ready", "outputs__valid"):
        for level in "01":
            yield Fault(kind="handshake", where=f"{name} shows {level}", ports={(name, 0): level})
    for name, bits in structure.names.items():
        last = name.rpartition(".")[2]
        if not last.startswith(_CONTROL) or name.endswith("clk"):
            continue
        for place, bit in enumerate(bits):
            if sites.readers.get(bit) and isinstance(bit, int):
                for level in "01":
                    yield Fault(kind="handshake", where=f"{name}[{place}] is {level}", nets={bit: level})
    yield from _sequences(sites, nets)


def _sequences(sites: Sites, nets: _Streams) -> Iterator[Fault]:
    """Add a flip-flop that remembers what happened in the last cycle, and let it spoil this one."""
    made = _Maker(sites, nets.clock)
    cases: list[tuple[str, Callable[[], Bit], str]] = [
        ("outputs__valid drops while a result waits", lambda: made.unless(
            nets.out_valid, made.last(made.unless(nets.out_valid, nets.out_ready))), "outputs__valid"),
        ("outputs__valid a cycle late", lambda: made.last(nets.out_valid), "outputs__valid"),
        ("a result that was taken is shown again", lambda: made.either(
            nets.out_valid, made.last(made.both(nets.out_valid, nets.out_ready))), "outputs__valid"),
        ("a result right after another is not shown", lambda: made.unless(
            nets.out_valid, made.last(made.both(nets.out_valid, nets.out_ready))), "outputs__valid"),
        ("inputs__ready a cycle late", lambda: made.last(nets.in_ready), "inputs__ready"),
        ("a token is taken, and inputs__ready does not show it", lambda: made.unless(
            nets.in_ready, made.last(made.unless(nets.in_valid, made.last(nets.in_valid)))), "inputs__ready"),
        ("inputs__ready shown whenever a token was taken before", lambda: made.either(
            nets.in_ready, made.last(made.both(nets.in_valid, nets.in_ready))), "inputs__ready"),
        ("inputs__ready shown while a result waits", lambda: made.either(
            nets.in_ready, made.unless(nets.out_valid, nets.out_ready)), "inputs__ready"),
    ]  # fmt: skip
    for where, build, port in cases:
        made.added = []
        bit = build()
        yield Fault(kind="handshake", where=where, ports={(port, 0): bit}, added=tuple(made.added))
    inner: list[tuple[str, Callable[[], Bit], Bit]] = [
        ("a token right after another is dropped", lambda: made.unless(
            nets.in_valid, made.last(made.both(nets.in_valid, nets.in_ready))), nets.in_valid),
        ("a token is taken twice", lambda: made.either(
            nets.in_valid, made.last(made.both(nets.in_valid, nets.in_ready))), nets.in_valid),
        ("inputs__valid read a cycle late", lambda: made.last(nets.in_valid), nets.in_valid),
        ("outputs__ready read a cycle late", lambda: made.last(nets.out_ready), nets.out_ready),
    ]  # fmt: skip
    for where, build, net in inner:
        made.added = []
        bit = build()
        pins, ports = sites.redirected(net, bit)
        yield Fault(kind="handshake", where=where, pins=pins, ports=ports, added=tuple(made.added))


class _Maker:
    """Make the cells that a fault brings along."""

    def __init__(self, sites: Sites, clock: Bit) -> None:
        self.sites, self.clock = sites, clock
        self.added: list[Instance] = []

    def _cell(self, cell: str, output: str, **pins: Bit) -> Bit:
        net = self.sites.new_net()
        self.added.append(Instance(name=f"fault_{net}", cell=cell, pins={**pins, output: net}))
        return net

    def both(self, one: Bit, other: Bit) -> Bit:
        return self._cell("gate_AND", "Y", A=one, B=other)

    def either(self, one: Bit, other: Bit) -> Bit:
        return self._cell("gate_OR", "Y", A=one, B=other)

    def unless(self, one: Bit, other: Bit) -> Bit:
        return self._cell("gate_ANDNOT", "Y", A=one, B=other)

    def last(self, bit: Bit) -> Bit:
        return self._cell("gate_DFF_P", "Q", D=bit, C=self.clock)

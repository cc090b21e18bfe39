"""Adders in a flat circuit: found by the names of their ports, each to be proved, and then taken as a whole."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.circuit import Circuit, Driver, constant
from sim.expressions import Expressions
from sim.netlist import Bit
from sim.unrolling import Unrolling

__all__ = ["Adders", "find_adders"]

_PORTS = ("a", "b", "carry_in", "sum")


@dataclass(frozen=True, slots=True, kw_only=True)
class Adders:
    """A circuit whose adders stand as a whole, and the proof that this takes.

    Args:
        circuit: with drivers of kind `adder`.
        found, wanted: literals of `made` that must be equal: what each adder gives, and the sum of its operands.
    """

    circuit: Circuit
    found: list[int]
    wanted: list[int]
    made: Expressions


def find_adders(circuit: Circuit) -> Adders:
    """Find whatever has the names of an adder's ports and depends on its operands alone."""
    made = Expressions()
    drivers: dict[int, Driver] = dict(circuit.drivers)
    found: list[int] = []
    wanted: list[int] = []
    for name in circuit.names:
        scope, _, port = name.rpartition(".")
        if port != "carry_in" or not all(f"{scope}.{each}" in circuit.names for each in _PORTS):
            continue
        left, right, carry, total = (circuit.names[f"{scope}.{each}"] for each in _PORTS)
        while left and total[0] == left[0] and right[0] == "0" and carry == ("0",):
            left, right, total = left[1:], right[1:], total[1:]
        operands = {bit for bit in (*left, *right, *carry) if isinstance(bit, int)}
        sound = len(left) == len(right) > 0 and len(carry) == 1 and len(total) == len(left) + 1
        if not sound or any(bit in operands or bit not in circuit.drivers for bit in total):
            continue
        values: dict[Bit, int] = {bit: made.variable(f"net {bit}") for bit in sorted(operands)}
        given = Unrolling.combinational(circuit, values, made)
        own = [given.value(bit, 0) for bit in total]
        if set(made.variables(own)) - {literal >> 1 for literal in values.values()}:
            continue
        read = [values[bit] if isinstance(bit, int) else constant(bit) for bit in (*left, *right, *carry)]
        found += own
        wanted += made.adder(read[: len(left)], read[len(left) : -1], read[-1])
        for place, bit in enumerate(total):
            assert isinstance(bit, int)
            drivers[bit] = Driver("adder", (*left, *right, *carry), place)
    return Adders(circuit=replace(circuit, drivers=drivers), found=found, wanted=wanted, made=made)

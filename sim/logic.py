"""Unmapped logic: simple gates, registers and full adders bit by bit, as Yosys leaves them for us to map."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hdlgen.errors import ToolError
from sim.netlist import Bit, Port

__all__ = ["GATES", "FullAdder", "Gate", "Logic", "StateBit", "read_logic"]

GATES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "$_BUF_": (("A",), ("1",)),
    "$_NOT_": (("A",), ("0",)),
    "$_AND_": (("A", "B"), ("11",)),
    "$_NAND_": (("A", "B"), ("0-", "-0")),
    "$_OR_": (("A", "B"), ("1-", "-1")),
    "$_NOR_": (("A", "B"), ("00",)),
    "$_XOR_": (("A", "B"), ("10", "01")),
    "$_XNOR_": (("A", "B"), ("11", "00")),
    "$_ANDNOT_": (("A", "B"), ("10",)),
    "$_ORNOT_": (("A", "B"), ("1-", "-0")),
    "$_MUX_": (("A", "B", "S"), ("1-0", "-11")),
    "$_NMUX_": (("A", "B", "S"), ("0-0", "-01")),
}
"""Yosys' gates that we take: input pins, and the cubes of inputs at which the output is 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Hold one gate: its kind in `GATES`, its input nets in that order, its output net."""

    kind: str
    inputs: tuple[Bit, ...]
    output: Bit


@dataclass(frozen=True, slots=True, kw_only=True)
class StateBit:
    """Hold one rising-edge flip-flop; it keeps its value where `enable` is 0, and always loads where that is None."""

    clock: Bit
    data: Bit
    output: Bit
    enable: Bit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FullAdder:
    """Hold one full adder; the latest of the three bits stands last."""

    inputs: tuple[Bit, Bit, Bit]
    sum: Bit
    carry: Bit


@dataclass(frozen=True, slots=True, kw_only=True)
class Logic:
    """Hold one flat module; nets are numbers from 2 on below `free`, constants `0` and `1`."""

    ports: tuple[Port, ...]
    gates: tuple[Gate, ...]
    states: tuple[StateBit, ...]
    adders: tuple[FullAdder, ...]
    free: int


def read_logic(module: Mapping[str, Any]) -> Logic:
    """Read a module of Yosys' JSON; an undefined constant becomes 0.

    Raises: ToolError where it holds cells that should have been mapped.
    """
    gates: list[Gate] = []
    states: list[StateBit] = []
    adders: list[FullAdder] = []
    for name, cell in module["cells"].items():
        kind: str = cell["type"]
        connections = cell["connections"]
        if kind in GATES:  # most cells by far
            inputs = tuple([_bit(connections[pin][0]) for pin in GATES[kind][0]])
            gates.append(Gate(kind=kind, inputs=inputs, output=connections["Y"][0]))
            continue
        nets = {pin: _bits(bits) for pin, bits in connections.items()}
        if kind in ("$_DFF_P_", "$_DFFE_PP_"):
            enable = nets["E"][0] if "E" in nets else None
            states.append(StateBit(clock=nets["C"][0], data=nets["D"][0], output=nets["Q"][0], enable=enable))
        elif kind == "$fa":
            adders.extend(_full_adders(nets))
        elif kind != "$scopeinfo":
            raise ToolError(
                f"yosys: every cell must be a gate, a flip-flop or an adder by now, not {name} of type {kind!r}"
            )
    ports = tuple(
        Port(name=name, is_output=port["direction"] == "output", bits=_bits(port["bits"]))
        for name, port in module["ports"].items()
    )
    connected = (bits for cell in module["cells"].values() for bits in cell["connections"].values())
    nets_and_constants = set(itertools.chain(*connected, *(port.bits for port in ports)))
    free = 1 + max((bit for bit in nets_and_constants if isinstance(bit, int)), default=1)
    return Logic(ports=ports, gates=tuple(gates), states=tuple(states), adders=tuple(adders), free=free)


def _bits(bits: Sequence[Any]) -> tuple[Bit, ...]:
    return tuple(map(_bit, bits))


def _bit(bit: Any) -> Bit:
    if bit == "z":
        raise ToolError("yosys: no bit must float (z)")
    return "0" if bit == "x" else bit


def _full_adders(nets: Mapping[str, tuple[Bit, ...]]) -> list[FullAdder]:
    return [
        FullAdder(inputs=(a, b, c), sum=total, carry=carry)
        for a, b, c, total, carry in zip(nets["A"], nets["B"], nets["C"], nets["Y"], nets["X"], strict=True)
    ]

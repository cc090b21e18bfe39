"""Yosys' simple gates as library cells, so that unmapped logic is a netlist like any other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hdlgen.errors import ToolError
from sim.boolean import Function, parse
from sim.cells import Cell, FlipFlop, Pin
from sim.netlist import Bit, Instance, Netlist, Port

__all__ = ["GATE_CELLS", "gate_netlist"]

_FUNCTIONS = {
    "BUF": {"Y": "A"},
    "NOT": {"Y": "!A"},
    "AND": {"Y": "A & B"},
    "NAND": {"Y": "!(A & B)"},
    "OR": {"Y": "A | B"},
    "NOR": {"Y": "!(A | B)"},
    "XOR": {"Y": "A ^ B"},
    "XNOR": {"Y": "!(A ^ B)"},
    "ANDNOT": {"Y": "A & !B"},
    "ORNOT": {"Y": "A | !B"},
    "MUX": {"Y": "(A & !S) | (B & S)"},
    "NMUX": {"Y": "!((A & !S) | (B & S))"},
    "FA": {"Y": "A ^ B ^ C", "X": "(A & B) | (A & C) | (B & C)"},
}
_STATES = {"DFF_P": "D", "DFFE_PP": "(D & E) | (IQ & !E)"}


def _pin(name: str, function: Function | None) -> Pin:
    return Pin(
        name=name,
        is_output=function is not None,
        capacitance_ff=0.0,
        max_load_ff=0.0,
        function=function,
        arcs=(),
        setups=(),
    )


def _cell(name: str, functions: Mapping[str, str], flip_flop: FlipFlop | None = None) -> Cell:
    parsed = {pin: parse(text) for pin, text in functions.items()}
    read = dict.fromkeys(pin for function in parsed.values() for pin in function.pins())
    if flip_flop is not None:
        read = dict.fromkeys([*flip_flop.clocked_on.pins(), *flip_flop.next_state.pins()])
    inputs = [pin for pin in read if pin != "IQ"]
    pins = {pin: _pin(pin, None) for pin in inputs} | {pin: _pin(pin, function) for pin, function in parsed.items()}
    return Cell(name=name, area_um2=0.0, pins=pins, flip_flop=flip_flop, usable=True)


def _flip_flop(next_state: str) -> FlipFlop:
    return FlipFlop(
        state="IQ",
        inverted_state="IQN",
        clocked_on=parse("C"),
        next_state=parse(next_state),
        clear=None,
        preset=None,
    )


GATE_CELLS: Mapping[str, Cell] = {
    **{f"gate_{name}": _cell(f"gate_{name}", functions) for name, functions in _FUNCTIONS.items()},
    **{f"gate_{name}": _cell(f"gate_{name}", {"Q": "IQ"}, _flip_flop(text)) for name, text in _STATES.items()},
}
"""The gates, flip-flops and the full adder by name: `gate_AND` is Yosys' `$_AND_`."""


def gate_netlist(module: Mapping[str, Any]) -> Netlist:
    """Read a flat module of Yosys' JSON in simple gates, flip-flops and `$fa`; an undefined constant becomes 0.

    Raises: ToolError for any other cell.
    """
    return Netlist(
        name="top",
        ports=tuple(
            Port(name=name, is_output=port["direction"] == "output", bits=_bits(port["bits"]))
            for name, port in module["ports"].items()
        ),
        instances=tuple(instance for name, cell in module["cells"].items() for instance in _instances(name, cell)),
    )


def _instances(name: str, cell: Mapping[str, Any]) -> Iterator[Instance]:
    kind: str = cell["type"]
    nets = {pin: _bits(bits) for pin, bits in cell["connections"].items()}
    if kind == "$fa":
        for place in range(len(nets["Y"])):
            yield Instance(
                name=f"{name}[{place}]", cell="gate_FA", pins={pin: bits[place] for pin, bits in nets.items()}
            )
    elif kind != "$scopeinfo":
        known = f"gate_{kind[2:-1]}"
        if known not in GATE_CELLS:
            raise ToolError(f"yosys: every cell must be a gate, a flip-flop or an adder by now, not {name} of {kind!r}")
        yield Instance(name=name, cell=known, pins={pin: bits[0] for pin, bits in nets.items()})


def _bits(bits: Sequence[Any]) -> tuple[Bit, ...]:
    if "z" in bits:
        raise ToolError("yosys: no bit must float (z)")
    return tuple("0" if bit == "x" else bit for bit in bits)

"""Circuits as proofs read them: every net with what drives it, registers, and the names of nets in the source."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hdlgen.errors import ToolError
from sim.expressions import FALSE, TRUE, Expressions
from sim.logic import GATES
from sim.netlist import Bit
from sim.yosys import run_passes

__all__ = ["Circuit", "Driver", "Register", "constant", "drive", "read_circuit"]

_OUTPUT = "circuit.json"


@dataclass(frozen=True, slots=True)
class Driver:
    """What drives a net: a gate of `GATES`, `$fa` or `adder`, the nets that it reads, and which output it is."""

    kind: str
    inputs: tuple[Bit, ...]
    place: int = 0


@dataclass(frozen=True, slots=True)
class Register:
    """A rising-edge flip-flop; it keeps its value where `enable` is 0, and always loads where that is None."""

    data: Bit
    enable: Bit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """A flat module.

    Args:
        inputs, outputs: the nets of each port, lowest bit first.
        drivers: by net.
        registers: by the net of their output.
        names: the nets of everything that the source names.
    """

    inputs: Mapping[str, tuple[Bit, ...]]
    outputs: Mapping[str, tuple[Bit, ...]]
    drivers: Mapping[int, Driver]
    registers: Mapping[int, Register]
    names: Mapping[str, tuple[Bit, ...]]


def read_circuit(read: Sequence[str], *, folder: Path, seconds: float) -> Circuit:
    """Take module `top` to gates, flip-flops and full adders.

    Args:
        read: the passes that read files in the folder.
    Raises: ToolError, ToolTimeout.
    """
    (folder / _OUTPUT).unlink(missing_ok=True)
    # Nothing is cleaned away or optimised: a sum whose lowest bits nobody reads could not be proved without them, and
    # readers of an inverted sign would read another net of the adder instead.
    passes = [
        *read,
        "hierarchy -check -top top",
        "proc",
        "setattr -unset init */w:*",
        "flatten",
        "techmap t:$fa %n",
        "techmap t:$fa %n",
        "dfflegalize -cell $_DFF_P_ x -cell $_DFFE_PP_ x",
        f"write_json {_OUTPUT}",
    ]
    run_passes(passes, folder=folder, seconds=seconds)
    if not (folder / _OUTPUT).is_file():
        raise ToolError("yosys: it must write its circuit, and did not")
    modules = json.loads((folder / _OUTPUT).read_text())["modules"]
    if list(modules) != ["top"]:
        raise ToolError(f"yosys: it must leave one flat module named top, not {list(modules)!r}")
    return _circuit(modules["top"])


def _circuit(module: Mapping[str, Any]) -> Circuit:
    drivers: dict[int, Driver] = {}
    registers: dict[int, Register] = {}
    for name, cell in module["cells"].items():
        kind: str = cell["type"]
        nets = {pin: _bits(bits) for pin, bits in cell["connections"].items()}
        if kind in GATES:
            drivers[_net(nets["Y"][0])] = Driver(kind, tuple(nets[pin][0] for pin in GATES[kind][0]))
        elif kind in ("$_DFF_P_", "$_DFFE_PP_"):
            registers[_net(nets["Q"][0])] = Register(nets["D"][0], nets["E"][0] if "E" in nets else None)
        elif kind == "$fa":
            for a, b, c, total, carry in zip(*(nets[pin] for pin in "ABCYX"), strict=True):
                drivers[_net(total)], drivers[_net(carry)] = Driver(kind, (a, b, c), 0), Driver(kind, (a, b, c), 1)
        elif kind != "$scopeinfo":
            raise ToolError(f"yosys: every cell must be a gate, a flip-flop or an adder by now, not {name} of {kind!r}")
    sides: dict[str, dict[str, tuple[Bit, ...]]] = {"input": {}, "output": {}}
    for name, port in module["ports"].items():
        sides[port["direction"]][name] = _bits(port["bits"])
    return Circuit(
        inputs=sides["input"],
        outputs=sides["output"],
        drivers=drivers,
        registers=registers,
        names={name: _bits(entry["bits"]) for name, entry in module["netnames"].items()},
    )


def _net(bit: Bit) -> int:
    if not isinstance(bit, int):
        raise ToolError("yosys: no cell may drive a constant")
    return bit


def _bits(bits: Sequence[Any]) -> tuple[Bit, ...]:
    if "z" in bits:
        raise ToolError("yosys: no bit must float (z)")
    return tuple("0" if bit == "x" else bit for bit in bits)


def drive(expressions: Expressions, driver: Driver, values: Sequence[int]) -> int:
    """Give the literal of a driven net, of the literals that its driver reads."""
    if driver.kind == "$fa":
        return expressions.full_adder(values[0], values[1], values[2])[driver.place]
    if driver.kind == "adder":
        width = len(values) // 2
        return expressions.adder(values[:width], values[width:-1], values[-1])[driver.place]
    if driver.kind in ("$_MUX_", "$_NMUX_"):
        return expressions.choose(values[2], values[1], values[0]) ^ (driver.kind == "$_NMUX_")
    if driver.kind in ("$_XOR_", "$_XNOR_"):
        return expressions.exclusive_or(values[0], values[1]) ^ (driver.kind == "$_XNOR_")
    if driver.kind in ("$_BUF_", "$_NOT_"):
        return values[0] ^ (driver.kind == "$_NOT_")
    first, second, result = _INVERTED[driver.kind]
    return expressions.conjunction(values[0] ^ first, values[1] ^ second) ^ result


_INVERTED: Mapping[str, tuple[int, int, int]] = {
    "$_AND_": (0, 0, 0),
    "$_NAND_": (0, 0, 1),
    "$_OR_": (1, 1, 1),
    "$_NOR_": (1, 1, 0),
    "$_ANDNOT_": (0, 1, 0),
    "$_ORNOT_": (1, 0, 1),
}
"""Gates as a conjunction: whether its first and second input and its output are inverted."""


def constant(bit: Bit) -> int:
    """Give the literal of a constant net."""
    return TRUE if bit == "1" else FALSE

"""Mapped netlists: ports and library cells only, as Yosys' JSON and as structural Verilog."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hdlgen.errors import ToolError

__all__ = ["Bit", "Instance", "Netlist", "Port", "cells_of"]

Bit = int | str
"""A net by its number (from 2 on, as Yosys counts), or a constant: `0`, `1` or `x`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """Hold one port; `bits` from the lowest."""

    name: str
    is_output: bool
    bits: tuple[Bit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """Hold one cell with the net at each of its connected pins."""

    name: str
    cell: str
    pins: Mapping[str, Bit]


@dataclass(frozen=True, slots=True, kw_only=True)
class Netlist:
    """Hold one flat module of library cells."""

    name: str
    ports: tuple[Port, ...]
    instances: tuple[Instance, ...]

    def counts(self) -> dict[str, int]:
        """Count the instances of each cell, by name in alphabetical order."""
        return dict(sorted(Counter(instance.cell for instance in self.instances).items()))

    def json(self) -> str:
        """Write as Yosys' `write_json` would; `from_json` is the inverse."""
        ports = {
            port.name: {"direction": "output" if port.is_output else "input", "bits": port.bits} for port in self.ports
        }
        cells = {
            instance.name: {
                "type": instance.cell,
                "connections": {pin: [bit] for pin, bit in instance.pins.items()},
            }
            for instance in self.instances
        }
        module = {"attributes": {"top": "1"}, "ports": ports, "cells": cells, "netnames": {}}
        return json.dumps({"creator": "hdlgen", "modules": {self.name: module}}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Netlist:
        """Read a flat netlist of one-bit pins from Yosys' JSON.

        Raises: ToolError where it is none.
        """
        try:
            modules = json.loads(text)["modules"]
            tops = [name for name, module in modules.items() if "top" in module.get("attributes", {})] or list(modules)
            if len(tops) != 1:
                raise ToolError(f"netlist: it must have one top module, not {len(tops)!r}")
            module = modules[tops[0]]
            return cls(
                name=tops[0],
                ports=tuple(
                    Port(name=name, is_output=port["direction"] == "output", bits=tuple(port["bits"]))
                    for name, port in module["ports"].items()
                ),
                instances=tuple(_instances(module["cells"])),
            )
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
            raise ToolError(
                f"netlist: it must be the JSON of a mapped module ({type(error).__name__}: {error})"
            ) from None

    def verilog(self) -> str:
        """Write as structural Verilog: one wire a net, one line a cell, constants as literals."""
        names: dict[Bit, str] = {"0": "1'b0", "1": "1'b1", "x": "1'bx"}
        for port in self.ports:  # an input's nets bear its name; an output is assigned, as two may share a net
            if not port.is_output:
                indexed = len(port.bits) > 1
                names.update((bit, f"{port.name}[{i}]" if indexed else port.name) for i, bit in enumerate(port.bits))
        used = [bit for instance in self.instances for bit in instance.pins.values()]
        outputs = [port for port in self.ports if port.is_output]
        wires = [
            bit for bit in dict.fromkeys([*used, *(bit for port in outputs for bit in port.bits)]) if bit not in names
        ]
        names.update((bit, f"n{bit}") for bit in wires)
        lines = [f"module {self.name} ("]
        lines += [f"  {declaration}," for declaration in map(_declaration, self.ports)]
        lines[-1] = lines[-1].removesuffix(",")
        lines += [");", *(f"  wire {names[bit]};" for bit in wires)]
        for instance in self.instances:
            pins = ", ".join(f".{pin}({names[bit]})" for pin, bit in instance.pins.items())
            lines.append(f"  {instance.cell} {instance.name} ({pins});")
        for port in outputs:
            lines.append(f"  assign {port.name} = {{{', '.join(names[bit] for bit in reversed(port.bits))}}};")
        return "\n".join([*lines, "endmodule", ""])

    @classmethod
    def from_verilog(cls, text: str) -> Netlist:
        """Read what `verilog` wrote; nets are numbered anew, in order of appearance.

        Raises: ToolError for any other Verilog.
        """
        reader = _VerilogReader()
        for line in text.splitlines():
            reader.read(line)
        return cls(name=reader.name, ports=tuple(reader.ports.values()), instances=tuple(reader.instances))


class _VerilogReader:
    """Read the lines of a structural netlist."""

    def __init__(self) -> None:
        self.name = ""
        self.ports: dict[str, Port] = {}
        self.instances: list[Instance] = []
        self.numbers: dict[str, Bit] = {"1'b0": "0", "1'b1": "1", "1'bx": "x"}

    def read(self, line: str) -> None:
        """Take one line."""
        if found := _MODULE.fullmatch(line):
            self.name = found[1]
        elif found := _PORT.fullmatch(line):
            width, name = int(found[2] or 0) + 1, found[3]
            names = [f"{name}[{place}]" for place in range(width)] if width > 1 else [name]
            bits = tuple(map(self._bit, names)) if found[1] == "input" else ()
            self.ports[name] = Port(name=name, is_output=found[1] == "output", bits=bits)
        elif found := _INSTANCE.fullmatch(line):
            pins = {pin: self._bit(net) for pin, net in _PIN.findall(found[3])}
            self.instances.append(Instance(name=found[2], cell=found[1], pins=pins))
        elif found := _ASSIGNED.fullmatch(line):
            bits = tuple(self._bit(net) for net in reversed(found[2].split(", ")))
            self.ports[found[1]] = Port(name=found[1], is_output=True, bits=bits)
        elif not _WIRE.fullmatch(line):
            raise ToolError(f"netlist: a line must be that of a mapped module, not {line.strip()[:60]!r}")

    def _bit(self, name: str) -> Bit:
        return self.numbers.setdefault(name, len(self.numbers) - 1)  # three are constants, and nets begin at 2


_MODULE = re.compile(r"module (\w+) \(")
_PORT = re.compile(r"  (input|output) wire (?:\[(\d+):0\] )?(\w+),?")
_WIRE = re.compile(r"\s*(?:wire \S+;|\);|endmodule|)")
_INSTANCE = re.compile(r"  (\w+) (\S+) \((.*)\);")
_PIN = re.compile(r"\.(\w+)\(([^()]+)\)")
_ASSIGNED = re.compile(r"  assign (\w+) = \{(.*)\};")


def cells_of(verilog: str) -> list[str]:
    """List the cells that the Verilog of a netlist uses, by name."""
    return sorted(set(re.findall(r"^  (\w+) \w+ \(", verilog, re.MULTILINE)))


def _declaration(port: Port) -> str:
    span = f"[{len(port.bits) - 1}:0] " if len(port.bits) > 1 else ""
    return f"{'output' if port.is_output else 'input'} wire {span}{port.name}"


def _instances(cells: Mapping[str, Mapping[str, Any]]) -> Iterator[Instance]:
    for name, cell in cells.items():
        if cell["type"] == "$scopeinfo":
            continue
        pins = {pin: bits[0] for pin, bits in cell["connections"].items() if bits}
        if any(len(bits) > 1 for bits in cell["connections"].values()):
            raise ToolError(f"netlist: {name} must be a library cell with one-bit pins, not {cell['type']!r}")
        yield Instance(name=name, cell=cell["type"], pins=pins)

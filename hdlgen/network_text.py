"""Networks as text: Verilog for people and simulators, BLIF for synthesis tools."""

from __future__ import annotations

import re

from hdlgen.errors import InputError
from hdlgen.network import Network

__all__ = ["write_blif", "write_verilog"]


def write_verilog(network: Network, *, name: str = "learnt") -> str:
    """Write a network as a combinational Verilog module, one wire a gate.

    Raises: InputError where the name is no identifier.
    """
    if not re.fullmatch(r"[A-Za-z_]\w*", name):
        raise InputError(f"module: its name must be a Verilog identifier, not {name!r}")
    interface = network.interface
    wire = _free_name("n", {bus.name for bus in (*interface.inputs, *interface.outputs)})
    terms = ["1'b0", *interface.input_names(), *(f"{wire}{number}" for number in range(len(network.gates)))]

    def literal(value: int) -> str:
        return ("~" if value & 1 else "") + terms[value >> 1] if value != 1 else "1'b1"

    ports = [
        f"  {side} {f'[{bus.width - 1}:0] ' if bus.width > 1 else ''}{bus.name}"
        for side, buses in (("input", interface.inputs), ("output", interface.outputs))
        for bus in buses
    ]
    lines = [f"module {name} (", ",\n".join(ports), ");"]
    # A wire each: a simulator would look at all readers of a vector whenever one of its bits changes.
    for number, (left, right) in enumerate(network.gates.tolist()):
        lines.append(f"  wire {wire}{number} = {literal(left)} & {literal(right)};")
    for output, root in zip(interface.output_names(), network.outputs.tolist(), strict=True):
        lines.append(f"  assign {output} = {literal(root)};")
    return "\n".join([*lines, "endmodule", ""])


def write_blif(network: Network, *, name: str = "learnt") -> str:
    """Write a network as a BLIF model, one table a gate."""
    interface = network.interface
    wire = _free_name("n", {bus.name for bus in (*interface.inputs, *interface.outputs)})
    terms = [f"{wire}_zero", *interface.input_names(), *(f"{wire}_{number}" for number in range(len(network.gates)))]
    lines = [f".model {name}"]
    lines.append(" \\\n  ".join([".inputs", *interface.input_names()]))
    lines.append(" \\\n  ".join([".outputs", *interface.output_names()]))
    lines.append(f".names {terms[0]}")
    for number, (left, right) in enumerate(network.gates.tolist()):
        lines.append(f".names {terms[left >> 1]} {terms[right >> 1]} {wire}_{number}")
        lines.append(f"{1 - (left & 1)}{1 - (right & 1)} 1")
    for output, root in zip(interface.output_names(), network.outputs.tolist(), strict=True):
        lines += [f".names {terms[root >> 1]} {output}", f"{1 - (root & 1)} 1"]
    return "\n".join([*lines, ".end", ""])


def _free_name(stem: str, taken: set[str]) -> str:
    """Give a name that no port begins with."""
    while any(name.startswith(stem) for name in taken):
        stem += "_"
    return stem

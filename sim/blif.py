"""Logic out to ABC and cells back, both in BLIF, the one format that it reads and writes with cell names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hdlgen.errors import ToolError
from sim.logic import GATES, Gate
from sim.netlist import Bit
from sim.technology import Technology

__all__ = ["read_blif", "write_blif"]

_TEXTS: Mapping[str, str] = {
    kind: "\n".join([f".names {'w%s ' * len(pins)}w%s", *(f"{cube} 1" for cube in cubes)])
    for kind, (pins, cubes) in GATES.items()
}
"""A gate of each kind, to be filled in with its inputs and its output."""


def write_blif(gates: Sequence[Gate], starts: Sequence[Bit], ends: Sequence[Bit]) -> str:
    """Write gates as a combinational model: input `w5` is net 5, output `o7` is net `ends[7]`."""
    inputs = " ".join(f"w{bit}" for bit in starts)
    outputs = " ".join(f"o{number}" for number in range(len(ends)))
    lines = [".model top", f".inputs {inputs}", f".outputs {outputs}", ".names w0", ".names w1", "1"]
    lines += [_TEXTS[gate.kind] % (*gate.inputs, gate.output) for gate in gates]
    lines += [f".names w{bit} o{number}\n1 1" for number, bit in enumerate(ends)]
    return "\n".join([*lines, ".end", ""])


class _Nets(dict[str, Bit]):
    """The net of each name; a name that is new gets a number of its own, from `free` on."""

    def __init__(self, starts: Sequence[Bit], free: int) -> None:
        super().__init__((f"w{start}", start) for start in starts)
        self.free = free

    def __missing__(self, name: str) -> Bit:
        self[name] = number = self.free + len(self)
        return number


def read_blif(
    text: str, technology: Technology, starts: Sequence[Bit], free: int
) -> tuple[list[tuple[str, list[str], list[Bit]]], Mapping[str, Bit]]:
    """Read ABC's netlist of `write_blif`'s model.

    Args:
        starts: as they were written; they keep their numbers, all other nets are numbered from `free` on.
    Returns: each cell with its pins and the nets at them, and the net or constant of each name, the outputs `o0`, `o1`
        ... among them.
    Raises: ToolError for anything but cells of the technology, constants and wires.
    """
    nets = _Nets(starts, free)
    aliases: dict[str, str] = {}
    gates: list[list[str]] = []
    lines = text.replace("\\\n", " ").replace("=", " ").splitlines()
    for place, line in enumerate(lines):
        if line.startswith(".gate _const"):
            constant, _, name = line.split()[1:4]
            nets[name] = constant[6]
        elif line.startswith(".gate "):
            gates.append(line.split())
        elif line.startswith(".names "):
            words, cube = line.split(), lines[place + 1].split() if place + 1 < len(lines) else []
            if len(words) == 2:
                nets[words[1]] = "1" if cube == ["1"] else "0"
            elif len(words) == 3 and cube == ["1", "1"]:
                aliases[words[2]] = words[1]
            else:
                raise ToolError(f"yosys-abc: its netlist must hold library cells only, not {line!r}")
    for name, target in aliases.items():
        while target in aliases:
            target = aliases[target]
        nets[name] = nets[target]
    for cell in sorted({words[1] for words in gates}):
        if cell not in technology.cells or not technology.cells[cell].usable:
            raise ToolError(f"yosys-abc: its netlist must hold cells of {technology.name} only, not {cell!r}")
    net = nets.__getitem__
    return [(words[1], words[2::2], list(map(net, words[3::2]))) for words in gates], nets

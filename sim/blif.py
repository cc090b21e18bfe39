"""Logic out to ABC and cells back, both in BLIF, the one format that it reads and writes with cell names."""

from __future__ import annotations

from collections.abc import Sequence

from hdlgen.errors import ToolError
from sim.logic import GATES, Gate
from sim.netlist import Bit, Instance
from sim.technology import Technology

__all__ = ["read_blif", "write_blif"]


def write_blif(gates: Sequence[Gate], starts: Sequence[Bit], ends: Sequence[Bit]) -> str:
    """Write gates as a combinational model: input `w5` is net 5, output `o7` is net `ends[7]`."""
    inputs = " ".join(f"w{bit}" for bit in starts)
    outputs = " ".join(f"o{number}" for number in range(len(ends)))
    lines = [".model top", f".inputs {inputs}", f".outputs {outputs}", ".names w0", ".names w1", "1"]
    for gate in gates:
        lines.append(f".names {' '.join(f'w{bit}' for bit in gate.inputs)} w{gate.output}")
        lines.extend(f"{cube} 1" for cube in GATES[gate.kind][1])
    for number, bit in enumerate(ends):
        lines += [f".names w{bit} o{number}", "1 1"]
    return "\n".join([*lines, ".end", ""])


def read_blif(
    text: str, technology: Technology, starts: Sequence[Bit], free: int
) -> tuple[list[Instance], dict[str, Bit]]:
    """Read ABC's netlist of `write_blif`'s model.

    Args:
        starts: as they were written; they keep their numbers, all other nets are numbered from `free` on.
    Returns: the cells, without names yet, and the net or constant of each name, the outputs `o0`, `o1` ... among them.
    Raises: ToolError for anything but cells of the technology, constants and wires.
    """
    nets: dict[str, Bit] = {f"w{start}": start for start in starts}
    aliases: dict[str, str] = {}
    instances: list[Instance] = []

    def bit(name: str) -> Bit:
        while name in aliases:
            name = aliases[name]
        return nets.setdefault(name, free + len(nets))

    lines = text.replace("\\\n", " ").splitlines()
    for place, line in enumerate(lines):
        words = line.split()
        if not words or words[0] not in (".gate", ".names"):
            continue
        if words[0] == ".names":
            cube = lines[place + 1].split() if place + 1 < len(lines) else []
            if len(words) == 2:
                nets[words[1]] = "1" if cube == ["1"] else "0"
            elif len(words) == 3 and cube == ["1", "1"]:
                aliases[words[2]] = words[1]
            else:
                raise ToolError(f"yosys-abc: its netlist must hold library cells only, not {line!r}")
        elif words[1] in ("_const0_", "_const1_"):
            nets[words[2].split("=")[1]] = words[1][6]
        elif words[1] not in technology.cells or not technology.cells[words[1]].usable:
            raise ToolError(f"yosys-abc: its netlist must hold cells of {technology.name} only, not {words[1]!r}")
        else:
            pins = dict(word.split("=", 1) for word in words[2:])
            instances.append(Instance(name="", cell=words[1], pins={pin: bit(name) for pin, name in pins.items()}))
    return instances, nets | {name: bit(name) for name in aliases}

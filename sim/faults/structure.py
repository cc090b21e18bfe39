"""The structure of an emitted design, as gates that keep the names of the source and mark where numbers are extended.

Nothing is optimised: constants still stand at the pins that read them, carries leave full adders, registers are words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hdlgen.errors import ToolError
from sim.faults.gates import gate_netlist
from sim.netlist import Bit, Netlist
from sim.yosys import run_passes

__all__ = ["Structure", "read_structure"]

_INPUT, _WORDS, _MARKED, _GATES = "design.il", "words.json", "marked.json", "structure.json"
_MARK = "extended_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """A design in gates, flip-flops and full adders.

    Args:
        netlist: of `GATE_CELLS`.
        names: the nets of everything that the source names, lowest bit first.
        extensions: the net that the upper bits of an extended number read, and which number that is.
    """

    netlist: Netlist
    names: Mapping[str, tuple[Bit, ...]]
    extensions: Mapping[Bit, str]


def read_structure(rtlil: str, *, folder: Path, seconds: float) -> Structure:
    """Take module `top` of an RTLIL text to its structure.

    Raises: ToolError, ToolTimeout.
    """
    (folder / _INPUT).write_text(rtlil)
    words = _run(
        folder,
        [f"read_rtlil {_INPUT}", "hierarchy -check -top top", "proc", "setattr -unset init */w:*", "flatten"],
        _WORDS,
        seconds,
    )
    labels = _mark(words["modules"]["top"])
    (folder / _MARKED).write_text(json.dumps(words))
    passes = [
        f"read_json {_MARKED}",
        "techmap t:$fa %n",
        "techmap t:$fa %n",
        "dfflegalize -cell $_DFF_P_ x -cell $_DFFE_PP_ x",
    ]
    module = _run(folder, passes, _GATES, seconds)["modules"]["top"]
    marks = {cell["connections"]["Y"][0]: labels[name] for name, cell in module["cells"].items() if name in labels}
    return Structure(
        netlist=gate_netlist(module),
        names={name: tuple(entry["bits"]) for name, entry in sorted(module["netnames"].items())},
        extensions=marks,
    )


def _run(folder: Path, passes: list[str], output: str, seconds: float) -> dict[str, Any]:
    (folder / output).unlink(missing_ok=True)
    run_passes([*passes, f"write_json {output}"], folder=folder, seconds=seconds)
    if not (folder / output).is_file():
        raise ToolError("yosys: it must write the structure of the design, and did not")
    document: dict[str, Any] = json.loads((folder / output).read_text())
    return document


def _mark(module: dict[str, Any]) -> dict[str, str]:
    """Put a buffer before the upper bits of each extended number that a cell reads, and name what stands where."""
    nets = [bit for entry in module["netnames"].values() for bit in entry["bits"] if isinstance(bit, int)]
    free = 1 + max(nets, default=1)
    titles = {
        tuple(entry["bits"]): name for name, entry in sorted(module["netnames"].items()) if not entry["hide_name"]
    }
    labels: dict[str, str] = {}
    buffers = {}
    for cell, pin, bits, own in _extended(module):
        name = f"{_MARK}{len(labels)}"
        labels[name] = f"{titles.get(tuple(bits[:own]), f'net {bits[own - 1]}')} at {pin} of {cell}"
        buffers[name] = {
            "hide_name": 1,
            "type": "$_BUF_",
            "parameters": {},
            "attributes": {},
            "port_directions": {"A": "input", "Y": "output"},
            "connections": {"A": [bits[own - 1]], "Y": [free]},
        }
        bits[own:] = [free] * (len(bits) - own)
        free += 1
    module["cells"] |= buffers
    return labels


def _extended(module: Mapping[str, Any]) -> Iterator[tuple[str, str, list[Any], int]]:
    """Find the pins whose upper bits repeat a net: cell, pin, bits, and how many of these are the number's own."""
    for name, cell in module["cells"].items():
        for pin, bits in cell["connections"].items():
            if cell["port_directions"][pin] != "input" or not isinstance(bits[-1], int):
                continue
            own = len(bits)
            while own > 1 and bits[own - 2] == bits[-1]:
                own -= 1
            if 1 < own < len(bits):  # all bits alike are one bit that masks a word, and no number
                yield name, pin, bits, own

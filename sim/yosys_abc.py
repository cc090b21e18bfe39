"""yosys-abc, run as a program of its own: commands in, a mapped netlist out.

It reports no failure by its exit status and goes on after an error with whatever network it still has, so nothing
counts but a netlist that was written without a complaint.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hdlgen.errors import ToolError
from sim import tools

__all__ = ["Surroundings", "run_abc"]

_MAPPED, _SCRIPT, _SURROUNDINGS, _LOG = "mapped.blif", "map.abc", "surroundings.txt", "abc.log"
_COMPLAINT = re.compile(r"^(?:Error\b|Cannot\b|\*\* cmd error|.*unknown command).*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Hold what drives every input, and the load of every output: ABC knows one for all of them."""

    driving_cell: str
    load_ff: float


def run_abc(read: Sequence[str], script: str, around: Surroundings, *, folder: Path, seconds: float) -> str:
    """Run commands on a network and give the cells that come out, in BLIF.

    Args:
        read: the commands that read library and network from files in the folder.
        script: the commands to run on it, apart by `; `.
        folder: takes the script, the output and the log.
        seconds: wall-clock limit.
    Raises: ToolError where ABC fails in any way, ToolTimeout, ToolMissing.
    """
    for name in (_MAPPED, _LOG):
        (folder / name).unlink(missing_ok=True)
    text = f"set_driving_cell {around.driving_cell}\nset_load {around.load_ff:.4f}\n"
    (folder / _SURROUNDINGS).write_text(text)
    commands = [*read, f"read_constr {_SURROUNDINGS}", *script.split("; "), f"write_blif {_MAPPED}", ""]
    (folder / _SCRIPT).write_text("\n".join(commands))
    done = tools.run([tools.require("yosys-abc"), "-f", _SCRIPT], folder=folder, seconds=seconds)
    (folder / _LOG).write_text(done.output + done.error)
    complaint = _COMPLAINT.search(done.output + done.error)
    if done.status or complaint or not (folder / _MAPPED).is_file():
        reason = complaint[0].strip() if complaint else f"status {done.status} and no netlist"
        raise ToolError(f"yosys-abc: it must map the design without an error, not with: {reason}")
    return (folder / _MAPPED).read_text()

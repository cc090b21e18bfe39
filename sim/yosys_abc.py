"""yosys-abc, run as a program of its own: commands in, a mapped netlist out.

It reports no failure by its exit status and goes on after an error with whatever network it still has, so nothing
counts but a netlist that was written without a complaint. A run that follows another one costs less in the same
process, whose start takes as long as mapping a small design; what comes out does not depend on the runs before.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hdlgen.errors import ToolError
from sim import tools

__all__ = ["LOG", "Abc", "Surroundings", "ask_abc", "run_abc", "running"]

_MAPPED, _SCRIPT, _SURROUNDINGS = "mapped.blif", "map.abc", "surroundings.txt"
LOG = "abc.log"
"""The file in the folder that takes all that ABC says."""

_COMPLAINT = re.compile(r"^(?:Error\b|Cannot\b|\*\* cmd error|.*unknown command|.*[Mm]iter.*cannot).*$", re.MULTILINE)
_THROUGH = "hdlgen is answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Hold what drives every input, and the load of every output: ABC knows one for all of them."""

    driving_cell: str
    load_ff: float


class Abc:
    """One process for the runs in a folder, started by the first.

    Args:
        folder: its working directory; of runs in it none writes cells anew under the name of an earlier file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cells_by = ""  # the command that read the cells it holds
        self.dialogue: tools.Dialogue | None = None

    def source(self, script: str, *, read_cells: str, seconds: float) -> tuple[int, str]:
        """Read cells, where they are not those it holds, and run a script; give the status and all that was said.

        Raises: ToolTimeout, ToolMissing.
        """
        if self.dialogue is None:
            self.cells_by = ""
            self.dialogue = tools.Dialogue(
                [tools.require("yosys-abc")], folder=self.folder, variables=tools.LARGE_PAGES
            )
        lines = [read_cells] if read_cells != self.cells_by else []
        self.cells_by = read_cells
        text = "\n".join([*lines, f"source {script}", f"echo {_THROUGH}", ""])
        try:
            said = self.dialogue.ask(text, until=_THROUGH, seconds=seconds)
        except tools.ToolTimeout:
            self.dialogue = None
            raise
        if isinstance(said, str):
            return 0, said
        self.end()
        return said.status, said.output

    def end(self) -> None:
        """End the process; a further run would start it anew."""
        if self.dialogue is not None:
            self.dialogue.end()
            self.dialogue = None


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Abc]:
    """Keep one process for the runs in a folder, up to the end of the block."""
    abc = Abc(folder)
    try:
        yield abc
    finally:
        abc.end()


def run_abc(
    read: Sequence[str], script: str, around: Surroundings, *, folder: Path, seconds: float, abc: Abc | None = None
) -> str:
    """Run commands on a network and give the cells that come out, in BLIF.

    Args:
        read: the command that reads the cells, then those that read the network, from files in the folder.
        script: the commands to run on it, apart by `; `.
        folder: takes the script, the output and the log.
        seconds: wall-clock limit.
        abc: a process in this folder to use; one of its own where none is given.
    Raises: ToolError where ABC fails in any way, ToolTimeout, ToolMissing.
    """
    if abc is None:
        with running(folder) as own:
            return run_abc(read, script, around, folder=folder, seconds=seconds, abc=own)
    for name in (_MAPPED, LOG):
        (folder / name).unlink(missing_ok=True)
    text = f"set_driving_cell {around.driving_cell}\nset_load {around.load_ff:.4f}\n"
    (folder / _SURROUNDINGS).write_text(text)
    read_cells, *network = read
    commands = [*network, f"read_constr {_SURROUNDINGS}", *script.split("; "), f"write_blif {_MAPPED}", ""]
    (folder / _SCRIPT).write_text("\n".join(commands))
    status, said = abc.source(_SCRIPT, read_cells=read_cells, seconds=seconds)
    (folder / LOG).write_text(said)
    complaint = _COMPLAINT.search(said)
    if status or complaint or not (folder / _MAPPED).is_file():
        abc.end()  # what is left in it is not to be trusted
        reason = complaint[0].strip() if complaint else f"status {status} and no netlist"
        raise ToolError(f"yosys-abc: it must map the design without an error, not with: {reason}")
    return (folder / _MAPPED).read_text()


def ask_abc(commands: str, *, folder: Path, seconds: float, purpose: str) -> str | None:
    """Run commands that work on files in a folder, and give all that ABC says.

    Args:
        commands: apart by `; `.
        seconds: wall-clock limit.
        purpose: what a complaint is of, as in "it must PURPOSE without an error".
    Returns: None where the time was up.
    Raises: ToolError where ABC complains, ToolMissing.
    """
    try:
        done = tools.run([tools.require("yosys-abc"), "-c", commands], folder=folder, seconds=seconds)
    except tools.ToolTimeout:
        return None
    said = done.output + done.error
    complaint = _COMPLAINT.search(said)
    if complaint or done.status:
        reason = complaint[0].strip() if complaint else f"status {done.status}"
        raise ToolError(f"yosys-abc: it must {purpose} without an error, not with: {reason}")
    return said

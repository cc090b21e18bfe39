"""Icarus Verilog: compiles in no time, simulates by events, knows X and Z."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from cocotb_tools import config

from sim import tools
from sim.simulators.casts import casts, remembering
from sim.simulators.simulator import Rejected, complaint

__all__ = ["Icarus"]


class Icarus:
    """Run designs in Icarus Verilog (`iverilog`, `vvp`)."""

    name = "icarus"
    programs: tuple[str, ...] = ("iverilog", "vvp")
    together, side_by_side = 8, 0.5  # a start costs as much as a design

    @property
    def variables(self) -> Mapping[str, str]:
        """See `Simulator.variables`."""
        return remembering(casts())

    def compile(
        self, sources: Sequence[Path], *, top: str, folder: Path, waves: bool, seconds: float
    ) -> tuple[str, ...]:
        """See `Simulator.compile`."""
        program = folder / "simulation.vvp"
        # iverilog puts the names of its files, temporary ones too, into a shell's command as they are: none may come in
        # that somebody else has chosen, so they are relative to a folder of which nothing is said.
        names = [os.path.relpath(source, folder) for source in sources]
        command: list[str | Path] = [tools.require("iverilog"), "-g2012", "-o", program.name, "-s", top, *names]
        done = tools.run(command, folder=folder, seconds=seconds, variables={"TMPDIR": "."})
        if done.status or not program.is_file():
            raise Rejected(complaint("iverilog", done.error + done.output, folder))
        # -n: a $stop ends the simulation instead of asking for commands.
        module = config.lib_name_path("vpi", "icarus")
        return (str(tools.require("vvp")), "-n", "-m", str(module), str(program))

"""Icarus Verilog: compiles in no time, simulates by events, knows X and Z."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cocotb_tools import config

from sim import tools
from sim.simulators.simulator import Rejected, complaint

__all__ = ["Icarus"]


class Icarus:
    """Run designs in Icarus Verilog (`iverilog`, `vvp`)."""

    name = "icarus"
    programs: tuple[str, ...] = ("iverilog", "vvp")

    def compile(
        self, sources: Sequence[Path], *, top: str, folder: Path, waves: bool, seconds: float
    ) -> tuple[str, ...]:
        """See `Simulator.compile`."""
        program = folder / "simulation.vvp"
        command: list[str | Path] = [tools.require("iverilog"), "-g2012", "-o", program, "-s", top, *sources]
        done = tools.run(command, folder=folder, seconds=seconds)
        if done.status or not program.is_file():
            raise Rejected(complaint("iverilog", done.error + done.output, folder))
        # -n: a $stop ends the simulation instead of asking for commands.
        module = config.lib_name_path("vpi", "icarus")
        return (str(tools.require("vvp")), "-n", "-m", str(module), str(program))

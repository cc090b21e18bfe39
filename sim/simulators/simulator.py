"""What a simulator must offer: compile Verilog to a command that runs cocotb's tests in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from hdlgen.errors import ToolError

__all__ = ["Rejected", "Simulator", "complaint"]


class Rejected(ToolError):
    """A simulator's compiler refused the Verilog; the message is its first complaint."""


class Simulator(Protocol):
    """A Verilog simulator that cocotb can drive."""

    name: str
    programs: tuple[str, ...]
    """The programs that must be installed."""
    together: int
    """How many designs one simulation holds at most; of more, each takes longer."""
    side_by_side: float
    """The share of the workers that simulates at the same time, while the others do something else."""

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment variables of its simulations, beside those of cocotb."""

    def compile(
        self, sources: Sequence[Path], *, top: str, folder: Path, waves: bool, seconds: float
    ) -> tuple[str, ...]:
        """Compile sources to a simulation.

        Args:
            sources: Verilog files in order; directives reach from one into the next.
            top: name of the outermost module.
            folder: where the simulation is put; its working directory later.
            waves: whether the sources ask for a waveform.
            seconds: wall-clock limit.
        Returns: the command that runs the simulation, to be started in the folder with cocotb's variables.
        Raises: Rejected for Verilog that is wrong; ToolMissing, ToolTimeout, ToolError.
        """


def complaint(program: str, text: str, folder: Path) -> str:
    """Pick the first error out of a compiler's messages, in one line, without the folder's name."""
    lines = [line.strip().replace(f"{folder}/", "") for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"error|unable|fatal", line, re.IGNORECASE)]
    first = (errors or lines or ["it says nothing"])[0]
    return f"{program}: {re.sub(r'^%Error[^:]*: ', '', first)}"

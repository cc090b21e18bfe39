"""A computer in a simulator: built once from Verilog, then given one program after the other.

The computer is a module `top` with the ports that `testbench.v` connects: a host loads words into its memory during
reset, then it runs until it exits, traps or faults. Verilator pays for more than some thousand cycles, Icarus, which
builds in no time, for fewer. cocotb, which wakes Python in every cycle, would be a hundred times as slow.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from hdlgen.errors import InputError, ToolError, nearest
from sim import tools
from sim.simulators import Rejected
from sim.simulators.runtime import default_cache, runtime
from sim.simulators.simulator import complaint
from sim.simulators.verilator import installation

__all__ = ["SIMULATORS", "Ending", "Execution", "Machine", "Mark", "build"]

Command = Callable[[Path, Path, int], tuple[str, ...]]
"""Gives what runs an image: from its file, the report's file and the most cycles."""

_HERE = Path(__file__).parent
_REPORT = re.compile(r"(exited|trapped|faulted|stopped|unknown)((?: +[0-9a-fx]+){5})", re.IGNORECASE)


class Ending(Enum):
    """How a program's run came to its end.

    `STOPPED` is that the cycles were used up, `UNKNOWN` that whether it ends hung on bits which nothing had set; only
    Icarus knows of such bits, in Verilator they are random.
    """

    EXITED = "exited"
    TRAPPED = "trapped"
    FAULTED = "faulted"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A value that a program stored to be seen, and when: cycles and finished instructions since reset."""

    value: int
    cycle: int
    instruction: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """What a program did: its output, its end (`value` is the status where it exited), where, and what it took.

    Bits that are unknown count as 0.
    """

    output: str
    ending: Ending
    value: int
    pc: int
    instruction: int
    cycles: int
    instructions: int
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A built computer; its folder must live as long as it is used."""

    folder: Path
    command: Command

    def run(self, image: Sequence[int], *, most_cycles: int, seconds: float) -> Execution:
        """Run a program from reset.

        Args:
            image: its words, from the beginning of memory on.
            most_cycles: after so many it is stopped.
            seconds: wall-clock limit.
        Raises: ToolTimeout; ToolError where the simulation itself fails.
        """
        with tempfile.TemporaryDirectory(prefix="run-", dir=self.folder) as name:
            program, report = Path(name) / "image.hex", Path(name) / "report"
            program.write_text("".join(f"{word:08x}\n" for word in image))
            done = tools.run(self.command(program, report, most_cycles), folder=self.folder, seconds=seconds)
            lines = report.read_text().splitlines() if report.is_file() else []
        found = _REPORT.fullmatch(lines[-1]) if lines else None
        if done.status or found is None:
            raise ToolError(f"simulation: it must report how the program ended, not end with status {done.status}")
        value, pc, instruction, cycles, instructions = _numbers(found[2])
        return Execution(
            output=done.output,
            ending=Ending(found[1]),
            value=value,
            pc=pc,
            instruction=instruction,
            cycles=cycles,
            instructions=instructions,
            marks=tuple(_mark(line) for line in lines[:-1]),
        )


def _numbers(text: str) -> list[int]:
    """Read hexadecimal numbers; a digit with an unknown bit counts as 0."""
    return [int(re.sub("[xX]", "0", word), 16) for word in text.split()]


def _mark(line: str) -> Mark:
    value, cycle, instruction = _numbers(line.removeprefix("mark "))
    return Mark(value=value, cycle=cycle, instruction=instruction)


def _build_icarus(source: Path, folder: Path, optimise: bool, seconds: float) -> Command:
    program, testbench = folder / "computer.vvp", _HERE / "testbench.v"
    command: list[str | Path] = [
        tools.require("iverilog"),
        "-g2012",
        "-o",
        program,
        "-s",
        "processor_testbench",
        source,
        testbench,
    ]
    done = tools.run(command, folder=folder, seconds=seconds)
    if done.status or not program.is_file():
        raise Rejected(complaint("iverilog", done.error + done.output, folder))
    start = (str(tools.require("vvp")), "-n", str(program))
    return lambda image, report, most: (*start, f"+image={image}", f"+report={report}", f"+most={most}")


def _build_verilator(source: Path, folder: Path, optimise: bool, seconds: float) -> Command:
    binary, root = installation()
    command: list[str | Path] = [
        binary, "--cc", "--no-timing", "--prefix", "Vtop", "--Mdir", folder / "model", "--output-split", "0", "--quiet",
        "-O3", "--x-initial", "unique", "--x-assign", "fast", "-Wno-fatal", "-Wno-lint", "-Wno-style",
        "--top-module", "top", source,
    ]  # fmt: skip
    done = tools.run(command, folder=folder, seconds=seconds, variables={"VERILATOR_ROOT": str(root)})
    if done.status:
        raise Rejected(complaint("verilator", done.error + done.output, folder))
    # One unit for all, as for the testbench of designs. For 6,000 gates, optimising costs 12 s and doubles
    # the speed, from 400,000 cycles a second.
    kept = runtime(root, waves=False, cache=default_cache(), seconds=seconds)
    model, unit, program = folder / "model", folder / "computer.cpp", folder / "computer"
    parts = [*sorted(model.glob("*.cpp")), _HERE / "main.cpp"]
    unit.write_text("".join(f'#include "{part}"\n' for part in parts))
    command = [
        tools.require("g++"),
        *kept.flags,
        "-O1" if optimise else "-O0",
        f"-I{model}",
        unit,
        *kept.objects,
        "-o",
        program,
    ]
    done = tools.run(command, folder=folder, seconds=seconds)
    if done.status:
        raise Rejected(complaint("g++", done.error, folder))
    return lambda image, report, most: (str(program), str(image), str(most), str(report))


SIMULATORS: Mapping[str, Callable[[Path, Path, bool, float], Command]] = {
    "verilator": _build_verilator,
    "icarus": _build_icarus,
}
"""How a computer is built, by the simulator's name."""


def build(
    verilog: str, *, folder: Path, simulator: str = "verilator", optimise: bool = False, seconds: float = 600.0
) -> Machine:
    """Build a computer.

    Args:
        verilog: module `top` and all that it needs.
        folder: takes the build; made where it is missing.
        optimise: whether Verilator's code is optimised, which pays for many millions of cycles.
        seconds: wall-clock limit of each tool.
    Raises: InputError for another simulator; Rejected for Verilog that is wrong; ToolMissing, ToolTimeout.
    """
    if simulator not in SIMULATORS:
        names = " or ".join(SIMULATORS)
        raise InputError(f"simulator: the name must be {names}, not {simulator!r}{nearest(simulator, SIMULATORS)}")
    folder.mkdir(parents=True, exist_ok=True)
    source = folder.resolve() / "computer.v"
    source.write_text(verilog)
    return Machine(folder=folder.resolve(), command=SIMULATORS[simulator](source, folder.resolve(), optimise, seconds))

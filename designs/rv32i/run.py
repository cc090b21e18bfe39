"""Run programs on the computer around a learnt or the golden step, in simulation: `python -m designs.rv32i.run`.

A program's output is printed on standard output, what became of it and what it took on standard error. This is a
command, so it may use the simulators; what it builds, `core.py` and `system.py`, may not.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from amaranth.back import rtlil

from designs.rv32i.oracle import PORTS
from designs.rv32i.system import MEMORY_BYTES, RiscvSystem
from hdlgen.aiger import read_aiger
from hdlgen.bits import Interface
from hdlgen.errors import HdlgenError, InputError, nearest
from hdlgen.network_text import write_verilog
from sim.processor import SIMULATORS, Ending, Execution, build, computer_verilog, read_image

__all__ = ["CORES", "IMAGES", "Expected", "computer", "describe", "expected", "main", "programs", "same"]

HERE = Path(__file__).parent
IMAGES = HERE / "images"
CORES = {"learnt": HERE / "learnt.aig", "golden": HERE / "golden.v"}
"""The steps that ship."""
MOST_CYCLES = 50_000_000
WORDS = MEMORY_BYTES // 4
TRAPS = {"ecall": 0x0000_0073, "ebreak": 0x0010_0073}
"""The programs that end by an instruction which QEMU serves and the processor traps on."""
_MODULE = re.compile(r"^\s*module\s+(\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a program does under QEMU."""

    output: str
    status: int


def programs() -> list[str]:
    """Name the programs whose images ship."""
    return sorted(path.stem for path in IMAGES.glob("*.hex"))


def expected(name: str) -> Expected:
    """Read what `make expected` wrote of a program that ships: a remark, its output, its status."""
    lines = (IMAGES / f"{name}.out").read_text(encoding="utf-8").splitlines(keepends=True)
    return Expected(output="".join(lines[1:-1]), status=int(lines[-1].removeprefix("# status ")))


def same(name: str, execution: Execution) -> bool:
    """Tell whether a program that ships did what it does under QEMU: its output, and its status or its trap."""
    wanted = expected(name)
    if name in TRAPS:
        ended = execution.ending is Ending.TRAPPED and execution.instruction == TRAPS[name]
    else:
        ended = execution.ending is Ending.EXITED and execution.value == wanted.status
    return ended and execution.output == wanted.output


def computer(core: str) -> str:
    """Write the Verilog of the computer around a step: one that ships, or a file of Verilog or AIGER.

    Raises: InputError for a file that cannot be read or has other ports.
    """
    path = CORES.get(core, Path(core))
    try:
        data = path.read_bytes()
    except OSError as error:
        hint = nearest(core, CORES)
        raise InputError(
            f"--core: it must be {', '.join(CORES)} or a readable file, not {core!r} ({error.strerror}){hint}"
        ) from None
    if path.suffix in (".aig", ".aag"):
        network = read_aiger(data, where=str(path))
        if network.interface != Interface.of(PORTS, where="rv32i"):
            raise InputError(f"{path}: its ports must be those of {HERE.name}/oracle.py, bit by bit in that order")
        step = write_verilog(network)
    else:
        step = data.decode(errors="replace")
    names: Sequence[str] = _MODULE.findall(step)
    if len(names) != 1 or names[0] == "top":
        raise InputError(
            f"{path}: it must hold one Verilog module, not named top, and holds {', '.join(names) or 'none'}"
        )
    return computer_verilog(rtlil.convert(RiscvSystem(step=names[0]), name="top", emit_src=False), step)


def describe(execution: Execution) -> Iterator[str]:
    """Say what became of a program, and how fast the part was that it asked to be timed."""
    if execution.ending is Ending.EXITED:
        end = f"ended with status {execution.value}"
    elif execution.ending is Ending.STOPPED:
        end = "was stopped, for it did not end"
    else:
        end = f"{execution.ending.value} at {execution.pc:#010x} by the instruction {execution.instruction:#010x}"
    each = f", {execution.cycles / execution.instructions:.2f} each" if execution.instructions else ""
    yield f"{end}: {execution.cycles:,} cycles for {execution.instructions:,} instructions{each}"
    for begin, finish in zip(execution.marks, execution.marks[1:], strict=False):
        if begin.value == 0 and finish.value:
            cycles = finish.cycle - begin.cycle
            rate = finish.value * 1e6 / cycles
            yield f"timed: {finish.value:,} iterations in {cycles:,} cycles, {rate:.4g} a second and MHz"


def _image(program: str) -> Path:
    if program in programs():
        return IMAGES / f"{program}.hex"
    if not Path(program).is_file():
        names = ", ".join(programs())
        raise InputError(
            f"program: it must be {names} or an image's file, not {program!r}{nearest(program, programs())}"
        )
    return Path(program)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; give its exit status: 1 where a program that ships does otherwise than under QEMU, or another
    does not exit, else the largest status of those others.
    """
    parser = argparse.ArgumentParser(prog="python -m designs.rv32i.run", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help=f"{', '.join(programs())}, or an image FILE.hex")
    parser.add_argument("--core", default="learnt", help="learnt, golden, or FILE.v or FILE.aig of hdlgen learn")
    parser.add_argument("--simulator", default="verilator", help=f"{' or '.join(SIMULATORS)}")
    parser.add_argument("--optimise", action="store_true", help="build longer, run faster: for millions of cycles")
    parser.add_argument("--most-cycles", type=int, default=MOST_CYCLES, help="after so many a program is stopped")
    parser.add_argument("--seconds", type=float, default=600.0, help="after so many a simulation is stopped")
    options = parser.parse_args(arguments)
    status = 0
    try:
        images = {name: read_image(_image(name), most_words=WORDS) for name in options.programs or programs()}
        with tempfile.TemporaryDirectory(prefix="rv32i-") as folder:
            machine = build(
                computer(options.core), folder=Path(folder), simulator=options.simulator, optimise=options.optimise
            )
            for name, image in images.items():
                done = machine.run(image, most_cycles=options.most_cycles, seconds=options.seconds)
                sys.stdout.write(done.output)
                sys.stdout.flush()
                lines = list(describe(done))
                if name in programs():
                    good = same(name, done)
                    lines.append("the same as under QEMU" if good else "NOT the same as under QEMU")
                    status = max(status, int(not good))
                else:
                    status = max(status, done.value & 0xFF if done.ending is Ending.EXITED else 1)
                sys.stderr.writelines(f"{name}: {line}\n" for line in lines)
    except HdlgenError as error:
        sys.stderr.write(f"rv32i: {error}\n")
        return error.exit_status
    return status


if __name__ == "__main__":
    raise SystemExit(main())

"""Bitstreams: a design in its serial shell, through synthesis, place and route on a board's device, and packed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hdlgen.errors import PointError, ToolError
from hdlgen.limits import MAX_WEBASSEMBLY_BYTES
from sim import tools
from sim.fpga.boards import Board
from sim.fpga.devices import load_device
from sim.fpga.place import Placed, place, program
from sim.fpga.synthesis import synthesize_on_fpga

__all__ = ["Bitstream", "make_bitstream"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bitstream:
    """A packed design: the file's content, what place and route found, and the constraints of the pins."""

    data: bytes
    placed: Placed
    constraints: str


def make_bitstream(
    shell: str, board: Board, *, recipe: str, flow: str = "generated", folder: Path, seconds: float
) -> Bitstream:
    """Make a bitstream of a shell's RTLIL; equal arguments give equal bytes.

    Args:
        recipe, flow: names in `FPGA_RECIPES` and `FPGA_FLOWS`.
        folder: an existing folder that takes the working files.
        seconds: wall-clock limit of each program.
    Raises: PointError where the design does not fit or misses the board's clock; ToolError, ToolTimeout, ToolMissing.
    """
    device = load_device(board.device)
    kind = device.kind
    packer = program(kind.packers)
    synthesize_on_fpga(shell, device, flow=flow, recipe=recipe, folder=folder, seconds=seconds, around=board.verilog())
    constraints = board.constraints(device.family)
    (folder / "pins.txt").write_text(constraints)
    routed = folder / "routed.txt"
    options = (kind.pins, "pins.txt", kind.routed, routed.name)
    placed = place("mapped.json", device, folder=folder, seconds=seconds, target_mhz=board.clock_mhz, options=options)
    if placed.clock_mhz < board.clock_mhz:
        reached = f"{placed.clock_mhz:.1f} MHz, {board.clock_mhz - placed.clock_mhz:.1f} MHz too few"
        raise PointError(
            f"{board.name}: the design must reach the board's clock of {board.clock_mhz:g} MHz, not {reached}; "
            "more stages make it faster"
        )
    packed = folder / "packed.bin"
    done = tools.run(
        [packer, routed.name, packed.name], folder=folder, seconds=seconds, memory_bytes=MAX_WEBASSEMBLY_BYTES
    )
    if done.status or not packed.is_file() or not packed.stat().st_size:
        lines = (done.error + done.output).strip().splitlines() or ["it says nothing"]
        raise ToolError(f"{packer.name}: it ended with status {done.status}: {lines[-1]}")
    return Bitstream(data=packed.read_bytes(), placed=placed, constraints=constraints)

"""Tiny Tapeout: whether a design fits its tiles by our own area figure, and its project's test, run as it is there."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from hdlgen.errors import HdlgenError, ToolError
from sim import tools
from sim.junit import read_reports
from sim.simulators.embedding import variables
from sim.simulators.icarus import Icarus

__all__ = ["TECHNOLOGY", "TILES", "DoesNotFit", "Room", "check_fit", "core_um2", "run_test", "template"]

TECHNOLOGY = "sky130hd"
"""What Tiny Tapeout's sky130 shuttles are made of."""

TILES: Mapping[str, tuple[float, float]] = {
    "1x1": (161.00, 111.52),
    "1x2": (161.00, 225.76),
    "2x2": (334.88, 225.76),
    "3x2": (508.76, 225.76),
    "4x2": (682.64, 225.76),
    "6x2": (1030.40, 225.76),
    "8x2": (1378.16, 225.76),
}
"""Width and height of a project's area in um, by what info.yaml calls it, from the smallest to the largest."""

_MARGIN_UM = (2 * 2.76, 2 * 2.72)
"""What the flow leaves free at both sides of a tile: six sites to the left and right, a row above and below."""


class DoesNotFit(HdlgenError):
    """A design is too large for its tiles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Hold how full the tiles are.

    Args:
        core_um2: what cells may stand on.
        area_um2: the mapped cells.
        utilisation: their share.
    """

    tiles: str
    core_um2: float
    area_um2: float
    utilisation: float


def core_um2(tiles: str) -> float:
    """Give the area that cells may stand on."""
    width, height = TILES[tiles]
    return (width - _MARGIN_UM[0]) * (height - _MARGIN_UM[1])


def check_fit(name: str, area_um2: float, tiles: str, most: float) -> Room:
    """Hold a design's cells against its tiles.

    Args:
        name: for the message.
        most: share of the core that the mapped cells may take; the rest is for routing, buffers, clock tree and taps.
    Raises: DoesNotFit with the figures, and the smallest tiles that would do.
    """
    core = core_um2(tiles)
    room = Room(tiles=tiles, core_um2=core, area_um2=area_um2, utilisation=area_um2 / core)
    if room.utilisation <= most:
        return room
    larger = next((other for other in TILES if area_um2 <= most * core_um2(other)), None)
    hint = f"--tiles {larger} has room for it" if larger else "no size has room for it"
    raise DoesNotFit(
        f"{name}: the cells must take at most {most:.0%} of {tiles}, {most * core:,.0f} of {core:,.0f} um2, "
        f"not {area_um2:,.0f} um2 ({room.utilisation:.0%}); {hint}"
    )


def template(name: str) -> str:
    """Give the text of a project file that is the same for every design."""
    return (resources.files("sim.tinytapeout") / name).read_text(encoding="utf-8")


def run_test(sources: Sequence[Path], test: Path, *, folder: Path, seconds: float = 600.0) -> None:
    """Run a project's cocotb test in Icarus Verilog, as `make -B` does in its folder.

    Args:
        sources: Verilog files that hold the project's top module and what it needs.
        test: the project's folder `test`, with tb.v, test.py and vectors.json.
        folder: takes what is compiled and the report.
        seconds: wall-clock limit, once for compiling and once for running.
    Raises: ToolError where the test does not pass on positive evidence; ToolMissing.
    """
    icarus = Icarus()
    for program in icarus.programs:
        tools.require(program)
    command = icarus.compile([*sources, test / "tb.v"], top="tb", folder=folder, waves=False, seconds=seconds)
    report = folder / "results.xml"
    report.unlink(missing_ok=True)
    settings = variables(top="tb", results=report)
    own = {"COCOTB_TEST_MODULES": "test", "PYTHONPATH": os.pathsep.join([str(test), settings["PYTHONPATH"]])}
    done = tools.run(command, folder=folder, seconds=seconds, variables={**settings, **own, **icarus.variables})
    reports = read_reports(report)
    if not reports or not all(found.passed for found in reports.values()):
        failures = [found.message for found in reports.values() if not found.passed]
        lines = (done.error + done.output).strip().splitlines() or ["it says nothing"]
        raise ToolError(f"{sources[0].name}: the project's test must pass: {(failures or lines[-1:])[0]}")

"""Place and route by nextpnr: where everything goes on a device, how fast its clock may be, and what is used."""

from __future__ import annotations

import functools
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from hdlgen.errors import PointError, ToolError, ToolMissing
from hdlgen.limits import MAX_WEBASSEMBLY_BYTES
from sim import tools
from sim.fpga.devices import Family, Fpga

__all__ = ["REPORT", "Placed", "can_place", "nextpnr_version", "place", "program"]

REPORT = "report.json"
"""The file in the folder that takes nextpnr's report."""

_USE = re.compile(r"^Info:\s+(\w+):\s+(\d+)/\s*(\d+)", re.MULTILINE)
_WORDS = {"table": "LUTs", "block": "DSPs", "memory": "block RAMs"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What place and route found.

    Args:
        clock_mhz: the highest clock of the slowest domain, wires included.
        used, held: how many of each kind of place are used and how many there are, by nextpnr's name.
        path: the slowest path between registers, a line a step.
    """

    clock_mhz: float
    used: Mapping[str, int]
    held: Mapping[str, int]
    path: tuple[str, ...]


def program(names: Sequence[str]) -> Path:
    """Find the first program of some that is installed.

    Raises: ToolMissing with the line that installs the last one.
    """
    for name in names:
        found = tools.find(name)
        if found is not None:
            return found
    raise ToolMissing(f"{names[-1]}: the program is missing; install it with: {tools.INSTALL[names[-1]]}")


def can_place(device: Fpga) -> bool:
    """Tell whether place and route for a device is installed."""
    return any(tools.find(name) for name in device.kind.programs)


@functools.cache
def nextpnr_version(family: Family) -> str:
    """Ask which place and route there is; its version is part of every score.

    Raises: ToolMissing.
    """
    path = program(family.programs)
    if path.name.startswith("yowasp-"):
        return f"{path.name} {metadata.version(path.name)}"
    with tempfile.TemporaryDirectory() as folder:
        done = tools.run([path, "--version"], folder=Path(folder), seconds=60, memory_bytes=MAX_WEBASSEMBLY_BYTES)
    return f"{path.name} {(done.output + done.error).strip()}"


def place(
    netlist: str,
    device: Fpga,
    *,
    folder: Path,
    seconds: float,
    target_mhz: float,
    options: Sequence[str] = (),
    spared: int = 0,
) -> Placed:
    """Place and route a netlist; equal arguments give an equal result.

    Args:
        netlist: file of Yosys' JSON in the folder.
        target_mhz: the clock to strive for; a slower result is for the caller to judge.
        options: further ones: pins, and the file of the result.
        spared: tables of the netlist that are no part of the design; a message leaves them out.
    Raises: PointError with the figures where the design does not fit; ToolError, ToolTimeout, ToolMissing.
    """
    path = program(device.kind.programs)
    (folder / REPORT).unlink(missing_ok=True)
    command: list[str | Path] = [path, *device.options, "--json", netlist, "--report", REPORT, "--seed", "1"]
    command += ["--freq", f"{target_mhz:g}", "--timing-allow-fail", *options]
    done = tools.run(command, folder=folder, seconds=seconds, memory_bytes=MAX_WEBASSEMBLY_BYTES)
    text = done.output + done.error
    (folder / "nextpnr.log").write_text(text)
    if done.status or not (folder / REPORT).is_file():
        _check_fit(text, device, spared)
        errors = re.findall(r"^ERROR: (.*)", text, re.MULTILINE) or text.strip().splitlines()[-1:] or ["no message"]
        raise ToolError(f"{path.name}: it ended with status {done.status}: {errors[0]}")
    report = json.loads((folder / REPORT).read_text())
    if not report["fmax"]:
        raise ToolError(f"{path.name}: its report must have a clock")
    return Placed(
        clock_mhz=min(float(clock["achieved"]) for clock in report["fmax"].values()),
        used={name: int(use["used"]) for name, use in report["utilization"].items()},
        held={name: int(use["available"]) for name, use in report["utilization"].items()},
        path=_path(report),
    )


def _check_fit(log: str, device: Fpga, spared: int) -> None:
    """Say what there is too much of.

    Raises: PointError.
    """
    uses = {name: (int(used), int(held)) for name, used, held in _USE.findall(log)}
    for place, word in _WORDS.items():
        used, held = uses.get(getattr(device.kind, place), (0, 0))
        if used > held:
            count = used - spared if place == "table" else used
            beside = f" beside {spared} of what feeds it" if count <= held else ""
            raise PointError(f"{device.name}: the design must fit the device's {held} {word}, not need {count}{beside}")


def _path(report: Mapping[str, Any]) -> tuple[str, ...]:
    """Put the slowest path between two registers into lines: where a step ends, what it is, and when."""
    inside = [path for path in report.get("critical_paths", []) if path["from"].split()[-1] == path["to"].split()[-1]]
    slowest = max(inside, key=lambda path: sum(step["delay"] for step in path["path"]), default=None)
    lines, arrival = [], 0.0
    for step in slowest["path"] if slowest else ():
        arrival += step["delay"]
        end = step["to"]
        lines.append(f"{end['cell']} {step['type']} {end['port']} {1000 * arrival:.0f} ps")
    return tuple(lines)

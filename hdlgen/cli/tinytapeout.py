"""`hdlgen tinytapeout`: a design in a byte-serial shell as a project for a shuttle, tested before it is written."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from hdlgen.byte_shell import PINS, ByteShell, byte_count
from hdlgen.cli.project import Project, check_tools, open_project
from hdlgen.emit import to_rtlil
from hdlgen.errors import StoreError
from hdlgen.golden import evaluate
from hdlgen.knobs import settings
from hdlgen.payload import input_ports, output_ports, pack, payload_width
from hdlgen.space import Point
from sim.cell_models import cell_models
from sim.modules import Source
from sim.netlist import Netlist
from sim.steps import MAP_SECONDS
from sim.stimuli import adversarial, uniform
from sim.synthesize import synthesize
from sim.timing import analyse
from sim.tinytapeout import TECHNOLOGY, Room, check_fit, run_test, template
from sim.verilog import rtlil_to_verilog

__all__ = ["run", "view"]

_SHARE = 0.7
"""Share of our clock figure that the project asks for: wires, skew and the slow corner are not in it."""

_MOST_HZ = 50_000_000
"""The clock that the flow is set to by default, and that its board can give."""

_TEMPLATES = {"test/tb.v": "tb.v", "test/test.py": "bytes_test.py"}


def run(
    source: str,
    *,
    point: str,
    tiles: str,
    utilisation: float,
    author: str,
    tokens: int,
    seed: int,
    out: Path | None,
) -> dict[str, Any]:
    """Build, map, fit and test a project, and write it where all went well.

    Args:
        utilisation: share of the tiles' core that cells may take.
        tokens: so many random ones and as many hard ones go through the pins in the test.
    Returns: the document that `--json` prints.
    Raises: DoesNotFit with the figures; ToolError where the project's test fails; StoreError where the folder holds
        something already or cannot be written.
    """
    check_tools("icarus")
    project = open_project(source, technology=TECHNOLOGY)
    chosen = project.point(point)
    folder = out or Path("runs") / f"{project.spec.name}-tinytapeout"
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StoreError(f"{folder}: the project must go into a folder that is new or empty")
    top = "tt_um_hdlgen_" + re.sub(r"\W", "_", project.spec.name)
    kernel, _ = project.compiler.kernel(chosen)
    rtlil = to_rtlil(ByteShell(kernel))
    with tempfile.TemporaryDirectory(prefix="hdlgen-tinytapeout-") as name:
        inner = Path(name)
        mapped, room, period_ps = _mapped(project, chosen, rtlil, tiles, utilisation, inner)
        clock_hz = _clock_hz(period_ps)
        files = {
            "src/project.v": _verilog(rtlil, top),
            **{path: template(file).replace("PROJECT", top) for path, file in _TEMPLATES.items()},
            "test/vectors.json": _vectors(project, tokens, seed),
            "test/Makefile": _MAKEFILE,
            "test/requirements.txt": "cocotb>=2.0\n",
            "info.yaml": _info(project, top, tiles, clock_hz, author),
            "src/config.json": json.dumps(_config(clock_hz), indent=2) + "\n",
            "docs/info.md": _page(project, chosen, room, clock_hz, period_ps),
        }
        _write(inner / "project", files)
        _test(inner / "project", mapped, project, top, inner)
    _write(folder, files)
    return {
        "name": project.spec.name,
        "point": dict(chosen.values),
        "top_module": top,
        **asdict(room),
        "most_utilisation": utilisation,
        "cells": len(mapped.instances),
        "period_ps": period_ps,
        "clock_hz": clock_hz,
        "bytes_in": byte_count(payload_width(input_ports(project.spec.graph))),
        "bytes_out": byte_count(payload_width(output_ports(project.spec.graph))),
        "tested": ["src/project.v", "its netlist of cells"],
        "folder": str(folder),
    }


def view(document: dict[str, Any]) -> str:
    """Say in a few lines what was written."""
    area, share, most = document["area_um2"], document["utilisation"], document["most_utilisation"]
    room = f"{share:.0%} of {document['core_um2']:,.0f} um2 (at most {most:.0%})"
    timed = f"{1e6 / document['period_ps']:.0f} MHz by our timing, without wires"
    tested = "the project's test passes, on its Verilog and on its cells"
    lines = [
        f"{document['name']}: {area:,.0f} um2 of cells in {document['tiles']}, {room}",
        f"clock {document['clock_hz'] / 1e6:g} MHz; {timed}",
        f"{document['bytes_in']} bytes in, {document['bytes_out']} bytes out; {tested}",
        f"project  {document['folder']}",
    ]
    return "\n".join(lines)


def _mapped(
    project: Project, point: Point, rtlil: str, tiles: str, most: float, folder: Path
) -> tuple[Netlist, Room, float]:
    chosen = settings(point)
    done = synthesize(
        rtlil,
        project.cell_technology,
        recipe=chosen.recipe,
        gate_share=chosen.gate_share,
        folder=folder,
        seconds=10 * MAP_SECONDS,
    )
    room = check_fit(f"{project.spec.name}: {point.text()}", round(done.area_um2, 4), tiles, most)
    return done.mapped, room, round(analyse(done.mapped, project.cell_technology).period_ps, 2)


def _clock_hz(period_ps: float) -> int:
    """Choose a round clock: whole MHz above 1 MHz."""
    wanted = min(_MOST_HZ, _SHARE * 1e12 / period_ps)
    step = 1_000_000 if wanted >= 1_000_000 else 1_000
    return int(wanted // step) * step


def _verilog(rtlil: str, top: str) -> str:
    """Write the design's Verilog below a top module with the project's name, its own modules renamed after it."""
    source = Source(rtlil_to_verilog(rtlil))
    ports = ("ui_in", "uo_out", "uio_in", "uio_out", "uio_oe")
    kinds = {name: "output" if name in ("uo_out", "uio_out", "uio_oe") else "input " for name in ports}
    lines = [f"  {kinds[name]} wire [7:0] {name}," for name in ports]
    joined = ", ".join(f".{name}({name})" for name in (*ports, "ena", "clk", "rst_n"))
    head = "\n".join([f"module {top} (", *lines, "  input  wire ena,", "  input  wire clk,", "  input  wire rst_n"])
    return f"{head}\n);\n  \\{top}__top shell ({joined});\nendmodule\n\n{source.prefixed(top + '__')}"


def _vectors(project: Project, tokens: int, seed: int) -> str:
    """Write the bytes that the test sends and those that must come out, from the golden model."""
    graph = project.spec.graph
    inputs, outputs = input_ports(graph), output_ports(graph)
    hard, drawn = adversarial(inputs, seed=seed), uniform(inputs, count=tokens, seed=seed)
    arrays = {name: np.concatenate([hard[name][:tokens], drawn[name]]) for name in drawn}
    sent, expected = pack(inputs, arrays), pack(outputs, evaluate(graph, arrays))
    sizes = byte_count(payload_width(inputs)), byte_count(payload_width(outputs))
    document = {
        "bytes_in": sizes[0],
        "bytes_out": sizes[1],
        "sent": [byte for payload in sent for byte in payload.to_bytes(sizes[0], "little")],
        "expected": [byte for payload in expected for byte in payload.to_bytes(sizes[1], "little")],
    }
    return json.dumps(document) + "\n"


def _test(project_folder: Path, mapped: Netlist, project: Project, top: str, folder: Path) -> None:
    """Run the project's test on its Verilog, and on the netlist that was measured."""
    run_test([project_folder / "src" / "project.v"], project_folder / "test", folder=folder)
    netlist = folder / "netlist.v"
    models = cell_models(project.cell_technology, mapped.counts().keys())
    netlist.write_text(models + mapped.verilog().replace("module top (", f"module {top} (", 1))
    run_test([netlist], project_folder / "test", folder=folder)


def _info(project: Project, top: str, tiles: str, clock_hz: int, author: str) -> str:
    summary = project.spec.summary or f"datapath {project.spec.name}"
    pins = "\n".join(
        f"  {group}[{bit}]: {json.dumps(use)}" for group, uses in PINS.items() for bit, use in enumerate(uses)
    )
    return f"""\
# Written by hdlgen; `author` is for you to fill in where it is empty.
project:
  title: {json.dumps(project.spec.name)}
  author: {json.dumps(author)}
  discord: ""
  description: {json.dumps(summary)}
  language: "Verilog"
  clock_hz: {clock_hz}
  tiles: "{tiles}"
  top_module: "{top}"
  source_files:
    - "project.v"

pinout:
{pins}

yaml_version: 6
"""


def _config(clock_hz: int) -> dict[str, Any]:
    """Give the settings of the flow from Verilog to layout."""
    return {
        "PL_TARGET_DENSITY_PCT": 60,
        "CLOCK_PERIOD": round(1e9 / clock_hz, 3),
        "CLOCK_PORT": "clk",
        "RUN_LINTER": 1,
        "FP_SIZING": "absolute",
        "RUN_CTS": 1,
        "MAX_TRANSITION_CONSTRAINT": 1.5,
    }


def _page(project: Project, point: Point, room: Room, clock_hz: int, period_ps: float) -> str:
    graph = project.spec.graph
    fields = "\n".join(
        f"| {side} | {port.name} | {port.format} | {'x'.join(map(str, port.shape)) or '1'} | {port.width} |"
        for side, ports in (("in", input_ports(graph)), ("out", output_ports(graph)))
        for port in ports
    )
    lines = "\n".join(f"    {name} = {text}" for name, text in project.spec.compute)
    return f"""\
# {project.spec.name}

{project.spec.summary}

## How it works

{lines}

{point.text()}

A token goes in and its result comes out byte by byte, lowest byte first; fields in this order, the first in the lowest
bits, arrays row-major, two's complement. Unused bits of a last byte are ignored on the way in, 0 on the way out.

| side | field | format | shape | bits |
| --- | --- | --- | --- | --- |
{fields}

`ui_in` is the byte in, `uo_out` the byte out. `uio[0]`: byte in valid, `uio[1]`: ready for it, `uio[2]`: out valid,
`uio[3]`: you are ready for it. A byte goes over at each rising clock at which valid and ready are both high.

## How to test

Drive `clk` yourself or let it run at up to {clock_hz / 1e6:g} MHz. Hold `rst_n` low for four cycles, then send the
bytes of a token and read those of its result. `test/test.py` does so with `test/vectors.json`: run `make -B` there.

## Figures

{room.area_um2:,.0f} um2 of cells, {room.utilisation:.0%} of the {room.core_um2:,.0f} um2 of {room.tiles};
{1e6 / period_ps:.0f} MHz by static timing of the mapped cells, typical corner, without wires. Made again by

    {project.command("tinytapeout", "--point", point.text(), "--tiles", room.tiles)}

## External hardware

None.
"""


_MAKEFILE = """\
SIM ?= icarus
TOPLEVEL_LANG ?= verilog
SRC_DIR = $(PWD)/../src
PROJECT_SOURCES = project.v

ifneq ($(GATES),yes)
SIM_BUILD = sim_build/rtl
VERILOG_SOURCES += $(addprefix $(SRC_DIR)/,$(PROJECT_SOURCES))
else
SIM_BUILD = sim_build/gl
COMPILE_ARGS += -DGL_TEST -DFUNCTIONAL -DUSE_POWER_PINS -DSIM -DUNIT_DELAY=\\#1
VERILOG_SOURCES += $(PDK_ROOT)/sky130A/libs.ref/sky130_fd_sc_hd/verilog/primitives.v
VERILOG_SOURCES += $(PDK_ROOT)/sky130A/libs.ref/sky130_fd_sc_hd/verilog/sky130_fd_sc_hd.v
VERILOG_SOURCES += $(PWD)/gate_level_netlist.v
endif

VERILOG_SOURCES += $(PWD)/tb.v
TOPLEVEL = tb
COCOTB_TEST_MODULES = test

include $(shell cocotb-config --makefiles)/Makefile.sim
"""


def _write(folder: Path, files: dict[str, str]) -> None:
    try:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{folder}: the project's folder must be writable ({error.strerror})") from None

"""`hdlgen bitstream`: a point as a file that a board loads, its serial line simulated, and a script to talk to it."""

from __future__ import annotations

import importlib.resources
import json
import math
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from hdlgen.cli.console import print_document, screen
from hdlgen.cli.options import JSON, POINT, SIMULATOR, SPEC, check_range
from hdlgen.cli.project import Project, open_project
from hdlgen.errors import InputError, StoreError, ToolError
from hdlgen.knobs import settings
from hdlgen.payload import Port, payload_width
from hdlgen.space import Point
from hdlgen.uart import byte_count, divisor
from sim.fpga.bitstream import make_bitstream
from sim.fpga.boards import BOARDS, Board, load_board
from sim.fpga.devices import load_device
from sim.fpga.serial_check import check_serial
from sim.simulators import choose
from sim.verilog import rtlil_to_verilog
from sim.workload import Workload

__all__ = ["bitstreams", "write_bitstream"]

BAUD = 115_200
TOKENS, MOST_TOKENS = 12, 10_000
_SECONDS = 900.0
"""Wall-clock limit of each program."""

bitstreams = typer.Typer()

_SUFFIX = {"ice40": "bin", "ecp5": "bit"}
_LOAD = {
    "ice40": "iceprog design.bin",
    "ecp5": "openFPGALoader --board ulx3s design.bit",
}


@bitstreams.command()
def bitstream(
    spec: SPEC,
    point: POINT = "",
    board: Annotated[str, typer.Option(help=f"One of {', '.join(BOARDS)}.")] = "icebreaker",
    baud: Annotated[int, typer.Option(help="Bits a second of the serial line.")] = BAUD,
    tokens: Annotated[
        int, typer.Option(help="Tokens that go over the simulated line first; 0 leaves it out.")
    ] = TOKENS,
    simulator: SIMULATOR = None,
    out: Annotated[Path | None, typer.Option(help="The folder; runs/NAME-BOARD by default.")] = None,
    json: JSON = False,
) -> None:
    """Write a bitstream of one point for a board, with a serial line around the design and a script for the host.

    The whole path, bytes in and bytes out, is simulated first and compared with the golden model.

    Examples:

    - `hdlgen bitstream dot8`: the default point for an iCEBreaker
    - `hdlgen bitstream fir8 --point stages=3 --board ulx3s-25f`: another point for another board
    - `python runs/dot8-icebreaker/host.py /dev/ttyUSB1 < tokens.jsonl`: sends tokens to the board, one a line
    """
    check_range("--tokens", tokens, 0, MOST_TOKENS)
    check_range("--baud", baud, 1)
    target = load_board(board)
    project = open_project(spec, technology=target.device)
    document = write_bitstream(
        project,
        project.point(point),
        target,
        baud=baud,
        tokens=tokens,
        simulator=simulator,
        folder=out or Path("runs") / f"{project.spec.name}-{board}",
    )
    if json:
        print_document(document)
    else:
        screen().print(_text(document), markup=False, soft_wrap=True)


def write_bitstream(
    project: Project,
    point: Point,
    board: Board,
    *,
    baud: int = BAUD,
    tokens: int = TOKENS,
    simulator: str | None = None,
    folder: Path,
) -> dict[str, Any]:
    """Build, simulate, place, pack and write all files; describe what came of it.

    Raises: InputError for a rate that the clock does not give; PointError where the design does not fit the device or
        misses the board's clock; ToolError where a program fails or the simulated line gives a wrong answer;
        StoreError where the folder cannot be written; ToolMissing.
    """
    try:
        cycles = divisor(board.clock_mhz, baud)
    except ValueError as error:
        raise InputError(f"--baud: {error}") from None
    if tokens:
        choose(simulator)
    began = time.monotonic()
    design = project.compiler.serial(point, cycles=cycles)
    with tempfile.TemporaryDirectory(prefix="hdlgen-bitstream-") as name:
        work = Path(name)
        verilog = rtlil_to_verilog(design.rtlil) + "\n" + board.verilog()
        if tokens:
            _simulate(project, verilog, board, baud=baud, tokens=tokens, simulator=simulator, folder=work)
        simulated = time.monotonic()
        made = make_bitstream(design.rtlil, board, recipe=settings(point).recipe, folder=work, seconds=_SECONDS)
    ended = time.monotonic()
    kind = load_device(board.device).kind
    layout = _layout(project, baud)
    document = {
        "name": project.spec.name,
        "point": dict(point.values),
        "board": board.name,
        "technology": board.device,
        "clock_mhz": board.clock_mhz,
        "reached_mhz": round(made.placed.clock_mhz, 2),
        "luts": made.placed.used.get(kind.table, 0),
        "dsps": made.placed.used.get(kind.block, 0),
        "brams": made.placed.used.get(kind.memory, 0),
        "tokens_simulated": tokens,
        "simulation_s": round(simulated - began, 2),
        "bitstream_s": round(ended - simulated, 2),
        "bitstream": str(folder / f"design.{_SUFFIX[kind.name]}"),
        "folder": str(folder),
    }
    files = {
        f"design.{_SUFFIX[kind.name]}": made.data,
        "design.v": verilog.encode(),
        f"pins{'.pcf' if kind.name == 'ice40' else '.lpf'}": made.constraints.encode(),
        "design.json": (json.dumps(layout, indent=1) + "\n").encode(),
        "host.py": (importlib.resources.files("hdlgen") / "host.py").read_bytes(),
        "README.md": _readme(project, point, document, _LOAD[kind.name]).encode(),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, data in files.items():
            (folder / file).write_bytes(data)
    except OSError as error:
        raise StoreError(f"{folder}: the folder of a bitstream must be writable ({error.strerror})") from None
    return document


def _simulate(
    project: Project, verilog: str, board: Board, *, baud: int, tokens: int, simulator: str | None, folder: Path
) -> None:
    """Send tokens over the simulated line.

    Raises: ToolError for a wrong answer.
    """
    phase = Workload(project.spec.graph).phases(1)[0]
    inner = folder / "serial"
    inner.mkdir()
    checked = check_serial(
        verilog,
        phase.inputs[:tokens],
        phase.expected[:tokens],
        input_width=payload_width(project.compiler.inputs),
        output_width=payload_width(project.compiler.outputs),
        clock_mhz=board.clock_mhz,
        baud=baud,
        folder=inner,
        simulator=simulator,
        seconds=_SECONDS,
    )
    if checked.message:
        name = project.spec.name
        raise ToolError(f"{name}: the simulated line must answer as the golden model does: {checked.message}")
    shutil.rmtree(inner)


def _layout(project: Project, baud: int) -> dict[str, Any]:
    """Say what `host.py` must know."""

    def fields(ports: Sequence[Port]) -> list[dict[str, Any]]:
        return [
            {
                "name": port.name,
                "format": str(port.format),
                "width": port.format.width,
                "signed": port.format.signed,
                "elements": math.prod(port.shape),
                "shape": list(port.shape),
            }
            for port in ports
        ]

    inputs, outputs = project.compiler.inputs, project.compiler.outputs
    return {
        "name": project.spec.name,
        "baud": baud,
        "token_bytes": byte_count(payload_width(inputs)),
        "result_bytes": byte_count(payload_width(outputs)),
        "inputs": fields(inputs),
        "outputs": fields(outputs),
    }


def _command(project: Project, point: Point, board: str) -> str:
    return f"hdlgen bitstream {project.source} --point {point.text()} --board {board}"


def _readme(project: Project, point: Point, document: dict[str, Any], load: str) -> str:
    return f"""# {project.spec.name} on {document["board"]}

{project.spec.summary or "A design"}: {point.text()}, in a serial shell on {document["technology"]}. Made again by

    {_command(project, point, document["board"])}

{document["luts"]} LUTs, {document["dsps"]} DSPs, {document["brams"]} block RAMs; the clock of {document["clock_mhz"]:g}
MHz is met with {document["reached_mhz"]:g} MHz. Load it with `{load}`, then talk to it:

    python host.py /dev/ttyUSB1 < tokens.jsonl

`design.v` is the whole of it in Verilog, `design.json` tells `host.py` the fields, the pins stand beside them.
"""


def _text(document: dict[str, Any]) -> str:
    tokens = document["tokens_simulated"]
    checked = f"{tokens} tokens over the simulated line, all right" if tokens else "the line was not simulated"
    return (
        f"{document['bitstream']}: {document['luts']} LUTs, {document['dsps']} DSPs, {document['brams']} block RAMs\n"
        f"{document['reached_mhz']:g} MHz reached of {document['clock_mhz']:g} MHz needed; {checked}\n"
        f"python {document['folder']}/host.py /dev/ttyUSB1 < tokens.jsonl"
    )

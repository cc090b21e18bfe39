"""Check a design in its serial shell by simulation: bytes in, bytes out, compared with the golden model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hdlgen.errors import ToolError
from hdlgen.uart import byte_count
from sim import tools
from sim.simulators import choose
from sim.simulators.embedding import variables

__all__ = ["SerialCheck", "check_serial"]

_TESTS = "sim.fpga.serial_bench"
_BENCH = """`timescale 1ps/1ps
module serial_bench;
  reg clk = 1'b0;
  reg rx = 1'b1;
  wire tx;
  always #{half} clk = ~clk;
  board board (.clk(clk), .rx(rx), .tx(tx));
endmodule
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialCheck:
    """What the line answered: how many results were compared, and what was wrong with the first bad one, if any."""

    results: int
    message: str = ""


def check_serial(
    verilog: str,
    inputs: Sequence[int],
    expected: Sequence[int],
    *,
    input_width: int,
    output_width: int,
    clock_mhz: float,
    baud: int,
    folder: Path,
    simulator: str | None = None,
    break_before: int = -1,
    seconds: float = 600.0,
) -> SerialCheck:
    """Send tokens over the simulated line and compare what comes back.

    Args:
        verilog: a module `board` with ports `clk`, `rx`, `tx`, and all that it holds.
        inputs, expected: payloads, one a token, from reset on; after a break the results begin anew.
        break_before: number of the token before which half a token and a break are sent.
        folder: an existing folder that takes the working files.
        seconds: wall-clock limit, once for compiling and once for running.
    Raises: ToolError where the simulation does not end as it should; ToolMissing, ToolTimeout.
    """
    half_ps = round(5e5 / clock_mhz)
    files = [folder / "serial_bench.v", folder / "board.v"]
    files[0].write_text(_BENCH.format(half=half_ps))
    files[1].write_text(verilog)
    leaving = byte_count(output_width)
    bit_ps = round(1e12 / baud)
    job = {
        "tokens": [list(value.to_bytes(byte_count(input_width), "little")) for value in inputs],
        "result_bytes": leaving,
        "break_before": break_before,
        "bit_ps": bit_ps,
        "period_ps": 2 * half_ps,
        "patience_ps": 40 * bit_ps + 10_000 * half_ps,
    }
    path = folder / "serial.json"
    path.write_text(json.dumps(job))
    answers_path = path.with_suffix(".answers")
    answers_path.unlink(missing_ok=True)
    chosen = choose(simulator)
    command = chosen.compile(files, top="serial_bench", folder=folder, waves=False, seconds=seconds)
    settings = {**variables(top="serial_bench", results=folder / "results.xml", tests=_TESTS), **chosen.variables}
    done = tools.run([*command, f"+hdlgen_serial={path}"], folder=folder, seconds=seconds, variables=settings)
    if not answers_path.is_file():
        lines = (done.error + done.output).strip().splitlines() or ["it says nothing"]
        raise ToolError(
            f"{chosen.name}: the serial line must answer to the end; it ended with {done.status}: {lines[-1]}"
        )
    answers = json.loads(answers_path.read_text())
    for number, (answer, wanted) in enumerate(zip(answers, expected, strict=True)):
        right = list(wanted.to_bytes(leaving, "little"))
        if answer != right:
            said = (
                "nothing" if answer[:1] == [None] else " ".join("--" if b in (None, -1) else f"{b:02x}" for b in answer)
            )
            message = f"result {number} must be the bytes {bytes(right).hex(' ')}, not {said}"
            return SerialCheck(results=number, message=message)
    return SerialCheck(results=len(answers))

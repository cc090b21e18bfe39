"""The naive loop's one point: a fresh process that builds a design, synthesises it and simulates it, by the manuals.

It is what one writes in a day from the documentation of Amaranth, Yosys and cocotb, without a detour that costs time:
one process a point, one Yosys pass after the other, cocotb's own runner. Only the generator of designs and the golden
results are ours, since both loops measure the same points.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner
from pyosys import libyosys

from hdlgen.compiler import Compiler
from hdlgen.space import Point
from hdlgen.spec import load
from sim.verilog import rtlil_to_verilog

__all__ = ["main", "read_area", "simulate", "synthesize"]

_STAT, _RESULTS = "stat.json", "results.xml"


def synthesize(verilog: Path, liberty: Path, folder: Path) -> float:
    """Map a design by the passes of Yosys' manual and give the area of its cells in um^2."""
    design = libyosys.Design()
    for text in (
        f"read_verilog {verilog}",
        "synth -top top",
        f"dfflibmap -liberty {liberty}",
        f"abc -liberty {liberty}",
        "opt_clean -purge",
        f"write_verilog -noattr {folder / 'netlist.v'}",
        f"tee -q -o {folder / _STAT} stat -json -top top -liberty {liberty}",
    ):
        design.run_pass(text)
    return read_area((folder / _STAT).read_text())


def read_area(printed: str) -> float:
    """Read the area of the whole design from what `stat -json` prints, in which other lines may stand too."""
    statistics = json.loads(printed[printed.index("{") : printed.rindex("}") + 1])
    return float(statistics["design"]["area"])


def simulate(verilog: Path, tokens: Path, folder: Path) -> float:
    """Run the testbench in Icarus and give the measured cycles a result.

    Raises: RuntimeError where a result differs.
    """
    runner = get_runner("icarus")
    runner.build(sources=[verilog], hdl_toplevel="top", build_dir=folder, always=True, timescale=("1ns", "1ps"))
    measured = folder / "measured.json"
    results = runner.test(
        test_module="testbench",  # beside this program,
        hdl_toplevel="top",
        build_dir=folder,
        test_dir=folder,
        results_xml=str(folder / _RESULTS),
        extra_env={"NAIVE_TOKENS": str(tokens), "NAIVE_MEASURED": str(measured)},
    )
    tests, failed = get_results(Path(results))
    if tests != 1 or failed:
        raise RuntimeError(f"{verilog}: one test must pass, not {tests - failed} of {tests}")
    return float(json.loads(measured.read_text())["interval_cycles"])


def main(arguments: list[str]) -> None:
    """Measure the point of a job file, and write the result beside it.

    Args:
        arguments: the file: spec, point, liberty, tokens (a file of payloads and expected payloads).
    """
    job: dict[str, Any] = json.loads(Path(arguments[0]).read_text())
    folder = Path(arguments[0]).parent
    point = Point(values=tuple(job["point"].items()))
    spec = load(job["spec"])
    design = Compiler.of(spec.graph, max_error_lsb=spec.max_error_lsb).build(point)
    verilog = folder / "design.v"
    verilog.write_text(rtlil_to_verilog(design.rtlil))
    result = {
        "area_um2": synthesize(verilog, Path(job["liberty"]), folder),
        "interval_cycles": simulate(verilog, Path(job["tokens"]), folder),
    }
    (folder / "result.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1:])

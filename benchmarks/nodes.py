"""`nodes`: the seconds of `hdlgen nodes` on the matrix engine, and what it says of 180, 130 and 7 nm."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.benchmark import ROOT, Benchmark, Bound, Goal, Measured, Say, Table
from hdlgen.cli.nodes import FPGAS, TARGETS
from hdlgen.errors import ToolError
from search.report.quantities import significant
from sim import tools

__all__ = ["BENCHMARK", "summarise"]

SPEC = "matrix_engine"
THROUGHPUT_MSPS, CAP_MSPS = 1_000_000.0, 50_000.0
"""32 multiply-additions a result: 64 tera-operations a second in all, at most 3.2 of them on a chip."""

_SECONDS = 3600.0
_PROGRAM = "import sys; from hdlgen.cli import main; sys.exit(main(sys.argv[1:]))"


def _nodes(folder: Path, *options: str) -> dict[str, Any]:
    """Run the command with empty caches and give its document."""
    variables = {"XDG_CACHE_HOME": str(folder / "cache"), "PYTHONPATH": str(ROOT)}
    asked = ("nodes", SPEC, "--throughput", f"{THROUGHPUT_MSPS:g}", "--json", *options)
    command: list[str | Path] = [sys.executable, "-c", _PROGRAM, *asked]
    # Without our limit of memory, which is for programs below it: place and route sets a higher one.
    done = tools.run(command, folder=folder, seconds=_SECONDS, variables=variables, memory_bytes=None)
    if done.status != 0:
        raise ToolError(f"nodes: the command must succeed, not end with status {done.status}: {done.error[-800:]}")
    document: dict[str, Any] = json.loads(done.output)
    return document


def summarise(document: Mapping[str, Any], capped: Mapping[str, Any], seconds: float) -> Measured:
    """Give figures and tables of a comparison without and with a cap.

    Raises: ToolError where a technology has no design.
    """
    without = [row["technology"] for row in document["technologies"] if not row["fleet"]]
    if without:
        raise ToolError(f"nodes: every technology must have a feasible design, not so {', '.join(without)}")
    by_name = {row["technology"]: row for row in document["technologies"]}
    oldest, newest = by_name[TARGETS[0]], by_name[TARGETS[-1]]
    return Measured(
        figures={
            "seconds": seconds,
            "chips_180_for_one_7": newest["fleet"]["chip_msps"] / oldest["fleet"]["chip_msps"],
            "energy_180_over_7": oldest["energy_pj"] / newest["energy_pj"],
            "silicon_180_over_7": oldest["fleet"]["silicon_mm2"] / newest["fleet"]["silicon_mm2"],
        },
        rows=[{**row, "cap_msps": doc["cap_msps"]} for doc in (document, capped) for row in doc["technologies"]],
        tables=[_table(document, "No cap"), _table(capped, f"At most {CAP_MSPS:,g} Msample/s a chip")],
    )


def _table(document: Mapping[str, Any], title: str) -> Table:
    return Table(
        title=f"{title}: {document['throughput_msps']:,g} Msample/s on chips of {document['chip_mm2']:g} mm²",
        columns=(
            "technology",
            "MHz",
            "µm² or LUTs a copy",
            "copies",
            "mm²",
            "pJ a result",
            "W",
            "chips",
            "chips for one",
        ),
        rows=tuple(
            (
                row["technology"],
                f"{row['design']['score']['clock_mhz']:,.0f}",
                _size(row["design"]["score"]),
                f"{row['fleet']['copies']:,}",
                significant(row["fleet"]["silicon_mm2"]),
                significant(row["energy_pj"]),
                significant(row["power_w"], 3),
                f"{row['fleet']['chips']:,}",
                significant(row["chips_for_one"], 3),
            )
            for row in document["technologies"]
        ),
    )


def _size(score: Mapping[str, Any]) -> str:
    return f"{score['luts']:,} LUTs" if "luts" in score else f"{score['area_um2']:,.0f}"


def _measure(say: Say) -> Measured:
    with tempfile.TemporaryDirectory(prefix="hdlgen-nodes-") as name:
        folder = Path(name)
        say(f"{SPEC} on {', '.join((*TARGETS, *FPGAS))}")
        began = time.monotonic()
        document = _nodes(folder, "--out", "comparison")
        seconds = round(time.monotonic() - began, 2)
        say(f"{seconds:.0f} s; the same designs under a cap")
        capped = _nodes(folder, "--out", "comparison", "--resume", "--cap", f"{CAP_MSPS:g}")
    return summarise(document, capped, seconds)


BENCHMARK = Benchmark(
    name="nodes",
    summary="Seconds of `hdlgen nodes` on an int8 matrix engine at 180, 130 and 7 nm; older chips for one newer.",
    method=f"""\
`hdlgen nodes {SPEC} --throughput {THROUGHPUT_MSPS:g}` with empty caches on all cores, everything by default:
on each of {", ".join(TARGETS)} a search, the energy of the design on the least silicon, and its
files; on {", ".join(FPGAS)}, by place and route, the design that fills the fewest devices. Then the same under a cap
of {CAP_MSPS:,g} Msample/s a chip, from what is measured. A chip holds 100 mm² of copies, without memory, wires and the
links between chips; energy is without wires, clock tree and, on these technologies, cells' insides (docs/energy.md).
So the ratios tell of logic alone, and the designs are the best of a short search. gf180 runs at 5 V, asap7 is
predictive.
""",
    goals=(Goal(figure="seconds", direction=Bound.AT_MOST, bound=600.0),),
    measure=_measure,
)

"""`fpga`: our designs on an FPGA against plain Verilog by the same place and route, and the seconds to a bitstream."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.benchmark import Benchmark, Bound, Goal, Measured, Say, Table
from hdlgen.cli.bitstreams import write_bitstream
from hdlgen.cli.project import Project, measuring, open_project
from hdlgen.errors import ToolError
from hdlgen.evaluation import Evaluation, Score, Status
from hdlgen.space import Point
from sim.fpga.boards import load_board
from sim.stock import StockPoint, measure_stock

__all__ = ["BENCHMARK", "DESIGNS", "Contest", "best", "compare", "points"]

DESIGNS = ("dot8", "fir8", "dense16x5")
BOARD = "icebreaker"
LUT_RATIO, SECONDS = 0.8, 180.0
WORKERS = 2
_LISTED = ", ".join(f"`{name}`" for name in DESIGNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """What was measured of one design: our points, stock, and the seconds that the bitstream of our best took.

    Args:
        seconds, cpu_seconds: from the point to the packed file, by the clock and by the processor.
    """

    ours: Sequence[Evaluation]
    stock: Sequence[StockPoint]
    seconds: float = 0.0
    cpu_seconds: float = 0.0


def points(project: Project) -> list[Point]:
    """List our candidates: a token every cycle as plain Verilog has it, all depths of the pipeline.

    Sums of constants are not as deep, and have several ways instead: these at the first depths. With multiplier blocks,
    where the design has products, at some depths.
    """
    knobs = {knob.name: knob.choices for knob in project.space.knobs}
    if "constants" in knobs:
        found = [f"stages={stages},constants={way}" for stages in knobs["stages"][:2] for way in knobs["constants"]]
    else:
        found = [f"stages={stages}" for stages in knobs["stages"]]
        found += [f"stages={stages},multiplier=dsp" for stages in knobs["stages"][:5] if "multiplier" in knobs]
    return [project.point(text) for text in found]


def _ours(contest: Contest, *, dsps: bool) -> list[tuple[Evaluation, Score]]:
    """List what is right, with or without multiplier blocks.

    Raises: ToolError for a design that is wrong.
    """
    for evaluation in contest.ours:
        if evaluation.status is Status.MISMATCH:
            raise ToolError(f"fpga: {evaluation.point.text()} must be right, not {evaluation.message}")
    scored = [(each, each.score) for each in contest.ours if each.score is not None]
    return [(each, score) for each, score in scored if bool(score.dsps) == dsps]


def best(contest: Contest, *, dsps: bool = False) -> tuple[Evaluation, Score]:
    """Choose our smallest design that is at least as fast as the fastest stock one, or our fastest where none is.

    Args:
        dsps: whether both sides are those with multiplier blocks.
    Raises: ToolError where either side has no design, or one of ours is wrong.
    """
    stock = _stock(contest, dsps=dsps)
    clock = max(score.clock_mhz for score in stock)
    rate = max(score.throughput_msps for score in stock)
    ours = _ours(contest, dsps=dsps)
    if not ours:
        raise ToolError(f"fpga: we must have a design {'with' if dsps else 'without'} multiplier blocks")
    fast = [(each, score) for each, score in ours if score.clock_mhz >= clock and score.throughput_msps >= rate] or [
        max(ours, key=lambda pair: pair[1].clock_mhz)
    ]
    return min(fast, key=lambda pair: (pair[1].luts or 0, -pair[1].clock_mhz))


def _stock(contest: Contest, *, dsps: bool) -> list[Score]:
    """List the scores of stock with or without multiplier blocks.

    Raises: ToolError where there is none.
    """
    found = [point.score for point in contest.stock if bool(point.score.dsps) == dsps]
    if not found:
        raise ToolError(f"fpga: stock must have a design {'with' if dsps else 'without'} multiplier blocks")
    return found


def compare(contests: Mapping[str, Contest]) -> Measured:
    """Hold our best against the smallest and the fastest of stock, design by design.

    Raises: ToolError as `best` does.
    """
    figures: dict[str, float] = {}
    rows: list[dict[str, Any]] = []
    shown: list[tuple[str, ...]] = []
    for name, contest in contests.items():
        for dsps in (False, True):
            if dsps and (not _ours(contest, dsps=True) or not any(point.score.dsps for point in contest.stock)):
                continue
            stock = _stock(contest, dsps=dsps)
            evaluation, score = best(contest, dsps=dsps)
            luts, clock = min(each.luts or 0 for each in stock), max(each.clock_mhz for each in stock)
            assert score.luts is not None and luts
            ratio = round(score.luts / luts, 4)
            clock_ratio = round(score.clock_mhz / clock, 4)
            row: dict[str, Any] = {
                "design": name,
                "dsps": score.dsps,
                "stock_dsps": max(each.dsps or 0 for each in stock),
                "luts": score.luts,
                "stock_luts": luts,
                "lut_ratio": ratio,
                "clock_mhz": score.clock_mhz,
                "stock_clock_mhz": clock,
                "clock_ratio": clock_ratio,
                "point": dict(evaluation.point.values),
                "seconds": round(contest.seconds, 1),
                "cpu_seconds": round(contest.cpu_seconds, 1),
            }
            rows.append(row)
            shown.append(tuple(_cells(row)))
            if not dsps:
                figures |= {f"lut_ratio_{name}": ratio, f"clock_ratio_{name}": clock_ratio}
    plain = [row for row in rows if not row["dsps"]]
    overall = {
        "lut_ratio": max(row["lut_ratio"] for row in plain),
        "clock_ratio": min(row["clock_ratio"] for row in plain),
        "seconds_max": round(max(contest.seconds for contest in contests.values()), 1),
        "cpu_seconds_max": round(max(contest.cpu_seconds for contest in contests.values()), 1),
    }
    columns = ("design", "DSPs", "LUTs", "stock's", "ratio", "MHz", "stock's", "ratio", "point")
    return Measured(
        figures={**overall, **figures}, rows=rows, tables=[Table(title=BOARD, columns=columns, rows=tuple(shown))]
    )


def _cells(row: Mapping[str, Any]) -> Iterator[str]:
    yield from (row["design"], str(row["dsps"]), str(row["luts"]), str(row["stock_luts"]), f"{row['lut_ratio']:.3f}")
    yield from (f"{row['clock_mhz']:.1f}", f"{row['stock_clock_mhz']:.1f}", f"{row['clock_ratio']:.2f}")
    yield ",".join(f"{name}={choice}" for name, choice in row["point"].items())


def _measure_parts(say: Say, parts: Sequence[str]) -> Measured:
    contests = {}
    board = load_board(BOARD)
    with tempfile.TemporaryDirectory(prefix="hdlgen-fpga-") as name:
        folder = Path(name)
        for design in parts:
            project = open_project(design, technology=board.device)
            wanted = points(project)
            say(f"{design} on {board.device}: {len(wanted)} designs")
            with measuring(project, workers=WORKERS, cache=folder / "cache") as measure:
                ours = list(measure.evaluate(wanted))
                say(f"{design}: stock")
                stock = list(measure_stock(measure))
            chosen, _ = best(Contest(ours=ours, stock=stock))
            say(f"{design}: bitstream of {chosen.point.text()}")
            began, spent = time.monotonic(), _children_s()
            write_bitstream(project, chosen.point, board, tokens=0, folder=folder / design)
            seconds, cpu_seconds = time.monotonic() - began, _children_s() - spent
            contests[design] = Contest(ours=ours, stock=stock, seconds=seconds, cpu_seconds=cpu_seconds)
    return compare(contests)


def _children_s() -> float:
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _measure(say: Say) -> Measured:
    return _measure_parts(say, DESIGNS)


BENCHMARK = Benchmark(
    name="fpga",
    summary="LUTs and clock on an iCE40 UP5K against plain Verilog, and seconds to a bitstream.",
    method=f"""\
{_LISTED} on the device of an {BOARD}, a token every cycle. Both sides stand in the same stream shell, go
through the same Yosys command and the same nextpnr (seed 1, the same target), and are simulated against the golden
model. Ours: every depth of the pipeline, or every way of constants at two depths. Stock: the plain expression by
`synth_ice40` as it is, after `booth` and after `mcm`, each with ABC and with ABC9. A LUT is an iCE40 logic cell as
nextpnr counts them: table, carry and register, one of which occupies it; the registers that feed and read the design
are left out. The ratio is our smallest design that reaches stock's fastest clock (where none does, our fastest) over
stock's smallest; no side uses multiplier blocks in the figures, and the table shows both sides with them. Seconds run
from the point to the packed file.
""",
    goals=(
        Goal(figure="lut_ratio", direction=Bound.AT_MOST, bound=LUT_RATIO),
        Goal(figure="clock_ratio", direction=Bound.AT_LEAST, bound=1.0),
        Goal(figure="seconds_max", direction=Bound.AT_MOST, bound=SECONDS),
    ),
    measure=_measure,
    parts=DESIGNS,
    measure_parts=_measure_parts,
)

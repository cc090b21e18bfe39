"""`loop`: points a second of our loop against the naive one, on the same points in the same run."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.benchmark import ROOT, Benchmark, Bound, Goal, Measured, Say, Table
from hdlgen.cli.project import Project, measuring, open_project
from hdlgen.errors import ToolError
from hdlgen.evaluation import Evaluation, Status
from hdlgen.knobs import settings
from hdlgen.space import Point
from sim import tools
from sim.measure import Measure
from sim.workload import Workload

__all__ = ["BENCHMARK", "Naive", "Round", "measured", "play", "profile", "summarise"]

DESIGN = "dot8"
ROUNDS, POINTS, SEED, WORKERS = 4, 8, 1, 2
"""As many points a round as a search asks for at once, as many workers as the smallest machine has cores."""
_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The same points through both loops, one after the other, and the seconds that each took.

    `asking_s` are the CPU seconds of the process that asks our loop.
    """

    points: int
    ours_s: float
    naive_s: float
    asking_s: float = 0.0


class Naive:
    """Measure points as the manuals say: one after the other, a fresh process each.

    Args:
        folder: takes a folder a point, and the byte code of what the processes import, so that it is compiled once.
        tokens: golden tokens of the spec.
    """

    def __init__(self, project: Project, workload: Workload, *, folder: Path) -> None:
        self.project = project
        self.workload = workload
        self.folder = folder
        self.count = 0

    def prepare(self, point: Point) -> Path:
        """Write the job of a point, with as many golden tokens as our own loop plays."""
        folder = self.folder / str(self.count)
        folder.mkdir(parents=True)
        self.count += 1
        phases = self.workload.phases(settings(point).interval)
        tokens = {
            "inputs": [f"{value:x}" for phase in phases for value in phase.inputs],
            "expected": [f"{value:x}" for phase in phases for value in phase.expected],
        }
        job = {
            "spec": self.project.source,
            "point": dict(point.values),
            "liberty": str(self.project.cell_technology.liberty),
            "tokens": str(folder / "tokens.json"),
        }
        (folder / "tokens.json").write_text(json.dumps(tokens))
        (folder / "job.json").write_text(json.dumps(job))
        return folder / "job.json"

    def measure(self, job: Path) -> dict[str, float]:
        """Measure the point of a job in a process of its own.

        Raises: ToolError.
        """
        program = ROOT / "benchmarks" / "naive" / "point.py"
        variables = {
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(self.folder / "bytecode"),
        }
        done = tools.run([sys.executable, program, job], folder=job.parent, seconds=_SECONDS, variables=variables)
        if done.status != 0:
            raise ToolError(
                f"loop: the naive loop must measure {job}, not end so: {done.error[-500:] or done.output[-500:]}"
            )
        result: dict[str, float] = json.loads((job.parent / "result.json").read_text())
        return result


def measured(measure: Measure, points: Sequence[Point]) -> list[Evaluation]:
    """Measure points by our loop and see that all went well, and that none was known before.

    Raises: ToolError.
    """
    evaluations = list(measure.evaluate(points))
    for evaluation in evaluations:
        if evaluation.status is not Status.OK:
            raise ToolError(f"loop: {evaluation.point.text()} must be measured, not end as {evaluation.status}")
    known = [evaluation for evaluation in evaluations if evaluation.runtime_s == 0.0]
    if known:
        raise ToolError(f"loop: {known[0].point.text()} must be measured now, not be known before")
    return evaluations


def play(measure: Measure, naive: Naive, points: Sequence[Point], *, ours_first: bool) -> Round:
    """Measure the same points by both loops and time each; in turn the one or the other begins.

    Raises: ToolError where a point fails, or the two loops see another rate.
    """
    jobs = [naive.prepare(point) for point in points]
    seconds: dict[bool, float] = {}
    asking_s = 0.0
    evaluations: list[Evaluation] = []
    results: list[dict[str, float]] = []
    for ours in (ours_first, not ours_first):
        began = time.monotonic()
        if ours:
            cpu_s = time.process_time()
            evaluations = measured(measure, points)
            asking_s = time.process_time() - cpu_s
        else:
            results = [naive.measure(job) for job in jobs]
        seconds[ours] = time.monotonic() - began
    for evaluation, result in zip(evaluations, results, strict=True):
        assert evaluation.score is not None
        if abs(result["interval_cycles"] / evaluation.score.interval_cycles - 1) > 0.05:
            seen = f"{evaluation.score.interval_cycles:g} and {result['interval_cycles']:g} cycles"
            raise ToolError(f"loop: {evaluation.point.text()}: both loops must see the same interval, not {seen}")
    return Round(
        points=len(points),
        ours_s=round(seconds[True], 3),
        naive_s=round(seconds[False], 3),
        asking_s=asking_s,
    )


def profile(stages: Mapping[str, float], points: int) -> Table:
    """Show which share of our loop's CPU seconds each stage takes, the dearest first."""
    total = sum(stages.values())
    ordered = sorted(stages.items(), key=lambda item: -item[1])
    return Table(
        title="Where our loop's CPU seconds go:",
        columns=("stage", "ms a point", "share"),
        rows=tuple((stage, f"{1000 * spent / points:.0f}", f"{spent / total:.1%}") for stage, spent in ordered),
    )


def summarise(rounds: Sequence[Round], tables: Sequence[Table] = ()) -> Measured:
    """Give the rates over all rounds, their ratio, and the least and largest ratio of a single round."""
    points = sum(one.points for one in rounds)
    ours, naive = points / sum(one.ours_s for one in rounds), points / sum(one.naive_s for one in rounds)
    ratios = [one.naive_s / one.ours_s for one in rounds]
    return Measured(
        figures={
            "ratio": round(ours / naive, 3),
            "ratio_lowest_round": round(min(ratios), 3),
            "ratio_highest_round": round(max(ratios), 3),
            "points_per_second": round(ours, 4),
            "naive_points_per_second": round(naive, 4),
        },
        rows=[
            {
                "round": number,
                "points": one.points,
                "ours_s": one.ours_s,
                "naive_s": one.naive_s,
                "ratio": round(ratio, 3),
            }
            for number, (one, ratio) in enumerate(zip(rounds, ratios, strict=True), start=1)
        ],
        tables=tables,
    )


def _measure(say: Say) -> Measured:
    tools.require("iverilog")
    project = open_project(DESIGN)
    warm, *points = project.space.sample(1 + ROUNDS * POINTS, SEED)
    rounds = []
    with tempfile.TemporaryDirectory(prefix="hdlgen-loop-") as name:
        folder = Path(name)
        with measuring(project, workers=WORKERS, simulator="icarus", cache=folder / "cache") as measure:
            naive = Naive(project, measure.workload, folder=folder / "naive")
            say("one point by each loop, to warm both")
            play(measure, naive, [warm], ours_first=True)
            measure.stages.clear()
            for number in range(ROUNDS):
                batch = points[number * POINTS : (number + 1) * POINTS]
                rounds.append(play(measure, naive, batch, ours_first=number % 2 == 0))
                say(f"round {number + 1} of {ROUNDS}: ours {rounds[-1].ours_s:.1f} s, naive {rounds[-1].naive_s:.1f} s")
    stages = {**measure.stages, "the asking process, results kept": sum(one.asking_s for one in rounds)}
    return summarise(rounds, [profile(stages, ROUNDS * POINTS)])


BENCHMARK = Benchmark(
    name="loop",
    summary="Points a second of our loop against a naive one: build, simulate, map, score.",
    method=f"""\
{ROUNDS} rounds of {POINTS} points of {DESIGN}, drawn uniformly from its space (seed {SEED}), each round by both
loops, which begin in turn. Ours: {WORKERS} workers, warm, the cache empty; every point is built, simulated with stalls,
mapped by its recipe, timed. The naive one ([naive/](naive/)): a fresh process a point, one point after the other: the
same generator of designs, Yosys' `synth`, `dfflibmap` and `abc -liberty` on the same liberty file, cocotb's own runner
with a plain testbench that plays the same golden tokens without stalls. It does no static timing, and its byte code is
compiled before. Both simulate in Icarus, and must measure the same interval.

What keeps ours fast: workers are forked from one process that holds modules, technology and its tables; one ABC serves
all of a mapping; eight designs share a simulation, in which the casts of Icarus' runtime are remembered
(`sim/simulators/casts.c`; the naive loop runs Icarus as it comes); the longest tasks go first. The profile counts the
CPU seconds of all processes. What a strategy takes to decide is not in this loop: `hdlgen search --json` gives it as
`decision_s`.
""",
    goals=(Goal(figure="ratio", direction=Bound.AT_LEAST, bound=5),),
    measure=_measure,
)

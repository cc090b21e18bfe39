"""`proofs`: how many designs on the fronts of shipped specs are simulated at both levels and proved, and how fast."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.benchmark import ROOT, Benchmark, Bound, Goal, Measured, Say, Table
from hdlgen.claims import SUBJECTS, Outcome
from hdlgen.cli.project import Project, measuring, open_project
from hdlgen.evaluation import Evaluation
from search.pareto import Front
from search.strategies import STRATEGIES
from sim.artifacts import collect
from sim.checks import Checks, check
from sim.measure import Measure

__all__ = ["BENCHMARK", "figures_of", "shipped"]

BUDGET, SEED, WORKERS, SECONDS = 24, 1, 2, 60.0
"""Points that the front of a design is taken from, and the limit of each design's proofs."""


def shipped(folder: Path = ROOT / "designs") -> tuple[str, ...]:
    """List the shipped designs."""
    return tuple(sorted(path.parent.name for path in folder.glob("*/spec.toml")))


def _front(project: Project, measure: Measure) -> list[Evaluation]:
    """Take the front of some uniform points: of every part of the space, easy to prove or not."""
    strategy = STRATEGIES["uniform"](project.space, project.spec.objectives, seed=SEED)
    front = Front(project.spec.objectives)
    for evaluation in measure.evaluate(strategy.ask(BUDGET)):
        front.add(evaluation)
    return list(front.members)


def _rows(name: str, front: Sequence[Evaluation], checks: Sequence[Checks]) -> list[dict[str, Any]]:
    return [
        {
            "design": name,
            "point": evaluation.point.text(),
            "gate_level": checked.gate_level,
            "seconds": round(sum(claim.runtime_s for claim in checked.claims), 2),
            **{claim.subject: claim.text for claim in checked.claims},
        }
        for evaluation, checked in zip(front, checks, strict=True)
    ]


def figures_of(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Count what was shown; a design counts as proved where all its claims are."""
    total = max(len(rows), 1)
    proved = Outcome.PROVED.value
    shares = {f"{subject}_share": sum(row.get(subject) == proved for row in rows) / total for subject in SUBJECTS}
    return {
        "designs": float(len(rows)),
        "simulated_share": sum(row["gate_level"] == "ok" for row in rows) / total,
        "proved_share": sum(all(row.get(subject) == proved for subject in SUBJECTS) for row in rows) / total,
        **shares,
        "seconds_max": max((row["seconds"] for row in rows), default=0.0),
    }


def _measure(say: Say) -> Measured:
    return _measure_parts(say, shipped())


def _measure_parts(say: Say, parts: Sequence[str]) -> Measured:
    rows: list[dict[str, Any]] = []
    with TemporaryDirectory(prefix="hdlgen-proofs-") as cache:
        for name in parts:
            began = time.monotonic()
            project = open_project(name)
            with measuring(project, workers=WORKERS, cache=Path(cache)) as measure:
                front = _front(project, measure)
                made = collect(measure, [evaluation.point for evaluation in front])
                checks = check(measure, front, made, prove_seconds=SECONDS)
            rows += _rows(name, front, checks)
            counts = Counter(row.get(subject) for row in rows if row["design"] == name for subject in SUBJECTS)
            say(f"{name}: {len(front)} designs, {dict(counts)}, {time.monotonic() - began:.0f} s")
    unproved = [row for row in rows if any(row.get(subject) != Outcome.PROVED.value for subject in SUBJECTS)]
    table = Table(
        title="Designs of which something is not proved",
        columns=("design", *SUBJECTS, "seconds"),
        rows=tuple(
            (row["design"], *(str(row.get(s, "-")) for s in SUBJECTS), f"{row['seconds']:.1f}") for row in unproved
        ),
    )
    return Measured(figures=figures_of(rows), rows=rows, tables=(table,))


BENCHMARK = Benchmark(
    name="proofs",
    summary="Share of front designs of the shipped specs that are simulated as netlists, and proved.",
    method=f"""\
For each shipped spec the front of {BUDGET} uniform points, on sky130hd. The mapped netlist of each design on it is run
through the testbench of its Verilog, and three proofs are tried, {SECONDS:g} s by the clock together, {WORKERS} designs
at a time: the netlist against the Verilog, the results against the spec for all inputs and traffic, the handshake under
all stalls. `proved_share` counts designs with all three; `seconds_max` is the longest that a design took.
""",
    goals=(
        Goal(figure="simulated_share", direction=Bound.AT_LEAST, bound=1.0),
        Goal(figure="proved_share", direction=Bound.AT_LEAST, bound=0.9),
        Goal(figure="seconds_max", direction=Bound.AT_MOST, bound=SECONDS),
    ),
    measure=_measure,
    parts=shipped(),
    measure_parts=_measure_parts,
)

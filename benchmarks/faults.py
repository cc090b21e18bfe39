"""`faults`: ten thousand faults planted into designs of all shipped specs, and who catches them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.benchmark import Benchmark, Bound, Goal, Measured, Say, Table
from benchmarks.proofs import shipped
from hdlgen.cli.project import Project, measuring, open_project
from hdlgen.evaluation import Evaluation
from search.pareto import Front
from search.strategies import STRATEGIES
from sim.artifacts import collect
from sim.faults import Outcome, submit_faults
from sim.measure import Measure

__all__ = ["BENCHMARK", "figures_of"]

FAULTS, BUDGET, MOST_DESIGNS, SEED, WORKERS = 410, 3, 2, 1, 2
"""Faults a spec, points that its front is taken from, and how many designs of the front they are shared out among."""

_KEYS = ("planted", "caught", "caught_by_proof", "equivalent", "escaped")


def _front(project: Project, measure: Measure) -> list[Evaluation]:
    """Take some designs of a small front: the ends, which differ most."""
    front = Front(project.spec.objectives)
    strategy = STRATEGIES["uniform"](project.space, project.spec.objectives, seed=SEED)
    for evaluation in measure.evaluate(strategy.ask(BUDGET)):
        front.add(evaluation)
    members = list(front.members)
    return [members[0], *members[-1:]][: min(MOST_DESIGNS, len(members))] if members else []


def figures_of(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Add up what was planted and caught; shares are of the faults that are not proved equivalent."""
    total = {key: float(sum(row[key] for row in rows)) for key in _KEYS}
    real = max(total["planted"] - total["equivalent"], 1.0)
    shares: dict[str, list[float]] = {}
    for row in rows:
        shares.setdefault(row["design"], []).append(row["caught"] / max(row["planted"] - row["equivalent"], 1))
    return {
        **total,
        "caught_share": total["caught"] / real,
        "caught_share_worst": min((sum(each) / len(each) for each in shares.values()), default=0.0),
        "cpu_s": float(sum(row["cpu_s"] for row in rows)),
    }


def _measure(say: Say) -> Measured:
    return _measure_parts(say, shipped())


def _measure_parts(say: Say, parts: Sequence[str]) -> Measured:
    rows: list[dict[str, Any]] = []
    left: list[tuple[str, ...]] = []
    with TemporaryDirectory(prefix="hdlgen-faults-") as cache:
        for name in parts:
            began = time.monotonic()
            project = open_project(name)
            with measuring(project, workers=WORKERS, cache=Path(cache)) as measure:
                points = [evaluation.point for evaluation in _front(project, measure)]
                made = collect(measure, points)
                tasks = [
                    submit_faults(measure, point, files, count=FAULTS // len(points), seed=SEED, prove=True)
                    for point, files in zip(points, made, strict=True)
                ]
                campaigns = [task.result().require() for task in tasks]
            for point, campaign in zip(points, campaigns, strict=True):
                found = campaign.as_dict()
                rows.append({"design": name, "point": point.text(), **found})
                left += [
                    (name, one.level, one.where, one.outcome.value, one.reason)
                    for one in campaign.survivors
                    if one.outcome is not Outcome.EQUIVALENT
                ]
            own = figures_of([row for row in rows if row["design"] == name])
            seconds = time.monotonic() - began
            say(f"{name}: {own['planted']:.0f} planted, {own['caught_share']:.4f} caught, {seconds:.0f} s")
    tables = (
        Table(
            title="Designs",
            columns=("design", *_KEYS, "caught_share", "cpu_s"),
            rows=tuple(
                (row["design"], *(str(row[key]) for key in _KEYS), f"{row['caught_share']:.4f}", f"{row['cpu_s']:.0f}")
                for row in rows
            ),
        ),
        Table(
            title="Faults that the testbench does not catch and that are not equivalent",
            columns=("design", "level", "where", "outcome", "reason"),
            rows=tuple(left),
        ),
    )
    return Measured(figures=figures_of(rows), rows=rows, tables=tables)


BENCHMARK = Benchmark(
    name="faults",
    summary="Faults planted into designs of all shipped specs: the share that the testbench catches, and what escapes.",
    method=f"""\
For each shipped spec up to {MOST_DESIGNS} designs from the front of {BUDGET} uniform points, on sky130hd, take
{FAULTS} faults together: in the structure (constants, signs, carries, whole registers, handshake) and in the mapped
netlist (stuck nets and pins, wrong wires and cells, carries, registers). The testbench's stimuli are played on all of
them, bit by bit in parallel; what they miss is compared with the good design by ABC. `caught_share` is the share that
the testbench alone catches of those that are not proved equivalent, `caught_share_worst` that of the worst spec;
`escaped` are those that neither it nor a proof tells from the good design.
""",
    goals=(
        Goal(figure="planted", direction=Bound.AT_LEAST, bound=10_000),
        Goal(figure="caught_share", direction=Bound.AT_LEAST, bound=0.99),
        Goal(figure="escaped", direction=Bound.AT_MOST, bound=0),
    ),
    measure=_measure,
    parts=shipped(),
    measure_parts=_measure_parts,
)

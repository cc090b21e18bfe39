"""`tables`: how few evaluations a strategy needs on our own whole design spaces, replayed from the shipped tables."""

from __future__ import annotations

import math
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.benchmark import Benchmark, Bound, Goal, Measured, Say, Table
from hdlgen.cli.comparing import OPTIONAL, Plan, run
from hdlgen.cli.contest import open_field
from hdlgen.cli.options import CORES
from search.compare import Comparison, Entrant, Rules, read_entrants

__all__ = ["BENCHMARK", "figures", "rows"]

SEEDS, BUDGET = 30, 60
CHAMPIONS = ("surrogate", "local")
"""Whose figure the goal is for: the first of these that there is."""
TARGET = 0.95

METHOD = """\
`hdlgen compare --replay --seeds 30 --budget 60 --start 0` over all shipped tables: whole spaces of 500 points and more
of real designs, each point simulated, mapped and timed once (`designs/tables`). A strategy begins as it likes; an
evaluation is distinct hardware, or a point that failed. `share_to_95_median` is the share of a space that has to be
measured until 95 % of the true front's hypervolume is reached: of each table the median over the seeds, of these the
median; where fewer than half of the seeds reach it within the budget, the whole space is counted. Hypervolume is that
of objectives scaled logarithmically from the best to the worst of the table. A trial ends early where the whole front
is known. `replay_s` is the wall clock of all trials of our own strategies and their statistics, on all cores;
`replay_others_s` is what the samplers of Optuna take beside that, where it is installed."""


def measure(say: Say) -> Measured:
    """Replay every strategy on every table: ours first, by the clock, then those that other packages bring."""
    entrants = read_entrants(None, ())
    own = tuple(entrant for entrant in entrants if not entrant.name.startswith(OPTIONAL))
    with tempfile.TemporaryDirectory() as name:
        folder, seconds = Path(name) / "compare", []
        for some, resume in ((own, False), (entrants, True)):
            began = time.monotonic()
            outcome = run(
                open_field((), replay=True, technology=None, aims=()),
                _plan(some),
                out=folder,
                resume=resume,
                on_trial=lambda trial, done, total: say(f"{done} of {total} trials") if done % 200 == 0 else None,
                on_notice=say,
            )
            seconds.append(round(time.monotonic() - began, 1))
    found = rows(outcome.comparison)
    return Measured(
        figures={**figures(found), "replay_s": seconds[0], "replay_others_s": seconds[1]},
        rows=found,
        tables=[_table(found)],
    )


def _plan(entrants: tuple[Entrant, ...]) -> Plan:
    return Plan(
        entrants=entrants,
        seeds=SEEDS,
        rules=Rules(budget=BUDGET, start=0, batch=1, decision_limit_s=60.0),
        workers=CORES,
        simulator=None,
        arguments=("--replay", "--seeds", str(SEEDS), "--budget", str(BUDGET), "--start", "0"),
    )


def rows(comparison: Comparison) -> list[dict[str, Any]]:
    """Give a row each table and strategy; a median that half of the seeds did not reach is null."""
    found = []
    for setting in comparison.settings:
        for strategy in comparison.strategies:
            one = comparison.figures(strategy, setting)
            evaluations = one.evaluations[TARGET]
            reached = math.isfinite(evaluations)
            found.append(
                {
                    "table": setting.name,
                    "points": setting.space_size,
                    "strategy": strategy,
                    "evaluations_to_95_median": evaluations if reached else None,
                    "share_to_95": round(evaluations / setting.space_size, 5) if reached else None,
                    "reached_95": one.reached[TARGET],
                    "mean_regret": round(one.area[0], 5),
                    "regret_at_end": round(one.regret[0], 5),
                    "decision_s": round(one.decision_s, 4),
                }
            )
    return found


def figures(found: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Sum rows up: the champion's share in the median table and in the worst, and everybody's in the median table."""
    shares: dict[str, list[float]] = {}
    for row in found:
        share = row["share_to_95"]
        shares.setdefault(row["strategy"], []).append(1.0 if share is None else share)
    champion = next(name for name in CHAMPIONS if name in shares)
    return {
        "share_to_95_median": statistics.median(shares[champion]),
        "share_to_95_worst_table": max(shares[champion]),
        **{f"share_to_95_{name}": round(statistics.median(values), 5) for name, values in shares.items()},
    }


def _table(found: Sequence[Mapping[str, Any]]) -> Table:
    """Lay the evaluations to 95 % out, a column each strategy."""
    strategies = list(dict.fromkeys(row["strategy"] for row in found))
    cells = {(row["table"], row["strategy"]): row for row in found}
    sizes = {row["table"]: row["points"] for row in found}
    return Table(
        title="Median evaluations to 95 % of the hypervolume, and their share of the space",
        columns=("table", "points", *strategies),
        rows=tuple(
            (name, str(size), *(_cell(cells[name, strategy]) for strategy in strategies))
            for name, size in sizes.items()
        ),
    )


def _cell(row: Mapping[str, Any]) -> str:
    if row["share_to_95"] is None:
        return f"over {BUDGET} ({row['reached_95']:.0%} reached it)"
    return f"{row['evaluations_to_95_median']:g} ({row['share_to_95']:.1%})"


BENCHMARK = Benchmark(
    name="tables",
    summary="Evaluations to 95 % of the hypervolume on whole spaces of our own designs, 30 seeds of every strategy.",
    method=METHOD,
    goals=(
        Goal(figure="share_to_95_median", direction=Bound.AT_MOST, bound=0.03),
        Goal(figure="replay_s", direction=Bound.AT_MOST, bound=120.0),
    ),
    measure=measure,
)

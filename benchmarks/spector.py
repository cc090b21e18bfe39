"""`spector`: how few evaluations the surrogate needs on whole spaces that others measured, against its rivals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.benchmark import ROOT, Benchmark, Bound, Goal, Measured, Say, Table
from hdlgen.errors import InputError
from hdlgen.space import Point
from search import replay
from search.pareto import Floats, adrs
from search.strategies import STRATEGIES

__all__ = ["BENCHMARK", "Replayed", "interval", "summarise"]

FOLDER = ROOT.parent / "shared" / "spector"
OURS = "surrogate"
OPTUNA = ("optuna_tpe", "optuna_nsga2")
SEEDS, BUDGET, SOON, TARGET = 20, 100, 30, 0.99

Replayed = Mapping[str, Any]
"""A run: table, strategy, seed, evaluations to the target (null where not reached), ADRS soon, mean regret."""


def play(path: Path, strategy: str, seed: int) -> Replayed:
    """Replay a strategy on a table with one seed, up to the budget; the uniform one until it reaches the target."""
    table = replay.read_csv(path)
    search = STRATEGIES[strategy](table.space, table.objectives, seed=seed)
    evaluator = replay.ReplayEvaluator(table)
    asked: list[Point] = []
    shares: Floats = np.zeros(0)
    if strategy == "uniform":
        asked = search.ask(len(table))
        shares = table.shares(asked)
    else:
        whole = {evaluation.point for evaluation in table.front}
        while len(asked) < min(BUDGET, len(table)) and not whole <= set(asked):
            points = search.ask(1)
            asked += points
            search.tell(list(evaluator.evaluate(points)))
        shares = table.shares(asked)
    reached = np.flatnonzero(shares >= TARGET - 1e-12)
    within = np.concatenate([shares, np.full(max(0, BUDGET - len(shares)), shares[-1])])[:BUDGET]
    front = table.costs([evaluation.point for evaluation in table.front])
    return {
        "table": table.name,
        "points": len(table),
        "strategy": strategy,
        "seed": seed,
        "evaluations_to_99": int(reached[0]) + 1 if len(reached) else None,
        "adrs_30": round(adrs(table.costs(asked[:SOON]), front), 5),
        "mean_regret": round(float(1.0 - within.mean()), 6),
    }


def interval(values: Floats, *, seed: int = 1, draws: int = 10_000) -> tuple[float, float]:
    """Give the 95 % bootstrap interval of a mean.

    Source: Efron, Annals of Statistics 7(1), 1979, 1-26 (percentiles of resampled means).
    """
    picks = np.random.default_rng(seed).integers(len(values), size=(draws, len(values)))
    low, high = np.quantile(values[picks].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def _needed(runs: Sequence[Replayed]) -> Floats:
    """List the evaluations to the target; the whole table where it was not reached."""
    return np.array([float(run["evaluations_to_99"] or run["points"]) for run in runs])


def _reached(runs: Sequence[Replayed]) -> float:
    """Give the share of the runs that reached the target within the budget."""
    return float(np.mean([(run["evaluations_to_99"] or math.inf) <= BUDGET for run in runs]))


def summarise(runs: Sequence[Replayed]) -> Measured:
    """Sum up: the figures over all tables, and a row a table and strategy."""
    tables = list(dict.fromkeys(run["table"] for run in runs))
    strategies = list(dict.fromkeys(run["strategy"] for run in runs))
    groups = {
        (name, strategy): sorted(
            (run for run in runs if run["table"] == name and run["strategy"] == strategy), key=lambda run: run["seed"]
        )
        for name in tables
        for strategy in strategies
    }
    ours = [run for name in tables for run in groups[name, OURS]]
    medians = {key: float(np.median(_needed(group))) for key, group in groups.items()}
    ratios = [medians[name, "uniform"] / medians[name, OURS] for name in tables]
    figures = {
        "evaluations_to_99_median": float(np.median(_needed(ours))),
        "reached_99_share": _reached(ours),
        "adrs_30_median": float(np.median([run["adrs_30"] for run in ours])),
        "ratio_to_uniform": float(np.exp(np.mean(np.log(ratios)))),
        "evaluations_to_99_median_of_tables": float(np.median([medians[name, OURS] for name in tables])),
        "evaluations_to_99_worst_table": max(medians[name, OURS] for name in tables),
        "ratio_to_uniform_lowest_table": min(ratios),
    }
    rows, ahead = [], []
    for name in tables:
        for strategy in strategies:
            group = groups[name, strategy]
            row = {
                "table": name,
                "strategy": strategy,
                "evaluations_to_99_median": medians[name, strategy],
                "reached_99_share": _reached(group),
                "adrs_30_median": float(np.median([run["adrs_30"] for run in group])),
                "mean_regret": float(np.mean([run["mean_regret"] for run in group])),
            }
            if strategy != OURS:
                pairs = zip(group, groups[name, OURS], strict=True)
                low, high = interval(np.array([theirs["mean_regret"] - own["mean_regret"] for theirs, own in pairs]))
                row |= {"regret_behind_ours_low": round(low, 6), "regret_behind_ours_high": round(high, 6)}
                if strategy.startswith("optuna"):
                    ahead.append(low > 0)
                    figure = f"lead_over_{strategy}_lowest"
                    figures[figure] = min(figures.get(figure, math.inf), round(low, 6))
            rows.append(row)
    if ahead:
        figures["ahead_of_optuna_share"] = float(np.mean(ahead))
    return Measured(figures=figures, rows=rows, tables=[_table(rows, tables, strategies)])


def _table(rows: Sequence[Mapping[str, Any]], tables: Sequence[str], strategies: Sequence[str]) -> Table:
    """Lay out what a reader wants to see of each table and strategy."""
    cells = {(row["table"], row["strategy"]): row for row in rows}
    return Table(
        title="Median evaluations to 99 % (share of runs within 100), mean regret [its interval behind ours]",
        columns=("table", *strategies),
        rows=tuple((name, *(_cell(cells[name, strategy]) for strategy in strategies)) for name in tables),
    )


def _cell(row: Mapping[str, Any]) -> str:
    known = row["reached_99_share"] >= 0.5 or row["strategy"] == "uniform"
    needed = f"{row['evaluations_to_99_median']:g}" if known else f"over {BUDGET}"
    text = f"{needed} ({row['reached_99_share']:.0%}), {row['mean_regret']:.4f}"
    if "regret_behind_ours_low" in row:
        text += f" [{row['regret_behind_ours_low']:+.4f}, {row['regret_behind_ours_high']:+.4f}]"
    return text


def _measure(say: Say) -> Measured:
    paths = sorted(FOLDER.glob("*.csv"))
    if not paths:
        raise InputError(f"{FOLDER}: spector is skipped, for its tables must be there and are not (*.csv)")
    return summarise(replays(paths, (OURS, "forest", "uniform", *OPTUNA), say))


def replays(paths: Sequence[Path], strategies: Sequence[str], say: Say) -> list[Replayed]:
    """Replay every strategy on every table with every seed, on all cores; runs do not depend on their number."""
    tasks: list[Callable[[], Replayed]] = [
        partial(play, path, strategy, seed) for strategy in strategies for path in paths for seed in range(SEEDS)
    ]
    found = []
    with ProcessPoolExecutor(initializer=_single) as pool:
        for done, run in enumerate(pool.map(_call, tasks), start=1):
            found.append(run)
            if done % SEEDS == 0:
                median = np.median(_needed(found[-SEEDS:]))
                say(f"{done} of {len(tasks)} replays; {run['strategy']} on {run['table']}: {median:g} evaluations")
    return found


def _call(task: Callable[[], Replayed]) -> Replayed:
    return task()


def _single() -> None:
    """Keep linear algebra to one thread a process: the matrices are small, and every core has a process."""
    threadpool_limits(1)


BENCHMARK = Benchmark(
    name="spector",
    summary="Evaluations that the surrogate needs on design spaces of FPGA kernels that others measured whole.",
    method=f"""\
The tables of Spector (Gautier, Althoff, Meng and Kastner, FPT 2016) as they lie in `../shared/spector`, each a whole
space with run time and logic, both minimised. {SEEDS} seeds a strategy and table, one point asked for at a time, every
start included; `uniform` goes on until it reaches the target, the others stop after {BUDGET} evaluations. Hypervolume
is that of both objectives on a logarithmic scale from the best to the worst of the whole table, and the target 99 % of
what the true front has. `evaluations_to_99_median`, `reached_99_share` and `adrs_30_median` (ADRS after {SOON}
evaluations, objectives as they are) are over all runs of the surrogate; `ratio_to_uniform` is the geometric mean over
tables of the ratios of medians. Regret is the share of the hypervolume that is missing, as a mean over the first
{BUDGET} evaluations; differences to ours are paired by seed, with 95 % bootstrap intervals of their mean, and
`ahead_of_optuna_share` is the share of pairs of table and Optuna sampler whose interval lies above zero. Optuna's
samplers run with their own defaults over the same valid points; what they propose twice is not charged.
""",
    goals=(
        Goal(figure="evaluations_to_99_median", direction=Bound.AT_MOST, bound=30),
        Goal(figure="reached_99_share", direction=Bound.AT_LEAST, bound=0.9),
        Goal(figure="adrs_30_median", direction=Bound.AT_MOST, bound=0.05),
        Goal(figure="ratio_to_uniform", direction=Bound.AT_LEAST, bound=8),
        Goal(figure="ahead_of_optuna_share", direction=Bound.AT_LEAST, bound=1),
    ),
    measure=_measure,
)

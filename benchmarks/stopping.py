"""`stopping`: how right the estimate is of what is missing from a front, by replay where the whole front is known."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.benchmark import Benchmark, Bound, Goal, Measured, Say, Table
from benchmarks.spector_tables import read_tables
from hdlgen.space import Point
from search.missing import Missing, missing_of
from search.pareto import Floats, hypervolume
from search.replay import Table as Replay
from search.strategies import STRATEGIES

__all__ = ["BENCHMARK", "Case", "follow", "summarise", "true_gap"]

COUNTS = (24, 32, 48, 64, 100, 200)
SEEDS, BATCH = 10, 8
NAMES = ("uniform", "local", "evolution", "annealing", "surrogate", "forest", "bandit")
"""The strategies that are replayed, as far as they are there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What was said of a search at some moment, and what was true."""

    table: str
    strategy: str
    count: int
    true: float
    said: Missing


def true_gap(rows: Floats, whole: Floats) -> float:
    """Give the share of hypervolume that is missing, in the scale in which the estimate is made: that of the rows.

    Args:
        rows: positive costs of the designs measured, shape (designs, objectives).
        whole: those of the whole space.
    """
    logs = np.log(rows)
    low, high = logs.min(axis=0), logs.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    reference = np.full(rows.shape[1], 1.1)
    return 1 - hypervolume((logs - low) / span, reference) / hypervolume((np.log(whole) - low) / span, reference)


def follow(table: Replay, strategy: str, seed: int) -> list[Case]:
    """Replay a search and note what is said and true after each of `COUNTS` designs, while some are left."""
    search = STRATEGIES[strategy](table.space, table.objectives, seed=seed)
    whole = table.costs(table.points)
    points: list[Point] = []
    cases = []
    for count in COUNTS:
        if count >= len(table):
            break
        while len(points) < count:
            asked = search.ask(BATCH)
            search.tell([table[point] for point in asked])
            points += asked
        told = [table[point] for point in points[:count]]
        said = missing_of(told, table.objectives, space_size=len(table))
        assert said is not None
        true = true_gap(table.costs(points[:count]), whole)
        cases.append(Case(table=table.name, strategy=strategy, count=count, true=true, said=said))
    return cases


def summarise(cases: Sequence[Case]) -> Measured:
    """Say how often the bound held and how far the estimate was off; uniform search apart, which nothing guides."""
    guided = [case for case in cases if case.strategy != "uniform"]
    figures = {
        "bound_holds": _held(guided),
        "bound_holds_worst_table": min(
            _held([c for c in guided if c.table == name]) for name in _names(guided, "table")
        ),
        "error_mean": statistics.mean(abs(case.said.share - case.true) for case in guided),
        "said_over_true": _mean_said(guided) / statistics.mean(case.true for case in guided),
    }
    rows = []
    for strategy, count in itertools.product(_names(cases, "strategy"), COUNTS):
        chosen = [case for case in cases if case.strategy == strategy and case.count == count]
        if chosen:
            rows.append({
                "strategy": strategy,
                "designs": count,
                "true": statistics.mean(case.true for case in chosen),
                "said": _mean_said(chosen),
                "error": statistics.mean(abs(case.said.share - case.true) for case in chosen),
                "at_most": statistics.mean(case.said.at_most for case in chosen),
                "held": _held(chosen),
            })  # fmt: skip
    shown = Table(
        title="What is missing, in the mean over tables and seeds",
        columns=("strategy", "designs", "true", "estimate", "mean error", "bound", "bound held"),
        rows=tuple(
            (str(row["strategy"]), str(row["designs"]), *(f"{row[key]:.1%}" for key in list(row)[2:])) for row in rows
        ),
    )
    return Measured(figures=figures, rows=rows, tables=[shown])


def _names(cases: Sequence[Case], field: str) -> list[str]:
    return list(dict.fromkeys(getattr(case, field) for case in cases))


def _held(cases: Sequence[Case]) -> float:
    return sum(case.true <= case.said.at_most + 1e-9 for case in cases) / len(cases)


def _mean_said(cases: Sequence[Case]) -> float:
    return statistics.mean(case.said.share for case in cases)


def _measure(say: Say) -> Measured:
    cases = []
    for table, strategy in itertools.product(read_tables(), [name for name in NAMES if name in STRATEGIES]):
        say(f"{strategy} on {table.name}")
        for seed in range(SEEDS):
            cases += follow(table, strategy, seed)
    return summarise(cases)


BENCHMARK = Benchmark(
    name="stopping",
    summary="How right the estimate is of how much of a front is still missing.",
    goals=(
        Goal(figure="bound_holds", direction=Bound.AT_LEAST, bound=0.9),
        Goal(figure="bound_holds_worst_table", direction=Bound.AT_LEAST, bound=0.8),
    ),
    measure=_measure,
    method="""\
Searches are replayed on the five Spector tables (10 seeds, batches of 8), whose whole fronts are known. After 24 to
200 designs `search.missing` says what share of the hypervolume is missing, and how much at most; the truth is that of
the whole table, in the same scale. `bound_holds` is the share of guided searches (all but `uniform`) in which the
truth was within the bound, `error_mean` the mean absolute error of the estimate, `said_over_true` its mean over the
true mean: below 1 it promises too much. Before 24 designs nothing is said. The factor between estimate and bound was
chosen on these tables; `tests/search/test_missing.py` holds both against other, made-up spaces. A uniform search
misses more than the estimate says: a design that it has not met may be better than all that it has.
""",
)

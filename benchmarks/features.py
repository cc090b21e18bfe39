"""`features`: whether facts of the datapath spare the surrogate evaluations, on whole spaces of our own designs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.benchmark import ROOT, Benchmark, Bound, Goal, Measured, Say, Table
from benchmarks.spector import interval
from hdlgen.cli.project import open_project
from hdlgen.errors import InputError
from hdlgen.features import features
from hdlgen.space import Point
from search.replay import ReplayEvaluator
from search.strategies.surrogate import SurrogateSearch
from search.tabulation import read_tabulation

__all__ = ["BENCHMARK", "play", "summarise"]

FOLDER = ROOT / "designs" / "tables"
SEEDS, BUDGET, TARGET = 20, 60, 0.95


@functools.cache
def _facts(spec: Path) -> Callable[[Point], Sequence[float]]:
    """Give the facts of a spec's points; each is planned once a process."""
    compiler = open_project(str(spec)).compiler
    return functools.cache(lambda point: features(compiler, point).vector())


def play(path: Path, seed: int, informed: bool) -> dict[str, Any]:
    """Replay the surrogate on a table, with or without facts."""
    table = read_tabulation(path).table(path.name.partition(".")[0])
    search = SurrogateSearch(table.space, table.objectives, seed=seed)
    if informed:
        search.inform(_facts(path.with_name(f"{table.name}.toml")))
    evaluator = ReplayEvaluator(table)
    asked: list[Point] = []
    while len(asked) < min(BUDGET, len(table)):
        points = search.ask(1)
        asked += points
        search.tell(list(evaluator.evaluate(points)))
    shares = table.shares(asked)
    reached = np.flatnonzero(shares >= TARGET - 1e-12)
    return {
        "table": table.name,
        "points": len(table),
        "informed": informed,
        "seed": seed,
        "evaluations_to_95": int(reached[0]) + 1 if len(reached) else None,
        "mean_regret": round(float(1 - shares.mean()), 6),
        "share_at_20": round(float(shares[19]), 6),
    }


def summarise(runs: Sequence[dict[str, Any]]) -> Measured:
    """Sum up pairs of runs of one table and seed: the ratios of evaluations and of regret, without facts to with."""
    rows = []
    for name in dict.fromkeys(run["table"] for run in runs):
        plain, informed = (
            sorted((r for r in runs if r["table"] == name and r["informed"] is on), key=lambda r: int(r["seed"]))
            for on in (False, True)
        )
        gains = np.array([a["mean_regret"] - b["mean_regret"] for a, b in zip(plain, informed, strict=True)])
        low, high = interval(gains)
        row: dict[str, Any] = {"table": name, "points": plain[0]["points"]}
        for label, group in (("without", plain), ("with", informed)):
            needed = [run["evaluations_to_95"] or run["points"] for run in group]
            row |= {
                f"evaluations_to_95_{label}": float(np.median(needed)),
                f"mean_regret_{label}": round(float(np.mean([run["mean_regret"] for run in group])), 6),
            }
        rows.append({**row, "gain_low": round(low, 6), "gain_high": round(high, 6)})

    def ratio(figure: str) -> float:
        pairs = [(row[f"{figure}_without"], row[f"{figure}_with"]) for row in rows]
        return float(np.exp(np.mean([np.log(max(a, 1e-6) / max(b, 1e-6)) for a, b in pairs])))

    return Measured(
        figures={
            "regret_ratio": round(ratio("mean_regret"), 4),
            "evaluations_ratio": round(ratio("evaluations_to_95"), 4),
            "tables_gaining": float(sum(row["gain_low"] > 0 for row in rows)),
            "tables_losing": float(sum(row["gain_high"] < 0 for row in rows)),
        },
        rows=rows,
        tables=[
            Table(
                title="Without facts, and with them",
                columns=("table", "points", "evaluations to 95 %", "mean regret", "95 % interval of what they gain"),
                rows=tuple(
                    (
                        row["table"],
                        str(row["points"]),
                        f"{row['evaluations_to_95_without']:g}, {row['evaluations_to_95_with']:g}",
                        f"{row['mean_regret_without']:.4f}, {row['mean_regret_with']:.4f}",
                        f"{row['gain_low']:+.4f} to {row['gain_high']:+.4f}",
                    )
                    for row in rows
                ),
            )
        ],
    )


def _measure(say: Say) -> Measured:
    paths = sorted(FOLDER.glob("*.json.gz"))
    if not paths:
        raise InputError(f"{FOLDER}: the tables must be there and are not (*.json.gz)")
    # A table's runs one after the other, so that a process plans each of its points once.
    tasks = [(path, seed, on) for path in paths for seed in range(SEEDS) for on in (False, True)]
    runs = []
    with ProcessPoolExecutor(initializer=functools.partial(threadpool_limits, 1)) as pool:
        for done, run in enumerate(pool.map(play, *zip(*tasks, strict=True)), start=1):
            runs.append(run)
            if done % (2 * SEEDS) == 0:
                say(f"{done} of {len(tasks)} replays")
    return summarise(runs)


BENCHMARK = Benchmark(
    name="features",
    summary="What facts of the datapath, known before synthesis, spare the surrogate on spaces of our own designs.",
    method=f"""\
`surrogate` replayed on the shipped tables (`designs/tables`), {SEEDS} seeds and {BUDGET} evaluations each, once with
knobs alone and once with the facts of `hdlgen/features.py` beside them: counts and widths of units, registers, heap
and levels, the delay of the longest stage, an estimate of area, all from the planned datapath. Pairs have one seed and
so one opening. `regret_ratio` and `evaluations_ratio` are geometric means over tables of what is needed without facts
to what is needed with them: above 1, facts help. Regret is the share of the true front's hypervolume that is missing,
as a mean over all evaluations; evaluations are the median to {TARGET:.0%} of the hypervolume.
`tables_gaining` and `tables_losing` count tables whose 95 % bootstrap interval of the paired difference of regret lies
off zero.
""",
    goals=(Goal(figure="regret_ratio", direction=Bound.AT_LEAST, bound=1),),
    measure=_measure,
)

"""`features`: whether facts of the datapath spare the surrogate evaluations, on whole spaces of our own designs."""

from __future__ import annotations

import functools
import itertools
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
from hdlgen.features import facts
from hdlgen.space import Point
from search.experience import shipped
from search.replay import ReplayEvaluator
from search.strategies.surrogate import SurrogateSearch
from search.tabulation import read_tabulation

__all__ = ["ARMS", "BENCHMARK", "play", "summarise"]

FOLDER = ROOT / "designs" / "tables"
SEEDS, BUDGET, TARGET = 20, 60, 0.95


ARMS = ("knobs", "experience", "facts")
"""What the surrogate begins with: nothing, what other designs taught of choices, and of choices and facts."""


@functools.cache
def _facts(spec: Path) -> Callable[[Point], Sequence[float]]:
    """Give the facts of a spec's points; each is planned once a process."""
    compiler = open_project(str(spec)).compiler
    return functools.cache(lambda point: facts(compiler, point))


def play(path: Path, seed: int, arm: str) -> dict[str, Any]:
    """Replay the surrogate on a table, with what one of `ARMS` gives it."""
    tabulation = read_tabulation(path)
    table = tabulation.table(path.name.partition(".")[0])
    search = SurrogateSearch(table.space, table.objectives, seed=seed)
    if arm != "knobs":
        known = _facts(path.with_name(f"{table.name}.toml")) if arm == "facts" else None
        search.expect(shipped(without=tabulation.header["name"]), known)
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
        "arm": arm,
        "seed": seed,
        "evaluations_to_95": int(reached[0]) + 1 if len(reached) else None,
        "mean_regret": round(float(1 - shares.mean()), 6),
        "share_at_20": round(float(shares[19]), 6),
    }


def summarise(runs: Sequence[dict[str, Any]]) -> Measured:
    """Sum up runs of one table and seed by each arm: ratios of evaluations and of regret, and what each arm gains."""
    rows = []
    for name in dict.fromkeys(run["table"] for run in runs):
        groups = {
            arm: sorted((r for r in runs if r["table"] == name and r["arm"] == arm), key=lambda r: int(r["seed"]))
            for arm in ARMS
        }
        row: dict[str, Any] = {"table": name, "points": groups[ARMS[0]][0]["points"]}
        for arm, group in groups.items():
            needed = [run["evaluations_to_95"] or run["points"] for run in group]
            row[f"evaluations_to_95_{arm}"] = float(np.median(needed))
            row[f"mean_regret_{arm}"] = round(float(np.mean([run["mean_regret"] for run in group])), 6)
        for before, arm in itertools.pairwise(ARMS):
            pairs = zip(groups[before], groups[arm], strict=True)
            low, high = interval(np.array([a["mean_regret"] - b["mean_regret"] for a, b in pairs]))
            row |= {f"gain_low_{arm}": round(low, 6), f"gain_high_{arm}": round(high, 6)}
        rows.append(row)

    def ratio(figure: str, before: str, after: str) -> float:
        pairs = [(row[f"{figure}_{before}"], row[f"{figure}_{after}"]) for row in rows]
        return round(float(np.exp(np.mean([np.log(max(a, 1e-6) / max(b, 1e-6)) for a, b in pairs]))), 4)

    figures: dict[str, float] = {}
    for before, arm in itertools.pairwise(ARMS):
        start = "" if arm == "facts" else f"{arm}_"
        figures |= {
            f"{start}regret_ratio": ratio("mean_regret", before, arm),
            f"{start}evaluations_ratio": ratio("evaluations_to_95", before, arm),
            f"{start}tables_gaining": float(sum(row[f"gain_low_{arm}"] > 0 for row in rows)),
            f"{start}tables_losing": float(sum(row[f"gain_high_{arm}"] < 0 for row in rows)),
        }
    return Measured(
        figures=figures,
        rows=rows,
        tables=[
            Table(
                title="Knobs alone, with experience, and with experience and facts",
                columns=("table", "points", "evaluations to 95 %", "mean regret", "gain by experience", "by facts"),
                rows=tuple(
                    (
                        row["table"],
                        str(row["points"]),
                        ", ".join(f"{row[f'evaluations_to_95_{arm}']:g}" for arm in ARMS),
                        ", ".join(f"{row[f'mean_regret_{arm}']:.4f}" for arm in ARMS),
                        *(f"{row[f'gain_low_{arm}']:+.4f} to {row[f'gain_high_{arm}']:+.4f}" for arm in ARMS[1:]),
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
    tasks = [(path, seed, arm) for path in paths for seed in range(SEEDS) for arm in ARMS]
    runs = []
    with ProcessPoolExecutor(initializer=functools.partial(threadpool_limits, 1)) as pool:
        for done, run in enumerate(pool.map(play, *zip(*tasks, strict=True)), start=1):
            runs.append(run)
            if done % (len(ARMS) * SEEDS) == 0:
                say(f"{done} of {len(tasks)} replays")
    return summarise(runs)


BENCHMARK = Benchmark(
    name="features",
    summary="What experience of other designs, and facts of the datapath, spare the surrogate on our own spaces.",
    method=f"""\
`surrogate` replayed on the shipped tables (`designs/tables`), {SEEDS} seeds and {BUDGET} evaluations each, thrice: with
knobs alone, with what the other tables taught of the knobs' choices (`search/experience.py`; never the table's own),
and with what they taught of choices and of the facts of `hdlgen/features.py`: counts and widths of units, registers,
heap and levels, the delay of the longest stage, an estimate of area, all from the planned datapath.
`regret_ratio` and `evaluations_ratio` are geometric means over tables of what is needed without facts, but with
experience, to what is needed with them; `experience_regret_ratio` and `experience_evaluations_ratio` those of what is
needed with knobs alone to what is needed with experience of them. Above 1, they help. Regret is the share of the true
front's hypervolume that is missing, as a mean over all evaluations; evaluations are the median to {TARGET:.0%} of the
hypervolume. `tables_gaining` and `tables_losing` count tables whose 95 % bootstrap interval of the paired difference of
regret lies off zero; the table gives these intervals.
""",
    goals=(Goal(figure="regret_ratio", direction=Bound.AT_LEAST, bound=1),),
    measure=_measure,
)

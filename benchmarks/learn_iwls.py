"""`learn_iwls`: the functions of IWLS 2020 from their examples alone, with and without recognising arithmetic."""

from __future__ import annotations

import functools
import hashlib
import json
import multiprocessing
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from benchmarks.benchmark import ROOT, Benchmark, Bound, Goal, Measured, Say, Table
from hdlgen.aiger import write_aiger
from hdlgen.errors import ToolMissing
from hdlgen.examples import read_examples
from search.portfolio import METHODS, Cases, Outcome, Settings, finish, try_methods
from sim.networks import SHRINKING, shrink

__all__ = ["BENCHMARK", "FOLDER", "WAYS", "learn_function", "read_function", "summarise"]

DATA = ROOT.parent / "shared" / "iwls2020"
FOLDER = ROOT / "runs" / "learn_iwls"
"""Takes `matching/exNN.aig`, `learnt/exNN.aig`, and the row of each function, from which a stopped run goes on."""
WAYS = ("matching", "learnt")
SETTINGS = Settings(limit=5000, seed=1, both=True)
WORKERS = 2
CATEGORIES = (
    *("adders", "dividers", "multipliers", "comparators", "square roots"),
    *("PicoJava", "i10", "MCNC and symmetric", "MNIST"),
)


def read_function(number: int, data: Path = DATA) -> tuple[Cases, Cases]:
    """Read the training and the validation examples of a function."""
    parts = [read_examples(data / part / f"ex{number:02d}.npz") for part in ("train", "validation")]
    training, validation = (Cases(inputs=part.inputs, answers=part.outputs[:, 0]) for part in parts)
    return training, validation


def learn_function(number: int, *, data: Path = DATA, folder: Path = FOLDER) -> dict[str, Any]:
    """Learn a function both ways, write both circuits, and give the row of it."""
    kept, digest = folder / f"ex{number:02d}.json", _digest()
    if kept.is_file():
        row: dict[str, Any] = json.loads(kept.read_text())
        if row.pop("sources") == digest:
            return row
    began = time.monotonic()
    with threadpool_limits(1):
        training, validation = read_function(number, data)
        candidates = try_methods(training, validation, SETTINGS)
        learnt = [one for one in candidates if not METHODS[one.method].arithmetic]
        small = functools.partial(shrink, rounds=SHRINKING, seconds=60.0)
        row = {"function": f"ex{number:02d}", "inputs": training.width}
        made: list[Outcome] = []
        for way, offered in zip(WAYS, (candidates, learnt), strict=True):
            # Where nothing was recognised, both ways are one.
            same = bool(made) and len(offered) == len(candidates)
            outcome = made[0] if same else finish(offered, training, validation, SETTINGS, shrink=small)
            made.append(outcome)
            path = folder / way / f"ex{number:02d}.aig"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(write_aiger(outcome.network))
            row |= {
                f"accuracy_{way}": round(100 * outcome.accuracy, 3),
                f"ands_{way}": outcome.network.and_nodes,
                f"by_{way}": f"{outcome.method} {outcome.variant}",
            }
    row |= {"recognised": made[0].described, "seconds": round(time.monotonic() - began, 1)}
    kept.write_text(json.dumps(row | {"sources": digest}) + "\n")
    return row


def _digest() -> str:
    """Digest the sources that a row depends on, so that none is taken over from others."""
    paths = [*(ROOT / "search" / "portfolio").rglob("*.py"), ROOT / "sim" / "networks.py", Path(__file__)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(paths))).hexdigest()


def summarise(rows: Sequence[dict[str, Any]], wall_s: float, folder: Path = FOLDER) -> Measured:
    """Give the figures of all functions, with a table by category and one of the functions for each way."""
    gates = [row[f"ands_{way}"] for row in rows for way in WAYS]
    figures: dict[str, float] = {
        f"accuracy_{way}": statistics.fmean(row[f"accuracy_{way}"] for row in rows) for way in WAYS
    }
    figures |= {
        "ands_mean": max(statistics.fmean(row[f"ands_{way}"] for row in rows) for way in WAYS),
        "ands_max": max(gates),
        "wall_s": round(wall_s, 1),
        "functions": len(rows),
    }
    by_category = []
    for at, category in enumerate(CATEGORIES):
        chosen = [row for row in rows if int(row["function"][2:]) // 10 == at]
        if chosen:
            cells = [f"{statistics.fmean(row[f'{key}_{way}'] for row in chosen):.{digits}f}" for way in WAYS
                     for key, digits in (("accuracy", 2), ("ands", 0))]  # fmt: skip
            by_category.append((category, *cells))
    tables = [
        Table(
            title="By category",
            columns=("functions", "accuracy % matching", "ANDs", "accuracy % learnt", "ANDs"),
            rows=tuple(by_category),
        )
    ]
    for way in WAYS:
        shown = [
            (row["function"], str(row["inputs"]), f"{row[f'accuracy_{way}']:.2f}", str(row[f"ands_{way}"]),
             row["recognised"] if way == "matching" and row["recognised"] else row[f"by_{way}"])
            for row in rows
        ]  # fmt: skip
        columns = ("function", "inputs", "accuracy %", "ANDs", "by")
        tables.append(Table(title=f"Functions, {way} (circuits in {folder / way})", columns=columns, rows=tuple(shown)))
    return Measured(figures=figures, rows=list(rows), tables=tables)


def _measure(say: Say) -> Measured:
    if not (DATA / "train").is_dir():
        raise ToolMissing(f"learn_iwls is skipped: its examples must be in {DATA}, and are not")
    numbers = sorted(int(path.stem[2:]) for path in (DATA / "train").glob("ex*.npz"))
    FOLDER.mkdir(parents=True, exist_ok=True)
    say(f"circuits go to {FOLDER}; what is there already is not learnt again")
    rows: dict[int, dict[str, Any]] = {}
    # Wide ones first: the last one to end is short.
    with ProcessPoolExecutor(WORKERS, multiprocessing.get_context("fork")) as pool:
        futures = {pool.submit(learn_function, number): number for number in reversed(numbers)}
        for future in as_completed(futures):
            row = rows[futures[future]] = future.result()
            said = [
                f"{way} {row[f'accuracy_{way}']:.2f} %, {row[f'ands_{way}']} ANDs, {row[f'by_{way}']}" for way in WAYS
            ]
            say(f"{row['function']}: {'; '.join(said)}")
    ordered = [rows[number] for number in numbers]
    # Seconds of the processes: what a stopped run had done before counts as well.
    return summarise(ordered, sum(row["seconds"] for row in ordered) / WORKERS)


BENCHMARK = Benchmark(
    name="learn_iwls",
    summary="90 functions of the contest IWLS 2020, learnt from 6,400 examples each, with and without matching.",
    method=f"""\
Every method of the portfolio learns from the training examples; half of the validation examples chooses, and teaches
with the training examples, what the other half measures, and the other way round, so no figure is of examples that had
a say in it. The choice then learns from all examples and is made small by ABC. *Matching* may recognise functions of
numbers, that is no learning; *learnt* knows no arithmetic (parities, symmetric functions and quadratic forms over GF(2)
stay). The worse of both ways counts for AND gates. Seconds are those of {WORKERS} processes side by side, of both
ways together. In the contest, the winner had 88.7 % on 100 functions, which is 90.2 to 91.3 % on these 90; team 2 had
87.9 % on these with 744 ANDs.""",
    goals=(
        Goal(figure="accuracy_matching", direction=Bound.AT_LEAST, bound=95.5),
        Goal(figure="accuracy_learnt", direction=Bound.AT_LEAST, bound=91.0),
        Goal(figure="ands_mean", direction=Bound.AT_MOST, bound=1000.0),
        Goal(figure="ands_max", direction=Bound.AT_MOST, bound=5000.0),
        Goal(figure="wall_s", direction=Bound.AT_MOST, bound=3600.0),
    ),
    measure=_measure,
)

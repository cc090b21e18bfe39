"""`scaling`: the loop on 1 to 1,000 workers: decisions, store, cluster, and what a batch as large costs in quality."""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import statistics
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.benchmark import Benchmark, Bound, Goal, Measured, Say, Table
from benchmarks.cluster_model import Costs, Played, play
from benchmarks.spector_tables import read_tables
from hdlgen.cli.project import Project, measuring, open_project
from hdlgen.errors import ToolMissing
from hdlgen.evaluation import Evaluation, Score, Status
from hdlgen.space import Point
from search import replay
from search.store import HEADER_KEYS, Record, RunStore
from search.strategies import STRATEGIES
from sim.cache import Cache
from sim.cluster import ClusterMeasure
from sim.remote import Answer

__all__ = ["BENCHMARK", "Penalty", "echo", "made_up", "penalty", "time_decisions", "time_store"]

DESIGN = "dot8"
WORKERS = (1, 10, 100, 1000)
NAMES = ("uniform", "local", "evolution", "surrogate", "forest", "bandit")
"""The strategies that are timed, as far as they are there."""
MAIN = "local"
"""The one that the simulated search runs."""
SEEDS, LATE = 10, 100
MOST = 400
"""Replays go on to this many evaluations where they do not reach 99% of the hypervolume before."""
LARGE = 20.0
"""So many times the seconds of a point of the design has one of a large design."""


def made_up(point: Point) -> Evaluation:
    """Score a point by its text alone: what decisions and store cost does not depend on what a score says."""
    lot = zlib.crc32(point.text().encode()) / 2**32
    clock_mhz = 100 + 900 * (lot * 997 % 1)
    score = Score(
        area_um2=1000 + 9000 * lot,
        flip_flop_area_um2=500.0,
        clock_mhz=clock_mhz,
        period_ps=1e6 / clock_mhz,
        throughput_msps=clock_mhz / int(point["interval"]),
        interval_cycles=float(int(point["interval"])),
        latency_cycles=3,
        latency_ns=3e3 / clock_mhz,
        error_lsb=0.0,
        cells=400,
        flip_flops=100,
    )
    key = f"{zlib.crc32(point.text().encode()):016x}"
    return Evaluation(point=point, status=Status.OK, score=score, feasible=True, key=key, runtime_s=1.0)


def time_decisions(project: Project, strategy: str, batch: int) -> list[float]:
    """Time the decisions of a strategy, tell and ask, for the first batches of a search; CPU seconds."""
    rounds = {1: 100, 10: 20, 100: 5}.get(batch, 3)
    search = STRATEGIES[strategy](project.space, project.spec.objectives, seed=1)
    told: Sequence[Evaluation] = ()
    seconds = []
    for _ in range(rounds):
        began = time.process_time()
        if told:
            search.tell(told)
        points = search.ask(batch)
        seconds.append(time.process_time() - began)
        told = [made_up(point) for point in points]
    return seconds


def time_store(project: Project, count: int) -> float:
    """Time how long an evaluation takes to be on disk, in the median, here where runs are kept."""
    header = {**dict.fromkeys(HEADER_KEYS, ""), "name": DESIGN, "budget": count}
    seconds = []
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder, RunStore.create(header, out=Path(folder)) as store:
        for index, point in enumerate(project.space.sample(count, 1)):
            record = Record(index=index, batch=0, evaluation=made_up(point), repeated=False, elapsed_s=1.0)
            began = time.perf_counter()
            store.append(record)
            seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def echo(packed: bytes, point: Point) -> Answer:
    """Answer at once, with as much as a measured point has: a worker that takes no time."""
    evaluation = made_up(point)
    assert evaluation.score is not None
    lines = [f"u{number} sky130_fd_sc_hd__nand2_1 A {number} ps" for number in range(20)]
    netlist = np.random.default_rng(len(packed)).bytes(20_000)  # as large as a netlist that is compressed
    return Answer(evaluation=evaluation, record={"score": evaluation.score.as_dict(), "path": lines}, netlist=netlist)


def time_cluster(project: Project, count: int, store_s: float) -> Costs:
    """Time what a point costs beside its measurement: on a real cluster of this machine, by workers that only echo.

    CPU seconds of this process and of the scheduler's: on a machine of their own they have cores to themselves.
    """
    if importlib.util.find_spec("distributed") is None:
        raise ToolMissing("scaling: Dask must be installed; install it with: pip install 'hdlgen[dask]'")
    distributed = importlib.import_module("distributed")
    points = project.space.sample(count, 1)
    with (
        tempfile.TemporaryDirectory() as folder,
        distributed.SubprocessCluster(n_workers=2, threads_per_worker=1) as local,
        distributed.Client(local, set_as_default=False) as client,
    ):
        measure = ClusterMeasure(client, local.scheduler_address, b"", Cache(Path(folder)), task=echo)
        assert len(list(measure.evaluate(points[:8]))) == 8  # the workers have imported what they need
        scheduler_began, began = client.run_on_scheduler(time.process_time), time.process_time()
        evaluations = measure.evaluate(points)
        first = next(evaluations)  # all are submitted
        submitted = time.process_time()
        assert [first.point, *(evaluation.point for evaluation in evaluations)] == points
        ended, scheduler_ended = time.process_time(), client.run_on_scheduler(time.process_time)
    return Costs(
        submit_s=(submitted - began) / count,
        schedule_s=(scheduler_ended - scheduler_began) / count,
        receive_s=(ended - submitted) / count,
        store_s=store_s,
    )


def time_points(project: Project, count: int) -> list[float]:
    """Measure some points of the design and give the CPU seconds of each."""
    with (
        tempfile.TemporaryDirectory() as folder,
        measuring(project, workers=2, cache=Path(folder)) as measure,
    ):
        found = list(measure.evaluate(project.space.sample(count, 2)))
    return [evaluation.runtime_s for evaluation in found if evaluation.runtime_s > 0]


_SAID = ("to 99%", f"missing at {LATE}")


class Penalty:
    """What searches with one size of batch reached on some tables."""

    def __init__(self, reached: Sequence[int | None], regrets: Sequence[float]) -> None:
        self.reached = [MOST if count is None else count for count in reached]
        self.late = statistics.median(self.reached)
        """Evaluations to 99% of the true hypervolume in the median; those that never came count as the most."""
        self.share = sum(count is not None for count in reached) / len(reached)
        self.regret = statistics.mean(regrets)
        """The share of the true hypervolume that was missing after `LATE` evaluations, in the mean."""


def penalty(measured: Sequence[replay.Table], strategy: str, batch: int, seeds: int) -> Penalty:
    """Replay a strategy with a size of batch: evaluations count one by one, in the order of asking."""
    reached, regrets = [], []
    for table, seed in itertools.product(measured, range(seeds)):
        search = STRATEGIES[strategy](table.space, table.objectives, seed=seed)
        points: list[Point] = []
        shares = table.shares(points)
        while len(points) < min(MOST, len(table)) and not (len(points) >= LATE and shares[-1] >= 0.99):
            asked = search.ask(batch)
            search.tell([table[point] for point in asked])
            points += asked
            shares = table.shares(points)
        at = np.flatnonzero(shares[:MOST] >= 0.99)
        reached.append(int(at[0]) + 1 if len(at) else None)
        regrets.append(1 - float(shares[min(LATE, len(shares)) - 1]))
    return Penalty(reached, regrets)


def _measure(say: Say) -> Measured:
    project = open_project(DESIGN)
    names = [name for name in NAMES if name in STRATEGIES]
    say("seconds of points")
    seconds = time_points(project, 24)
    say("store and cluster")
    store_s = time_store(project, 300)
    costs = time_cluster(project, 1000, store_s)
    decisions: dict[str, dict[int, list[float]]] = {name: {} for name in names}
    for name, batch in itertools.product(names, WORKERS):
        say(f"decisions of {name} for {batch}")
        decisions[name][batch] = time_decisions(project, name, batch)
    penalties: dict[str, dict[int, Penalty]] = {name: {} for name in names}
    measured = read_tables()
    for name, batch in itertools.product(names, WORKERS[:-1]):
        say(f"replays of {name} by {batch}")
        penalties[name][batch] = penalty(measured, name, batch, SEEDS)
    played = list(_play(seconds, decisions[MAIN], costs))
    return _measured(seconds, costs, decisions, penalties, played)


def _play(
    seconds: Sequence[float], decisions: dict[int, list[float]], costs: Costs
) -> Iterator[tuple[str, int, Played]]:
    """Simulate searches of ten batches, of the design and of one whose points take longer."""
    random = np.random.default_rng(1)
    for kind, factor in (("small", 1.0), ("large", LARGE)):
        for workers in WORKERS:
            times = decisions[workers]
            for batch in (workers, 4 * workers):
                durations = factor * random.choice(np.array(seconds), size=10 * batch)

                def decide(begun: int, batch: int = batch, times: list[float] = times, workers: int = workers) -> float:
                    return times[min(begun // batch, len(times) - 1)] * batch / workers

                played = play(durations.tolist(), workers=workers, batch=batch, decide_s=decide, costs=costs)
                yield f"{kind}, batch {batch // workers}x", workers, played


def _losses(played: Played) -> dict[str, float]:
    """Part the time in which workers do not measure, as shares of the whole."""
    parts = {
        "deciding": played.decision_s / played.wall_s,
        "keeping results": played.receive_s / played.wall_s,
        "the store": played.store_s / played.wall_s,
    }
    return {**parts, "the slowest point of a batch": max(0.0, 1 - played.efficiency - sum(parts.values()))}


def _measured(
    seconds: Sequence[float],
    costs: Costs,
    decisions: dict[str, dict[int, list[float]]],
    penalties: dict[str, dict[int, Penalty]],
    played: Sequence[tuple[str, int, Played]],
) -> Measured:
    figures = {
        "point_s_mean": statistics.mean(seconds),
        "store_ms": 1e3 * costs.store_s,
        "cluster_ms": 1e3 * (costs.schedule_s + costs.receive_s),
        "points_per_s_limit": 1 / (costs.submit_s + costs.receive_s + costs.store_s),
    }
    rows: list[dict[str, Any]] = []
    shown = []
    for kind, workers, one in played:
        losses = _losses(one)
        worst = max(losses, key=lambda name: losses[name])
        size, times = kind.split(", batch ")
        if times == "1x":
            figures[f"efficiency_{size}_{workers}"] = one.efficiency
            figures[f"decision_share_{size}_{workers}"] = losses["deciding"]
        rows.append({"search": kind, "workers": workers, "efficiency": one.efficiency, **losses})
        cells = (f"{one.points_per_s:,.1f}", f"{one.efficiency:.0%}", *(f"{loss:.0%}" for loss in losses.values()))
        shown.append((kind, f"{workers:,}", *cells, worst if one.efficiency < 0.9 else "nothing"))
    head = ("search", "workers", "points a second", "measuring", *(f"lost to {name}" for name in losses))
    found = [Table(title="A search on many workers", columns=(*head, "breaks first"), rows=tuple(shown))]
    head = ("strategy", *(f"{batch:,} points" for batch in WORKERS))
    listed = [
        (name, *(f"{1e3 * statistics.median(by[batch]):,.2f} ms" for batch in WORKERS))
        for name, by in decisions.items()
    ]
    found.append(Table(title="A decision, tell and ask, in the median", columns=head, rows=tuple(listed)))
    rows += [
        {"strategy": name, "batch": batch, "decision_s": statistics.median(times)}
        for name, by in decisions.items()
        for batch, times in by.items()
    ]
    head = (
        "strategy",
        *(f"{what}, batch {batch}" for batch in WORKERS[:-1] for what in ("to 99%", f"missing at {LATE}")),
    )
    listed = []
    for name, by_batch in penalties.items():
        cells = []
        for batch, one_batch in by_batch.items():
            cells += [f"{one_batch.late:.0f} ({one_batch.share:.0%})", f"{one_batch.regret:.1%}"]
            rows.append({"strategy": name, "batch": batch, "to_99": one_batch.late, "reached": one_batch.share,
                         f"missing_at_{LATE}": one_batch.regret})  # fmt: skip
            figures[f"penalty_{name}_{batch}"] = one_batch.late / by_batch[1].late
        listed.append((name, *cells))
    found.append(Table(title="The penalty of a batch, by replay", columns=head, rows=tuple(listed)))
    return Measured(figures=figures, rows=rows, tables=found)


BENCHMARK = Benchmark(
    name="scaling",
    summary="How the loop scales to 1,000 workers, and what breaks first.",
    goals=(Goal(figure="decision_share_small_100", direction=Bound.AT_MOST, bound=0.05),),
    measure=_measure,
    method="""TODO""",
)

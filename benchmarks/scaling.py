"""`scaling`: the loop on 1 to 1,000 workers: decisions, store, cluster, and what a batch as large costs in quality."""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import statistics
import tempfile
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
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

__all__ = [
    "BENCHMARK",
    "Penalty",
    "Study",
    "echo",
    "made_up",
    "penalty",
    "studies",
    "summarise",
    "time_decisions",
    "time_store",
]

DESIGN = "dot8"
WORKERS = (1, 10, 100, 1000)
NAMES = ("uniform", "local", "evolution", "annealing", "surrogate", "forest", "bandit")
"""The strategies that are timed, as far as they are there."""
MAIN = "local"
"""The one that the simulated search runs."""
ENOUGH_S = 30.0
"""So many seconds of decisions of one kind are timed and no more."""
SEEDS, LATE = 6, 100
LOOK = 20
"""So often, in points, a replay looks whether it has come far enough."""
MOST = 400
"""Replays go on to this many evaluations where they do not reach 99% of the hypervolume before."""
BUSY = 0.9
"""Workers that measure for this share of their time are busy enough."""
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
    """Time the decisions of a strategy, tell and ask, for the first batches of a search; CPU seconds of its thread."""
    rounds = {1: 100, 10: 20, 100: 5}.get(batch, 3)
    search = STRATEGIES[strategy](project.space, project.spec.objectives, seed=1)
    told: Sequence[Evaluation] = ()
    seconds = []
    for _ in range(rounds):
        began = time.thread_time()
        if told:
            search.tell(told)
        points = search.ask(batch)
        seconds.append(time.thread_time() - began)
        if sum(seconds) > ENOUGH_S:
            break
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
        while len(points) < min(MOST, len(table)):
            asked = search.ask(batch)
            search.tell([table[point] for point in asked])
            points += asked
            late = len(points) >= LATE and len(points) % LOOK < batch
            if late and table.shares(points)[-1] >= 0.99:
                break
        shares = table.shares(points)
        at = np.flatnonzero(shares[:MOST] >= 0.99)
        reached.append(int(at[0]) + 1 if len(at) else None)
        regrets.append(1 - float(shares[min(LATE, len(shares)) - 1]))
    return Penalty(reached, regrets)


def _measure(say: Say) -> Measured:
    return _measure_some(say, _listed())


def _listed() -> tuple[str, ...]:
    return tuple(name for name in NAMES if name in STRATEGIES)


def _measure_some(say: Say, names: Sequence[str]) -> Measured:
    """Study some strategies; the simulated search decides as `MAIN` does, or as the first of them."""
    project = open_project(DESIGN)
    say("seconds of points")
    seconds = time_points(project, 12)
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
    simulated = list(studies(seconds, decisions[MAIN if MAIN in names else names[0]], costs))
    return summarise(seconds, costs, decisions, penalties, simulated)


class Study:
    """One simulated search, and how busy its workers were without each of the costs.

    Args:
        name: which points and batches.
        durations_s: of its points.
        times: seconds of its decisions, batch by batch; the last one goes on.
    """

    def __init__(
        self, name: str, durations_s: Sequence[float], *, workers: int, batch: int, times: Sequence[float], costs: Costs
    ) -> None:
        self.name = name
        self.workers = workers

        def run(durations_s: Sequence[float], factor: float, costs: Costs) -> Played:
            def decide(begun: int) -> float:
                return factor * times[min(begun // batch, len(times) - 1)]

            return play(durations_s, workers=workers, batch=batch, decide_s=decide, costs=costs)

        self.played = run(durations_s, 1.0, costs)
        even = [statistics.mean(durations_s)] * len(durations_s)
        self.without = {
            "decisions": run(durations_s, 0.0, costs).efficiency,
            "the scheduler": run(durations_s, 1.0, replace(costs, submit_s=0.0, schedule_s=0.0)).efficiency,
            "keeping results": run(durations_s, 1.0, replace(costs, receive_s=0.0)).efficiency,
            "the store": run(durations_s, 1.0, replace(costs, store_s=0.0)).efficiency,
            "slow points": run(even, 1.0, costs).efficiency,
        }
        """Efficiency without one of the costs; without slow points each takes as long as the mean."""

    @property
    def breaks(self) -> str:
        """Name the cost without which the workers would be busiest; nothing where they are busy anyway."""
        if self.played.efficiency >= BUSY:
            return "nothing"
        return max(self.without, key=lambda name: self.without[name])


def studies(
    seconds: Sequence[float], decisions: Mapping[int, Sequence[float]], costs: Costs, *, batches: int = 10
) -> Iterator[Study]:
    """Simulate searches of the design, and of one whose points take longer, with batches of one and of four rounds.

    Args:
        seconds: of points, drawn from with repeats.
        decisions: seconds of decisions by number of workers, for batches as large; larger ones take in proportion.
    """
    random = np.random.default_rng(1)
    for kind, factor in (("small", 1.0), ("large", LARGE)):
        for workers, rounds in itertools.product(decisions, (1, 4)):
            batch = rounds * workers
            durations = factor * random.choice(np.array(seconds), size=batches * batch)
            times = [rounds * time for time in decisions[workers]]
            name = f"{kind}, {rounds} a worker"
            yield Study(name, durations.tolist(), workers=workers, batch=batch, times=times, costs=costs)


def summarise(
    seconds: Sequence[float],
    costs: Costs,
    decisions: Mapping[str, Mapping[int, Sequence[float]]],
    penalties: Mapping[str, Mapping[int, Penalty]],
    simulated: Sequence[Study],
) -> Measured:
    """Put the parts and the simulated searches together."""
    figures = {
        "point_s_mean": statistics.mean(seconds),
        "submit_ms": 1e3 * costs.submit_s,
        "schedule_ms": 1e3 * costs.schedule_s,
        "receive_ms": 1e3 * costs.receive_s,
        "store_ms": 1e3 * costs.store_s,
        "points_per_s_limit": 1 / max(costs.submit_s + costs.receive_s + costs.store_s, costs.schedule_s),
    }
    rows: list[dict[str, Any]] = []
    for study in simulated:
        played = study.played
        kind, _, rounds = study.name.partition(", ")
        if rounds == "1 a worker":
            figures[f"efficiency_{kind}_{study.workers}"] = played.efficiency
            figures[f"decision_share_{kind}_{study.workers}"] = played.decision_s / played.wall_s
        without = {f"without {name}": efficiency for name, efficiency in study.without.items()}
        rows.append({"search": study.name, "workers": study.workers, "points_per_s": played.points_per_s,
                     "efficiency": played.efficiency, **without, "breaks": study.breaks})  # fmt: skip
    for name, by_batch in decisions.items():
        rows += [{"strategy": name, "batch": batch, "decision_s": _middle(by_batch[batch])} for batch in by_batch]
    for name, by_size in penalties.items():
        for batch, found in by_size.items():
            figures[f"penalty_{name}_{batch}"] = found.late / by_size[1].late
            rows.append({"strategy": name, "batch": batch, "to_99": found.late, "reached": found.share,
                         f"missing_at_{LATE}": found.regret})  # fmt: skip
    return Measured(
        figures=figures, rows=rows, tables=[_searches(simulated), _decisions(decisions), _penalties(penalties)]
    )


def _searches(simulated: Sequence[Study]) -> Table:
    costs = simulated[0].without
    lines = []
    for study in simulated:
        shares = (study.played.efficiency, *study.without.values())
        speed = f"{study.played.points_per_s:,.1f}"
        lines.append((study.name, f"{study.workers:,}", speed, *(f"{share:.0%}" for share in shares), study.breaks))
    columns = ("points, batch", "workers", "points a second", "busy", *(f"without {name}" for name in costs))
    return Table(title="How busy the workers are", columns=(*columns, "breaks first"), rows=tuple(lines))


def _decisions(decisions: Mapping[str, Mapping[int, Sequence[float]]]) -> Table:
    sizes = next(iter(decisions.values()))
    lines = [
        (name, *(f"{1e3 * _middle(seconds):,.2f} ms" for seconds in by.values())) for name, by in decisions.items()
    ]
    columns = ("strategy", *(f"{batch:,} points" for batch in sizes))
    return Table(title="A decision, tell and ask, in the median", columns=columns, rows=tuple(lines))


def _penalties(penalties: Mapping[str, Mapping[int, Penalty]]) -> Table:
    sizes = next(iter(penalties.values()))
    lines = []
    for name, by in penalties.items():
        pairs = ((f"{found.late:.0f} ({found.share:.0%})", f"{found.regret:.1%}") for found in by.values())
        lines.append((name, *itertools.chain.from_iterable(pairs)))
    heads = ((f"to 99%, batches of {batch}", f"missing after {LATE}, batches of {batch}") for batch in sizes)
    columns = ("strategy", *itertools.chain.from_iterable(heads))
    return Table(title="What a batch costs in quality", columns=columns, rows=tuple(lines))


def _middle(seconds: Sequence[float]) -> float:
    return statistics.median(seconds)


BENCHMARK = Benchmark(
    name="scaling",
    summary="How the loop scales to 1,000 workers, and what breaks first.",
    goals=(Goal(figure="decision_share_small_100", direction=Bound.AT_MOST, bound=0.05),),
    measure=_measure,
    method="""\
The parts are real, their sum is simulated. Timed are: the CPU seconds of 12 points of dot8; decisions (tell and ask)
of every strategy on its space, for batches of 1 to 1,000 points; how long an evaluation takes to be on disk
(`RunStore`, which waits for the disk each time); and the CPU seconds of a point's way over a real Dask cluster, in
this process (`submit`, `receive` with the cache) and in the scheduler (`schedule`), with workers that echo an answer
as large as a measured point's. `benchmarks/cluster_model.py` plays searches of ten batches with these figures: one
loop, one scheduler, 1 to 1,000 workers, one or four points a worker and batch, points as of dot8 (small) or 20 times
as long (large). The first table says how busy the workers are, and how busy they would be without each of the costs;
what helps most to be rid of breaks first. The strategy of these searches is `local`.

`points_per_s_limit` is what the loop's one thread can keep and store, and the scheduler schedule, whatever the number
of workers: a search scales until its workers together measure as many. Every evaluation waits for the disk before the
next one is taken, so that a kill loses none; that wait is the price. Larger batches keep workers busy through slow
points and cost quality: the last table counts evaluations to 99% of the hypervolume on the five Spector tables (6
seeds; in parentheses how many runs came so far within 400), and what was missing after 100. A batch of 1,000 is most
of such a table, so nothing is left to learn. `penalty_NAME_N` is evaluations to 99% with batches of N over those with
batches of 1.
""",
    parts=_listed(),
    measure_parts=_measure_some,
)

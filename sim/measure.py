"""Measure: from a point to its score, the whole pipeline in one place.

build (Amaranth to RTLIL to Verilog) -> simulate with cocotb against the golden model, many designs at once
                                     -> map to cells (Yosys, ABC) and time -> Evaluation
Every step runs in a worker of the pool; equal hardware is measured once, and what is known is kept in the cache.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from json import dumps, loads
from pathlib import Path
from typing import Any

from hdlgen.compiler import Compiler
from hdlgen.errors import PointError, ToolError, ToolMissing
from hdlgen.evaluation import Constraint, Evaluation, Score, Status
from hdlgen.knobs import settings
from hdlgen.payload import payload_width
from hdlgen.space import Point
from sim.cache import Cache, digest
from sim.pool import Failure, FailureKind, Pool, Task
from sim.simulate import SimulationJob, SimulationResult, simulate
from sim.synthesize import synthesize
from sim.technology import Technology
from sim.timing import analyse
from sim.tools import ToolTimeout
from sim.verilog import rtlil_to_verilog
from sim.versions import code_digest
from sim.workload import Workload

__all__ = ["Artifacts", "Built", "Mapped", "Measure", "PRELOAD", "build", "map_and_time", "score_of"]

PRELOAD = ("sim.measure",)
"""What the pool imports once, before its first worker."""

_BUILD_SECONDS = 120.0
_MAP_SECONDS = 240.0
_SIMULATION_SECONDS = 60.0
"""CPU-second limits of the steps; of a simulation, for each design in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A design before measurement: RTLIL, Verilog, a summary of its datapath in plain types."""

    rtlil: str
    verilog: str
    datapath: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What mapping and timing say: areas, counts, period, the critical path in words, and the netlist as Verilog."""

    area_um2: float
    flip_flop_area_um2: float
    cells: int
    flip_flops: int
    period_ps: float
    path: tuple[str, ...]
    netlist: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifacts:
    """The files of a measured design, by name."""

    files: dict[str, str]


def build(compiler: Compiler, point: Point | None) -> Built:
    """Build the design of a point, or the stock design for None."""
    design = compiler.stock() if point is None else compiler.build(point)
    return Built(rtlil=design.rtlil, verilog=rtlil_to_verilog(design.rtlil), datapath=design.datapath.summary())


def map_and_time(rtlil: str, technology: Technology, recipe: str, flow: str) -> Mapped:
    """Map a design onto a technology and find its shortest period."""
    with tempfile.TemporaryDirectory(prefix="hdlgen-map-") as folder:
        synthesis = synthesize(rtlil, technology, recipe=recipe, flow=flow, folder=Path(folder))
    timing = analyse(synthesis.mapped, technology)
    return Mapped(
        area_um2=round(synthesis.area_um2, 4),
        flip_flop_area_um2=round(synthesis.flip_flop_area_um2, 4),
        cells=sum(synthesis.cells.values()),
        flip_flops=synthesis.flip_flops,
        period_ps=round(timing.period_ps, 2),
        path=tuple(f"{step.instance} {step.cell} {step.pin} {step.arrival_ps:.0f} ps" for step in timing.path),
        netlist=synthesis.netlist,
    )


def _simulate(jobs: Sequence[SimulationJob], simulator: str | None) -> list[SimulationResult]:
    with tempfile.TemporaryDirectory(prefix="hdlgen-simulate-") as folder:
        return simulate(jobs, simulator=simulator, folder=Path(folder))


@dataclass(slots=True)
class _Pending:
    """A point on its way."""

    point: Point
    key: str = ""
    built: Built | None = None
    mapping: Task[Mapped] | None = None
    simulation: tuple[Task[list[SimulationResult]], int] | None = None
    known: Evaluation | None = None
    cpu_s: float = 0.0


class Measure:
    """Measure points of one spec on one technology; an `Evaluator`.

    Args:
        compiler: of the spec's graph.
        workload: what each design is simulated with.
        technology: what it is mapped to.
        constraints: those of the spec; a score that breaks one is not feasible.
        pool: workers, with `PRELOAD` preloaded.
        cache: results of earlier measurements.
        simulator: `icarus`, `verilator` or None for the first that is installed.
        together: how many designs share one simulation.
    """

    def __init__(
        self,
        *,
        compiler: Compiler,
        workload: Workload,
        technology: Technology,
        constraints: Sequence[Constraint],
        pool: Pool,
        cache: Cache,
        simulator: str | None = None,
        together: int = 4,
    ) -> None:
        self.compiler = compiler
        self.workload = workload
        self.technology = technology
        self.constraints = tuple(constraints)
        self.pool = pool
        self.cache = cache
        self.simulator = simulator
        self.together = together
        self._environment = digest(technology.digest, code_digest())

    def evaluate(self, points: Sequence[Point]) -> Iterator[Evaluation]:
        """Measure points together and yield their evaluations in the order of asking.

        Raises: ToolMissing where a program that every point needs is not installed.
        """
        builds = [self.pool.submit(build, self.compiler, point, cpu_seconds=_BUILD_SECONDS) for point in points]
        pending = [_Pending(point=point) for point in points]
        by_key: dict[str, _Pending] = {}
        waiting: list[_Pending] = []
        for entry, task in zip(pending, builds, strict=True):
            outcome = task.result()
            entry.cpu_s += outcome.cpu_s
            if outcome.failure is not None:
                entry.known = _failed(entry, outcome.failure)
                continue
            entry.built = outcome.require()
            entry.key = self.key(entry.built, settings(entry.point).recipe)
            if entry.key in by_key:
                continue
            entry.known = self._cached(entry)
            if entry.known is None:
                by_key[entry.key] = entry
                recipe = settings(entry.point).recipe
                entry.mapping = self.pool.submit(
                    map_and_time, entry.built.rtlil, self.technology, recipe, "generated", cpu_seconds=_MAP_SECONDS
                )
                waiting.append(entry)
                if len(waiting) == self.together:
                    self._simulate(waiting)
                    waiting = []
        self._simulate(waiting)
        for entry in pending:
            if entry.known is None and entry.mapping is None:
                yield self._renamed(by_key[entry.key], entry.point)
            else:
                yield self._finished(entry)

    def key(self, built: Built, recipe: str) -> str:
        """Digest all that a score depends on."""
        return digest(built.rtlil, recipe, self.workload.digest(built.datapath["interval_cycles"]), self._environment)

    def artifacts(self, point: Point) -> Artifacts:
        """Give the files of a measured point; measures it where the cache does not hold it.

        Raises: ToolError where it cannot be measured.
        """
        built = self.pool.submit(build, self.compiler, point, cpu_seconds=_BUILD_SECONDS).result().require()
        key = self.key(built, settings(point).recipe)
        if self.cache.get(key) is None:
            evaluation = next(self.evaluate([point]))
            if evaluation.status is not Status.OK:
                raise ToolError(f"{point.text()}: the design must be measured again, not end as {evaluation.status}")
        packed = self.cache.files(key)["artifacts.json.z"].read_bytes()
        return Artifacts(files=loads(zlib.decompress(packed)))

    def build_stock(self) -> Built:
        """Build the stock design of the spec.

        Raises: ToolError where it cannot be built.
        """
        return self.pool.submit(build, self.compiler, None, cpu_seconds=_BUILD_SECONDS).result().require()

    def simulate_one(self, name: str, built: Built) -> SimulationResult:
        """Simulate a design against the golden model.

        Raises: ToolError where the simulation's worker fails.
        """
        arguments = ([self._job(name, built)], self.simulator)
        return self.pool.submit(_simulate, *arguments, cpu_seconds=_SIMULATION_SECONDS).result().require()[0]

    def _simulate(self, entries: Sequence[_Pending]) -> None:
        """Hand some designs to one simulation."""
        if not entries:
            return
        jobs = [self._job(f"point_{number}", entry.built) for number, entry in enumerate(entries) if entry.built]
        task = self.pool.submit(_simulate, jobs, self.simulator, cpu_seconds=_SIMULATION_SECONDS * len(jobs))
        for number, entry in enumerate(entries):
            entry.simulation = (task, number)

    def _job(self, name: str, built: Built) -> SimulationJob:
        return SimulationJob(
            name=name,
            verilog=built.verilog,
            input_width=payload_width(self.compiler.inputs),
            output_width=payload_width(self.compiler.outputs),
            phases=self.workload.phases(built.datapath["interval_cycles"]),
        )

    def _cached(self, entry: _Pending) -> Evaluation | None:
        record = self.cache.get(entry.key)
        if record is None:
            return None
        score = Score(**record["score"])
        return self._evaluation(entry, Status.OK, score=score, runtime_s=0.0)

    def _renamed(self, source: _Pending, point: Point) -> Evaluation:
        """Give the evaluation of equal hardware to another point."""
        known = self._finished(source)
        return Evaluation(
            point=point,
            status=known.status,
            score=known.score,
            feasible=known.feasible,
            key=known.key,
            runtime_s=0.0,
            message=known.message,
        )

    def _finished(self, entry: _Pending) -> Evaluation:
        """Wait for what is under way and judge it, once."""
        if entry.known is None:
            entry.known = self._judge(entry)
        return entry.known

    def _judge(self, entry: _Pending) -> Evaluation:
        assert entry.simulation is not None and entry.mapping is not None and entry.built is not None
        task, number = entry.simulation
        simulated = task.result()
        mapping = entry.mapping.result()
        entry.cpu_s += mapping.cpu_s + simulated.cpu_s / max(len(simulated.value or ()), 1)
        for failure in (simulated.failure, mapping.failure):
            if failure is not None:
                return _failed(entry, failure)
        result = simulated.require()[number]
        if result.status != "ok":
            statuses = {"mismatch": Status.MISMATCH, "timeout": Status.TIMEOUT}
            return self._evaluation(entry, statuses.get(result.status, Status.TOOL_FAILED), message=result.message)
        score = score_of(mapping.require(), result)
        self._keep(entry, score, mapping.require(), result)
        return self._evaluation(entry, Status.OK, score=score)

    def _keep(self, entry: _Pending, score: Score, mapped: Mapped, result: SimulationResult) -> None:
        assert entry.built is not None
        files = {
            "design.v": entry.built.verilog,
            "netlist.v": mapped.netlist,
            "results.xml": result.junit,
            "datapath.json": dumps(entry.built.datapath, indent=1),
            "critical_path.txt": "\n".join(mapped.path) + "\n",
            "design.il": entry.built.rtlil,
        }
        self.cache.put(
            entry.key,
            {"score": score.as_dict()},
            {"artifacts.json.z": zlib.compress(dumps(files).encode(), level=6)},
        )

    def _evaluation(
        self,
        entry: _Pending,
        status: Status,
        *,
        score: Score | None = None,
        message: str = "",
        runtime_s: float | None = None,
    ) -> Evaluation:
        return Evaluation(
            point=entry.point,
            status=status,
            score=score,
            feasible=score is not None and all(constraint.holds(score) for constraint in self.constraints),
            key=entry.key,
            runtime_s=round(entry.cpu_s if runtime_s is None else runtime_s, 3),
            message=message,
        )


def score_of(mapped: Mapped, result: SimulationResult) -> Score:
    """Join what mapping, timing and simulation measured."""
    if result.results_per_cycle is None or result.interval_cycles is None or result.latency_cycles is None:
        raise ToolError(f"{result.name}: the simulation must measure rate and latency in a phase without stalls")
    clock_mhz = 1e6 / mapped.period_ps
    return Score(
        area_um2=mapped.area_um2,
        flip_flop_area_um2=mapped.flip_flop_area_um2,
        clock_mhz=round(clock_mhz, 3),
        period_ps=mapped.period_ps,
        throughput_msps=round(clock_mhz * result.results_per_cycle, 3),
        interval_cycles=round(result.interval_cycles, 4),
        latency_cycles=result.latency_cycles,
        latency_ns=round(result.latency_cycles * mapped.period_ps / 1000, 3),
        error_lsb=0.0,  # every operation of a graph is exact, and the testbench compares every bit
        cells=mapped.cells,
        flip_flops=mapped.flip_flops,
    )


def _failed(entry: _Pending, failure: Failure) -> Evaluation:
    """Turn a failure of a worker into data; a missing program concerns every point and is raised."""
    if isinstance(failure.exception, ToolMissing):
        raise failure.exception
    if isinstance(failure.exception, PointError):
        status = Status.INVALID
    elif failure.kind is FailureKind.TIMEOUT or isinstance(failure.exception, ToolTimeout):
        status = Status.TIMEOUT
    else:
        status = Status.TOOL_FAILED
    return Evaluation(
        point=entry.point, status=status, key=entry.key, runtime_s=round(entry.cpu_s, 3), message=failure.message
    )

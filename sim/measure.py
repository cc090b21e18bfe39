"""Measure: from a point to its score, the whole pipeline in one place.

build (Amaranth to RTLIL to Verilog) -> simulate with cocotb against the golden model, many designs at once
                                     -> map to cells (Yosys, ABC) and time -> Evaluation
Every step runs in a worker of the pool; equal hardware is measured once, and what is known is kept in the cache.
"""

from __future__ import annotations

import errno
import math
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace

from hdlgen.arithmetic.full_adders import FULL_ADDER
from hdlgen.compiler import Compiler
from hdlgen.errors import HdlgenError, InputError, PointError, StoreError, ToolMissing
from hdlgen.evaluation import Constraint, Evaluation, Score, Status
from hdlgen.knobs import settings
from hdlgen.limits import MAX_WEBASSEMBLY_BYTES
from hdlgen.payload import payload_width
from hdlgen.space import Point
from sim.cache import Cache, digest
from sim.fpga import Fpga
from sim.fpga.place import nextpnr_version
from sim.logic import Logic
from sim.mapped import Mapped, score_of
from sim.pace import Pace
from sim.pool import Failure, FailureKind, Outcome, Pool, Task
from sim.simulation import SimulationJob, SimulationResult
from sim.simulators import choose
from sim.steps import (
    BUILD_SECONDS,
    FPGA_SECONDS,
    MAP_SECONDS,
    SIMULATION_SECONDS,
    Built,
    Count,
    build,
    elaborate_and_read,
    map_and_time,
    map_logic_and_time,
    place_and_route,
    simulate_together,
)
from sim.targets import Target
from sim.tools import ToolTimeout
from sim.versions import code_digest
from sim.workload import Workload

__all__ = ["NETLIST", "PRELOAD", "Measure"]

PRELOAD = ("sim.measure", "numpy.ma")
"""What the pool imports once, before its first worker."""
NETLIST = "netlist.v.z"
"""The file of a cached result that holds the mapped netlist, compressed."""

KEPT_CHARACTERS = 100_000_000
"""How much text of the designs built last is kept; beyond it, the oldest are built again where they are needed."""
_COMPRESSION = 1
"""Of netlists, the fastest: the workers wait meanwhile."""
_TEXTS = "texts"
_SIMULATION = "simulation"
_PER_CHARACTER_S = 3e-6
"""CPU seconds that a task may take for each character of RTLIL."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


@dataclass(slots=True)
class _Pending:
    """A point on its way."""

    point: Point
    key: str = ""
    built: Built | None = None
    mapping: Task[Mapped] | None = None
    simulation: _Shared | None = None
    known: Evaluation | None = None
    cpu_s: float = 0.0

    @property
    def is_measured(self) -> bool:
        """Tell whether its mapping and its simulation have ended."""
        if self.mapping is None or self.simulation is None:
            return False
        return self.mapping.outcome is not None and self.simulation.task.outcome is not None


@dataclass(frozen=True, slots=True)
class _Shared:
    """A simulation of some designs together, and the place of one of them in it."""

    task: Task[list[SimulationResult]]
    place: int
    members: int


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
        together: how many designs share one simulation at most; by default as many as suit the simulator.
        energy: whether the energy of a result is measured, too.

    Attributes:
        stages: CPU seconds spent so far, by stage; what is left of a task's are those of its processes' start and end.
    """

    def __init__(
        self,
        *,
        compiler: Compiler,
        workload: Workload,
        technology: Target,
        constraints: Sequence[Constraint],
        pool: Pool,
        cache: Cache,
        simulator: str | None = None,
        together: int | None = None,
        energy: bool = False,
    ) -> None:
        self.compiler = compiler
        self.workload = workload
        self.technology = technology
        self.constraints = tuple(constraints)
        self.pool = pool
        self.cache = cache
        self.simulator = simulator
        self.together = together
        self.energy = energy
        self.stages: dict[str, float] = {}
        self._per_character_s: dict[str, float] = {}
        self._built: dict[Point, Built] = {}
        # A cache of another release, whose scores have other figures, holds nothing of use.
        placer = (nextpnr_version(technology.kind),) if isinstance(technology, Fpga) else ()
        self._environment = digest(technology.digest, code_digest(), *placer, *(field.name for field in fields(Score)))

    def evaluate(self, points: Sequence[Point]) -> Iterator[Evaluation]:
        """Measure points together and yield their evaluations in the order of asking.

        Raises: ToolMissing where a program that every point needs is not installed; StoreError where the disk refuses;
            InputError for a simulator that is none. What fails for one point alone is its evaluation.
        """
        pending = [_Pending(point=point) for point in points]
        by_key: dict[str, _Pending] = {}
        waiting: list[_Pending] = []
        together = self._together(len(points))
        for entry, task in zip(pending, [self.submit_build(point) for point in points], strict=True):
            outcome = task.result()
            entry.cpu_s += outcome.cpu_s
            if outcome.failure is not None:
                entry.known = _failed(entry, outcome.failure)
                continue
            entry.built = outcome.require()
            self._keep(entry.point, entry.built)
            self._spend(outcome.cpu_s, entry.built.stages)
            chosen = settings(entry.point)
            entry.key = self.key(entry.built, chosen.recipe, chosen.gate_share)
            if entry.key in by_key:
                continue
            entry.known = self._cached(entry)
            if entry.known is None:
                by_key[entry.key] = entry
                entry.mapping = self.submit_mapping(entry.built, chosen.recipe, "generated", chosen.gate_share)
                waiting.append(entry)
                if len(waiting) == together:
                    self._simulate(waiting)
                    waiting = []
        self._simulate(waiting)
        measured = [entry for entry in pending if entry.mapping is not None]
        for entry in pending:
            again = entry.known is None and entry.mapping is None
            first = by_key[entry.key] if again else entry
            while first.known is None:
                self._settle(measured)
            yield replace(first.known, point=entry.point, runtime_s=0.0) if again else first.known

    def _together(self, count: int) -> int:
        """Tell how many designs share a simulation, so that no design waits for more others than it must."""
        simulator = choose(self.simulator)
        apart = math.ceil(self.pool.workers * simulator.side_by_side)
        return max(1, min(self.together or simulator.together, math.ceil(count / apart)))

    def key(self, built: Built, recipe: str, gate_share: float = 0.0) -> str:
        """Digest all that a score depends on."""
        expected = self.workload.digest(built.datapath["interval_cycles"])
        mapping = f"{recipe}, {gate_share if FULL_ADDER in built.rtlil else 0.0:g} of the adders as gates"
        if self.energy:
            expected = digest(expected, repr(self._counts(built)))
        return digest(built.rtlil, mapping, expected, f"within {built.error_bound_lsb!r} LSB", self._environment)

    def submit_build(self, point: Point | None) -> Task[Built]:
        """Have a design built: that of a point, or the stock design for None."""
        arguments = (self.compiler, point, self.pool.folder / _TEXTS)
        return self.pool.submit(build, *arguments, cpu_seconds=BUILD_SECONDS, urgency=math.inf)

    def built(self, points: Sequence[Point]) -> list[Built]:
        """Give the designs of points, which are built where they have not been of late.

        Raises: what building a point raises.
        """
        tasks = {point: self.submit_build(point) for point in points if point not in self._built}
        return [self._built[point] if point not in tasks else tasks[point].result().require() for point in points]

    def _keep(self, point: Point, built: Built) -> None:
        """Keep a design for whoever asks for its files, in the place of the oldest ones where there is no room."""
        self._built.pop(point, None)
        self._built[point] = built
        held = sum(len(each.rtlil) + len(each.verilog) for each in self._built.values())
        while held > KEPT_CHARACTERS:
            oldest = self._built.pop(next(iter(self._built)))
            held -= len(oldest.rtlil) + len(oldest.verilog)

    def submit_mapping(self, built: Built, recipe: str, flow: str, gate_share: float = 0.0) -> Task[Mapped]:
        """Have a design mapped and timed."""
        if isinstance(self.technology, Fpga):
            routed = (built.rtlil, self.technology, recipe, flow)
            return self.pool.submit(
                place_and_route, *routed, cpu_seconds=FPGA_SECONDS, memory_bytes=MAX_WEBASSEMBLY_BYTES
            )
        arguments = (built.rtlil, self.technology, recipe, flow, gate_share, *self._counts(built))
        urgency = self._expected_s(_mapping(recipe, gate_share), len(built.rtlil))
        return self.pool.submit(map_and_time, *arguments, cpu_seconds=self._map_seconds, urgency=urgency)

    def _expected_s(self, kind: str, characters: int) -> float:
        """Guess the CPU seconds of a task from the last one of its kind, or from one of a dot product.

        The longest tasks go first, so that the workers come to an end together.
        """
        return self._per_character_s.get(kind, _PER_CHARACTER_S) * characters

    @property
    def _map_seconds(self) -> float:
        return MAP_SECONDS + (SIMULATION_SECONDS if self.energy else 0.0)

    def _counts(self, built: Built) -> tuple[Count, ...]:
        """Give what the changes of a design's nets are counted with; nothing where nobody asks for its energy."""
        if not self.energy:
            return ()
        phase = self.workload.counted(built.datapath["latency_cycles"], built.datapath["interval_cycles"])
        return (Count(phase=phase, outputs=self.compiler.outputs, max_error_lsb=built.error_bound_lsb),)

    def submit_flow(self, built: Built, flow: str) -> Task[Logic]:
        """Have a design taken to the logic that a flow hands to the mapper."""
        return self.pool.submit(elaborate_and_read, built.rtlil, self.technology, flow, cpu_seconds=MAP_SECONDS)

    def submit_logic(self, logic: Logic, recipe: str, built: Built) -> Task[Mapped]:
        """Have the logic that a flow made of a design mapped and timed."""
        arguments = (logic, self.technology, recipe, *self._counts(built))
        return self.pool.submit(map_logic_and_time, *arguments, cpu_seconds=self._map_seconds)

    def submit_simulation(self, designs: Sequence[tuple[str, Built]]) -> Task[list[SimulationResult]]:
        """Have designs, each with a name of its own, simulated together against the golden model."""
        jobs = [
            SimulationJob(
                name=name,
                verilog=built.verilog,
                input_width=payload_width(self.compiler.inputs),
                output_width=payload_width(self.compiler.outputs),
                phases=self.workload.phases(built.datapath["interval_cycles"]),
                fields=self.compiler.outputs,
                max_error_lsb=built.error_bound_lsb,
                pace=Pace.of(built.datapath),
            )
            for name, built in designs
        ]
        seconds = SIMULATION_SECONDS * len(jobs)
        urgency = self._expected_s(_SIMULATION, sum(len(built.rtlil) for _, built in designs))
        return self.pool.submit(simulate_together, jobs, self.simulator, cpu_seconds=seconds, urgency=urgency)

    def _simulate(self, entries: Sequence[_Pending]) -> None:
        """Hand some designs to one simulation."""
        if not entries:
            return
        task = self.submit_simulation([(entry.key[:16], entry.built) for entry in entries if entry.built])
        for place, entry in enumerate(entries):
            entry.simulation = _Shared(task, place, len(entries))

    def _simulated(self, entry: _Pending) -> Outcome[SimulationResult]:
        """Wait for a design's simulation; one that failed as a whole is begun again with this design alone."""
        assert entry.simulation is not None
        outcome = entry.simulation.task.result()
        entry.cpu_s += outcome.cpu_s / entry.simulation.members
        self._spend(0.0, {"simulation by cocotb, in groups": outcome.cpu_s / entry.simulation.members})
        assert entry.built is not None
        self._per_character_s[_SIMULATION] = outcome.cpu_s / entry.simulation.members / len(entry.built.rtlil)
        if outcome.failure is not None and entry.simulation.members > 1:
            self._simulate([entry])
            return self._simulated(entry)
        if outcome.failure is not None:
            return Outcome(failure=outcome.failure)
        return Outcome(value=outcome.require()[entry.simulation.place])

    def _spend(self, cpu_s: float, stages: Mapping[str, float]) -> None:
        """Put down the CPU seconds of a task."""
        rest = {"processes and data to and fro": max(cpu_s - sum(stages.values()), 0.0)}
        for stage, seconds in (*stages.items(), *rest.items()):
            self.stages[stage] = self.stages.get(stage, 0.0) + seconds

    def _cached(self, entry: _Pending) -> Evaluation | None:
        record = self.cache.get(entry.key)
        if record is None:
            return None
        return self._evaluation(entry, Status.OK, score=Score(**record["score"]), runtime_s=0.0)

    def _settle(self, entries: Sequence[_Pending]) -> None:
        """Judge what has been measured, in whichever order, so that nothing is left to do when the last one comes."""
        ready = [entry for entry in entries if entry.known is None and entry.is_measured]
        for entry in ready:
            entry.known = self._judge(entry)
        if not ready:
            self.pool.receive()

    def _judge(self, entry: _Pending) -> Evaluation:
        assert entry.mapping is not None and entry.built is not None
        simulated, mapping = self._simulated(entry), entry.mapping.result()
        entry.cpu_s += mapping.cpu_s
        for failure in (simulated.failure, mapping.failure):
            if failure is not None:
                return _failed(entry, failure)
        result, mapped = simulated.require(), mapping.require()
        self._spend(mapping.cpu_s, mapped.stages)
        chosen = settings(entry.point)
        kind = _mapping(chosen.recipe, chosen.gate_share)
        self._per_character_s[kind] = mapping.cpu_s / len(entry.built.rtlil)
        if result.status != "ok":
            statuses = {"mismatch": Status.MISMATCH, "timeout": Status.TIMEOUT}
            return self._evaluation(entry, statuses.get(result.status, Status.TOOL_FAILED), message=result.message)
        if self.energy and mapped.consumption is None:
            return self._evaluation(entry, Status.TOOL_FAILED, message=mapped.trouble)
        score = score_of(mapped, result, error_bound_lsb=entry.built.error_bound_lsb)
        record = {
            "score": score.as_dict(),
            "simulation": {
                "tokens": result.tokens,
                "mismatches": result.mismatches,
                "error_lsb": result.error_lsb,
                "cycles": result.cycles,
            },
            "path": list(mapped.path),
            **({} if mapped.consumption is None else {"energy": asdict(mapped.consumption)}),
        }
        self.cache.put(entry.key, record, {NETLIST: zlib.compress(mapped.netlist.encode(), _COMPRESSION)})
        return self._evaluation(entry, Status.OK, score=score)

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


def _mapping(recipe: str, gate_share: float) -> str:
    """Name the kind of a mapping, of which each takes about as long a gate."""
    return f"{recipe}, twice" if 0 < gate_share < 1 else recipe


def _failed(entry: _Pending, failure: Failure) -> Evaluation:
    """Turn a failure of a worker into data; what concerns every point, a missing program or a full disk, is raised."""
    cause = failure.exception
    if isinstance(cause, ToolMissing | InputError) and not isinstance(cause, PointError):
        raise cause
    if isinstance(cause, OSError) and cause.errno in _NO_ROOM:
        folder = tempfile.gettempdir()
        raise StoreError(f"{folder}: the folder of temporary files must be writable ({cause.strerror})")
    if isinstance(cause, PointError):
        status = Status.INVALID
    elif failure.kind is FailureKind.TIMEOUT or isinstance(cause, ToolTimeout):
        status = Status.TIMEOUT
    else:
        status = Status.TOOL_FAILED
    message = str(cause) if isinstance(cause, HdlgenError) else failure.message
    return Evaluation(point=entry.point, status=status, key=entry.key, runtime_s=round(entry.cpu_s, 3), message=message)

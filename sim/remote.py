"""The far side of a cluster: what a worker on another machine does with a point, and how it shows that it may.

A worker measures in children of a pool of its own, like a search on one machine: the worker's process, which has
threads, never forks, and a tool that dies or hangs costs one attempt at one step. This module knows nothing of Dask.
"""

from __future__ import annotations

import contextlib
import functools
import lzma
import os
import pickle
import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from hdlgen.compiler import Compiler
from hdlgen.errors import HdlgenError, InputError, StoreError
from hdlgen.evaluation import Constraint, Evaluation
from hdlgen.graph import Graph
from hdlgen.space import Point
from sim import tools
from sim.cache import Cache, digest
from sim.fpga import Fpga
from sim.measure import NETLIST, PRELOAD, Measure
from sim.pool import Pool
from sim.simulators import choose
from sim.targets import Target, load_target
from sim.technology import TECHNOLOGIES, load
from sim.versions import sources_digest, versions
from sim.workload import Workload

__all__ = ["Answer", "Job", "difference", "fingerprint", "measure_here", "pack"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """All that a worker must know to measure the points of a search.

    Args:
        technology: the name of a shipped one; empty for a liberty file, whose text is `liberty`.
        seed: of the test tokens.
        simulator: the one that the search has settled on.
        energy: whether the energy is measured, too.
        fingerprint: what the search's own machine shows; a worker must show the same.
    """

    compiler: Compiler
    graph: Graph
    seed: int
    technology: str
    technology_digest: str
    liberty: bytes
    constraints: tuple[Constraint, ...]
    simulator: str
    energy: bool
    fingerprint: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a worker gives back: the evaluation, and for a good one the entry of its cache."""

    evaluation: Evaluation
    record: Mapping[str, Any] | None = None
    netlist: bytes = b""


def pack(
    compiler: Compiler,
    workload: Workload,
    technology: Target,
    constraints: Sequence[Constraint],
    *,
    simulator: str | None,
    energy: bool = False,
) -> bytes:
    """Pack the job of a search, in the fewest bytes: each worker gets it once.

    Raises: ToolMissing, InputError where this machine itself cannot measure.
    """
    liberty = b""
    if not isinstance(technology, Fpga) and (
        technology.name not in TECHNOLOGIES or load(technology.name).digest != technology.digest
    ):
        liberty = technology.liberty.read_bytes()
    chosen = choose(simulator).name
    job = Job(
        compiler=compiler,
        graph=workload.graph,
        seed=workload.seed,
        technology="" if liberty else technology.name,
        technology_digest=technology.digest,
        liberty=liberty,
        constraints=tuple(constraints),
        simulator=chosen,
        energy=energy,
        fingerprint=tuple(fingerprint(chosen).items()),
    )
    return lzma.compress(pickle.dumps(job, pickle.HIGHEST_PROTOCOL), preset=1)


@functools.cache
def fingerprint(simulator: str) -> Mapping[str, str]:
    """Show what a result of this machine depends on beside the job: the code and the version of every tool.

    Raises: ToolMissing where a tool is missing.
    """
    tools.require("yosys-abc")
    choose(simulator)
    shown = {**versions(), "sources": sources_digest()[:16]}
    if simulator == "icarus":
        with tempfile.TemporaryDirectory() as folder:
            printed = tools.run([tools.require("iverilog"), "-V"], folder=Path(folder), seconds=60).output
        shown["icarus"] = printed.partition("\n")[0]
    for package in ("dask", "distributed"):
        shown[package] = metadata.version(package)
    return shown


def difference(theirs: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """Say in what a worker differs from the search's machine: an empty text where in nothing that matters."""
    parts = [
        f"{name} {ours[name]}, {f'not {theirs[name]}' if name in theirs else 'and has none'}"
        if name in ours
        else f"no {name}, not {theirs[name]}"
        for name in dict.fromkeys([*ours, *theirs])
        if ours.get(name) != theirs.get(name)
    ]
    return ", ".join(parts)


def measure_here(packed: bytes, point: Point) -> Answer:
    """Measure a point of a packed job on this machine, or give what its cache knows.

    Raises: HdlgenError with this machine's name where it differs from the search's or cannot measure any point.
    """
    try:
        with _BENCHES.use(packed) as measure:
            (evaluation,) = measure.evaluate([point])
            record = measure.cache.get(evaluation.key) if evaluation.score is not None else None
            netlist = b"" if record is None else measure.cache.files(evaluation.key)[NETLIST].read_bytes()
    except HdlgenError as error:
        raise type(error)(f"worker on {socket.gethostname()}: {error}") from None
    return Answer(evaluation=evaluation, record=record, netlist=netlist)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    """A warm pool of one child, set up for a job."""

    job: str
    measure: Measure


class _Benches:
    """The benches of this process that nobody works at: one for each thread that measures, all of the latest job."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: list[_Bench] = []

    @contextlib.contextmanager
    def use(self, packed: bytes) -> Iterator[Measure]:
        """Give a bench that is set up for a job, a warm one where there is one; those of earlier jobs are cleared."""
        name = digest(packed)
        with self._lock:
            others = [bench for bench in self._free if bench.job != name]
            self._free = [bench for bench in self._free if bench.job == name]
            bench = self._free.pop() if self._free else None
        for other in others:
            other.measure.pool.close()
        if bench is None:
            bench = _Bench(job=name, measure=_set_up(pickle.loads(lzma.decompress(packed))))
        try:
            yield bench.measure
        except BaseException:
            bench.measure.pool.close()
            raise
        with self._lock:
            self._free.append(bench)


_BENCHES = _Benches()


def _set_up(job: Job) -> Measure:
    ours = dict(job.fingerprint)
    differs = difference(fingerprint(job.simulator), ours)
    if differs:
        raise InputError(f"it must have {differs}, as where the search runs")
    folder = tools.cache_folder()
    technology = load_target(job.technology) if job.technology else load(_liberty(folder / "liberty", job))
    if technology.digest != job.technology_digest:
        raise InputError(f"its technology {technology.name} must be the one of where the search runs, not another")
    return Measure(
        compiler=job.compiler,
        workload=Workload(job.graph, seed=job.seed),
        technology=technology,
        constraints=job.constraints,
        pool=Pool(1, preload=PRELOAD),
        cache=Cache(folder / "results"),
        simulator=job.simulator,
        energy=job.energy,
    )


def _liberty(folder: Path, job: Job) -> Path:
    """Write a liberty file that came with a job, once; several processes may do so at the same time."""
    path = folder / f"{job.technology_digest}.lib"
    try:
        if not path.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
            part.write_bytes(job.liberty)
            part.replace(path)
    except OSError as error:
        raise StoreError(f"{folder}: the folder of liberty files must be writable ({error.strerror})") from None
    return path

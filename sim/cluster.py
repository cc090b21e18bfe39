"""Many machines: an `Evaluator` that has each point measured by a worker of a Dask cluster.

    search ── Dask scheduler ── Dask worker ── pool (sim/pool.py) ── one child a step
                             └─ Dask worker ── ...

A point is one task, whole: its Verilog and netlists, a hundred times as large as its score, stay where they are made.
Handing each step to another machine was the other way; at a thousand workers that is half a gigabyte a second.
A worker that dies costs its points another try elsewhere, which Dask sees to.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import itertools
import logging
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hdlgen.errors import HdlgenError, InputError, ToolError, ToolMissing
from hdlgen.evaluation import Evaluation, Status
from hdlgen.space import Point
from sim.cache import Cache, digest
from sim.measure import NETLIST
from sim.remote import Answer, difference, fingerprint, measure_here

__all__ = ["ClusterMeasure", "connect"]

RemoteTask = Callable[[bytes, Point], Answer]

CONNECT_S = 15.0
"""How long the scheduler may take to answer."""
WORKERLESS_S = 120.0
"""How long a cluster may be without any worker, at the beginning or later."""
LOOK_S = 1.0
"""How often it is looked whether there still is a worker."""


class ClusterMeasure:
    """Measure points of one job on the workers of a cluster; an `Evaluator`, made by `connect`.

    Args:
        client: of Dask, connected.
        address: of the scheduler, for messages.
        packed: the job, as `sim.remote.pack` makes it.
        cache: takes what the workers measured, so that files of designs can be made here.
        task: what a worker does with the job and a point.
    """

    def __init__(
        self, client: Any, address: str, packed: bytes, cache: Cache, *, task: RemoteTask = measure_here
    ) -> None:
        self._distributed = importlib.import_module("distributed")
        self._client = client
        self._where = f"--cluster {address}"
        self._cache = cache
        self._task = task
        # A task, not scattered data: should the last worker that holds it die, the scheduler makes it again.
        self._job = client.submit(bytes, packed, key=f"hdlgen-job-{digest(packed)[:16]}")
        self._name = f"hdlgen-{uuid.uuid4().hex[:12]}"
        self._numbers = itertools.count()

    def evaluate(self, points: Sequence[Point]) -> Iterator[Evaluation]:
        """Measure points at the same time and yield their evaluations in the order of asking.

        Raises: ToolError where the cluster is lost; what `Measure.evaluate` raises, with the worker's name before it.
        """
        futures = [self._submit(point) for point in points]
        try:
            for point, future in zip(points, futures, strict=True):
                yield self._finished(point, future)
        finally:
            left = [future for future in futures if not future.done()]
            if left and self._client.status == "running":
                self._client.cancel(left)

    def _submit(self, point: Point) -> Any:
        return self._client.submit(self._task, self._job, point, key=f"{self._name}-{next(self._numbers)}")

    def _finished(self, point: Point, future: Any) -> Evaluation:
        """Wait for a point and keep what came of it."""
        try:
            answer: Answer = self._wait(future)
        except HdlgenError:
            raise
        except self._distributed.KilledWorker as error:
            # As with a child of the local pool that dies again and again: a fact about this point.
            message = f"measuring: its worker died, {error.allowed_failures + 1} times"
            return Evaluation(point=point, status=Status.TOOL_FAILED, message=message)
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            raise ToolError(f"{self._where}: {point.text()} must be measured, not end so: {text}") from error
        evaluation = answer.evaluation
        if answer.record is not None:
            self._cache.put(evaluation.key, answer.record, {NETLIST: answer.netlist})
        return evaluation

    def _wait(self, future: Any) -> Any:
        """Wait for a result as long as there are scheduler and workers."""
        seen = time.monotonic()
        while True:
            try:
                return future.result(timeout=LOOK_S)
            except (OSError, self._distributed.client.FutureCancelledError) as error:
                if future.status == "error":  # the task's own
                    raise future.exception() from None
                if not isinstance(error, TimeoutError) or self._client.status != "running":
                    raise ToolError(f"{self._where}: the scheduler must stay reachable, and was lost") from None
            if _workers(self._client):
                seen = time.monotonic()
            elif time.monotonic() - seen > WORKERLESS_S:
                raise ToolError(f"{self._where}: the cluster must have a worker, and had none for {WORKERLESS_S:g} s")


@contextlib.contextmanager
def connect(
    address: str, packed: bytes, *, simulator: str, cache: Cache, task: RemoteTask = measure_here
) -> Iterator[ClusterMeasure]:
    """Reach a cluster and see that every worker may measure; the connection ends with the block.

    Args:
        address: of the scheduler, `tcp://host:port`.
        packed: the job, as `sim.remote.pack` makes it.
        simulator: the name of the simulator that the job asks for.
        cache: takes what the workers measured.
        task: what a worker does with the job and a point.
    Raises: ToolMissing where Dask is missing, here or a tool on a worker; InputError where the cluster cannot be
        reached, has no worker, or a worker differs from this machine in code or tools.
    """
    where = f"--cluster {address}"
    if not address.partition("://")[2]:
        raise InputError(f"--cluster must be a scheduler's address such as tcp://10.0.0.1:8786, not {address!r}")
    if importlib.util.find_spec("distributed") is None:
        raise ToolMissing("--cluster: Dask must be installed; install it with: pip install 'hdlgen[dask]'")
    distributed = importlib.import_module("distributed")
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is raised
    try:
        client = distributed.Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        text = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{where}: a Dask scheduler must answer there within {CONNECT_S:g} s ({text})") from None
    try:
        _check_workers(client, where, simulator)
        yield ClusterMeasure(client, address, packed, cache, task=task)
    finally:
        client.close(timeout=CONNECT_S)


def _workers(client: Any) -> int:
    """Count the workers; 0 where the scheduler does not answer."""
    try:
        return len(client.nthreads())  # `scheduler_info` forgets them now and then
    except OSError:
        return 0


def _check_workers(client: Any, where: str, simulator: str) -> None:
    """See that there is a worker, and that all that are there have the code and the tools of this machine.

    One that comes later shows the same before it measures anything: the job holds what it must show.
    """
    limit = time.monotonic() + WORKERLESS_S
    while not _workers(client):
        if time.monotonic() > limit:
            raise InputError(f"{where}: the cluster must have a worker, and none came within {WORKERLESS_S:g} s")
        time.sleep(0.1)
    ours = fingerprint(simulator)
    shown = client.run(fingerprint, simulator, on_error="return")
    for worker, theirs in sorted(shown.items()):
        if isinstance(theirs, ToolMissing):
            raise ToolMissing(f"{where}: worker {worker}: {theirs}")
        if isinstance(theirs, Exception):
            text = f"{type(theirs).__name__}: {theirs}"
            raise InputError(f"{where}: worker {worker} must have hdlgen as this machine has it ({text})")
        differs = difference(theirs, ours)
        if differs:
            raise InputError(f"{where}: worker {worker} must have {differs}, as this machine has")

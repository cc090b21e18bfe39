"""A pool of workers that may die: each task in a forked child of its own, with CPU-second limits and one retry."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from hdlgen.errors import StoreError, ToolError
from hdlgen.limits import MAX_TOOL_MEMORY_BYTES, MIN_TEMPORARY_BYTES
from sim.forkserver import KEPT, Kept
from sim.tools import LARGE_PAGES, environment

__all__ = ["Failure", "FailureKind", "Outcome", "Pool", "Task"]

T = TypeVar("T")

RESTARTS = 3
"""How often a pool starts its server anew when that one is killed."""
TAIL_CHARACTERS = 2000
START = "import json, sys; handle, path, *rest = json.loads(sys.argv[1]); sys.path[:] = path; \
from sim.forkserver import serve; serve(handle, *rest)"
"""What the server runs: on the caller's own module path, and without running the caller's main module again."""


class FailureKind(StrEnum):
    """Why a task has no value."""

    RAISED = "raised"  # the function raised: tried once, for it would again
    DIED = "died"  # the process ended under it, twice
    TIMEOUT = "timeout"  # out of CPU or wall-clock seconds, the second time alone on the machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a task has no value: one sentence, the end of what its process printed, and what its function raised."""

    kind: FailureKind
    message: str
    printed: str = ""
    exception: BaseException | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[T]):
    """What came of a task: a value or a failure; its attempts, CPU seconds with all its programs, seconds."""

    value: T | None = None
    failure: Failure | None = None
    attempts: int = 1
    cpu_s: float = 0.0
    wall_s: float = 0.0

    def require(self) -> T:
        """Give the value.

        Raises: what the function raised; ToolError where the process died or ran out of time.
        """
        if self.failure is not None:
            raise self.failure.exception or ToolError(self.failure.message)
        return self.value  # type: ignore[return-value]  # None is a value too


class Task(Generic[T]):
    """A submitted call; `result` waits for it."""

    def __init__(self, pool: Pool, number: int, name: str, limits: dict[str, Any]) -> None:
        self.pool = pool
        self.number = number
        self.name = name
        self.limits = limits
        self.outcome: Outcome[T] | None = None

    @property
    def done(self) -> bool:
        """Tell whether it has ended, without waiting."""
        if self.outcome is None:
            self.pool.receive(seconds=0.0)
        return self.outcome is not None

    def result(self) -> Outcome[T]:
        """Wait for the task's end and give its outcome."""
        while self.outcome is None:
            self.pool.receive()
        return self.outcome


class Pool:
    """Run functions in forked children, at most `workers` at once; a context manager that leaves no process behind.

    Args:
        workers: how many children at once, at least 1.
        preload: modules that are imported once, before the first fork; a task then starts within milliseconds.
        kept: objects that many tasks are given as arguments: they are handed over once, and all workers share them.
        prepare: called with these, by position, before the first fork, so that what it leaves in caches is shared too.
        folder: where a temporary folder for arguments, values and printed text is made; the system's by default.
    Raises: ValueError; StoreError where the folder cannot be written; ToolError, on the first wait, where a module
        cannot be imported.
    """

    def __init__(
        self,
        workers: int,
        *,
        preload: Sequence[str] = (),
        kept: Sequence[object] = (),
        prepare: Callable[..., None] | None = None,
        folder: Path | None = None,
    ) -> None:
        if workers < 1:
            raise ValueError(f"Pool: workers must be at least 1, not {workers!r}")
        self.workers = workers
        self.preload = tuple(preload)
        self.kept = tuple(kept)
        self.places = {id(one): Kept(number) for number, one in enumerate(self.kept)}
        record = pickle.dumps((prepare, self.kept), pickle.HIGHEST_PROTOCOL)  # before there is a folder to be left
        try:
            self.folder = Path(tempfile.mkdtemp(prefix="hdlgen-pool-", dir=folder))
            (self.folder / KEPT).write_bytes(record)
        except OSError as error:
            raise StoreError(
                f"{folder or 'temporary folder'}: the pool must be able to write ({error.strerror})"
            ) from error
        self.tasks: dict[int, Task[Any]] = {}
        self.submitted = 0
        self.restarts = 0
        self.closed = False
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all children at once and remove the temporary folder; tasks that have not ended never will."""
        if not self.closed:
            self.closed = True
            self.stop()
            shutil.rmtree(self.folder, ignore_errors=True)

    def submit(
        self,
        function: Callable[..., T],
        *arguments: Any,
        cpu_seconds: float = 60.0,
        wall_seconds: float | None = None,
        memory_bytes: int = MAX_TOOL_MEMORY_BYTES,
        urgency: float = 0.0,
    ) -> Task[T]:
        """Ask for `function(*arguments)` in a child of its own.

        Args:
            function: found by module and name in the child; so are the classes of arguments and value.
            cpu_seconds: limit on the sum over the child and every program that it starts.
            wall_seconds: limit on the time that passes, against sleeping hangs; generous by default.
            memory_bytes: limit on the address space of the child and of each of its programs.
            urgency: of those that wait, the most urgent goes first, and of equals the one that was asked for first.
        Raises: StoreError where the disk refuses, or has no room for what the child and its programs may write.
        """
        if self.closed:
            raise ValueError("Pool: submit must come before close")
        if getattr(function, "__module__", "") == "__main__":
            raise ValueError(f"Pool: function must stand in a module that a child can import, not {function!r}")
        self.check_room()
        number = self.submitted
        self.submitted += 1
        sent = [self.places.get(id(one), one) for one in arguments]
        record = pickle.dumps((function, sent), pickle.HIGHEST_PROTOCOL)
        try:
            (self.folder / f"{number}.task").write_bytes(record)
        except OSError as error:
            raise StoreError(f"{self.folder}: the pool must be able to write ({error.strerror})") from error
        limits = {
            "number": number,
            "cpu_seconds": cpu_seconds,
            "wall_seconds": 30.0 + 10.0 * cpu_seconds if wall_seconds is None else wall_seconds,
            "memory_bytes": memory_bytes,
            "urgency": urgency,
        }
        task: Task[T] = Task(self, number, getattr(function, "__name__", "task"), limits)
        self.tasks[number] = task
        self.send(task)
        return task

    def results(self, tasks: Iterable[Task[T]]) -> Iterator[Outcome[T]]:
        """Yield the outcome of each task in the given order, each as soon as it and those before it have ended."""
        for task in tasks:
            yield task.result()

    def start(self) -> None:
        """Start the server; it imports while the caller goes on."""
        self.connection, other = socket.socketpair()
        self.text = b""
        with other, open(self.folder / "server.printed", "ab") as printed:
            settings = [other.fileno(), sys.path, str(self.folder), self.workers, self.preload]
            self.server = subprocess.Popen(
                [sys.executable, "-u", "-c", START, json.dumps(settings)],
                # One thread each, for the workers share the cores; one order of sets, for equal runs.
                # Temporary files of workers and programs go with the pool's folder: one that is killed leaves them.
                env=environment(
                    OPENBLAS_NUM_THREADS="1",
                    OMP_NUM_THREADS="1",
                    PYTHONHASHSEED="0",
                    TMPDIR=str(self.folder),
                    **LARGE_PAGES,
                ),
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                pass_fds=(other.fileno(),),
                start_new_session=True,  # Ctrl-C reaches the caller alone, which then closes the pool
            )

    def stop(self) -> None:
        """Close the connection, upon which the server ends its children and itself; kill it where it does not."""
        self.connection.close()
        try:
            self.server.wait(timeout=5.0)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.server.pid, signal.SIGKILL)
            self.server.wait()

    def check_room(self) -> None:
        """See that there is room for temporary files.

        Raises: StoreError.
        """
        free = shutil.disk_usage(self.folder).free
        if free < MIN_TEMPORARY_BYTES:
            raise StoreError(
                f"{self.folder.parent}: {MIN_TEMPORARY_BYTES >> 20} MiB must be free for temporary files,"
                f" not {free / (1 << 20):.1f} MiB"
            )

    def send(self, task: Task[Any]) -> None:
        """Hand a task to the server; read what it says meanwhile, or both might wait for the other."""
        line = json.dumps(task.limits).encode() + b"\n"
        while line:
            readable, writable, _ = select.select([self.connection], [self.connection], [])
            if readable:
                restarts = self.restarts
                self.receive()
                if restarts != self.restarts:
                    return  # the new server has been told of every open task
            elif writable:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    line = line[self.connection.send(line) :]

    def receive(self, *, seconds: float | None = None) -> None:
        """Wait for news from the server, at most so long; settle the tasks that ended."""
        if self.closed:
            raise ValueError("Pool: a task must end before close to have a result")
        if not select.select([self.connection], [], [], seconds)[0]:
            return
        received = b""
        with contextlib.suppress(ConnectionResetError):
            received = self.connection.recv(1 << 16)
        *lines, self.text = (self.text + received).split(b"\n")
        for event in map(json.loads, lines):
            if "refused" in event:
                raise ToolError(f"pool: {event['refused']}")
            self.settle(self.tasks.pop(event["number"]), event)
        if not received:
            self.revive()

    def revive(self) -> None:
        """Start another server after the death of one, and hand it all open tasks.

        Raises: ToolError after too many deaths.
        """
        self.stop()
        self.restarts += 1
        if self.restarts > RESTARTS:
            raise ToolError(f"pool: the server must live, but died {self.restarts} times: {self.printed('server')}")
        self.start()
        for task in self.tasks.values():
            # Open tasks number as many as a batch, far below what a socket takes at once.
            self.connection.sendall(json.dumps(task.limits).encode() + b"\n")

    def settle(self, task: Task[Any], event: dict[str, Any]) -> None:
        """Give a task its outcome and remove its files."""
        value, failure = None, None
        if event["kind"] != "done":
            self.check_room()
        if event["kind"] == "timeout":
            message = f"{task.name}: {event['detail']}; it was stopped, also when tried again alone"
            failure = Failure(kind=FailureKind.TIMEOUT, message=message, printed=self.printed(task.number))
        elif event["kind"] == "died":
            printed, status = self.printed(task.number), event["status"]
            how = f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
            message = f"{task.name}: its process ended {how}, {event['attempts']} times"
            failure = Failure(kind=FailureKind.DIED, message=f"{message}: {printed}".rstrip(": "), printed=printed)
        else:
            try:
                good, value = pickle.loads((self.folder / f"{task.number}.value").read_bytes())
            except Exception as error:  # noqa: BLE001 - unpickling runs the classes' own code
                good, value = False, (f"the value cannot be read: {type(error).__name__}: {error}", error)
            if not good:
                self.check_room()  # a program whose disk is full fails in any way, or says nothing at all
                (text, exception), value = value, None
                printed = self.printed(task.number)
                if isinstance(exception, MemoryError):
                    text = f"it must do with {task.limits['memory_bytes'] / (1 << 30):.3g} GiB of memory"
                message = f"{task.name}: {text}"
                failure = Failure(kind=FailureKind.RAISED, message=message, printed=printed, exception=exception)
        for suffix in ("task", "value", "part", "printed"):
            (self.folder / f"{task.number}.{suffix}").unlink(missing_ok=True)
        task.outcome = Outcome(
            value=value, failure=failure, attempts=event["attempts"], cpu_s=event["cpu_s"], wall_s=event["wall_s"]
        )

    def printed(self, stem: int | str) -> str:
        """Read the end of what a process printed."""
        try:
            text = (self.folder / f"{stem}.printed").read_bytes()
        except OSError:
            return ""
        return text[-TAIL_CHARACTERS:].decode(errors="replace").strip()

"""`fuzz`: every reader of files against a hundred thousand hostile ones: no crash, no hang, nothing touched outside."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks.benchmark import ROOT, Benchmark, Bound, Goal, Measured, Say, Table
from benchmarks.hostile_readers import READERS
from benchmarks.mutations import mutate
from hdlgen.errors import HdlgenError

__all__ = ["BENCHMARK", "LIMIT_S", "MEMORY_BYTES", "Found", "attack"]

INPUTS, PART = 100_000, 2_500
LIMIT_S = 10.0
MEMORY_BYTES = 4 << 30
_EVENTS = ("os.system", "os.exec", "os.fork", "os.posix_spawn", "subprocess.Popen", "socket.connect", "ctypes.dlopen")
"""What Python tells its audit hooks of programs that are run and doors that are opened."""


@dataclass(slots=True, kw_only=True)
class Found:
    """What came of some hostile files.

    Args:
        refused, accepted: files with a clear error, and files that are good after all.
        crashes: the place and kind of every other exception, how often, and one file that does it.
        escapes: what was opened or run outside the folder of the reader.
        slowest_s: CPU seconds of the slowest.
    """

    refused: int = 0
    accepted: int = 0
    crashes: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    escapes: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    peak_mb: float = 0.0

    def add(self, other: Found) -> None:
        """Take in what another part found."""
        self.refused += other.refused
        self.accepted += other.accepted
        for name, (count, data) in other.crashes.items():
            self.crash(name, data, count)
        self.escapes.update(other.escapes)
        self.slowest_s = max(self.slowest_s, other.slowest_s)
        self.peak_mb = max(self.peak_mb, other.peak_mb)

    def crash(self, name: str, data: bytes, count: int = 1) -> None:
        """Count a crash, of which the shortest file is kept."""
        known, shortest = self.crashes.get(name, (0, data))
        self.crashes[name] = (known + count, min(shortest, data, key=len))


class _Overtime(BaseException):
    """The limit is over; no `except Exception` of a reader may swallow it."""


class _Watch:
    """An audit hook, which no process ever loses again: it listens while a reader reads."""

    def __init__(self) -> None:
        self.folder: str | None = None
        self.escapes: Counter[str] = Counter()
        self._own = (str(ROOT), sys.prefix, sys.base_prefix, "<frozen")
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.folder is None:
            return
        if event in _EVENTS:
            self.escapes[event] += 1
        elif event == "open" and isinstance(arguments[0], str | bytes):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            is_code = path.startswith(self._own) and path.endswith((".py", ".pyc", ".so"))
            if not path.startswith(self.folder) and not is_code:
                self.escapes[f"open {path}"] += 1
        elif event == "exec" and not getattr(arguments[0], "co_filename", "").startswith(self._own):
            self.escapes["exec"] += 1


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    def end(_: int, __: FrameType | None) -> None:
        raise _Overtime

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, LIMIT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


_watch: _Watch | None = None


def attack(name: str, seed: int, count: int) -> Found:
    """Give a reader so many hostile files, in a process that serves for nothing else."""
    global _watch  # noqa: PLW0603 - an audit hook stays for ever: one a process
    reader, chance, found = READERS[name], random.Random(f"{name} {seed}"), Found()
    _watch = _watch or _Watch()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, resource.RLIM_INFINITY))
    shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="hdlgen-fuzz-", dir=shared) as root:
        folder = Path(root).resolve() / "run"
        folder.mkdir()
        seeds = reader.seeds(folder)
        for data in seeds:
            reader.read(data, folder)  # what it loads the first time is loaded; a good file is no hostile one
        for _ in range(count):
            data = mutate(seeds, chance)
            began = time.process_time()
            _watch.folder = str(folder)
            try:
                with _limited():
                    reader.read(data, folder)
                found.accepted += 1
            except HdlgenError:
                found.refused += 1
            except _Overtime:
                found.crash(f"{name}: longer than {LIMIT_S:g} s", data)
            except BaseException as error:  # noqa: BLE001 - whatever it is, it is a finding
                frame = traceback.extract_tb(error.__traceback__)[-1]
                place = f"{Path(frame.filename).name}:{frame.lineno}"
                found.crash(f"{name}: {type(error).__name__} at {place}: {str(error)[:80]}", data)
            finally:
                _watch.folder = None
            found.slowest_s = max(found.slowest_s, time.process_time() - began)
    found.escapes, _watch.escapes = _watch.escapes, Counter()
    found.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def _parts(name: str, inputs: int) -> list[tuple[str, int, int]]:
    return [(name, seed, min(PART, inputs - at)) for seed, at in enumerate(range(0, inputs, PART))]


def _measure(say: Say, names: Sequence[str] = tuple(READERS), inputs: int = INPUTS) -> Measured:
    results: dict[str, Found] = {}
    context = multiprocessing.get_context("spawn")
    for name in names:
        found = results[name] = Found()
        with ProcessPoolExecutor(len(os.sched_getaffinity(0)), mp_context=context) as pool:
            for part in [pool.submit(attack, *one) for one in _parts(name, inputs)]:
                try:
                    found.add(part.result())
                except BrokenProcessPool:
                    found.crash(f"{name}: the process died", b"")
        say(f"{name}: {found.refused} refused, {found.accepted} accepted, slowest {found.slowest_s:.2f} s")
        for crash, (count, data) in found.crashes.items():
            say(f"  {count} x {crash}: {data[:200]!r}")
        for escape, count in found.escapes.most_common(5):
            say(f"  {count} x {escape}")
    rows: list[dict[str, Any]] = [
        {
            "reader": name,
            "inputs": found.refused + found.accepted + sum(count for count, _ in found.crashes.values()),
            "refused": found.refused,
            "accepted": found.accepted,
            "crashes": sum(count for count, _ in found.crashes.values()),
            "escapes": found.escapes.total(),
            "slowest_s": round(found.slowest_s, 3),
            "peak_mb": round(found.peak_mb),
        }
        for name, found in results.items()
    ]
    return Measured(
        figures={
            "inputs": min(row["inputs"] for row in rows),
            "crashes": sum(row["crashes"] for row in rows),
            "escapes": sum(row["escapes"] for row in rows),
            "slowest_s": max(row["slowest_s"] for row in rows),
            "peak_mb": max(row["peak_mb"] for row in rows),
        },
        rows=rows,
        tables=(
            Table(
                title="Readers",
                columns=tuple(rows[0]),
                rows=tuple(tuple(str(cell) for cell in row.values()) for row in rows),
            ),
        ),
    )


BENCHMARK = Benchmark(
    name="fuzz",
    summary="Every reader of files against hostile ones: crashes, hangs, and what is touched outside the run's folder.",
    method=f"""\
Good files of each kind, changed by a seeded mutator: bytes turned, ranges cut, doubled and replaced, lines swapped,
files spliced, numbers driven to their limits, and a dictionary of quotes, paths, code, control characters, bytes that
are no UTF-8 and nesting 20,000 levels deep. `inputs` is the number of files that each reader got. A `crash` is any end
but a good result or an error of ours: another exception, more than {LIMIT_S:g} s, more than
{MEMORY_BYTES >> 30} GiB, a process that dies.
An `escape` is a file opened outside the reader's folder (Python's own modules aside), a program run, a connection made
or code compiled and run from the input, as an audit hook of Python sees it.
""",
    goals=(
        Goal(figure="inputs", direction=Bound.AT_LEAST, bound=INPUTS),
        Goal(figure="crashes", direction=Bound.AT_MOST, bound=0),
        Goal(figure="escapes", direction=Bound.AT_MOST, bound=0),
    ),
    measure=_measure,
)

"""The warm process that the pool's workers are forked from: it has imported everything once and stays single-threaded.

    pool (the caller's process) ── socket ── server ── fork ── supervisor, one a task ── fork ── worker ─ its programs

The supervisor is what makes an end certain: on Linux it adopts whatever its worker leaves behind, in whichever session,
sums the CPU seconds of the whole family and kills all of it. Each watches the one above by the end of a pipe, so a
SIGKILL anywhere in the chain stops everything below. The standard `forkserver` context was the first choice; it runs
the caller's main module again in each child (300 ms), and a child that is killed leaves its programs behind.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pickle
import resource
import select
import shutil
import signal
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.processes import adopt_orphans, die_with_parent, end_family, family_cpu_s, leaving

__all__ = ["KEPT", "Kept", "serve"]

KEPT = "kept.pickle"
"""The file, in the pool's folder, of what every worker shares: a function or None, and the objects that it is given."""

ATTEMPTS = 2
YOUNG_OBJECTS = 1_000_000
"""How many objects a worker makes between two searches for garbage: it lives too short to search every 700."""
TICK_S = 0.1
"""How often a supervisor looks at the CPU seconds of its family."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a task has in the place of an argument that all workers share: the number of that object."""

    number: int


@dataclass(slots=True, kw_only=True)
class Job:
    """A task as the server keeps it: its limits, its urgency among those that wait, and how often it was tried."""

    number: int
    cpu_seconds: float
    wall_seconds: float
    memory_bytes: int
    urgency: float = 0.0
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One attempt at a job: its supervisor, and the pipe on which that one says how it ended."""

    job: Job
    supervisor: int
    verdict: int
    began: float
    alone: bool


def serve(handle: int, folder: str, workers: int, preload: Sequence[str]) -> None:
    """Import the modules, read what is shared, then run jobs from the socket until it closes; remove the folder."""
    connection = socket.socket(fileno=handle)
    try:
        for asked in preload:
            importlib.import_module(asked)
        asked = "what workers share"
        prepare, kept = pickle.loads((Path(folder) / KEPT).read_bytes())
        if prepare is not None:
            prepare(*kept)
    except Exception as error:  # noqa: BLE001 - whatever these can raise is told to the caller, who raises it anew
        connection.sendall(json.dumps({"refused": f"{asked}: {type(error).__name__}: {error}"}).encode() + b"\n")
        return
    adopt_orphans()
    gc.collect()
    gc.freeze()  # a collection in a child would touch, and so copy, every page that it shares
    life = os.pipe()
    server = Server(connection, Path(folder), workers, kept, life[0], life[1])
    try:
        server.run()
    finally:
        os.close(life[1])
        for run in server.running:
            os.waitpid(run.supervisor, 0)
        end_family()
        shutil.rmtree(folder, ignore_errors=True)


class Server:
    """Keep at most `workers` jobs running; try a dead one again at once, and one out of time again alone."""

    def __init__(
        self, connection: socket.socket, folder: Path, workers: int, kept: Sequence[Any], life: int, hold: int
    ) -> None:
        self.connection = connection
        self.folder = folder
        self.workers = workers
        self.kept = kept
        self.life = life
        self.hold = hold
        self.waiting: list[Job] = []
        self.alone: list[Job] = []
        self.running: list[Run] = []

    def run(self) -> None:
        """Serve until the caller closes the socket or dies."""
        text = b""
        while True:
            self.start()
            handle = self.connection.fileno()
            ready, _, _ = select.select([handle, *(run.verdict for run in self.running)], [], [])
            if handle in ready:
                with contextlib.suppress(ConnectionResetError):
                    received = self.connection.recv(1 << 16)
                if not received:
                    return
                *lines, text = (text + received).split(b"\n")
                self.waiting.extend(Job(**json.loads(line)) for line in lines)
                self.waiting.sort(key=lambda job: -job.urgency)
            for run in [run for run in self.running if run.verdict in ready]:
                self.running.remove(run)
                try:
                    self.end(run)
                except BrokenPipeError:
                    return

    def start(self) -> None:
        """Fill the free places, the most urgent job first; one that must be alone waits for an empty house."""
        while self.waiting and len(self.running) < self.workers and not any(run.alone for run in self.running):
            self.launch(self.waiting.pop(0), alone=False)
        if self.alone and not self.waiting and not self.running:
            self.launch(self.alone.pop(0), alone=True)

    def launch(self, job: Job, *, alone: bool) -> None:
        """Fork the supervisor of one attempt."""
        job.attempts += 1
        verdict, tell = os.pipe()
        began = time.monotonic()
        supervisor = os.fork()
        if supervisor == 0:
            with leaving():
                os.close(self.hold)
                os.close(verdict)
                self.connection.close()
                for run in self.running:
                    os.close(run.verdict)
                os.write(tell, json.dumps(supervise(job, self.folder, self.kept, self.life, tell)).encode())
        os.close(tell)
        self.running.append(Run(job=job, supervisor=supervisor, verdict=verdict, began=began, alone=alone))

    def end(self, run: Run) -> None:
        """Judge an attempt that ended: ask for another one, or tell the caller."""
        text = os.read(run.verdict, 4096)
        os.close(run.verdict)
        _, status, usage = os.wait4(run.supervisor, 0)
        verdict = json.loads(text) if text else {"kind": "died", "status": os.waitstatus_to_exitcode(status)}
        if not self.running:
            end_family()  # what a killed supervisor left behind came to us
        job = run.job
        if verdict["kind"] != "done" and job.attempts < ATTEMPTS:
            if verdict["kind"] == "died":
                self.waiting.insert(0, job)
            else:
                self.alone.append(job)
            return
        event = {
            "number": job.number,
            "attempts": job.attempts,
            "cpu_s": usage.ru_utime + usage.ru_stime,
            "wall_s": time.monotonic() - run.began,
            **verdict,
        }
        self.connection.sendall(json.dumps(event).encode() + b"\n")


def supervise(job: Job, folder: Path, kept: Sequence[Any], life: int, tell: int) -> dict[str, Any]:
    """Run one attempt in a child, end its whole family, and say how it ended."""
    os.setsid()
    adopt_orphans()
    before = os.times()
    held, holder = os.pipe()
    worker = os.fork()
    if worker == 0:
        with leaving():
            for handle in (held, life, tell):
                os.close(handle)
            work(job, folder, kept)
    os.close(holder)
    deadline = time.monotonic() + job.wall_seconds
    watched, tick = [held, life], TICK_S
    late = ""
    while not late and not os.waitid(os.P_PID, worker, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        ready, _, _ = select.select(watched, [], [], tick)
        if life in ready:
            end_family(worker)
            os._exit(1)
        if held in ready:  # it is about to end, within a moment: or has closed the pipe, so go on watching
            watched, tick = [life], TICK_S / 100
        if family_cpu_s(os.getpid()) - before.user - before.system > job.cpu_seconds:
            late = f"must end within {job.cpu_seconds:g} CPU seconds"
        elif time.monotonic() > deadline:
            late = f"must end within {job.wall_seconds:g} s"
    status = os.waitstatus_to_exitcode(end_family(worker))
    if status == -signal.SIGXCPU:
        late = f"must end within {job.cpu_seconds:g} CPU seconds"
    if late:
        return {"kind": "timeout", "detail": late}
    return {"kind": "died" if status else "done", "status": status}


def work(job: Job, folder: Path, kept: Sequence[Any]) -> None:
    """Do the task: read it from its file, call it, write what came of it; all it prints goes to a file."""
    os.setsid()
    die_with_parent()
    printed = os.open(folder / f"{job.number}.printed", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (printed, 1), (printed, 2)):
        os.dup2(source, target)
    seconds = int(job.cpu_seconds) + 1  # for each program by itself; the supervisor's sum is the exact limit
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (job.memory_bytes, job.memory_bytes))
    gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])
    try:
        function, arguments = pickle.loads((folder / f"{job.number}.task").read_bytes())
        given = [kept[one.number] if isinstance(one, Kept) else one for one in arguments]
        record = pickle.dumps((True, function(*given)), pickle.HIGHEST_PROTOCOL)
    except BaseException as error:  # noqa: BLE001 - all of it is the caller's to judge, SystemExit too
        record = describe(error)
    part = folder / f"{job.number}.part"
    part.write_bytes(record)
    part.replace(folder / f"{job.number}.value")  # whole or not at all


def describe(error: BaseException) -> bytes:
    """Pickle an exception with its one-line text; without the exception itself where it cannot travel."""
    text = f"{type(error).__name__}: {error}"
    try:
        record = pickle.dumps((False, (text, error)), pickle.HIGHEST_PROTOCOL)
        pickle.loads(record)
    except Exception:  # noqa: BLE001 - an exception class may refuse in any way it likes
        record = pickle.dumps((False, (text, None)))
    return record

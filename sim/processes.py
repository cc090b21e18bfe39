"""A process and its family: adopt, count and end whatever descends from it, in whichever session that runs."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

__all__ = ["Stages", "adopt_orphans", "children", "die_with_parent", "end_family", "family_cpu_s", "leaving"]

SET_DEATH_SIGNAL, SET_SUBREAPER = 1, 36
"""Options of Linux's prctl(2)."""
PRCTL: Callable[..., Any] = ctypes.CDLL(None).prctl if sys.platform == "linux" else lambda *_: None
"""Found before the first fork, for loading a library takes longer than a fork."""


class Stages:
    """Share out the CPU seconds of this process and of the programs that it has waited for, stage after stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._so_far = _spent_s()

    def end(self, stage: str) -> None:
        """Put down to a stage what has been spent since the last one ended, or since the beginning."""
        now = _spent_s()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._so_far
        self._so_far = now


def _spent_s() -> float:
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


@contextlib.contextmanager
def leaving() -> Iterator[None]:
    """Leave the process at the end of the block, whatever happened in it: a fork must never return to its caller."""
    try:
        yield
    except BaseException:  # noqa: BLE001 - nothing may climb out of a fork; the trace goes where the process prints
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def adopt_orphans() -> None:
    """Become the parent of whatever a descendant leaves behind."""
    control(SET_SUBREAPER, 1)


def die_with_parent() -> None:
    """Ask for a SIGKILL to this process when its parent ends."""
    control(SET_DEATH_SIGNAL, signal.SIGKILL)


def control(option: int, value: int) -> None:
    """Set a process control of Linux; elsewhere do nothing: process groups alone must do there."""
    PRCTL(option, value, 0, 0, 0)


def children(process: int) -> list[int]:
    """List the living children of a process; empty where the system does not tell."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            with contextlib.suppress(OSError):
                found.extend(map(int, (thread / "children").read_text().split()))
    return found


def family_cpu_s(process: int) -> float:
    """Sum the CPU seconds of a process, of all that descends from it and of those that have ended."""
    total = 0.0
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        total = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return total + sum(map(family_cpu_s, children(process)))


def end_family(worker: int = 0) -> int:
    """Kill and reap every descendant.

    Returns: the wait status of `worker`: its own end where it has ended before, else the kill; 0 without one.
    """
    status = 0
    if worker:  # not reaped yet, so its number still is its own
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(worker, signal.SIGKILL)
    while True:
        for child in children(os.getpid()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        try:
            ended, ended_status = os.waitpid(-1, 0)  # the children of the dead become ours: until there is none
        except ChildProcessError:
            return status
        if ended == worker:
            status = ended_status

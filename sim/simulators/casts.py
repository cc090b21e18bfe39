"""A library that remembers casts, put before Icarus' runtime: its simulations then take 30 % less time.

See `casts.c`. It is compiled once and kept; where that cannot be done, simulations run as ever. What comes out is the
same with it and without it.
"""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Mapping
from pathlib import Path

from hdlgen.errors import ToolError, ToolMissing
from sim import tools
from sim.simulators.runtime import building, default_cache

__all__ = ["casts", "remembering"]

_SOURCE = Path(__file__).with_name("casts.c")
_COMMAND = ("-x", "c", "-O2", "-shared", "-fPIC", "-ftls-model=initial-exec", "-o", "casts.so", "casts.c", "-ldl")


def remembering(library: Path | None) -> Mapping[str, str]:
    """Give the environment of a program that is to use the library, beside what is preloaded anyway."""
    if library is None:
        return {}
    others = tools.environment().get("LD_PRELOAD", "")
    return {"LD_PRELOAD": f"{library} {others}".strip()}


def casts(cache: Path | None = None, *, seconds: float = 60.0) -> Path | None:
    """Find the kept library or build it.

    Args:
        cache: folder of what is kept; the user's by default.
        seconds: wall-clock limit of the compilation.
    Returns: None where it is of no use: on other systems than Linux, without g++, or where nothing can be kept.
    """
    text = _SOURCE.read_bytes()
    name = hashlib.sha256(text + repr((_COMMAND, platform.machine(), platform.libc_ver())).encode()).hexdigest()[:24]
    kept = (cache or default_cache()) / f"casts-{name}"
    library = kept / "casts.so"
    if sys.platform != "linux" or " " in str(library) or ":" in str(library):  # these stand between two libraries
        return None
    if not library.is_file():
        try:
            with building(kept) as folder:
                if not library.is_file():
                    (folder / "casts.c").write_bytes(text)
                    done = tools.run([tools.require("g++"), *_COMMAND], folder=folder, seconds=seconds)
                    if done.status:
                        return None
                    folder.rename(kept)
        except (ToolError, ToolMissing):
            return None
    return library if library.is_file() else None

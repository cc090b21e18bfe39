"""The stand-in for pytest in simulations: cocotb finds all it asks for, and anything else brings the real one in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cocotb_tools import config

from sim.simulators.embedding import variables
from sim.tools import environment

REAL = "'_pytest.fixtures' in sys.modules"


def ran(tmp_path: Path, program: str) -> str:
    """Run a program as a simulation's interpreter would and give its last line."""
    changes = variables(top="top", results=tmp_path / "results.xml")
    command = [sys.executable, "-c", f"import sys\n{program}"]
    done = subprocess.run(
        command, env=environment(**changes), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    return (done.stdout + done.stderr).strip().splitlines()[-1]


def test_cocotb_loads_without_the_real_pytest(tmp_path: Path) -> None:
    program = "import cocotb.regression as r\nr.RegressionManager.setup_pytest_assertion_rewriting()\n"
    assert ran(tmp_path, f"{program}print({REAL})") == "False"


def test_nothing_else_is_pretended(tmp_path: Path) -> None:
    program = "import pytest\nvalue = pytest.approx(1.0) == 1.0 + 1e-9\nimport pytest as again\n"
    assert ran(tmp_path, f"{program}print(value, {REAL}, hasattr(again, 'fixture'))") == "True True True"


@pytest.mark.parametrize("name", ["_pytest.assertion.install_importhook", "_pytest.config.Config"])
def test_rewriting_of_assertions_is_refused(tmp_path: Path, name: str) -> None:
    module, function = name.rsplit(".", 1)
    said = ran(tmp_path, f"import pytest\nfrom {module} import {function}\n{function}(1)")
    assert said == "RuntimeError: simulation: COCOTB_REWRITE_ASSERTION_FILES must be empty, for pytest is not loaded"


def test_cocotb_begins_where_it_says_and_need_not_be_imported_for_it() -> None:
    where = variables(top="top", results=Path("results.xml"))["GPI_USERS"].split(";")[1]
    assert where == config.pygpi_entry_point()
    program = (
        "import pathlib, sys; from sim.simulators.embedding import variables;"
        " variables(top='top', results=pathlib.Path('r')); print('cocotb' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

"""Runs of ABC one after the other in one process: as good as alone, and a failure harms none of the next."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hdlgen.errors import ToolError
from sim.mapping import map_logic
from sim.netlist import Netlist
from sim.recipes import RECIPES, Recipe
from sim.technology import load
from sim.tools import Dialogue, ToolTimeout, environment
from sim.yosys_abc import Abc, running
from tests.sim.test_mapping import LOGIC


def mapped(folder: Path, recipe: Recipe, abc: Abc | None, *, seconds: float = 120.0) -> Netlist:
    return map_logic(LOGIC, load("sky130hd"), recipe, folder=folder, seconds=seconds, abc=abc)


def test_runs_in_one_process_give_what_each_gives_alone(tmp_path: Path) -> None:
    alone = [mapped(tmp_path, recipe, None) for recipe in RECIPES.values()]
    with running(tmp_path) as abc:
        together = [mapped(tmp_path, recipe, abc) for recipe in RECIPES.values()]
        assert abc.dialogue is not None
        process = abc.dialogue.process
    assert together == alone
    assert process.returncode == -9 and abc.dialogue is None


@pytest.mark.parametrize("script", ["strash; no_such_command", "strash; quit", "read_lib none.lib; strash"])
def test_after_a_failure_the_next_run_begins_anew(tmp_path: Path, script: str) -> None:
    with running(tmp_path) as abc:
        right = mapped(tmp_path, RECIPES["fast"], abc)
        with pytest.raises(ToolError, match="^yosys-abc: it must map the design without an error"):
            mapped(tmp_path, Recipe(mapping=script, sizing="map", summary="planted"), abc)
        assert abc.dialogue is None
        assert mapped(tmp_path, RECIPES["fast"], abc) == right


def test_a_run_out_of_time_is_stopped(tmp_path: Path) -> None:
    with running(tmp_path) as abc:
        with pytest.raises(ToolTimeout, match=r"^yosys-abc: must end within 0 s; it was stopped$"):
            mapped(tmp_path, RECIPES["fast"], abc, seconds=0.0)
        assert len(mapped(tmp_path, RECIPES["fast"], abc).instances) > 1


def test_a_dialogue_has_the_environment_but_for_what_is_set_anew(tmp_path: Path) -> None:
    program = "import os; input(); print(os.environ['PATH'], os.environ['HDLGEN_TEST']); print('through')"
    command = [sys.executable, "-uc", program]
    with Dialogue(command, folder=tmp_path, variables={"HDLGEN_TEST": "5"}) as dialogue:
        said = dialogue.ask("go\n", until="through", seconds=60)
    assert said == f"{environment()['PATH']} 5\n"

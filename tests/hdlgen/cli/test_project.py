"""A project: spec, technology and space together; commands as a shell takes them; where results are kept."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest

from hdlgen.cli.project import cache_folder, check_tools, open_project
from hdlgen.errors import InputError, SpecError, ToolMissing
from sim import tools
from sim.technology import load
from tests.sim.specs import DOT

NAMES = "sky130hd, sg13g2, gf180_7t_5v, gf180_7t_3v3, asap7"
HINT = " (did you mean 'sky130hd'?)"


def test_the_option_beats_the_technology_of_the_spec(folder: Path) -> None:
    (folder / "dot.toml").write_text(DOT + '[technology]\nname = "asap7"\n')
    assert open_project("dot.toml").technology.name == "asap7"
    assert open_project("dot.toml", technology="sg13g2").technology.name == "sg13g2"


def test_a_liberty_file_stands_beside_its_spec(folder: Path) -> None:
    (folder / "inner").mkdir()
    shutil.copy(load("sky130hd").liberty, folder / "inner" / "cells.lib")
    (folder / "inner" / "dot.toml").write_text(DOT + '[technology]\nliberty = "cells.lib"\n')
    project = open_project("inner/dot.toml")
    assert project.cell_technology.cells.keys() == load("sky130hd").cells.keys()
    assert "full_adders" in {knob.name for knob in project.space.knobs}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            'name = "sky130"',
            f"technology: name must be one of {NAMES} or the path of a liberty file, not 'sky130'{HINT}",
        ),
        (
            'liberty = "none.lib"',
            "technology.liberty: none.lib: the liberty file must be readable (No such file or directory)",
        ),
    ],
)
def test_a_technology_that_the_spec_names_wrongly_is_refused(folder: Path, line: str, message: str) -> None:
    (folder / "dot.toml").write_text(f"{DOT}[technology]\n{line}\n")
    with pytest.raises(SpecError) as error:
        open_project("dot.toml")
    assert str(error.value) == f"dot.toml: {message}"


def test_a_command_can_be_typed_into_a_shell(folder: Path) -> None:
    (folder / "my dot.toml").write_text(DOT)
    shutil.copy(load("sky130hd").liberty, folder / "my cells.lib")
    project = open_project("my dot.toml", technology="my cells.lib")
    command = project.measure_command(project.point("adder=ripple"))
    words = shlex.split(command)
    assert words[:4] == ["hdlgen", "measure", "my dot.toml", "--point"]
    assert "adder=ripple" in words[4].split(",") and words[5:] == ["--technology", "my cells.lib"]
    assert "--technology" not in open_project("my dot.toml").measure_command(project.space.default())


def test_a_point_takes_defaults(dot: str) -> None:
    project = open_project(dot)
    assert project.point("") == project.space.default()
    assert project.point("interval=4")["fold"] == 4


def test_results_are_kept_where_the_user_keeps_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/there")
    assert cache_folder() == Path("/there/hdlgen")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert cache_folder() == Path("/home/me/.cache/hdlgen")


def test_a_missing_program_is_named_before_anything_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    find = tools.find
    monkeypatch.setattr(tools, "find", lambda program: None if program == "yosys-abc" else find(program))
    with pytest.raises(ToolMissing) as error:
        check_tools(None)
    assert str(error.value) == "yosys-abc: the program is missing; install it with: pip install pyosys"
    with pytest.raises(InputError) as refused:
        check_tools("ikarus")
    assert str(refused.value) == (
        "simulator: the name must be icarus or verilator, not 'ikarus' (did you mean 'icarus'?)"
    )

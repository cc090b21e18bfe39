"""What goes wrong in ABC must be noticed, though it reports success whatever happens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hdlgen.errors import ToolError
from sim.logic import Gate, Logic, StateBit
from sim.mapping import map_logic
from sim.netlist import Netlist, Port
from sim.recipes import RECIPES, Recipe
from sim.technology import load
from sim.tools import ToolTimeout

LOGIC = Logic(
    ports=(
        Port(name="clk", is_output=False, bits=(2,)),
        Port(name="x", is_output=False, bits=(3, 4)),
        Port(name="y", is_output=True, bits=(5, 6, "1", 3)),
    ),
    gates=(Gate(kind="$_AND_", inputs=(3, 4), output=5), Gate(kind="$_XOR_", inputs=(6, 5), output=7)),
    states=(StateBit(clock=2, data=7, output=6, enable=4),),
    adders=(),
    free=8,
)


def mapped(folder: Path, recipe: Recipe, *, seconds: float = 30.0) -> Netlist:
    return map_logic(LOGIC, load("sky130hd"), recipe, folder=folder, seconds=seconds)


@pytest.mark.parametrize("name", RECIPES)
def test_each_recipe_maps_ports_wires_and_constants(tmp_path: Path, name: str) -> None:
    netlist = mapped(tmp_path, RECIPES[name])
    assert [port.name for port in netlist.ports] == ["clk", "x", "y"]
    y = netlist.ports[2].bits
    assert y[2] == "1" and y[3] == netlist.ports[1].bits[0]
    assert netlist.counts()["sky130_fd_sc_hd__dfxtp_1"] == 1


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("strash; no_such_command; map", "** cmd error: unknown command 'no_such_command'"),
        ("strash; map -Z 1", "** cmd error: aborting 'source map.abc'"),
        ("read_lib none.lib; strash; map", "Cannot open input file"),
        ("strash; map; quit", "status 0 and no netlist"),
    ],
)
def test_a_script_that_fails_is_noticed(tmp_path: Path, script: str, complaint: str) -> None:
    mapped(tmp_path, RECIPES["fast"])  # what an earlier run left behind must not be taken for the result
    with pytest.raises(ToolError) as refusal:
        mapped(tmp_path, Recipe(mapping="strash", sizing=script, summary="planted"))
    message = str(refusal.value)
    assert message.startswith("yosys-abc: it must map the design without an error, not with: ") and complaint in message


def test_a_netlist_of_anything_but_cells_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(ToolError) as refusal:
        mapped(tmp_path, Recipe(mapping="strash", sizing="strash", summary="never maps"))
    assert str(refusal.value).startswith("yosys-abc: its netlist must hold library cells only, not '.names ")


def test_a_missing_liberty_file_is_noticed(tmp_path: Path) -> None:
    technology = replace(load("sky130hd"), liberty=tmp_path / "gone.lib")
    with pytest.raises(ToolError) as refusal:
        map_logic(LOGIC, technology, RECIPES["fast"], folder=tmp_path, seconds=30)
    assert str(refusal.value).startswith("yosys-abc: it must map the design without an error, not with: ")


def test_forbidden_cells_are_left_alone(tmp_path: Path) -> None:
    technology = load("sky130hd")
    plain = map_logic(LOGIC, technology, RECIPES["fast"], folder=tmp_path, seconds=30).counts()
    gone = tuple(name for name in plain if "dfxtp" not in name and "inv" not in name)
    spared = map_logic(LOGIC, replace(technology, dont_use=gone), RECIPES["fast"], folder=tmp_path, seconds=30).counts()
    assert gone and not set(gone) & set(spared)


def test_abc_runs_out_of_its_time(tmp_path: Path) -> None:
    with pytest.raises(ToolTimeout):
        mapped(tmp_path, Recipe(mapping="sleep 60", sizing="strash", summary="planted"), seconds=0.5)


def test_a_net_with_many_ends_is_buffered(tmp_path: Path) -> None:
    registers = tuple(StateBit(clock=2, data=3, output=number, enable=None) for number in range(10, 74))
    logic = Logic(
        ports=(
            Port(name="clk", is_output=False, bits=(2,)),
            Port(name="x", is_output=False, bits=(3,)),
            Port(name="y", is_output=True, bits=tuple(range(10, 74))),
        ),
        gates=(),
        states=registers,
        adders=(),
        free=74,
    )
    netlist = map_logic(logic, load("sky130hd"), RECIPES["fast"], folder=tmp_path, seconds=30)
    assert sum(count for name, count in netlist.counts().items() if "buf" in name) >= 4
    ends = [bit for instance in netlist.instances for pin, bit in instance.pins.items() if pin == "D"]
    assert max(ends.count(bit) for bit in set(ends)) <= 12

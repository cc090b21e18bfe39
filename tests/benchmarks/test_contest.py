"""Both sides of a comparison on a toy: measured in the same shell, known the second time."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import contest as module
from benchmarks.contest import Plan, contest, open_design
from benchmarks.stock import DESIGNS, TECHNOLOGIES
from benchmarks.stream_shell import shell_area
from hdlgen.compiler import Compiler
from sim.steps import build, map_and_time
from sim.technology import load
from tests.sim.specs import compiler_of

TOY = """
name = "toy"
[inputs]
x = { format = "i4" }
[constants]
h = [7, -5, 3]
[outputs]
y = { format = "i10" }
[constraints]
clock_mhz = 100000
[compute]
y = "sum(h * window(x, 3))"
[knobs]
interval = 2
"""
PLAN = Plan(
    pins={"interval": 1, "stages": 0, "no_knob_of_it": 7},
    starts=({"recipe": "fast"}, {"recipe": "fast", "multiplier": "booth"}),
    budget=3,
    recipes=("fast", "leanest"),
)


def test_both_sides_are_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "toy.toml").write_text(TOY)
    monkeypatch.setattr(module, "STOCK_FLOWS", ("plain", "mcm"))
    monkeypatch.setattr(module, "is_installed", lambda: False)
    found = contest(str(tmp_path / "toy.toml"), "sky130hd", PLAN, cache=tmp_path / "cache")
    assert (found.design, found.technology, len(found.ours)) == ("toy", "sky130hd", 3)
    assert [dict(rival.point) for rival in found.rivals] == [
        {"flow": flow, "recipe": recipe} for flow in ("plain", "mcm") for recipe in ("fast", "leanest")
    ]
    assert {one.point["interval"] for one in found.ours} == {1}
    assert {one.point["recipe"] for one in found.ours} <= set(PLAN.recipes)
    monkeypatch.setattr("sim.measure.map_and_time", None)
    monkeypatch.setattr("sim.measure.map_logic_and_time", None)
    assert contest(str(tmp_path / "toy.toml"), "sky130hd", PLAN, cache=tmp_path / "cache") == found


def flip_flop_area(compiler: Compiler) -> float:
    return map_and_time(build(compiler, None).rtlil, load("sky130hd"), "leanest", "plain").flip_flop_area_um2


def test_the_shell_is_registers_and_what_they_need() -> None:
    compiler = compiler_of(TOY[: TOY.index("[knobs]")])
    stock = map_and_time(build(compiler, None).rtlil, load("sky130hd"), "leanest", "plain")
    area = shell_area(compiler, load("sky130hd"))
    # 4 + 8 + 8 bits of samples and result, two valid bits; each but two has a multiplexer that lets it wait.
    assert stock.flip_flop_area_um2 < area < stock.area_um2
    assert area - stock.flip_flop_area_um2 < 22 * 15


@pytest.mark.parametrize("design", DESIGNS)
def test_every_design_has_the_registers_of_stock_alone(design: str) -> None:
    project = open_design(design, TECHNOLOGIES[0], DESIGNS[design])
    chosen = {knob.name: knob.choices for knob in project.space.knobs}
    assert (chosen["interval"], chosen["stages"]) == ((1,), (0,))
    assert project.spec.constraints == ()
    registers = project.compiler.build(project.space.default()).datapath.summary()["registers"]
    assert registers == project.compiler.stock().datapath.summary()["registers"]

"""The baseline: every flow with every recipe, simulated, kept; and what becomes of one that fails."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from hdlgen.compiler import Compiler
from hdlgen.errors import ToolError
from hdlgen.space import Point
from sim.logic import Logic
from sim.mapped import Mapped
from sim.measure import PRELOAD
from sim.pool import Pool
from sim.recipes import RECIPES
from sim.steps import Built, build, elaborate_and_read, map_logic_and_time
from sim.stock import StockPoint, measure_rival, measure_stock
from sim.synthesize import synthesize
from sim.technology import Technology, load
from tests.sim.specs import SHIPPED, compiler_of, make_measure

THREE = """
name = "three"
[inputs]
a = { format = "i4", shape = [3] }
b = { format = "i4", shape = [3] }
[outputs]
y = {}
[compute]
y = "sum(a * b)"
"""
"""Just large enough for every flow to make something of it."""

CONSTANT = """
name = "weighted"
[inputs]
a = { format = "i8" }
[constants]
c = [93, -93, 107, 45]
[outputs]
y = {}
[compute]
y = "a * c"
"""


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(2, preload=PRELOAD) as pool:
        yield pool


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stock")


@pytest.fixture(scope="module")
def stock(pool: Pool, folder: Path) -> list[StockPoint]:
    return list(measure_stock(make_measure(THREE, pool, folder)))


def build_wrongly(compiler: Compiler, point: Point | None, texts: Path | None = None) -> Built:
    """Build a sum that is one too large."""
    assert point is None
    wrong = build(compiler_of(THREE.replace("sum(a * b)", "sum(a * b) | 1")), None)
    return dataclasses.replace(wrong, datapath=build(compiler, None).datapath)


def elaborate_some(rtlil: str, technology: Technology, flow: str) -> Logic:
    """Fail for one flow."""
    if flow == "booth":
        raise ToolError("yosys: it ended with status 1")
    return elaborate_and_read(rtlil, technology, flow)


def map_some(logic: Logic, technology: Technology, recipe: str) -> Mapped:
    """Fail for one recipe."""
    if recipe == "lean":
        raise ToolError("abc: it ended with status 1")
    return map_logic_and_time(logic, technology, recipe)


def do_none(*_arguments: object) -> Logic:
    raise ToolError("nothing must be done any more")


def ways(points: list[StockPoint]) -> list[tuple[str, str]]:
    return [(point.flow, point.recipe) for point in points]


def test_every_flow_that_differs_is_mapped_by_every_recipe(stock: list[StockPoint]) -> None:
    # There are no constants for `mcm`.
    differing = ("plain", "booth", "booth_tree", "booth_tree_cells")
    assert ways(stock) == list(itertools.product(differing, RECIPES))
    for point in stock:
        # 24 input bits, the 9 bits that hold -168 to 192, a valid bit for each of the two.
        assert point.score.flip_flops == 35, point
        assert (point.score.interval_cycles, point.score.latency_cycles) == (1, 2)


def test_a_figure_is_what_the_flow_and_the_recipe_alone_give(stock: list[StockPoint], tmp_path: Path) -> None:
    rtlil = build(compiler_of(THREE), None).rtlil
    for point in (stock[0], stock[-1]):
        synthesis = synthesize(rtlil, load(SHIPPED), recipe=point.recipe, flow=point.flow, folder=tmp_path)
        assert point.score.area_um2 == pytest.approx(synthesis.area_um2, abs=1e-3)


def test_a_baseline_is_measured_once(
    pool: Pool, folder: Path, stock: list[StockPoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in ("elaborate_and_read", "map_logic_and_time", "simulate_together"):
        monkeypatch.setattr(f"sim.measure.{step}", do_none)
    assert list(measure_stock(make_measure(THREE, pool, folder))) == stock


def test_what_fails_is_left_out(
    pool: Pool, tmp_path: Path, stock: list[StockPoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.measure.elaborate_and_read", elaborate_some)
    monkeypatch.setattr("sim.measure.map_logic_and_time", map_some)
    monkeypatch.setattr("sim.stock.RECIPES", {name: RECIPES[name] for name in ("fast", "lean")})
    found = list(measure_stock(make_measure(THREE, pool, tmp_path)))
    assert ways(found) == [(flow, "fast") for flow in ("plain", "booth_tree", "booth_tree_cells", "mcm")]
    assert found[:3] == [point for point in stock if point.flow != "booth" and point.recipe == "fast"]


def test_a_flow_whose_twin_fails_stands_for_itself(pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.measure.elaborate_and_read", elaborate_some)
    measure = make_measure(THREE, pool, tmp_path)
    built = measure.submit_build(None).result().require()
    flows = ("booth", "mcm", "booth_tree", "mcm_tree")
    found = list(measure_rival(measure, built, name="stock", flows=flows, recipes=("fast",)))
    assert ways(found) == [("mcm", "fast"), ("booth_tree", "fast")]


def test_constant_products_are_made_of_shared_shifts_too(pool: Pool, tmp_path: Path) -> None:
    measure = make_measure(CONSTANT, pool, tmp_path)
    built = measure.submit_build(None).result().require()
    flows = ("booth", "mcm")
    found = {
        point.flow: point.score.area_um2
        for point in measure_rival(measure, built, name="stock", flows=flows, recipes=("lean",))
    }
    assert found["mcm"] < 0.8 * found["booth"]


def test_a_wrong_baseline_is_none(pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.measure.build", build_wrongly)
    monkeypatch.setattr("sim.stock.RECIPES", {"fast": RECIPES["fast"]})
    with pytest.raises(ToolError) as raised:
        list(measure_stock(make_measure(THREE, pool, tmp_path)))
    assert str(raised.value).startswith("stock: the design must pass its simulation (free, token ")

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
from sim.measure import PRELOAD
from sim.pool import Pool
from sim.recipes import RECIPES
from sim.steps import Built, Mapped, build, map_and_time
from sim.stock import StockPoint, measure_stock
from sim.synthesize import STOCK_FLOWS, synthesize
from sim.technology import Technology, load
from tests.sim.specs import PAIR, SHIPPED, compiler_of, make_measure


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(2, preload=PRELOAD) as pool:
        yield pool


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stock")


@pytest.fixture(scope="module")
def stock(pool: Pool, folder: Path) -> list[StockPoint]:
    return list(measure_stock(make_measure(PAIR, pool, folder)))


def build_wrongly(compiler: Compiler, point: Point | None) -> Built:
    """Build a sum that is one too large."""
    assert point is None
    wrong = build(compiler_of(PAIR.replace("sum(a * b)", "sum(a * b) | 1")), None)
    return dataclasses.replace(wrong, datapath=build(compiler, None).datapath)


def map_some(rtlil: str, technology: Technology, recipe: str, flow: str, gate_share: float = 0.0) -> Mapped:
    """Fail for one flow and for one recipe."""
    if flow == "booth" or recipe == "lean":
        raise ToolError("abc: it ended with status 1")
    return map_and_time(rtlil, technology, recipe, flow)


def map_none(*_arguments: object) -> Mapped:
    raise ToolError("nothing must be mapped any more")


def test_every_flow_is_mapped_by_every_recipe(stock: list[StockPoint]) -> None:
    assert [(point.flow, point.recipe) for point in stock] == list(itertools.product(STOCK_FLOWS, RECIPES))
    for point in stock:
        # 8 input bits, the 5 bits that hold -12 to 12, a valid bit for each of the two.
        assert point.score.flip_flops == 15, point
        assert (point.score.interval_cycles, point.score.latency_cycles) == (1, 2)


def test_a_figure_is_what_the_flow_and_the_recipe_alone_give(stock: list[StockPoint], tmp_path: Path) -> None:
    rtlil = build(compiler_of(PAIR), None).rtlil
    for point in (stock[0], stock[-1]):
        synthesis = synthesize(rtlil, load(SHIPPED), recipe=point.recipe, flow=point.flow, folder=tmp_path)
        assert point.score.area_um2 == pytest.approx(synthesis.area_um2, abs=1e-3)


def test_a_baseline_is_measured_once(
    pool: Pool, folder: Path, stock: list[StockPoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.measure.map_and_time", map_none)
    assert list(measure_stock(make_measure(PAIR, pool, folder))) == stock


def test_what_fails_is_left_out(
    pool: Pool, tmp_path: Path, stock: list[StockPoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.measure.map_and_time", map_some)
    monkeypatch.setattr("sim.stock.RECIPES", {name: RECIPES[name] for name in ("fast", "lean")})
    found = list(measure_stock(make_measure(PAIR, pool, tmp_path)))
    assert len(found) == len(STOCK_FLOWS) - 1
    assert found == [point for point in stock if point.flow != "booth" and point.recipe == "fast"]


def test_a_wrong_baseline_is_none(pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.measure.build", build_wrongly)
    monkeypatch.setattr("sim.stock.RECIPES", {"fast": RECIPES["fast"]})
    with pytest.raises(ToolError) as raised:
        list(measure_stock(make_measure(PAIR, pool, tmp_path)))
    assert str(raised.value).startswith("stock: the plain design must pass its simulation (free, token ")

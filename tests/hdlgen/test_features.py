"""Features of datapaths, against counts by hand and against what is elaborated."""

from __future__ import annotations

import math
from dataclasses import fields
from itertools import pairwise

import pytest

from hdlgen.arithmetic.sums import SumStyle
from hdlgen.compiler import Compiler
from hdlgen.datapath import build_datapath
from hdlgen.errors import PointError
from hdlgen.features import Features, describe, facts, features
from hdlgen.knobs import Mapping, offer
from hdlgen.lower import lower
from hdlgen.rewrite import rewrite
from hdlgen.space import Point, Space
from tests.hdlgen.graphs import GRAPHS


def described(
    name: str, style: SumStyle | None = None, *, interval: int = 1, fold: int = 1, stages: int = 0
) -> Features:
    dataflow = rewrite(lower(GRAPHS[name]()))
    return describe(build_datapath(dataflow, style or SumStyle(), interval=interval, fold=fold, stages=stages))


def compiled(name: str) -> tuple[Compiler, Space]:
    compiler = Compiler.of(GRAPHS[name]())
    return compiler, offer(compiler.dataflow, Mapping(recipes=("fast", "lean"), full_adder_cells=True))


def test_a_dot_product_is_counted_as_by_hand() -> None:
    flat = described("dot", SumStyle(multiplier="dadda"))
    assert (flat.units, flat.products, flat.interval_cycles) == (1, 8, 1)
    graph = GRAPHS["dot"]()
    widths = [node.format.width for node in graph.nodes if node.op.value == "input"]
    assert flat.product_bits == 8 * widths[0] * widths[1]
    assert flat.heap_bits == flat.product_bits + flat.addend_bits
    assert flat.choice_bits == flat.pipeline_bits == 0
    booth = described("dot", SumStyle(multiplier="booth"))
    assert booth.product_bits == 8 * widths[0] * -(-widths[1] // 2)


def test_folding_shares_products_and_costs_choices() -> None:
    flat, folded = described("dot"), described("dot", interval=4, fold=4)
    assert (flat.products, folded.products) == (8, 2)
    assert folded.choice_bits > 0
    assert folded.interval_cycles == 4
    assert folded.area_gates < flat.area_gates


def test_pipeline_registers_shorten_the_longest_stage() -> None:
    delays = [described("dot", stages=stages) for stages in range(4)]
    assert all(after.stage_delay_fo4 < before.stage_delay_fo4 for before, after in pairwise(delays))
    assert delays[0].pipeline_bits + delays[0].waiting_bits < delays[3].pipeline_bits + delays[3].waiting_bits
    assert delays[3].latency_cycles == delays[0].latency_cycles + 3


def test_units_in_one_cycle_add_up() -> None:
    slow, fast = described("dot", SumStyle(adder="ripple")), described("dot", SumStyle(adder="sklansky"))
    assert slow.stage_delay_fo4 > fast.stage_delay_fo4


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_every_point_has_as_many_finite_facts(name: str) -> None:
    compiler, space = compiled(name)
    for point in space.sample(6, 1):
        vector = facts(compiler, point)
        assert len(vector) == len(fields(Features)) + 1
        assert all(map(math.isfinite, vector))


def test_the_plan_is_that_of_the_design() -> None:
    compiler, space = compiled("dot")
    for point in space.sample(5, 2):
        design = compiler.build(point)
        assert compiler.plan(point) == design.datapath
        assert features(compiler, point) == describe(design.datapath)


def test_a_point_that_cannot_be_built_has_the_facts_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    compiler, space = compiled("dot")

    def refuse(self: Compiler, point: Point) -> None:
        raise PointError("no")

    monkeypatch.setattr(Compiler, "plan", refuse)
    assert set(facts(compiler, space.default())) == {0.0}

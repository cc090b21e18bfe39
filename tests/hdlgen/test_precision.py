"""Precision: the columns that the search leaves out are worth it, and what comes out keeps the allowed error."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hdlgen.arithmetic.sums import SumStyle
from hdlgen.compiler import Compiler
from hdlgen.dataflow import Dataflow
from hdlgen.deviation import deviate
from hdlgen.errors import PointError, SpecError
from hdlgen.graph import Graph
from hdlgen.knobs import Mapping, offer
from hdlgen.lower import lower
from hdlgen.precision import PRECISIONS, needed, truncate
from hdlgen.rewrite import rewrite
from hdlgen.space import Point
from hdlgen.spec import load
from hdlgen.ties import without_ties
from tests.hdlgen.approximations import built, largest_error
from tests.hdlgen.graphs import GRAPHS, graphs

CELLS = Mapping(recipes=("fast",), full_adder_cells=True)
TURNS = {"dct8": [(8, 8)]}
"""Interval and fold, where not all are tried."""


def graph_of(name: str) -> tuple[Graph, Dataflow]:
    graph = GRAPHS[name]() if name in GRAPHS else load(name).graph
    return graph, rewrite(lower(graph))


@pytest.mark.parametrize(("name", "allowed"), [*((name, 9) for name in sorted(GRAPHS)), ("cubic", 1), ("dct8", 1)])
def test_designs_keep_the_allowed_error(name: str, allowed: int) -> None:
    graph, dataflow = graph_of(name)
    for number, (interval, fold) in enumerate(TURNS.get(name, [(1, 1), (2, 1), (2, 2)])):
        style = SumStyle(multiplier=("booth", "dadda")[number % 2])
        used = truncate(dataflow, style, interval=interval, fold=fold, allowed_lsb=allowed, percent=100)
        rtlil = built(graph, used.dataflow, style, interval=interval, fold=fold)
        assert largest_error(rtlil, graph, count=100) <= used.bound_lsb <= allowed


def test_more_of_the_error_leaves_less_to_add() -> None:
    for name in ("cubic", "dct8"):
        _, dataflow = graph_of(name)
        plain, ties = without_ties(dataflow)
        sizes = [sum(deviate(dataflow, {}, SumStyle()).costs.values())]
        for percent in PRECISIONS[1:]:
            used = truncate(dataflow, SumStyle(), interval=1, fold=1, allowed_lsb=1, percent=percent)
            sizes.append(sum(deviate(plain, used.columns, SumStyle(), ties=ties, only=needed(plain)).costs.values()))
        assert sizes == sorted(sizes, reverse=True)
        assert sizes[-1] < 0.75 * sizes[0], sizes


def test_one_column_more_is_not_proved() -> None:
    _, dataflow = graph_of("dct8")
    used = truncate(dataflow, SumStyle(), interval=1, fold=1, allowed_lsb=1, percent=100)
    plain, ties = without_ties(dataflow)
    assert len(used.columns) == 8
    for number, count in used.columns.items():
        assert deviate(plain, {number: count + 1}, SumStyle(), ties=ties).bound_lsb > 1


@pytest.mark.parametrize("allowed", [0.0, 0.5, 0.99])
def test_less_than_a_unit_is_exact(allowed: float) -> None:
    _, dataflow = graph_of("dct8")
    used = truncate(dataflow, SumStyle(), interval=1, fold=1, allowed_lsb=allowed, percent=100)
    assert used.dataflow is dataflow and used.bound_lsb == 0


def test_the_knob_is_offered_where_something_can_be_left_out() -> None:
    compiler = Compiler.of(load("cubic").graph, max_error_lsb=1)
    space = offer(compiler.dataflow, CELLS, max_error_lsb=1)
    assert next(knob.choices for knob in space.knobs if knob.name == "precision")[0] == 0
    assert all(knob.name != "precision" for knob in offer(compiler.dataflow, CELLS).knobs)
    _, choice = graph_of("choice")  # nothing but comparisons, and a count of bits
    assert all(knob.name != "precision" for knob in offer(choice, CELLS, max_error_lsb=0.5).knobs)
    compiler = Compiler.of(load("rgb2ycbcr").graph, max_error_lsb=1)  # its sums have terms to reduce
    space = offer(compiler.dataflow, CELLS, max_error_lsb=1)
    message = r"^point: precision=100 must go with reduction=heap, not with reduction=tree$"
    with pytest.raises(PointError, match=message):
        Point.parse("reduction=tree,precision=100", space)


def test_exact_designs_do_not_know_of_the_knob() -> None:
    graph = load("cubic").graph
    exact, tolerant = Compiler.of(graph), Compiler.of(graph, max_error_lsb=1)
    point = offer(exact.dataflow, CELLS).default()
    allowed = offer(tolerant.dataflow, CELLS, max_error_lsb=1).default()
    assert tolerant.build(allowed).rtlil == exact.build(point).rtlil
    assert tolerant.build(allowed).error_bound_lsb == 0


def test_the_design_tells_what_is_proved() -> None:
    compiler = Compiler.of(load("cubic").graph, max_error_lsb=1)
    space = offer(compiler.dataflow, CELLS, max_error_lsb=1)
    assert compiler.build(Point.parse("precision=100", space)).error_bound_lsb == 1
    assert compiler.build(Point.parse("precision=100,interval=2", space)).error_bound_lsb <= 1


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(graph=graphs(most=8), data=st.data())
def test_shared_and_folded_units_keep_the_allowed_error(graph: Graph, data: st.DataObject) -> None:
    dataflow = rewrite(lower(graph))
    interval, fold = data.draw(st.sampled_from([(2, 1), (2, 2), (3, 3), (4, 2)]))
    style = SumStyle(multiplier=data.draw(st.sampled_from(["dadda", "booth"])))
    allowed = data.draw(st.sampled_from([1, 3, 9]))
    used = truncate(dataflow, style, interval=interval, fold=fold, allowed_lsb=allowed, percent=100)
    assert used.bound_lsb <= allowed
    try:
        rtlil = built(graph, used.dataflow, style, interval=interval, fold=fold)
    except PointError:
        return  # the feedback does not close within the interval
    assert largest_error(rtlil, graph, count=12) <= used.bound_lsb


def test_feedback_that_is_not_proved_is_refused_by_name() -> None:
    spec = load("biquad")
    compiler = Compiler.of(spec.graph, max_error_lsb=1)
    space = offer(compiler.dataflow, CELLS, max_error_lsb=compiler.spare_error_lsb)
    message = (
        r"^biquad\.toml: knobs\.precision must be one of the knobs interval, fold, stages, reduction, multiplier,"
        r" constants, adder, full_adders, recipe \(did you mean 'reduction'\?\)$"
    )
    with pytest.raises(SpecError, match=message):
        space.narrow({"precision": 100}, where="biquad.toml")

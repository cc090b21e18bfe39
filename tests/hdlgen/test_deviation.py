"""Deviation: the proved bounds against hardware, on graphs of every operation, and what can not be proved."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hdlgen.arithmetic.sums import SumStyle
from hdlgen.builder import GraphBuilder
from hdlgen.dataflow import Dataflow, Kind
from hdlgen.deviation import deviate
from hdlgen.graph import Graph
from hdlgen.lower import lower
from hdlgen.number import Format
from hdlgen.operation import Op
from hdlgen.precision import needed
from hdlgen.rewrite import rewrite
from hdlgen.ties import without_ties
from tests.hdlgen.approximations import built, largest_error
from tests.hdlgen.graphs import GRAPHS, graphs

ARRAY = SumStyle(multiplier="dadda")
"""Bits of products that are what they say: those of Booth's digits depend on each other."""


def sums(dataflow: Dataflow) -> list[int]:
    return [number for number, operation in enumerate(dataflow.operations) if operation.kind is Kind.SUM]


def rounded(rounding: str, dropped: int = 4, width: int = 5, overflow: str = "wrap") -> Graph:
    """A product of 4 and 5 bits, of which the lowest bits are rounded away."""
    builder = GraphBuilder()
    x, y = builder.input("x", Format(width=4)), builder.input("y", Format(width=5, signed=False))
    product = builder.apply(Op.SHIFT, builder.apply(Op.MUL, x, y), amount=-dropped)
    builder.output(
        "z", builder.apply(Op.CONVERT, product, stated=Format(width=width), rounding=rounding, overflow=overflow)
    )
    return builder.graph()


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(graph=graphs(), data=st.data())
def test_no_design_is_ever_farther_off_than_proved(graph: Graph, data: st.DataObject) -> None:
    dataflow = rewrite(lower(graph))
    columns = {number: data.draw(st.integers(0, 4)) for number in sums(dataflow)}
    style = SumStyle(multiplier=data.draw(st.sampled_from(["dadda", "booth"])))
    made = deviate(dataflow, columns, style)
    made.dataflow.verify()
    if math.isfinite(made.bound_lsb):
        assert largest_error(built(graph, made.dataflow, style), graph, count=12) <= made.bound_lsb


@pytest.mark.parametrize("rounding", ["floor", "half_up", "half_even", "toward_zero"])
def test_the_bound_is_met_on_every_input_and_reached(rounding: str) -> None:
    graph = rounded(rounding)
    plain, ties = without_ties(rewrite(lower(graph)))
    number = sums(plain)[0]
    reached = []
    for columns in range(1, 8):
        made = deviate(plain, {number: columns}, SumStyle(), ties=ties, only=needed(plain))
        error = largest_error(built(graph, made.dataflow, SumStyle()), graph, count=500)
        assert error <= made.bound_lsb
        reached.append(error == made.bound_lsb > 0)
    # The sign that rounding toward zero looks at counts as free of the value: its bound is safe, not tight.
    assert any(reached) or rounding == "toward_zero", "a bound that is smaller by one unit must be broken by some input"


def test_without_left_out_columns_nothing_is_off() -> None:
    for name in sorted(GRAPHS):
        graph = GRAPHS[name]()
        made = deviate(rewrite(lower(graph)), {}, SumStyle())
        assert (made.bound_lsb, made.share_lsb) == (0, 0)
        assert largest_error(built(graph, made.dataflow, SumStyle()), graph, count=30) == 0


def test_an_output_that_could_overflow_is_clipped() -> None:
    graph = rounded("half_up", width=5)  # the product's range fits the format exactly: one unit more would wrap
    dataflow = rewrite(lower(graph))
    made = deviate(dataflow, {sums(dataflow)[0]: 4}, SumStyle())
    assert made.bound_lsb < 8
    assert largest_error(built(graph, made.dataflow, SumStyle()), graph, count=400) <= made.bound_lsb


def recursive(coefficient: int) -> Graph:
    """Feedback `y = round(x + coefficient / 16 * y)`, clipped."""
    builder = GraphBuilder()
    held = Format(width=8)
    state, x = builder.state(held), builder.input("x", Format(width=6, fraction=2))
    scaled = builder.apply(Op.SHIFT, builder.apply(Op.MUL, state, builder.constant(coefficient)), amount=-4)
    total = builder.apply(Op.ADD, x, scaled)
    result = builder.apply(Op.CONVERT, total, stated=held, rounding="half_up", overflow="saturate")
    builder.connect(state, result)
    builder.output("y", result)
    return builder.graph()


def test_feedback_that_calms_down_is_proved_by_induction() -> None:
    graph = recursive(5)
    dataflow = rewrite(lower(graph))
    columns = dict.fromkeys(sums(dataflow), 2)
    made = deviate(dataflow, columns, SumStyle())
    assert 0 < made.bound_lsb <= 4
    assert largest_error(built(graph, made.dataflow, SumStyle()), graph, count=300) <= made.bound_lsb


def test_feedback_that_adds_up_its_errors_is_not_proved() -> None:
    dataflow = rewrite(lower(recursive(16)))
    assert deviate(dataflow, dict.fromkeys(sums(dataflow), 2), SumStyle()).bound_lsb == math.inf


def test_a_window_of_approximate_values_is_as_far_off_as_they_are() -> None:
    builder = GraphBuilder()
    x, factor = builder.input("x", Format(width=5)), builder.input("factor", Format(width=5))
    product = builder.apply(Op.SHIFT, builder.apply(Op.MUL, x, factor), amount=-3)
    values = [builder.apply(Op.CONVERT, product, stated=Format(width=7), rounding="floor", overflow="saturate")]
    for _ in range(3):
        values.append(builder.delay(values[-1]))
    builder.output("y", values[-1])
    graph = builder.graph()
    dataflow = rewrite(lower(graph))
    made = deviate(dataflow, {sums(dataflow)[0]: 2}, ARRAY)
    assert made.bound_lsb == 1
    assert largest_error(built(graph, made.dataflow, ARRAY), graph, count=200) == 1


def chosen(op: Op) -> Graph:
    """A choice among products, or between one and 0, of which 3 bits are then dropped."""
    builder = GraphBuilder()
    x, y, z = (builder.input(name, Format(width=4)) for name in "xyz")
    left = builder.apply(Op.ADD, builder.apply(Op.MUL, x, y), z)
    right = builder.apply(Op.MUL, y, z) if op is Op.MIN else builder.constant(0)
    made = builder.apply(op, left) if op is Op.ABS else builder.apply(op, left, right)
    kept = builder.apply(Op.SHIFT, made, amount=-3)
    builder.output("y", builder.apply(Op.CONVERT, kept, stated=Format(width=6), rounding="floor", overflow="saturate"))
    return builder.graph()


@pytest.mark.parametrize("op", [Op.ABS, Op.MAX, Op.MIN])
def test_a_choice_by_sign_errs_only_where_it_hardly_matters(op: Op) -> None:
    graph = chosen(op)
    dataflow = rewrite(lower(graph))
    products = [n for n in sums(dataflow) if any(len(t.factors) == 2 for t in dataflow.operations[n].terms)]
    assert products
    made = deviate(dataflow, dict.fromkeys(products, 2), SumStyle())
    error = largest_error(built(graph, made.dataflow, SumStyle()), graph, count=600)
    assert 0 < error <= made.bound_lsb <= 2

"""Passes: results stay those of the golden model, and what ought to become one sum becomes one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings

from hdlgen.builder import GraphBuilder
from hdlgen.dataflow import Dataflow, Kind, Operation, Term
from hdlgen.graph import Graph
from hdlgen.lower import lower
from hdlgen.number import Format
from hdlgen.operation import Op
from hdlgen.rewrite import PASSES, drop_unused, merge_sums, rewrite
from tests.hdlgen.graphs import FILTER, GRAPHS, graphs, random_tokens
from tests.hdlgen.lanes import expected_results

I5 = Format(width=5)


def sums(dataflow: Dataflow) -> list[Operation]:
    return [operation for operation in dataflow.operations if operation.kind is Kind.SUM]


def rewritten(make: Callable[[GraphBuilder, int, int], int]) -> Dataflow:
    """Rewrite an expression of two inputs, checking its results."""
    builder = GraphBuilder()
    builder.output("y", make(builder, builder.input("a", I5), builder.input("b", I5)))
    graph = builder.graph()
    tokens = random_tokens(graph, 40, seed=4)
    dataflow = rewrite(lower(graph))
    assert dataflow.run(tokens) == expected_results(graph, tokens)
    return dataflow


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(graphs())
def test_every_pass_keeps_the_results_of_random_graphs(graph: Graph) -> None:
    dataflow, tokens = lower(graph), random_tokens(graph, 10, seed=3)
    wanted = expected_results(graph, tokens)
    for step in PASSES:
        dataflow = step(dataflow)
        dataflow.verify()
        assert dataflow.run(tokens) == wanted


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_all_passes_keep_the_results_of_named_graphs(name: str) -> None:
    graph = GRAPHS[name]()
    tokens = random_tokens(graph, 20, seed=3)
    dataflow = rewrite(lower(graph))
    assert dataflow.run(tokens) == expected_results(graph, tokens)
    assert rewrite(dataflow) == dataflow, "a second run must find nothing more"


def test_a_filter_becomes_one_sum_of_its_taps() -> None:
    (merged,) = sums(rewrite(lower(GRAPHS["fir"]())))
    assert [term.coefficient for term in merged.terms] == list(FILTER)
    assert all(len(term.factors) == 1 for term in merged.terms)


def test_a_dot_product_becomes_one_sum_of_its_products() -> None:
    (merged,) = sums(rewrite(lower(GRAPHS["dot"]())))
    assert [len(term.factors) for term in merged.terms] == [2] * 8


def test_constants_and_scalings_join_products() -> None:
    def make(builder: GraphBuilder, a: int, b: int) -> int:
        shifted = builder.apply(Op.SHIFT, a, amount=2)
        negated = builder.apply(Op.NEG, builder.apply(Op.MUL, b, builder.constant(3)))
        product = builder.apply(Op.MUL, shifted, negated)
        return builder.apply(Op.SUB, product, builder.constant(11))

    dataflow = rewritten(make)
    (merged,) = sums(dataflow)
    assert (merged.terms, merged.place) == ((Term(factors=(0, 1), coefficient=-12),), -11)
    assert len(dataflow.operations) == 3


def test_terms_that_cancel_or_agree_are_collected() -> None:
    def make(builder: GraphBuilder, a: int, b: int) -> int:
        left = builder.apply(Op.ADD, builder.apply(Op.ADD, a, b), builder.constant(4))
        right = builder.apply(Op.SUB, builder.apply(Op.SUB, b, a), builder.constant(9))
        return builder.apply(Op.SUB, left, right)

    dataflow = rewritten(make)
    (merged,) = sums(dataflow)
    assert (merged.terms, merged.place) == ((Term(factors=(0,), coefficient=2),), 13)
    assert [operation.name for operation in dataflow.operations] == ["a", ""], "an input that is not read falls away"


def test_products_agree_whatever_the_order_of_their_factors() -> None:
    def make(builder: GraphBuilder, a: int, b: int) -> int:
        return builder.apply(Op.ADD, builder.apply(Op.MUL, a, b), builder.apply(Op.MUL, b, a))

    (merged,) = sums(rewritten(make))
    assert merged.terms == (Term(factors=(0, 1), coefficient=2),)


def test_a_sum_that_several_read_stays() -> None:
    def make(builder: GraphBuilder, a: int, b: int) -> int:
        total = builder.apply(Op.ADD, a, b)
        return builder.apply(Op.ADD, builder.apply(Op.MUL, total, total), builder.apply(Op.MUL, total, a))

    first, second = sums(rewritten(make))
    assert [term.factors for term in first.terms] == [(0,), (1,)]
    assert [term.factors for term in second.terms] == [(2, 2), (0, 2)]


def test_what_no_output_needs_is_left_out() -> None:
    graph = GRAPHS["fir"]()
    lowered = lower(graph)
    merged = merge_sums(lowered)
    assert len(sums(merged)) == len(sums(lowered)) > 1
    dropped = drop_unused(merged)
    assert len(sums(dropped)) == 1
    assert len(dropped.registers) == len(FILTER) - 1
    assert {operation.kind for operation in dropped.operations} == {Kind.INPUT, Kind.STATE, Kind.SUM}


def test_states_that_only_feed_themselves_are_left_out() -> None:
    builder = GraphBuilder()
    x = builder.input("x", I5)
    lost = builder.state(I5)
    builder.connect(
        lost, builder.apply(Op.CONVERT, builder.apply(Op.ADD, lost, x), stated=I5, rounding="floor", overflow="wrap")
    )
    dataflow = lower(builder_with_output(builder, x))
    assert drop_unused(dataflow).registers == ()


def builder_with_output(builder: GraphBuilder, number: int) -> Graph:
    builder.output("y", number)
    return builder.graph()

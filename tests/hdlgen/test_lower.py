"""Lowering: scalar dataflow gives what the golden model gives, operation by operation and on random graphs."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from hdlgen.builder import GraphBuilder
from hdlgen.dataflow import Dataflow, Kind
from hdlgen.graph import Graph
from hdlgen.lower import lower
from hdlgen.number import OVERFLOWS, ROUNDINGS, Format
from hdlgen.operation import BITWISE, COMPARISONS, Op
from hdlgen.rewrite import rewrite
from hdlgen.spec import parse
from tests.hdlgen.graphs import GRAPHS, graphs, random_tokens
from tests.hdlgen.lanes import expected_results

FORMATS = [Format.parse(text) for text in ("u1", "i1", "u3", "i3", "q2.1", "uq1.1")]
INTEGERS = [held for held in FORMATS if not held.fraction]
Make = Callable[[GraphBuilder, list[int]], int]


def every_token(formats: list[Format]) -> list[dict[str, list[int]]]:
    ranges = (range(held.low, held.high + 1) for held in formats)
    return [{f"x{place}": [raw] for place, raw in enumerate(token)} for token in itertools.product(*ranges)]


def check(formats: list[Format], make: Make) -> Dataflow:
    """Compare one operation on scalar inputs with the golden model, on every token."""
    builder = GraphBuilder()
    builder.output("y", make(builder, [builder.input(f"x{place}", held) for place, held in enumerate(formats)]))
    graph = builder.graph()
    dataflow, tokens = lower(graph), every_token(formats)
    assert dataflow.run(tokens) == expected_results(graph, tokens)
    return dataflow


@pytest.mark.parametrize("op", [Op.ADD, Op.SUB, Op.MUL, Op.MIN, Op.MAX, *sorted(COMPARISONS)])
def test_operations_on_two_values(op: Op) -> None:
    for formats in itertools.product(FORMATS, repeat=2):
        check(list(formats), lambda builder, args: builder.apply(op, *args))


@pytest.mark.parametrize("op", [Op.NEG, Op.ABS, Op.POPCOUNT])
def test_operations_on_one_value(op: Op) -> None:
    for held in (*FORMATS, Format(width=6), Format(width=6, signed=False)):
        check([held], lambda builder, args: builder.apply(op, *args))


@pytest.mark.parametrize("op", sorted(BITWISE))
def test_operations_on_bits(op: Op) -> None:
    for formats in itertools.product(INTEGERS, repeat=1 if op is Op.INVERT else 2):
        check(list(formats), lambda builder, args: builder.apply(op, *args))


@pytest.mark.parametrize("op", [Op.SHIFT_LEFT, Op.SHIFT_RIGHT])
def test_variable_shifts(op: Op) -> None:
    for held in FORMATS:
        check([held, Format(width=2, signed=False)], lambda builder, args: builder.apply(op, *args))


def test_constant_shifts() -> None:
    for held, amount in itertools.product(FORMATS, (-3, -1, 0, 2)):
        check([held], lambda builder, args: builder.apply(Op.SHIFT, *args, amount=amount))  # noqa: B023


def test_selections() -> None:
    for formats in itertools.product(FORMATS, repeat=2):
        check([FORMATS[0], *formats], lambda builder, args: builder.apply(Op.SELECT, *args))


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("overflow", OVERFLOWS)
def test_conversions(rounding: str, overflow: str) -> None:
    sources = [Format.parse(text) for text in ("i4", "u4", "q2.3", "uq1.4")]
    targets = [Format.parse(text) for text in ("u2", "i2", "u4", "i5", "u6", "q1.2", "uq2.1", "q3.3", "q-1.3")]
    for source, target in itertools.product(sources, targets):
        how: dict[str, Any] = {"stated": target, "rounding": rounding, "overflow": overflow}
        check([source], lambda builder, args: builder.apply(Op.CONVERT, *args, **how))  # noqa: B023


def test_bits_taken_out_and_put_together() -> None:
    for held in (Format(width=4), Format(width=4, signed=False)):
        for low, width, signed in itertools.product(range(4), range(1, 5), (False, True)):
            if low + width <= 4:
                stated = Format(width=width, signed=signed)
                check([held], lambda builder, args: builder.apply(Op.REINTERPRET, *args, stated=stated, low=low))  # noqa: B023
    for formats in itertools.product(INTEGERS, repeat=2):
        check(list(formats), lambda builder, args: builder.apply(Op.JOIN_BITS, *args))


@pytest.mark.parametrize("op", [Op.SUM, Op.ARGMAX, Op.ARGMIN])
def test_reductions_over_the_last_axis(op: Op) -> None:
    for shape in ((3,), (2, 3), (1, 4)):
        builder = GraphBuilder()
        builder.output("y", builder.apply(op, builder.input("x", Format(width=2), shape)))
        graph = builder.graph()
        tokens = random_tokens(graph, 150, seed=1)
        assert lower(graph).run(tokens) == expected_results(graph, tokens)


@pytest.mark.parametrize("count", [2, 5, 6, 7, 9, 13])
@pytest.mark.parametrize("text", ["max(x)", "min(x)", "argmax(x)", "argmin(x)"])
def test_an_extreme_is_a_tree_of_the_least_depth_with_a_comparison_less_than_elements(text: str, count: int) -> None:
    inputs = f'name = "t"\n[inputs]\nx = {{ format = "i4", shape = [{count}] }}\n'
    graph = parse(f'{inputs}[outputs]\ny = {{}}\n[compute]\ny = "{text}"\n').graph
    dataflow = rewrite(lower(graph))
    depths: list[int] = []
    for operation in dataflow.operations:
        depths.append(max((depths[arg] for arg in operation.args), default=0) + (operation.kind is Kind.SUM))
    assert max(depths) == (count - 1).bit_length()
    assert sum(operation.kind is Kind.SUM for operation in dataflow.operations) == count - 1
    tokens = random_tokens(graph, 60, seed=count)
    assert dataflow.run(tokens) == expected_results(graph, tokens)


@pytest.mark.parametrize("ranks", [(0, 1, 2, 3), (1, 2), (3,)])
def test_the_values_of_some_ranks(ranks: tuple[int, ...]) -> None:
    for shape in ((4,), (3, 4)):
        builder = GraphBuilder()
        builder.output("y", builder.apply(Op.SORT, builder.input("x", Format(width=3), shape), ranks=ranks))
        graph = builder.graph()
        tokens = random_tokens(graph, 150, seed=2)
        assert lower(graph).run(tokens) == expected_results(graph, tokens)


def test_a_comparator_has_one_comparison_and_the_ranges_of_both_values() -> None:
    builder = GraphBuilder()
    x, y = builder.input("x", Format(width=4), (2,)), builder.constant([0, -3])
    high = builder.apply(Op.MAX, x, y)
    builder.output("y", builder.apply(Op.SORT, high, ranks=(0, 1)))
    dataflow = lower(builder.graph())
    results = [dataflow.operations[number] for number in dataflow.results()]
    assert [operation.kind for operation in results] == [Kind.SELECT, Kind.SELECT]
    assert len({operation.args[0] for operation in results}) == 1
    assert [(operation.low, operation.high) for operation in results] == [(-3, 7), (0, 7)]


def test_a_median_of_nine_takes_19_comparisons_and_one_choice_where_one_value_is_used() -> None:
    builder = GraphBuilder()
    builder.output("y", builder.apply(Op.SORT, builder.input("x", Format(width=8), (9,)), ranks=(4,)))
    kinds = [operation.kind for operation in rewrite(lower(builder.graph())).operations]
    # Of the 38 values of 19 comparators 8 are dropped beside the median itself.
    assert kinds.count(Kind.SELECT) == 30
    assert kinds.count(Kind.SUM) == 19


@pytest.mark.parametrize("op", [Op.POPCOUNT, Op.JOIN_BITS])
def test_patterns_have_the_width_of_the_array_and_not_of_the_element(op: Op) -> None:
    # -1 to 0 fits one bit, 3 two, and |x| may be held with a sign that its format does not have
    builder = GraphBuilder()
    x = builder.input("x", Format(width=4))
    wide = Format(width=6)
    minus = builder.apply(Op.NEG, builder.apply(Op.LT, x, builder.constant(2)))
    for number in (minus, builder.constant(3), builder.apply(Op.ABS, x)):
        same = builder.apply(Op.CONVERT, number, stated=wide, rounding="floor", overflow="wrap")
        made = builder.apply(op, same) if op is Op.POPCOUNT else builder.apply(op, same, x, builder.apply(Op.ABS, x))
        builder.output(f"y{number}", made)
    graph = builder.graph()
    tokens = [{"x": [raw]} for raw in range(-8, 8)]
    assert lower(graph).run(tokens) == expected_results(graph, tokens)


def all_values(dataflow: Dataflow) -> Dataflow:
    return replace(dataflow, outputs=(("all", tuple(range(len(dataflow.operations)))),))


def assert_lowered(graph: Graph) -> None:
    dataflow, tokens = lower(graph), random_tokens(graph, 12, seed=2)
    assert dataflow.run(tokens) == expected_results(graph, tokens)
    for token in all_values(dataflow).run(tokens):
        for operation, value in zip(dataflow.operations, token["all"], strict=True):
            assert operation.low <= value <= operation.high, "every value must keep the range that hardware is sized by"


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_named_graphs(name: str) -> None:
    assert_lowered(GRAPHS[name]())


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(graphs())
def test_random_graphs(graph: Graph) -> None:
    assert_lowered(graph)


def test_equal_operations_are_made_once() -> None:
    builder = GraphBuilder()
    x = builder.input("x", Format(width=4), (2,))
    doubled = builder.apply(Op.ADD, x, x)
    crossed = builder.gather(x, np.array([1, 0]))
    builder.output("y", builder.apply(Op.MUL, doubled, builder.apply(Op.ADD, crossed, crossed)))
    dataflow = lower(builder.graph())
    assert len(set(dataflow.operations)) == len(dataflow.operations)
    products = [
        operation for operation in dataflow.operations if len(operation.args) == 2 and len(operation.terms) == 1
    ]
    assert len(products) == 2  # x0 x1 and x1 x0: factors in their order


def test_known_values_cost_nothing() -> None:
    dataflow = check(
        [Format(width=3)], lambda builder, args: builder.apply(Op.SELECT, builder.constant(1), *args, *args)
    )
    assert [operation.kind for operation in dataflow.operations if operation.kind is not Kind.CONSTANT] == [Kind.INPUT]
    dataflow = check([Format(width=3)], lambda builder, args: builder.apply(Op.LT, *args, builder.constant(9)))
    assert dataflow.operations[dataflow.outputs[0][1][0]].kind is Kind.CONSTANT

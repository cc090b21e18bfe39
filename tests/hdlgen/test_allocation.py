"""Allocation: whatever shares or folds, each task adds up to its sum, and every operand fits the unit it goes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hdlgen.allocation import Allocation, Operand, allocate, fold_of, is_power_of_two, multiplies
from hdlgen.builder import GraphBuilder
from hdlgen.dataflow import Dataflow, Kind, Operation, Term
from hdlgen.graph import Graph
from hdlgen.lower import lower
from hdlgen.number import Format
from hdlgen.operation import Op
from hdlgen.rewrite import rewrite
from tests.hdlgen.graphs import GRAPHS, graphs, random_tokens
from tests.hdlgen.lanes import expected_results

FOLDINGS = ((1, 1), (2, 1), (2, 2), (3, 3), (4, 2), (4, 4), (8, 4), (8, 8))


def sum_of(*terms: tuple[tuple[int, ...], int]) -> Operation:
    """Make a sum that is looked at alone."""
    made = tuple(Term(factors=factors, coefficient=coefficient) for factors, coefficient in terms)
    args = tuple(factor for term in made for factor in term.factors)
    return Operation(kind=Kind.SUM, format=Format(width=20), args=args, terms=made, low=-9, high=9)


def assert_tasks_add_up(allocation: Allocation, token_values: Sequence[int]) -> None:
    """Work through every task as its unit would, on the values of one token."""
    operations = allocation.dataflow.operations

    def value(operand: Operand) -> int:
        return operand.constant if operand.number is None else token_values[operand.number]

    for team in allocation.teams:
        for task in team.tasks:
            total = task.initial if team.shape.accumulates else team.shape.constant
            for step in task.steps:
                for position, operands in zip(team.shape.positions, step, strict=True):
                    for factor, operand in zip(position.factors, operands, strict=True):
                        assert factor.low <= value(operand) <= factor.high
                        if operand.number is not None:
                            assert factor.holds(operations[operand.number].low, operations[operand.number].high)
                    total += position.coefficient * prod(map(value, operands))
            assert total == token_values[task.operation]
            assert team.shape.result.width >= operations[task.operation].format.width


def check(graph: Graph, interval: int, fold: int) -> Allocation:
    tokens = random_tokens(graph, 8, seed=9)
    allocation = allocate(rewrite(lower(graph)), interval=interval, fold=fold)
    dataflow = allocation.dataflow
    dataflow.verify()
    assert dataflow.run(tokens) == expected_results(graph, tokens)
    everything = replace(dataflow, outputs=(("all", tuple(range(len(dataflow.operations)))),))
    for token in everything.run(tokens):
        assert_tasks_add_up(allocation, token["all"])
    placed = sorted(task.operation for team in allocation.teams for task in team.tasks)
    assert placed == [number for number, made in enumerate(dataflow.operations) if made.kind is Kind.SUM]
    for team in allocation.teams:
        assert {len(task.steps) for task in team.tasks} == {team.fold}
        assert team.shape.accumulates == (team.fold > 1)
        assert interval % team.fold == 0
    return allocation


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_tasks_of_named_graphs_add_up(name: str) -> None:
    graph = GRAPHS[name]()
    for interval, fold in FOLDINGS:
        check(graph, interval, fold)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(graphs(), st.sampled_from(FOLDINGS))
def test_tasks_of_random_graphs_add_up(graph: Graph, folding: tuple[int, int]) -> None:
    check(graph, *folding)


def test_without_an_interval_nothing_is_shared() -> None:
    allocation = check(GRAPHS["complex_multiply"](), 1, 1)
    assert [len(team.tasks) for team in allocation.teams] == [1, 1]
    assert sorted(position.coefficient for position in allocation.teams[0].shape.positions) == [-1, 1]


@pytest.mark.parametrize("name", ["complex_multiply", "complex_unsigned"])
def test_products_of_both_signs_take_turns_on_one_multiplier(name: str) -> None:
    allocation = check(GRAPHS[name](), 2, 1)
    assert Kind.NOT in {operation.kind for operation in allocation.dataflow.operations}
    terms = [term for operation in allocation.dataflow.operations for term in operation.terms]
    assert all(term.coefficient > 0 for term in terms if len(term.factors) == 2)
    (team,) = allocation.teams
    assert len(team.tasks) == 2
    assert sum(len(position.factors) == 2 for position in team.shape.positions) == 2


def test_a_dot_product_folds_onto_fewer_multipliers() -> None:
    for interval, multipliers in ((2, 4), (4, 2), (8, 1)):
        (team,) = check(GRAPHS["dot"](), interval, interval).teams
        assert [len(position.factors) for position in team.shape.positions] == [2] * multipliers
        assert team.fold == interval


def test_a_filter_folds_onto_general_multipliers() -> None:
    (team,) = check(GRAPHS["fir"](), 4, 4).teams
    assert [len(position.factors) for position in team.shape.positions] == [2, 2]
    (whole,) = check(GRAPHS["fir"](), 1, 1).teams
    assert all(len(position.factors) == 1 for position in whole.shape.positions)


def test_sums_with_different_constants_share_a_unit() -> None:
    (team,) = check(GRAPHS["matrix"](), 3, 1).teams
    assert len(team.tasks) == 3
    assert team.shape.constant == 0
    (folded,) = check(GRAPHS["matrix"](), 3, 3).teams
    assert sorted(task.initial for task in folded.tasks) == [-5, 17, 100]


def test_adders_alone_are_not_shared() -> None:
    builder = GraphBuilder()
    x = builder.input("x", Format(width=4), (4,))
    builder.output("y", builder.apply(Op.ADD, x, builder.gather(x, np.array([1, 2, 3, 0]))))
    allocation = check(builder.graph(), 4, 1)
    assert [len(team.tasks) for team in allocation.teams] == [1] * 4


def test_folds_divide_what_is_wanted_and_leave_no_cycle_idle() -> None:
    products = [((0, 1), 1)] * 6
    assert [fold_of(sum_of(*products), fold) for fold in (1, 2, 3, 4, 6, 8, 12)] == [1, 2, 3, 4, 6, 4, 6]
    assert fold_of(sum_of(((0, 1), 1)), 4) == 1
    assert fold_of(sum_of(((0,), 1), ((1,), -2), ((2,), 4)), 4) == 1, "three addends are not worth an accumulator"
    assert fold_of(sum_of(((0,), 1), ((1,), -2), ((2,), 3)), 3) == 3, "a constant multiplication is"
    assert fold_of(sum_of(*(((k,), 1) for k in range(4))), 4) == 4
    assert fold_of(sum_of(), 4) == 1


def test_only_powers_of_two_are_wiring() -> None:
    assert [number for number in range(-9, 10) if is_power_of_two(number)] == [-8, -4, -2, -1, 0, 1, 2, 4, 8]
    assert not multiplies(sum_of(((0,), -4), ((1,), 1)))
    assert multiplies(sum_of(((0,), 3)))
    assert multiplies(sum_of(((0, 0), 1)))


def test_a_fold_that_does_not_divide_the_interval_is_refused() -> None:
    dataflow: Dataflow = rewrite(lower(GRAPHS["dot"]()))
    with pytest.raises(ValueError, match=r"^allocate: fold must divide the interval of 4 cycles, not 3$"):
        allocate(dataflow, interval=4, fold=3)


def test_a_position_is_squared_where_every_task_multiplies_a_word_by_itself() -> None:
    builder = GraphBuilder()
    x, y = builder.input("x", Format(width=5)), builder.input("y", Format(width=5))
    for name, left, right in (("a", x, x), ("b", y, y), ("c", x, y)):
        builder.output(name, builder.apply(Op.MUL, left, right))
    dataflow = rewrite(lower(builder.graph()))
    apart = allocate(dataflow, interval=1, fold=1).teams
    assert [team.shape.positions[0].squared for team in apart] == [True, True, False]
    together = allocate(dataflow, interval=4, fold=1).teams
    assert [team.shape.positions[0].squared for team in together] == [False]
    squares = replace(dataflow, outputs=dataflow.outputs[:2])
    both = allocate(rewrite(squares), interval=2, fold=1).teams
    assert [(len(team.tasks), team.shape.positions[0].squared) for team in both] == [(2, True)]

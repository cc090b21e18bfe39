"""Sharing over dataflow: results stay, shared values are read several times, and the knob offers what differs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from hdlgen import sharing
from hdlgen.builder import GraphBuilder
from hdlgen.dataflow import Dataflow, Kind, Operation
from hdlgen.graph import Graph
from hdlgen.lower import lower
from hdlgen.number import Format
from hdlgen.operation import Op
from hdlgen.rewrite import rewrite
from hdlgen.sharing import SHARINGS, Sharing, share, sharings_of
from hdlgen.spec import load
from tests.hdlgen.graphs import GRAPHS, graphs, random_tokens
from tests.hdlgen.lanes import expected_results

I8 = Format(width=8)
EAGER = Sharing(adder_cost=0.1, depth=8)


def sums(dataflow: Dataflow) -> list[Operation]:
    return [operation for operation in dataflow.operations if operation.kind is Kind.SUM]


def matrix_graph(matrix: list[list[int]]) -> Graph:
    builder = GraphBuilder()
    inputs = [builder.input(f"x{place}", I8) for place in range(len(matrix[0]))]
    for number, row in enumerate(matrix):
        products = [builder.apply(Op.MUL, x, builder.constant(c)) for x, c in zip(inputs, row, strict=True) if c]
        total = products[0]
        for product in products[1:]:
            total = builder.apply(Op.ADD, total, product)
        builder.output(f"y{number}", total)
    return builder.graph()


def random_matrix(rows: int, columns: int, seed: int) -> list[list[int]]:
    matrix: list[list[int]] = np.random.default_rng(seed).integers(-128, 128, (rows, columns)).tolist()
    return matrix


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(graphs())
def test_results_of_random_graphs_stay(graph: Graph) -> None:
    dataflow, tokens = rewrite(lower(graph)), random_tokens(graph, 10, seed=3)
    assert share(dataflow, EAGER).run(tokens) == expected_results(graph, tokens)


@pytest.mark.parametrize("way", sorted(SHARINGS))
@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_results_of_named_graphs_stay(name: str, way: str) -> None:
    graph = GRAPHS[name]()
    tokens = random_tokens(graph, 20, seed=3)
    assert share(rewrite(lower(graph)), SHARINGS[way]).run(tokens) == expected_results(graph, tokens)


@pytest.mark.parametrize("way", sorted(SHARINGS))
@pytest.mark.parametrize("design", ["fir8", "conv3x3", "dct8", "dense16x5"])
def test_results_of_the_shipped_constant_designs_stay(design: str, way: str) -> None:
    graph = load(design).graph
    dataflow, tokens = rewrite(lower(graph)), random_tokens(graph, 12, seed=5)
    shared = share(dataflow, SHARINGS[way])
    assert shared.run(tokens) == expected_results(graph, tokens)
    assert len(sums(shared)) > len(sums(dataflow)) or way != "shared"


@pytest.mark.parametrize("seed", range(3))
def test_a_matrix_reads_each_shared_value_several_times(seed: int) -> None:
    graph = matrix_graph(random_matrix(6, 6, seed))
    dataflow = rewrite(lower(graph))
    shared = share(dataflow, SHARINGS["shared"])
    tokens = random_tokens(graph, 50, seed=seed)
    assert shared.run(tokens) == dataflow.run(tokens) == expected_results(graph, tokens)
    inner = [n for n, o in enumerate(shared.operations) if o.kind is Kind.SUM and n not in set(shared.results())]
    assert len(inner) > 3
    for number in inner:
        readers = [t.coefficient for o in shared.operations for t in o.terms if number in t.factors]
        assert len(readers) > 1 or abs(readers[0]).bit_count() > 1


def test_products_and_constants_stay_where_they_are() -> None:
    builder = GraphBuilder()
    a, b, c = (builder.input(name, I8) for name in "abc")
    for number, (other, constant) in enumerate(((b, 7), (a, -9))):
        common = builder.apply(Op.ADD, builder.apply(Op.MUL, a, builder.constant(3)), b)
        product = builder.apply(Op.MUL, builder.apply(Op.MUL, other, c), builder.constant(constant))
        total = builder.apply(Op.ADD, builder.apply(Op.ADD, common, product), builder.constant(constant))
        builder.output(f"y{number}", total)
    graph = builder.graph()
    shared = share(rewrite(lower(graph)), SHARINGS["shared"])
    tokens = random_tokens(graph, 50, seed=1)
    assert shared.run(tokens) == expected_results(graph, tokens)
    (common_sum, *outer) = sums(shared)
    assert [(len(t.factors), t.coefficient) for t in common_sum.terms] == [(1, 3), (1, 1)]
    assert [(o.place, {(len(t.factors), t.coefficient) for t in o.terms}) for o in outer] == [
        (7, {(2, 7), (1, 1)}),
        (-9, {(2, -9), (1, 1)}),
    ]


def test_a_shared_value_of_later_layers_stands_behind_what_it_reads() -> None:
    graph = load("dense16x5").graph
    shared = share(rewrite(lower(graph)), EAGER)
    shared.verify()
    assert all(max(o.args, default=-1) < n for n, o in enumerate(shared.operations))


def test_nothing_to_share_leaves_the_very_same_dataflow() -> None:
    dataflow = rewrite(lower(GRAPHS["dot"]()))
    assert share(dataflow, EAGER) is dataflow
    assert sharings_of(dataflow) == ()
    assert sharings_of(rewrite(lower(GRAPHS["dot"]()))) == (), "nor for an equal one"


def test_ways_that_share_alike_are_named_once() -> None:
    dataflow = rewrite(lower(matrix_graph(random_matrix(6, 6, 1))))
    names = sharings_of(dataflow)
    assert names[0] == "shared" and set(names) <= set(SHARINGS)
    assert len({share(dataflow, SHARINGS[name]) for name in names}) == len(names)
    hadamard = [[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]
    assert sharings_of(rewrite(lower(matrix_graph(hadamard))))[:1] == ("shared",)


def test_more_pairs_than_the_limit_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    dataflow = rewrite(lower(matrix_graph([[3, 5, 9], [3, 5, 17], [3, 5, 0]])))
    monkeypatch.setattr(sharing, "MAX_SHARED_PAIRS", 11)
    assert share(dataflow, EAGER) is dataflow
    monkeypatch.setattr(sharing, "MAX_SHARED_PAIRS", 12)
    share.cache_clear()
    assert share(dataflow, EAGER) is not dataflow

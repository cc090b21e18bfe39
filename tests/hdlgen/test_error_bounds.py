"""Error bounds: no error that is put into a graph's functions carries an output further than the bound says."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from hdlgen.error_bounds import error_bounds, output_bound
from hdlgen.golden import evaluate_nodes
from hdlgen.graph import Graph, Node
from hdlgen.operation import Op
from hdlgen.spec import parse

LINES = {
    "scaled": ("3 * f - (f >> 2) + x", 1.0),
    "product": ("f * f - f * x", 1.0),
    "sum": ("sum(stack(f, f, x))", 1.0),
    "rounded": ('round(f * 5, "i8", "floor")', 1.0),
    "saturated": ('saturate(f * 40, "i6", "half_even")', 1.0),
    "extremes": ("maximum(abs(f), minimum(-f, x))", 2.0),
    "again": ('exp(f, "q4.3")', 2.0),
    "root": ('sqrt(f, "uq3.5") - log(f, "q3.2")', 1.0),
    "quotient": ('divide(f, 3 + maximum(f, 0), "q2.5")', 1.0),
    "chosen": ("where(x > 1, f, x)", 3.0),
    "compared": ("f > x", 1.0),
    "delayed": ("f + previous(f)", 1.0),
    "ordered": ("median(window(f, 4)) + sort(window(f, 3))[1]", 2.0),
}
"""Expressions of x and of f = tanh(x), and the error of f in LSB."""


def graph_of(line: str) -> Graph:
    text = (
        'name = "a"\n[inputs]\nx = { format = "q2.3" }\n[outputs]\ny = {}\n'
        f"[compute]\nf = 'tanh(x, \"q1.4\")'\ny = '{line}'\n"
    )
    return parse(text).graph


def function_of(graph: Graph, name: str = "tanh") -> int:
    return next(
        at
        for at, node in enumerate(graph.nodes)
        if node.op is Op.FUNCTION and dict(node.attributes)["function"] == name
    )


def with_input(graph: Graph, position: int) -> Graph:
    """Make a function's node an input, so that wrong values can be put in its place."""
    made = Node(op=Op.INPUT, format=graph.nodes[position].format, attributes=(("name", "f"),))
    nodes = (*graph.nodes[:position], made, *graph.nodes[position + 1 :])
    return replace(graph, nodes=nodes, inputs=(*graph.inputs, ("f", position)), ranges=())


@pytest.mark.parametrize("name", sorted(LINES))
def test_no_error_goes_further_than_its_bound(name: str) -> None:
    line, error = LINES[name]
    graph = graph_of(line)
    position = function_of(graph)
    bound = output_bound(graph, {position: error})
    assert math.isfinite(bound)
    raw = np.arange(-16, 16).repeat(2)
    exact = evaluate_nodes(graph, {"x": raw})
    target = graph.nodes[position].format
    wide = replace(graph.nodes[position], format=replace(target, width=target.width + 3))
    changed = with_input(replace(graph, nodes=(*graph.nodes[:position], wide, *graph.nodes[position + 1 :])), position)
    largest = 0
    for pattern in itertools.product((-1, 0, 1), repeat=2):
        wrong = exact[position] + np.tile(pattern, 32)[: len(raw)] * int(error)
        found = evaluate_nodes(changed, {"x": raw, "f": np.clip(wrong, target.low, target.high)})
        at = graph.outputs[0][1]
        largest = max(largest, int(np.abs(found[at] - exact[at]).max()))
    assert largest <= bound
    assert largest > 0


@pytest.mark.parametrize(
    "line",
    [
        'wrap(f * 40, "i4", "floor")',
        "bit(f, 1)",
        "popcount(f)",
        "argmax(stack(f, x))",
        "where(f > x, 1, 5)",
        'divide(x, f, "q2.5")',
        'saturate(f + previous(y), "q8.4")',
    ],
)
def test_what_cannot_be_bounded_is_infinite(line: str) -> None:
    graph = graph_of(line)
    assert output_bound(graph, {function_of(graph): 1.0}) == math.inf
    assert output_bound(graph, {function_of(graph): 0.0}) == 0.0


def test_bounds_are_in_units_of_each_node() -> None:
    graph = graph_of("f + (f >> 3)")
    position = function_of(graph)
    bounds = error_bounds(graph, {position: 2.0})
    assert bounds[position] == 2.0 and bounds[graph.outputs[0][1]] == 2.0 * 8 + 2.0

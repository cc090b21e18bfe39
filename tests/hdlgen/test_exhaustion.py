"""Many tokens at once: the same as one after the other, on graphs of every operation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from hdlgen.builder import GraphBuilder
from hdlgen.dataflow import Dataflow, Kind, Operation
from hdlgen.exhaustion import run_all
from hdlgen.graph import Graph
from hdlgen.lower import lower
from hdlgen.number import INT64_WIDTH, Format
from tests.hdlgen.graphs import graphs, random_tokens


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_all_at_once_is_one_after_the_other(graph: Graph) -> None:
    dataflow = lower(graph)
    if dataflow.registers or any(operation.format.width > INT64_WIDTH for operation in dataflow.operations):
        return
    tokens = random_tokens(graph, 9, seed=3)
    inputs = {name: [np.array(column) for column in zip(*(t[name] for t in tokens), strict=True)] for name in tokens[0]}
    found = run_all(dataflow, inputs)
    for place, results in enumerate(dataflow.run(tokens)):
        assert {name: [int(row[place]) for row in rows] for name, rows in found.items()} == results


def test_tables_are_looked_up() -> None:
    index = Format(width=2, signed=False)
    operations = (
        Operation(kind=Kind.INPUT, format=index, name="x", low=0, high=3),
        Operation(kind=Kind.TABLE, format=Format(width=4), args=(0,), values=(3, -8, 0, 7), low=-8, high=7),
    )
    dataflow = Dataflow(operations=operations, outputs=(("y", (1,)),))
    dataflow.verify()
    assert run_all(dataflow, {"x": [np.array([3, 1, 0])]})["y"][0].tolist() == [7, -8, 3]
    assert [token["y"] for token in dataflow.run([{"x": [3]}, {"x": [1]}])] == [[7], [-8]]


def test_states_and_too_wide_formats_are_refused() -> None:
    builder = GraphBuilder()
    builder.output("y", builder.delay(builder.input("x", Format(width=4))))
    with pytest.raises(ValueError, match=r"^run_all: a dataflow must have no states$"):
        run_all(lower(builder.graph()), {"x": [np.array([1])]})
    builder = GraphBuilder()
    builder.output("y", builder.input("x", Format(width=63)))
    with pytest.raises(ValueError, match=r"^run_all: a format must have at most 62 bits, not 63$"):
        run_all(lower(builder.graph()), {"x": [np.array([1])]})

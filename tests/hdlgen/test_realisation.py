"""Realisations: the error of a spec shared out among its functions, kept by every way, and refused where none can."""

from __future__ import annotations

import numpy as np
import pytest

from hdlgen.compiler import Compiler
from hdlgen.errors import PointError, SpecError
from hdlgen.exhaustion import run_all
from hdlgen.golden import evaluate
from hdlgen.graph import Graph
from hdlgen.knobs import Mapping, offer
from hdlgen.realisation import realisations
from hdlgen.space import Point
from hdlgen.spec import parse

HEAD = 'name = "a"\n[inputs]\nx = { format = "q3.5" }\nz = { format = "q3.5" }\n[outputs]\ny = %s\n[compute]\n'
GRAPHS = {
    "one": (HEAD % "{}" + "y = 'sigmoid(x, \"q2.8\") * z'\n", 130.0),
    "two": (
        HEAD % '{ format = "q4.4", rounding = "half_even", overflow = "saturate" }'
        + "e = 'exp(x, \"uq5.8\")'\ny = 'e * reciprocal(maximum(e, 1), \"uq1.9\")'\n",
        2.0,
    ),
    "nested": (HEAD % "{}" + 'y = \'tanh(gelu(x, "q3.8") + z, "q2.7")\'\n', 2.0),
    "delayed": (HEAD % "{}" + 'y = \'cos(x + z, "q2.6") + previous(sqrt(x, "uq2.6"))\'\n', 3.0),
}


def graph_of(name: str) -> Graph:
    return parse(GRAPHS[name][0]).graph


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_every_way_stays_within_its_proved_bound(name: str) -> None:
    graph, allowed = graph_of(name), GRAPHS[name][1]
    ways = realisations(graph, max_error_lsb=allowed)
    assert len(ways) > 2
    source = np.random.default_rng(5)
    inputs = {port: source.integers(-128, 128, 400) for port in ("x", "z")}
    exact = evaluate(graph, inputs)["y"]
    tokens = [{port: [int(values[place])] for port, values in inputs.items()} for place in range(400)]
    for way in ways:
        found = np.array([token["y"][0] for token in way.dataflow.run(tokens)])
        assert np.abs(found - exact).max() <= way.error_bound_lsb <= allowed
    assert max(way.error_bound_lsb for way in ways) > 0


def test_no_error_allowed_means_none_made() -> None:
    graph = graph_of("nested")
    for way in realisations(graph, max_error_lsb=0.0):
        assert way.error_bound_lsb == 0.0
        x = np.arange(-128, 128).repeat(64)
        z = np.tile(np.arange(-128, 128, 4), 256)
        found = run_all(way.dataflow, {"x": [x], "z": [z]})["y"][0]
        assert np.array_equal(found, evaluate(graph, {"x": x, "z": z})["y"])


def test_the_cheapest_way_comes_first_and_the_point_chooses() -> None:
    compiler = Compiler.of(graph_of("one"), max_error_lsb=130.0)
    assert set(compiler.methods) >= {"linear", "folded", "table"} and compiler.methods[0] != "table"
    space = offer(compiler.dataflow, Mapping(recipes=("lean",), full_adder_cells=True), functions=compiler.methods)
    texts = {method: compiler.build(Point.parse(f"function={method}", space)).rtlil for method in compiler.methods}
    assert len(set(texts.values())) == len(texts)


def test_a_bound_that_nothing_can_meet_is_refused() -> None:
    text = (
        'name = "a"\n[inputs]\nx = { format = "q4.16" }\n[outputs]\ny = { format = "q2.26" }\n[compute]\ny = "sin(x)"\n'
    )
    with pytest.raises(SpecError) as caught:
        realisations(parse(text).graph, max_error_lsb=0.0)
    assert str(caught.value) == (
        "constraints.max_error_lsb must be a bound that sin from q4.16 to q2.26 can meet with tables of 65536"
        " entries and 12288 multiplexers, not 0, which leaves it 0 LSB"
    )


def test_a_realisation_beyond_the_bound_is_refused_where_it_is_built() -> None:
    graph = graph_of("two")
    compiler = Compiler.of(graph, max_error_lsb=2.0)
    strict = Compiler(
        inputs=compiler.inputs, outputs=compiler.outputs, realisations=compiler.realisations, max_error_lsb=0.5
    )
    space = offer(strict.dataflow, Mapping(recipes=("lean",), full_adder_cells=True), functions=strict.methods)
    with pytest.raises(
        PointError, match=r"^max_error_lsb: the proved error of the design must be at most 0.5 LSB, not "
    ):
        strict.build(space.default())

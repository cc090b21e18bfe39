"""The rules of a graph: each by a record that breaks it, and the builder that keeps them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hdlgen.builder import GraphBuilder
from hdlgen.golden import evaluate
from hdlgen.graph import Graph, Node, Op, State
from hdlgen.number import Format

I8, I9, U8 = Format.parse("i8"), Format.parse("i9"), Format.parse("u8")
X = Node(op=Op.INPUT, format=I8, attributes=(("name", "x"),))
ADD = Node(op=Op.ADD, args=(0, 0), format=I9)
GOOD = Graph(nodes=(X, ADD), inputs=(("x", 0),), outputs=(("y", 1),))


def with_node(**changes: object) -> Graph:
    return replace(GOOD, nodes=(X, replace(ADD, **changes)))  # type: ignore[arg-type]


def last(node: Node) -> Graph:
    return replace(GOOD, nodes=(X, ADD, node))


STATE = Node(op=Op.STATE, format=I8)
LOOP = Graph(
    nodes=(X, STATE, Node(op=Op.MIN, args=(0, 1), format=I8)),
    inputs=(("x", 0),),
    outputs=(("y", 2),),
    states=(State(node=1, next=2, initial=(7,)),),
)


def test_good_graphs_are_verified() -> None:
    GOOD.verify()
    LOOP.verify()
    replace(GOOD, ranges=((-128, 127), (-256, 254))).verify()
    with_node(format=Format.parse("i20")).verify()


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (with_node(args=(0, 1)), "node 1 (add): arguments must come before it, not 1"),
        (with_node(args=(0, 2)), "node 1 (add): arguments must come before it, not 2"),
        (with_node(args=(0, -1)), "node 1 (add): arguments must come before it, not -1"),
        (with_node(args=(0,)), "add: number of arguments must be 2, not 1"),
        (with_node(format=I8), "node 1 (add): format must hold the raw integers -256 to 254, not be i8"),
        (with_node(format=U8), "node 1 (add): format must hold the raw integers -256 to 254, not be u8"),
        (with_node(format=Format.parse("q8.1")), "node 1 (add): fraction must be 0, not 1"),
        (with_node(shape=(1,)), "node 1 (add): shape must be (), not (1,)"),
        (with_node(attributes=(("name", "x"),)), "add: attributes must be (), not ('name',)"),
        (with_node(op=Op.SHIFT, args=(0,)), "shift: attributes must be ('amount',), not ()"),
        (with_node(op=Op.SUM, args=(0,)), "sum: argument must have at least one axis, not shape ()"),
        (
            with_node(op=Op.SORT, args=(0,), attributes=(("ranks", (0,)),)),
            "sort: argument must have at least one axis, not shape ()",
        ),
        (with_node(op=Op.SELECT, args=(0, 0, 0)), "select: condition must have format u1, not i8"),
        (with_node(op=Op.SHIFT_LEFT), "shift_left: amount must be an unsigned integer, not of format i8"),
        (with_node(op=Op.JOIN_BITS, args=()), "join_bits: number of arguments must be at least 1, not 0"),
        (
            with_node(op=Op.CONVERT, args=(0,), attributes=(("overflow", "forbid"), ("rounding", "floor"))),
            "convert: overflow must be one of wrap, saturate, not 'forbid'",
        ),
        (
            with_node(op=Op.REINTERPRET, args=(0,), format=I8, attributes=(("low", 1),)),
            "reinterpret: bits must lie in the argument's 8, not at 1 to 8",
        ),
        (
            with_node(op=Op.GATHER, args=(0,), format=I8, attributes=(("indices", ((0, 1),)),)),
            "gather: index must name an element of an argument, not (0, 1)",
        ),
        (
            with_node(op=Op.GATHER, args=(0,), format=I8, shape=(2,), attributes=(("indices", ((0, 0),)),)),
            "gather: shape (2,) must have 2 indices, not 1",
        ),
        (
            with_node(op=Op.CONSTANT, args=(), format=I8, attributes=(("values", (1, 200)),), shape=(2,)),
            "constant: values must lie in i8, not from 1 to 200",
        ),
        (
            with_node(op=Op.CONSTANT, args=(), format=I8, attributes=(("values", (1,)),), shape=(2,)),
            "constant: shape (2,) must have 2 values, not 1",
        ),
        (
            last(Node(op=Op.GATHER, args=(0, 1), format=I8, attributes=(("indices", ((0, 0),)),))),
            "gather: arguments must have one format, not i8, i9",
        ),
        (replace(GOOD, inputs=()), "Graph: inputs must list the INPUT nodes [('x', 0)], not []"),
        (replace(GOOD, inputs=(("z", 0),)), "Graph: inputs must list the INPUT nodes [('x', 0)], not [('z', 0)]"),
        (replace(GOOD, outputs=(("y", 2),)), "Graph: outputs y must name a node of the graph, not 2"),
        (replace(GOOD, outputs=(("y", 1), ("y", 0))), "Graph: outputs must have names that differ, not ['y', 'y']"),
        (replace(GOOD, ranges=((0, 1),)), "Graph: ranges must have 2 entries, not 1"),
        (
            replace(GOOD, ranges=((-128, 127), (-256, 253))),
            "node 1: range must hold (-256, 254) and lie in i9, not be (-256, 253)",
        ),
        (
            replace(GOOD, ranges=((-128, 127), (-255, 254))),
            "node 1: range must hold (-256, 254) and lie in i9, not be (-255, 254)",
        ),
        (
            replace(GOOD, ranges=((-128, 127), (-256, 256))),
            "node 1: range must hold (-256, 254) and lie in i9, not be (-256, 256)",
        ),
        (replace(LOOP, states=()), "Graph: states must list each of the STATE nodes [1] once, not []"),
        (replace(LOOP, states=LOOP.states * 2), "Graph: states must list each of the STATE nodes [1] once, not [1, 1]"),
        (
            replace(LOOP, states=(State(node=1, next=3, initial=(7,)),)),
            "state of node 1: next must be a node of the graph, not 3",
        ),
        (
            replace(LOOP, states=(State(node=1, next=2, initial=(128,)),)),
            "state of node 1: initial must be 1 values in i8, not (128,)",
        ),
        (
            replace(LOOP, states=(State(node=1, next=2, initial=(0, 0)),)),
            "state of node 1: initial must be 1 values in i8, not (0, 0)",
        ),
        (
            replace(LOOP, nodes=(X, STATE, Node(op=Op.ADD, args=(0, 1), format=I9))),
            "state of node 1: next must have format i8 and shape (), not i9 and ()",
        ),
    ],
)
def test_a_broken_rule_is_named(graph: Graph, message: str) -> None:
    with pytest.raises(ValueError) as error:
        graph.verify()
    assert str(error.value) == message


def test_shapes_of_arguments_must_be_equal() -> None:
    builder = GraphBuilder()
    a, b = builder.input("a", I8, (2,)), builder.input("b", I8)
    with pytest.raises(ValueError) as error:
        builder.apply(Op.ADD, a, b)
    assert str(error.value) == "add: arguments must have one shape, not [(2,), ()]"


def test_bit_operations_need_one_fraction() -> None:
    builder = GraphBuilder()
    a, b = builder.input("a", I8), builder.input("b", Format.parse("q4.4"))
    with pytest.raises(ValueError) as error:
        builder.apply(Op.AND, a, b)
    assert str(error.value) == "and: arguments must have one fraction, not [0, 4]"


def test_a_variable_shift_must_not_become_too_wide() -> None:
    builder = GraphBuilder()
    a, amount = builder.input("a", I8), builder.input("s", Format.parse("u6"))
    with pytest.raises(ValueError) as error:
        builder.apply(Op.SHIFT_RIGHT, a, amount)
    assert str(error.value) == "shift_right: result must have at most 64 bits, not 71"
    with pytest.raises(ValueError) as error:
        builder.apply(Op.SHIFT_LEFT, a, builder.input("t", Format.parse("u30")))
    assert str(error.value) == "shift_left: result must have at most 64 bits, not 1073741831"


def test_equal_nodes_are_made_once_and_what_no_output_needs_is_left_out() -> None:
    builder = GraphBuilder()
    x, unused = builder.input("x", I8), builder.input("unused", I8, (3,))
    assert builder.apply(Op.ADD, x, x) == builder.apply(Op.ADD, x, x)
    assert builder.delay(x) == builder.delay(x) != builder.delay(x, [1])
    builder.apply(Op.MUL, unused, unused)
    builder.output("y", builder.apply(Op.ADD, x, x))
    graph = builder.graph()
    assert [node.op for node in graph.nodes] == [Op.INPUT, Op.INPUT, Op.ADD]
    assert graph.ranges == ((-128, 127), (-128, 127), (-256, 254))


def test_what_is_known_becomes_a_constant_and_keeps_its_format() -> None:
    builder = GraphBuilder()
    x = builder.input("x", I8, (2,))
    zero = builder.apply(Op.MUL, x, builder.broadcast(builder.constant(0), (2,)))
    assert builder.node(zero).op is Op.CONSTANT
    wide = builder.apply(Op.CONVERT, builder.constant([300, -1]), stated=I8, rounding="floor", overflow="saturate")
    assert builder.node(wide).attribute("values") == (127, -1)
    assert builder.node(wide).format == I8
    never = builder.apply(Op.GT, x, builder.broadcast(builder.constant(127), (2,)))
    assert builder.node(never).attribute("values") == (0, 0)


def test_broadcasting_and_stacking_are_those_of_numpy() -> None:
    builder = GraphBuilder()
    a, b = builder.input("a", I8, (3, 1)), builder.input("b", I8, (2,))
    builder.output("wide", builder.broadcast(a, (2, 3, 2)))
    builder.output("both", builder.stack([a, b], np.array([[4, 0], [2, 3]])))
    values = {"a": np.arange(15).reshape(5, 3, 1), "b": -np.arange(10).reshape(5, 2)}
    found = evaluate(builder.graph(), values)
    assert np.array_equal(found["wide"], np.broadcast_to(values["a"][:, np.newaxis], (5, 2, 3, 2)))
    flat = np.concatenate([values["a"].reshape(5, 3), values["b"]], axis=1)
    assert np.array_equal(found["both"], flat[:, [[4, 0], [2, 3]]])


def test_a_node_gives_its_attributes_and_counts_its_elements() -> None:
    assert X.attribute("name") == "x"
    with pytest.raises(KeyError):
        X.attribute("values")
    assert (X.elements, replace(X, shape=(2, 3)).elements) == (1, 6)
    assert len({X, ADD, replace(X)}) == 2

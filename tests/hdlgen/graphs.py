"""Graphs to try the back end on: some by name, and random ones of every operation."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from hdlgen.builder import GraphBuilder
from hdlgen.graph import Graph
from hdlgen.number import Format
from hdlgen.operation import BITWISE, COMPARISONS, Op

__all__ = ["GRAPHS", "Tokens", "graphs", "random_tokens"]

Tokens = list[dict[str, list[int]]]
"""A stream: for each token the raw elements of each field."""

FILTER = (-1, 3, 12, 29, 31, 14, 4, -2)


def dot() -> Graph:
    """Eight products of numbers with and without sign."""
    builder = GraphBuilder()
    left, right = builder.input("a", Format(width=4), (8,)), builder.input("b", Format(width=3, signed=False), (8,))
    builder.output("y", builder.apply(Op.SUM, builder.apply(Op.MUL, left, right)))
    return builder.graph()


def fir() -> Graph:
    """Constants times a window, no two alike."""
    builder = GraphBuilder()
    sample = builder.input("x", Format(width=6))
    total = builder.apply(Op.MUL, sample, builder.constant(FILTER[0]))
    for tap in FILTER[1:]:
        sample = builder.delay(sample)
        total = builder.apply(Op.ADD, total, builder.apply(Op.MUL, sample, builder.constant(tap)))
    builder.output("y", total)
    return builder.graph()


def complex_multiply(*, signed: bool = True) -> Graph:
    """Four products in two sums, one of them negative."""
    builder = GraphBuilder()
    formats = [Format(width=5), Format(width=4, signed=signed), Format(width=4, signed=signed), Format(width=5)]
    a, b, c, d = (builder.input(name, held) for name, held in zip(("ar", "ai", "br", "bi"), formats, strict=True))
    products = {pair: builder.apply(Op.MUL, *pair) for pair in ((a, c), (b, d), (a, d), (b, c))}
    builder.output("re", builder.apply(Op.SUB, products[a, c], products[b, d]))
    builder.output("im", builder.apply(Op.ADD, products[a, d], products[b, c]))
    return builder.graph()


def complex_unsigned() -> Graph:
    """The same where the factor that is negated has no sign."""
    return complex_multiply(signed=False)


def feedback() -> Graph:
    """A recursive filter, rounded and clipped, that does not start from zero."""
    builder = GraphBuilder()
    sample, held = builder.input("x", Format(width=6)), Format(width=8)
    state = builder.state(held, (), (-77,))
    scaled = builder.apply(Op.SHIFT, builder.apply(Op.MUL, state, builder.constant(-5)), amount=-2)
    total = builder.apply(Op.ADD, sample, scaled)
    result = builder.apply(Op.CONVERT, total, stated=held, rounding="half_even", overflow="saturate")
    builder.connect(state, result)
    builder.output("y", result)
    return builder.graph()


def horner() -> Graph:
    """Products one after the other, then a choice."""
    builder = GraphBuilder()
    x, a = builder.input("x", Format(width=5)), builder.input("a", Format(width=4, fraction=2))
    value = a
    for _ in range(3):
        value = builder.apply(Op.ADD, builder.apply(Op.MUL, value, x), a)
    builder.output("y", builder.apply(Op.MAX, value, builder.apply(Op.ABS, x)))
    return builder.graph()


def matrix() -> Graph:
    """Three sums of three products by constants, with different constants added."""
    builder = GraphBuilder()
    x = builder.input("x", Format(width=5), (3,))
    weights = builder.constant([[3, -7, 5], [11, 6, -1], [-13, 2, 9]])
    wide = builder.broadcast(x, (3, 3))
    sums = builder.apply(Op.SUM, builder.apply(Op.MUL, wide, weights))
    biased = builder.apply(Op.ADD, sums, builder.constant([100, -5, 17]))
    builder.output(
        "y", builder.apply(Op.CONVERT, biased, stated=Format(width=7), rounding="floor", overflow="saturate")
    )
    return builder.graph()


def choice() -> Graph:
    """Comparisons, bits and a count; two outputs, one of them straight from the input."""
    builder = GraphBuilder()
    x = builder.input("x", Format(width=4), (5,))
    best = builder.apply(Op.ARGMAX, x)
    ones = builder.apply(Op.POPCOUNT, x)
    builder.output("best", best)
    builder.output("ones", builder.apply(Op.SUM, ones))
    builder.output("x", x)
    return builder.graph()


GRAPHS: Mapping[str, Callable[[], Graph]] = {
    made.__name__: made for made in (dot, fir, complex_multiply, complex_unsigned, feedback, horner, matrix, choice)
}
"""The named graphs."""


def random_tokens(graph: Graph, count: int, seed: int) -> Tokens:
    """Draw a stream: every element a corner or a random number."""
    chance = random.Random(seed)

    def element(held: Format) -> int:
        return chance.choice([held.low, held.high, 0, *(chance.randint(held.low, held.high) for _ in range(3))])

    nodes = {name: graph.nodes[at] for name, at in graph.inputs}
    return [
        {name: [element(node.format) for _ in range(node.elements)] for name, node in nodes.items()}
        for _ in range(count)
    ]


ANY = [*(op for op in Op if op is not Op.INPUT), Op.ADD, Op.SUB, Op.MUL]
"""What random graphs are made of; a state is a delay here."""
WIDEST = 14


@st.composite
def graphs(draw: st.DrawFn, *, most: int = 10) -> Graph:
    """Draw a graph of some random operations, with feedback, windows, constants and every output format."""
    builder = GraphBuilder()
    shape = draw(st.sampled_from([(), (2,), (3,)]))
    formats = st.builds(Format, width=st.integers(1, 4), fraction=st.integers(0, 1), signed=st.booleans())
    nodes = [builder.input(f"x{place}", draw(formats), shape) for place in range(draw(st.integers(1, 3)))]
    states = []
    if draw(st.booleans()):
        held = draw(formats)
        count = int(np.prod(shape, dtype=np.int64))
        states.append(builder.state(held, shape, [draw(st.integers(held.low, held.high)) for _ in range(count)]))
        nodes += states
    for _ in range(draw(st.integers(3, most))):
        try:
            made = _apply(draw, builder, draw(st.sampled_from(ANY)), nodes, shape)
        except ValueError:
            continue  # an operation that these arguments do not allow
        node = builder.node(made)
        if node.format.width > WIDEST or node.format.fraction > 4:
            made = builder.apply(
                Op.CONVERT,
                made,
                stated=Format(
                    width=draw(st.integers(2, 6)), fraction=draw(st.integers(0, 2)), signed=draw(st.booleans())
                ),
                rounding=draw(st.sampled_from(["floor", "half_up", "half_even", "toward_zero"])),
                overflow=draw(st.sampled_from(["wrap", "saturate"])),
            )
        nodes.append(made)
    for state in states:
        target = draw(st.sampled_from([number for number in nodes if builder.node(number).shape == shape]))
        converted = builder.apply(
            Op.CONVERT, target, stated=builder.node(state).format, rounding="half_up", overflow="wrap"
        )
        builder.connect(state, converted)
    for place, number in enumerate(nodes[-3:]):
        builder.output(f"y{place}", number)
    return builder.graph()


def _apply(draw: st.DrawFn, builder: GraphBuilder, op: Op, nodes: Sequence[int], shape: tuple[int, ...]) -> int:
    def pick() -> int:
        return draw(st.sampled_from([number for number in nodes if builder.node(number).shape == shape]))

    def convert(number: int, **stated: Any) -> int:
        return builder.apply(Op.CONVERT, number, stated=Format(**stated), rounding="floor", overflow="wrap")

    count = int(np.prod(shape, dtype=np.int64))
    match op:
        case Op.STATE:
            return builder.delay(pick())
        case Op.CONSTANT:
            values = [draw(st.integers(-9, 9)) for _ in range(count)]
            return builder.constant(np.array(values, dtype=object).reshape(shape), fraction=draw(st.integers(0, 1)))
        case Op.SHIFT:
            return builder.apply(op, pick(), amount=draw(st.integers(-3, 3)))
        case Op.SHIFT_LEFT | Op.SHIFT_RIGHT:
            amount = convert(pick(), width=draw(st.integers(1, 2)), signed=False)
            return builder.apply(op, pick(), amount)
        case Op.SELECT:
            return builder.apply(op, convert(pick(), width=1, signed=False), pick(), pick())
        case Op.CONVERT:
            rounding = draw(st.sampled_from(["floor", "half_up", "half_even", "toward_zero"]))
            overflow = draw(st.sampled_from(["wrap", "saturate"]))
            stated = Format(width=draw(st.integers(1, 6)), fraction=draw(st.integers(0, 2)), signed=draw(st.booleans()))
            return builder.apply(op, pick(), stated=stated, rounding=rounding, overflow=overflow)
        case Op.REINTERPRET:
            number = pick()
            width = builder.node(number).format.width
            low = draw(st.integers(0, width - 1))
            stated = Format(width=draw(st.integers(1, width - low)), signed=draw(st.booleans()))
            return builder.apply(op, number, stated=stated, low=low)
        case Op.JOIN_BITS:
            return builder.apply(op, *(pick() for _ in range(draw(st.integers(1, 3)))))
        case Op.GATHER:
            indices = tuple((0, draw(st.integers(0, count - 1))) for _ in range(count))
            return builder.apply(op, pick(), shape=shape, indices=indices)
        case Op.SORT:
            if not shape:
                raise ValueError("a scalar has no axis")
            return builder.apply(op, pick(), ranks=tuple(range(shape[-1])))
        case Op.SUM | Op.ARGMAX | Op.ARGMIN:
            if not shape:
                raise ValueError("a scalar has no axis")
            return builder.broadcast(builder.apply(op, pick()), shape)
        case _ if op in BITWISE:
            return builder.apply(
                op,
                *(
                    convert(pick(), width=draw(st.integers(1, 5)), signed=draw(st.booleans()))
                    for _ in range(1 if op is Op.INVERT else 2)
                ),
            )
        case _ if op in COMPARISONS or op in (Op.ADD, Op.SUB, Op.MUL, Op.MIN, Op.MAX):
            return builder.apply(op, pick(), pick())
        case _:
            return builder.apply(op, pick())

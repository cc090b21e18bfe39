"""The golden model and the inferred formats against Python's integers and rationals, exhaustively at small widths."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest

from hdlgen.builder import GraphBuilder
from hdlgen.golden import evaluate, evaluate_nodes
from hdlgen.graph import Graph, Op
from hdlgen.number import Format

FORMATS = [Format.parse(text) for text in ("u1", "i1", "u3", "i3", "q2.1", "uq1.2", "q-1.3")]
BINARY: dict[Op, Callable[[Fraction, Fraction], Fraction | bool]] = {
    Op.ADD: lambda a, b: a + b,
    Op.SUB: lambda a, b: a - b,
    Op.MUL: lambda a, b: a * b,
    Op.MIN: min,
    Op.MAX: max,
    Op.EQ: lambda a, b: a == b,
    Op.NE: lambda a, b: a != b,
    Op.LT: lambda a, b: a < b,
    Op.LE: lambda a, b: a <= b,
    Op.GT: lambda a, b: a > b,
    Op.GE: lambda a, b: a >= b,
}
UNARY: dict[Op, Callable[[Fraction], Fraction]] = {Op.NEG: lambda a: -a, Op.ABS: abs}
BITWISE: dict[Op, Callable[[int, int], int]] = {
    Op.AND: lambda a, b: a & b,
    Op.OR: lambda a, b: a | b,
    Op.XOR: lambda a, b: a ^ b,
}


def every_token(formats: list[Format]) -> list[tuple[int, ...]]:
    return list(product(*(range(held.low, held.high + 1) for held in formats)))


def results(
    formats: list[Format], make: Callable[[GraphBuilder, list[int]], int]
) -> tuple[Graph, list[tuple[int, ...]], list[int]]:
    """Build one operation on scalar inputs and run every token through it."""
    builder = GraphBuilder()
    made = make(builder, [builder.input(f"x{place}", held) for place, held in enumerate(formats)])
    builder.output("y", made)
    graph = builder.graph()
    tokens = every_token(formats)
    found = evaluate(graph, {f"x{place}": np.array(column) for place, column in enumerate(zip(*tokens, strict=True))})
    return graph, tokens, found["y"].tolist()


def output(graph: Graph) -> tuple[Format, tuple[int, int]]:
    at = graph.outputs[0][1]
    return graph.nodes[at].format, graph.ranges[at]


def exact(raw: int, held: Format) -> Fraction:
    return Fraction(raw, 2**held.fraction)


@pytest.mark.parametrize("op", sorted(BINARY))
def test_operations_on_two_values_are_exact_and_tight(op: Op) -> None:
    for first, second in product(FORMATS, repeat=2):
        graph, tokens, found = results([first, second], lambda builder, args: builder.apply(op, *args))
        held, (low, high) = output(graph)
        for (a, b), raw in zip(tokens, found, strict=True):
            assert exact(raw, held) == BINARY[op](exact(a, first), exact(b, second))
        assert (min(found), max(found)) == (low, high)
        assert held == Format.holding(low, high, fraction=held.fraction)


@pytest.mark.parametrize("op", sorted(UNARY))
def test_operations_on_one_value_are_exact_and_tight(op: Op) -> None:
    for first in FORMATS:
        graph, tokens, found = results([first], lambda builder, args: builder.apply(op, *args))
        held, bounds = output(graph)
        assert [exact(raw, held) for raw in found] == [UNARY[op](exact(a, first)) for (a,) in tokens]
        assert (min(found), max(found)) == bounds


@pytest.mark.parametrize("op", sorted(BITWISE))
def test_bit_operations_are_those_of_pythons_integers(op: Op) -> None:
    for first, second in product(FORMATS[:4], repeat=2):
        graph, tokens, found = results([first, second], lambda builder, args: builder.apply(op, *args))
        assert found == [BITWISE[op](a, b) for a, b in tokens]
        assert output(graph)[0].holds(min(found), max(found))
        assert output(graph)[0].width <= max(first.width, second.width) + 1


@pytest.mark.parametrize("op", sorted({**BINARY, **BITWISE}))
def test_ranges_hold_every_result_of_narrower_ranges(op: Op) -> None:
    """Arguments run through any low to high, with constants as a special case; the results stay within the range."""
    held, bounds = Format.parse("i5"), [(0, 5), (2, 2), (-3, 6), (-7, -2), (9, 12), (-1, 0)]
    for (a_low, a_high), (b_low, b_high) in product(bounds, repeat=2):

        def make(builder: GraphBuilder, args: list[int], *limits: int) -> int:
            a_least, a_most, b_least, b_most = map(builder.constant, limits)
            a = builder.apply(Op.MIN, builder.apply(Op.MAX, args[0], a_least), a_most)
            b = builder.apply(Op.MIN, builder.apply(Op.MAX, args[1], b_least), b_most)
            return builder.apply(op, a, b)

        limits = (a_low, a_high, b_low, b_high)
        graph, _, found = results([held, held], lambda builder, args: make(builder, args, *limits))  # noqa: B023
        low, high = output(graph)[1]
        assert low <= min(found) and max(found) <= high
        if op not in BITWISE:
            assert (low, high) == (min(found), max(found))


def test_inverting_is_minus_x_minus_1() -> None:
    for held in FORMATS[:4]:
        _, tokens, found = results([held], lambda builder, args: builder.apply(Op.INVERT, *args))
        assert found == [~a for (a,) in tokens]


def test_a_square_is_never_negative() -> None:
    graph, tokens, found = results([Format.parse("i4")], lambda builder, args: builder.apply(Op.MUL, args[0], args[0]))
    assert found == [a * a for (a,) in tokens]
    assert output(graph) == (Format.parse("u7"), (0, 64))


def test_select_takes_either_side_exactly() -> None:
    formats = [Format.parse(text) for text in ("u1", "i3", "uq1.2")]
    graph, tokens, found = results(formats, lambda builder, args: builder.apply(Op.SELECT, *args))
    assert [Fraction(raw, 4) for raw in found] == [Fraction(a) if c else Fraction(b, 4) for c, a, b in tokens]
    assert output(graph) == (Format.parse("q3.2"), (-16, 12))


@pytest.mark.parametrize("amount", [-3, -1, 0, 1, 2, 5])
@pytest.mark.parametrize("held", FORMATS, ids=str)
def test_a_constant_shift_is_a_factor(held: Format, amount: int) -> None:
    graph, tokens, found = results([held], lambda builder, args: builder.apply(Op.SHIFT, args[0], amount=amount))
    factor = Fraction(2) ** amount
    assert [exact(raw, output(graph)[0]) for raw in found] == [exact(a, held) * factor for (a,) in tokens]


@pytest.mark.parametrize("op", [Op.SHIFT_LEFT, Op.SHIFT_RIGHT])
@pytest.mark.parametrize("held", FORMATS, ids=str)
def test_a_variable_shift_is_exact(held: Format, op: Op) -> None:
    graph, tokens, found = results([held, Format.parse("u2")], lambda builder, args: builder.apply(op, *args))
    for (a, amount), raw in zip(tokens, found, strict=True):
        factor = Fraction(2) ** (amount if op is Op.SHIFT_LEFT else -amount)
        assert exact(raw, output(graph)[0]) == exact(a, held) * factor
    assert (min(found), max(found)) == output(graph)[1]


def test_bits_are_cut_out_and_put_together() -> None:
    i4 = Format.parse("i4")
    for low, text in product(range(4), ("u1", "i1", "u2", "i3", "u4", "i4")):
        part = Format.parse(text)
        if low + part.width > 4:
            continue
        _, tokens, found = results(
            [i4],
            lambda builder, args: builder.apply(Op.REINTERPRET, *args, stated=part, low=low),  # noqa: B023
        )
        patterns = [((a % 16) >> low) % 2**part.width for (a,) in tokens]
        assert found == [
            bits - 2**part.width if part.signed and bits >> (part.width - 1) else bits for bits in patterns
        ]
    _, tokens, found = results(
        [Format.parse("i2"), Format.parse("u3"), Format.parse("i1")],
        lambda builder, args: builder.apply(Op.JOIN_BITS, *args),
    )
    assert found == [int(f"{a % 4:02b}{b:03b}{c % 2:b}", 2) for a, b, c in tokens]


@pytest.mark.parametrize("text", ["u4", "i4", "i1"])
def test_popcount_counts_the_ones_of_the_pattern(text: str) -> None:
    held = Format.parse(text)
    graph, tokens, found = results([held], lambda builder, args: builder.apply(Op.POPCOUNT, *args))
    assert found == [f"{a % 2**held.width:b}".count("1") for (a,) in tokens]
    assert output(graph)[1] == (0, held.width)


def test_reductions_go_over_the_last_axis() -> None:
    generator = np.random.default_rng(1)
    x = generator.integers(-8, 8, (200, 3, 5))
    builder = GraphBuilder()
    node = builder.input("x", Format.parse("i4"), (3, 5))
    for op in (Op.SUM, Op.ARGMAX, Op.ARGMIN):
        builder.output(op.value, builder.apply(op, node))
    found = evaluate(builder.graph(), {"x": x})
    assert np.array_equal(found["sum"], x.sum(axis=2))
    assert np.array_equal(found["argmax"], x.argmax(axis=2))
    assert np.array_equal(found["argmin"], x.argmin(axis=2))


def test_ranks_are_those_of_the_last_axis() -> None:
    x = np.random.default_rng(2).integers(-8, 8, (200, 3, 5))
    builder = GraphBuilder()
    node = builder.input("x", Format.parse("i4"), (3, 5))
    builder.output("all", builder.apply(Op.SORT, node, ranks=(0, 1, 2, 3, 4)))
    builder.output("some", builder.apply(Op.SORT, node, ranks=(1, 4)))
    found = evaluate(builder.graph(), {"x": x})
    assert np.array_equal(found["all"], np.sort(x))
    assert np.array_equal(found["some"], np.sort(x)[..., [1, 4]])


def test_the_bounds_of_ranks_are_those_of_the_bounds() -> None:
    formats = [Format.parse(text) for text in ("u3", "i2", "i3")]
    builder = GraphBuilder()
    inputs = [builder.input(f"x{place}", held) for place, held in enumerate(formats)]
    wide = Format.parse("i4")
    same = [builder.apply(Op.CONVERT, node, stated=wide, rounding="floor", overflow="wrap") for node in inputs]
    made = builder.apply(Op.SORT, builder.stack(same, np.arange(3)), ranks=(0, 1, 2))
    tokens = np.sort(np.array(every_token(formats)))
    operand = builder.operand(made)
    assert operand.low.tolist() == tokens.min(axis=0).tolist()
    assert operand.high.tolist() == tokens.max(axis=0).tolist()


def fir(taps: list[int]) -> Graph:
    builder = GraphBuilder()
    recent = [builder.input("x", Format.parse("i8"))]
    while len(recent) < len(taps):
        recent.append(builder.delay(recent[-1]))
    products = builder.apply(Op.MUL, builder.constant(taps), builder.stack(recent, np.arange(len(taps))))
    builder.output("y", builder.apply(Op.SUM, products))
    return builder.graph()


def test_the_taps_of_a_filter_give_its_width() -> None:
    taps = [-1, 3, 12, 29, 31, 14, 4, -2]
    graph = fir(taps)
    reach = sum(max(tap * -128, tap * 127) for tap in taps)
    assert output(graph) == (Format.parse("i15"), (-sum(max(tap * 128, tap * -127) for tap in taps), reach))
    x = np.random.default_rng(2).integers(-128, 128, 1000)
    assert np.array_equal(evaluate(graph, {"x": x})["y"], np.convolve(x, taps)[:1000])


def feedback(held: Format, overflow: str, initial: int) -> Graph:
    """An accumulator y = convert(y before * 3 + x), with a part that only follows from it."""
    builder = GraphBuilder()
    x = builder.input("x", Format.parse("i8"))
    state = builder.state(held, (), [initial])
    total = builder.apply(Op.ADD, builder.apply(Op.MUL, state, builder.constant(3)), x)
    result = builder.apply(Op.CONVERT, total, stated=held, rounding="floor", overflow=overflow)
    builder.connect(state, result)
    builder.output("y", result)
    builder.output("z", builder.apply(Op.NEG, builder.delay(result, [held.high])))
    return builder.graph()


@pytest.mark.parametrize("text", ["i12", "i100"])
@pytest.mark.parametrize("overflow", ["wrap", "saturate"])
def test_feedback_is_that_of_a_loop_over_tokens(text: str, overflow: str) -> None:
    held, initial = Format.parse(text), 5
    x = np.random.default_rng(3).integers(-128, 128, 500)
    before, expected = initial, []
    for value in x.tolist():
        total = before * 3 + value
        if overflow == "saturate":
            before = min(max(total, held.low), held.high)
        else:
            before = (total - held.low) % 2**held.width + held.low
        expected.append(before)
    found = evaluate(feedback(held, overflow, initial), {"x": x})
    assert found["y"].tolist() == expected
    assert found["z"].tolist() == [-held.high, *(-value for value in expected[:-1])]
    assert found["y"].dtype == (np.int64 if text == "i12" else object)


def test_two_states_of_one_loop_move_together() -> None:
    builder, held = GraphBuilder(), Format.parse("u8")
    first, second = builder.state(held, (2,), [0, 1]), builder.state(held, (2,), [1, 1])
    x = builder.input("x", Format.parse("u1"))
    total = builder.apply(Op.ADD, builder.apply(Op.ADD, first, second), builder.broadcast(x, (2,)))
    following = builder.apply(Op.CONVERT, total, stated=held, rounding="floor", overflow="wrap")
    builder.connect(first, second)
    builder.connect(second, following)
    builder.output("y", first)
    found = evaluate(builder.graph(), {"x": np.zeros(8, dtype=int)})["y"]
    assert found.T.tolist() == [[0, 1, 1, 2, 3, 5, 8, 13], [1, 1, 2, 3, 5, 8, 13, 21]]


def test_wide_numbers_are_exact() -> None:
    builder = GraphBuilder()
    x = builder.input("x", Format.parse("i60"), (2,))
    builder.output("y", builder.apply(Op.SUM, builder.apply(Op.MUL, x, x)))
    values = np.array([[2**59 - 1, -(2**59)], [3, -4]])
    found = evaluate(builder.graph(), {"x": values})["y"]
    assert found.tolist() == [(2**59 - 1) ** 2 + 2**118, 25]


def test_alignment_beyond_64_bits_is_exact() -> None:
    builder = GraphBuilder()
    a, b = builder.input("a", Format.parse("i40")), builder.input("b", Format.parse("q1.40"))
    builder.output("y", builder.apply(Op.LT, a, b))
    found = evaluate(builder.graph(), {"a": np.array([2**39 - 1, 0, -1]), "b": np.array([1, 1, -(2**40)])})["y"]
    assert found.tolist() == [0, 1, 0]


def test_every_node_stays_within_its_range() -> None:
    graph = feedback(Format.parse("i9"), "wrap", 0)
    values = evaluate_nodes(graph, {"x": np.random.default_rng(4).integers(-128, 128, 400)})
    for node, (low, high), found in zip(graph.nodes, graph.ranges, values, strict=True):
        assert node.format.holds(low, high)
        assert low <= found.min() and found.max() <= high


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "evaluate: inputs must be ['x'], not []"),
        ({"x": [1], "z": [1]}, "evaluate: inputs must be ['x'], not ['x', 'z']"),
        ({"x": [[1]]}, "evaluate: input x must have shape (tokens, *()), not (1, 1)"),
        ({"x": 1}, "evaluate: input x must have shape (tokens, *()), not ()"),
        ({"x": [0.5]}, "evaluate: input x must be integers, not float64"),
        ({"x": [0, 128]}, "evaluate: input x must lie in i8, not 0 to 128"),
    ],
)
def test_wrong_inputs_are_refused(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as error:
        evaluate(fir([1, 2]), inputs)
    assert str(error.value) == message


def test_inputs_of_two_lengths_are_refused() -> None:
    builder = GraphBuilder()
    a, b = builder.input("a", Format.parse("u1")), builder.input("b", Format.parse("u1"))
    builder.output("y", builder.apply(Op.ADD, a, b))
    with pytest.raises(ValueError) as error:
        evaluate(builder.graph(), {"a": [0, 1], "b": [0]})
    assert str(error.value) == "evaluate: inputs must have one number of tokens, not [1, 2]"


def test_no_token_gives_no_result() -> None:
    assert evaluate(fir([1, 2]), {"x": np.zeros(0, dtype=int)})["y"].shape == (0,)

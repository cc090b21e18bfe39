"""Expressions: numpy and exact rationals as oracles, on hand-written ones and on random trees."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hdlgen.compute import Constant, Output, compile_graph
from hdlgen.golden import evaluate
from hdlgen.graph import Graph
from hdlgen.number import Format
from hdlgen.payload import Port

TOKENS = 64
FIELDS: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "x": ("i8", ()),
    "u": ("u5", ()),
    "s": ("u3", ()),
    "z": ("q3.4", ()),
    "v": ("i8", (8,)),
    "w": ("i6", (8,)),
    "a": ("i8", (2, 3)),
    "b": ("i5", (3, 4)),
    "t": ("i4", (2, 3, 4)),
    "g": ("u8", (5, 6)),
}
K = [[1, 2, -1], [3, 9, -4]]
H = [-1, 3, 12, 29, 31, 14, 4, -2]


def build(text: str, outputs: Output | None = None) -> Graph:
    raw = {"k": np.array(K, dtype=object), "h": np.array(H, dtype=object)}
    constants = [Constant(name=name, format=Format.parse("i6"), raw=array) for name, array in raw.items()]
    ports = [Port(name, Format.parse(held), shape) for name, (held, shape) in FIELDS.items()]
    return compile_graph(
        inputs=ports, constants=constants, outputs=[outputs or Output(name="y")], lines={"y": text}, where="test"
    )


def stream(seed: int = 0) -> dict[str, np.ndarray[Any, np.dtype[np.int64]]]:
    generator = np.random.default_rng(seed)
    tokens = {}
    for name, (text, shape) in FIELDS.items():
        held = Format.parse(text)
        tokens[name] = generator.integers(held.low, held.high, (TOKENS, *shape), endpoint=True)
        tokens[name][:2] = held.low
        tokens[name][2:4] = held.high
    return tokens


def run(text: str) -> tuple[np.ndarray[Any, Any], Format, tuple[int, int]]:
    graph = build(text)
    at = graph.outputs[0][1]
    return evaluate(graph, stream())["y"], graph.nodes[at].format, graph.ranges[at]


def each(function: Callable[..., Any], *names: str) -> np.ndarray[Any, Any]:
    """Apply a numpy function token by token."""
    tokens = stream()
    return np.array([function(*(tokens[name][token] for name in names)) for token in range(TOKENS)])


ORACLES: list[tuple[str, Callable[..., Any], str]] = [
    ("x + 1", lambda x: x + 1, "x"),
    ("-x - u", lambda x, u: -x - u, "xu"),
    ("+x * u", lambda x, u: x * u, "xu"),
    ("~x", lambda x: ~x, "x"),
    ("~u", lambda u: ~u, "u"),
    ("x & u", lambda x, u: x & u, "xu"),
    ("x | 12", lambda x: x | 12, "x"),
    ("x ^ u", lambda x, u: x ^ u, "xu"),
    ("x << 3", lambda x: x << 3, "x"),
    ("x << s", lambda x, s: x << s, "xs"),
    ("v << [0, 1, 2, 3, 4, 5, 6, 7]", lambda v: v << np.arange(8), "v"),
    ("(x << s) >> s", lambda x, s: x, "xs"),
    ("x / 4 * 4", lambda x: x, "x"),
    ("x / -0.5", lambda x: x * -2, "x"),
    ("v / [1, 0.5, 0.25, -1, 1, 1, 1, 0.125]", lambda v: v * [1, 2, 4, -1, 1, 1, 1, 8], "v"),
    ("x < u", lambda x, u: x < u, "xu"),
    ("x <= u", lambda x, u: x <= u, "xu"),
    ("x > u", lambda x, u: x > u, "xu"),
    ("x >= u", lambda x, u: x >= u, "xu"),
    ("x == u", lambda x, u: x == u, "xu"),
    ("x != u", lambda x, u: x != u, "xu"),
    ("~(x > u)", lambda x, u: ~(x > u), "xu"),
    ("~(x > u) & (x != 3) | True", lambda x, u: ~(x > u) & (x != 3) | np.True_, "xu"),
    ("~((x > 0) ^ (u > 7))", lambda x, u: ~((x > 0) ^ (u > 7)), "xu"),
    ("~(v > 0)[2:4]", lambda v: ~(v > 0)[2:4], "v"),
    ("(v > w) + (v == w) - 2", lambda v, w: (v > w).astype(int) + (v == w) - 2, "vw"),
    ("where(v > w, v, -w)", lambda v, w: np.where(v > w, v, -w), "vw"),
    ("where(v, 3, x)", lambda v, x: np.where(v, 3, x), "vx"),
    ("min(v)", np.min, "v"),
    ("max(t)", np.max, "t"),
    ("max(t, axis=0)", lambda t: t.max(axis=0), "t"),
    ("min(t, axis=(0, -1), keepdims=True)", lambda t: t.min(axis=(0, -1), keepdims=True), "t"),
    ("max(v, 0)", lambda v: np.maximum(v, 0), "v"),
    ("min(v, w, x)", lambda v, w, x: np.minimum(np.minimum(v, w), x), "vwx"),
    ("maximum(v, x)", np.maximum, "vx"),
    ("minimum(v, x)", np.minimum, "vx"),
    ("abs(v)", np.abs, "v"),
    ("clip(v, -5, w)", lambda v, w: np.clip(v, -5, w), "vw"),
    ("sign(v)", np.sign, "v"),
    ("sum(t)", np.sum, "t"),
    ("sum(t, 1)", lambda t: t.sum(1), "t"),
    ("sum(t, axis=(0, 2))", lambda t: t.sum(axis=(0, 2)), "t"),
    ("sum(t, axis=-1, keepdims=True)", lambda t: t.sum(axis=-1, keepdims=True), "t"),
    ("cumsum(t)", np.cumsum, "t"),
    ("cumsum(t, 1)", lambda t: np.cumsum(t, 1), "t"),
    ("argmax(v)", np.argmax, "v"),
    ("argmin(t, axis=1)", lambda t: t.argmin(axis=1), "t"),
    ("argmax(t)", np.argmax, "t"),
    ("sort(v)", np.sort, "v"),
    ("sort(t)", np.sort, "t"),
    ("sort(t, 0)", lambda t: np.sort(t, 0), "t"),
    ("sort(t, axis=-2)[:, 1:]", lambda t: np.sort(t, axis=-2)[:, 1:], "t"),
    ("sort([x, x, 3])", lambda x: np.sort([x, x, 3]), "x"),
    ("sort(stack(saturate(x, 'i6'), w[0]))", lambda x, w: np.sort([np.clip(x, -32, 31), w[0]]), "xw"),
    ("median(v[1:])", lambda v: np.median(v[1:]), "v"),
    ("median(v) * 2", lambda v: np.median(v) * 2, "v"),
    ("median(t, 1)", lambda t: np.median(t, 1), "t"),
    ("median(a, axis=1, keepdims=True)", lambda a: np.median(a, axis=1, keepdims=True), "a"),
    ("median(t, axis=(0, 2)) * 2", lambda t: np.median(t, axis=(0, 2)) * 2, "t"),
    ("median(x)", np.median, "x"),
    ("popcount(u)", lambda u: int(u).bit_count(), "u"),
    ("popcount(x)", lambda x: int(x % 256).bit_count(), "x"),
    ("bit(x, 7)", lambda x: x < 0, "x"),
    ("~bit(u, 1)", lambda u: 1 - (u >> 1 & 1), "u"),
    ("concat(x, s, wrap(2, 'u3'))", lambda x, s: (x % 256 << 6) + (s << 3) + 2, "xs"),
    ("a @ b", operator.matmul, "ab"),
    ("v @ w", operator.matmul, "vw"),
    ("a[0] @ b", lambda a, b: a[0] @ b, "ab"),
    ("a @ b[:, 1]", lambda a, b: a @ b[:, 1], "ab"),
    ("transpose(t, (0, 2, 1)) @ t", lambda t: t.transpose(0, 2, 1) @ t, "t"),
    ("a @ t", operator.matmul, "at"),
    ("dot(v, w)", np.dot, "vw"),
    ("dot(a, b)", np.dot, "ab"),
    ("dot(x, a)", np.dot, "xa"),
    ("dot(transpose(t, (0, 2, 1)), t)", lambda t: np.dot(t.transpose(0, 2, 1), t), "t"),
    ("dot(b.T, t)", lambda b, t: np.dot(b.T, t), "bt"),
    ("t[:, :, 0]", lambda t: t[:, :, 0], "t"),
    ("v[::-1][1:-2:2]", lambda v: v[::-1][1:-2:2], "v"),
    ("t[-1, 1:, ::3]", lambda t: t[-1, 1:, ::3], "t"),
    ("t[0][1][2]", lambda t: t[0][1][2], "t"),
    ("reshape(t, (4, -1))", lambda t: t.reshape(4, -1), "t"),
    ("reshape(t, 3, 8)", lambda t: t.reshape(3, 8), "t"),
    ("reshape(x, 1)", lambda x: np.reshape(x, 1), "x"),
    ("transpose(t)", np.transpose, "t"),
    ("t.T", np.transpose, "t"),
    ("transpose(t, (2, 0, 1))", lambda t: t.transpose(2, 0, 1), "t"),
    ("flip(t)", np.flip, "t"),
    ("flip(t, 1)", lambda t: np.flip(t, 1), "t"),
    ("flip(t, axis=(0, -1))", lambda t: np.flip(t, (0, -1)), "t"),
    ("stack(v, w)", lambda v, w: np.stack([v, w]), "vw"),
    ("stack([v, w, 2 * v], axis=1)", lambda v, w: np.stack([v, w, 2 * v], axis=1), "vw"),
    ("stack((v, w), -1)", lambda v, w: np.stack((v, w), -1), "vw"),
    ("[[x, u], [s, 7]] @ [1, x]", lambda x, u, s: np.array([[x, u], [s, 7]]) @ np.array([1, x]), "xus"),
    ("a + b[:, 0]", lambda a, b: a + b[:, 0], "ab"),
    ("a * x + t[:, :, 1]", lambda a, x, t: a * x + t[:, :, 1], "axt"),
    ("h @ v", lambda v: np.array(H) @ v, "v"),
    ("wrap(x * x, 'i8')", lambda x: (x * x).astype(np.int8), "x"),
    ("saturate(x * u, 'u6')", lambda x, u: np.clip(x * u, 0, 63), "xu"),
]


@pytest.mark.parametrize(("text", "oracle", "names"), ORACLES, ids=[text for text, _, _ in ORACLES])
def test_integers_have_numpys_meaning(text: str, oracle: Callable[..., Any], names: str) -> None:
    found, held, (low, high) = run(text)
    expected = each(oracle, *names)
    assert found.shape == expected.shape
    assert np.array_equal(found, np.asarray(expected).astype(np.int64) << held.fraction)
    assert low <= found.min() and found.max() <= high
    assert held.holds(low, high)


def test_conv_is_correlation_over_the_valid_region() -> None:
    def correlated(g: Any) -> Any:
        return [[int((np.array(K) * g[r : r + 2, c : c + 3]).sum()) for c in range(4)] for r in range(4)]

    assert np.array_equal(run("conv(g, k)")[0], each(correlated, "g"))
    assert np.array_equal(run("conv(v, [1, -2, 5])")[0], each(lambda v: np.correlate(v, [1, -2, 5], "valid"), "v"))
    assert run("conv(g, k)")[2] == (-5 * 255, 15 * 255)


def test_a_window_holds_the_newest_token_first() -> None:
    x = stream()["x"]
    found, held, _ = run("window(x, 3)")
    assert str(held) == "i8"
    assert np.array_equal(found, np.stack([x, [0, *x[:-1]], [0, 0, *x[:-2]]], axis=1))
    assert run("window(a, 4)")[0].shape == (TOKENS, 4, 2, 3)
    assert np.array_equal(run("sum(h * window(x, 8))")[0], np.convolve(x, H)[:TOKENS])
    assert str(run("sum(h * window(x, 8))")[1]) == "i15"


def test_shifts_right_are_exact() -> None:
    found, held, _ = run("x >> 3")
    assert str(held) == "q5.3"
    assert np.array_equal(found, stream()["x"])
    found, held, _ = run("x >> s")
    assert str(held) == "q8.7"
    assert np.array_equal(found / 2**7, stream()["x"] / 2.0 ** stream()["s"])
    assert str(run("z << 2")[1]) == "q5.2"
    assert str(run("z << 6")[1]) == "i9"


@pytest.mark.parametrize("rounding", ["floor", "half_up", "half_even", "toward_zero"])
def test_rounding_drops_bits_as_named(rounding: str) -> None:
    found, held, _ = run(f"round(z, 'i3', '{rounding}', 'saturate')")
    exact = stream()["z"] / 16
    rounded = {
        "floor": np.floor(exact),
        "half_up": np.floor(exact + 0.5),
        "half_even": np.rint(exact),
        "toward_zero": np.trunc(exact),
    }[rounding]
    assert str(held) == "i3"
    assert np.array_equal(found, np.clip(rounded, -4, 3))
    wrapped = run(f"wrap(z, 'u2', '{rounding}')")[0]
    assert np.array_equal(wrapped, rounded.astype(int) % 4)


def test_a_written_number_is_rounded_from_its_exact_value() -> None:
    assert run("round(0.1, 'q1.15') + 0 * x")[0][0] == round(0.1 * 2**15)
    assert run("round(-0.3, 'q1.15', 'floor') + 0 * x")[0][0] == -9831
    assert run("0.375 + 0 * x")[0][0] == 3


def test_several_lines_make_one_expression() -> None:
    assert np.array_equal(run("x\n  + u   # first\n  + s")[0], each(lambda x, u, s: x + u + s, "x", "u", "s"))


def test_an_output_of_its_own_format_rounds_and_saturates() -> None:
    said = Output(name="y", format=Format.parse("q4.1"), rounding="half_even", overflow="saturate")
    found = evaluate(build("z * 3", said), stream())["y"]
    assert np.array_equal(found, np.clip(np.rint(stream()["z"] * 3 / 8), -16, 15))


# Random trees: (text, value) pairs grow together, the value by Python's own exact arithmetic.
Tree = tuple[str, Callable[[Mapping[str, Any]], Any]]
INTEGER_LEAVES: list[Tree] = [
    ("x", lambda t: t["x"]),
    ("u", lambda t: t["u"]),
    ("-3", lambda t: Fraction(-3)),
    ("7", lambda t: Fraction(7)),
    ("v[5]", lambda t: t["v"]),
]
ANY_LEAVES: list[Tree] = [*INTEGER_LEAVES, ("z", lambda t: t["z"]), ("0.625", lambda t: Fraction(5, 8))]


def unary(form: str, function: Callable[[Any], Any], inner: Tree) -> Tree:
    return form.format(inner[0]), lambda t: function(inner[1](t))


def binary(form: str, function: Callable[[Any, Any], Any], left: Tree, right: Tree) -> Tree:
    return form.format(left[0], right[0]), lambda t: function(left[1](t), right[1](t))


def ternary(form: str, function: Callable[..., Any], a: Tree, b: Tree, c: Tree) -> Tree:
    return form.format(a[0], b[0], c[0]), lambda t: function(a[1](t), b[1](t), c[1](t))


EXACT_BINARY: list[tuple[str, Callable[[Any, Any], Any]]] = [
    ("({} + {})", operator.add),
    ("({} - {})", operator.sub),
    ("({} * {})", operator.mul),
    ("min({}, {})", min),
    ("max({}, {})", max),
    ("({} < {})", lambda a, b: Fraction(a < b)),
    ("({} >= {})", lambda a, b: Fraction(a >= b)),
    ("({} == {})", lambda a, b: Fraction(a == b)),
    ("sum([{}, {}])", operator.add),
    ("max([{}, {}])", max),
]
BITS: list[tuple[str, Callable[[Any, Any], Any]]] = [
    ("({} & {})", lambda a, b: Fraction(int(a) & int(b))),
    ("({} | {})", lambda a, b: Fraction(int(a) | int(b))),
    ("({} ^ {})", lambda a, b: Fraction(int(a) ^ int(b))),
]


def grown(inner: st.SearchStrategy[Tree], *, fractions: bool) -> st.SearchStrategy[Tree]:
    unaries: list[tuple[str, Callable[[Any], Any]]] = [
        ("(-{})", operator.neg),
        ("abs({})", abs),
        ("({} << 2)", lambda a: a * 4),
    ]
    unaries += [("(({}) * 3 / 8)", lambda a: a * 3 / 8), ("({} >> 2)", lambda a: a / 4)] if fractions else []
    unaries += [] if fractions else [("(~({} + 0))", lambda a: -a - 1)]
    binaries = EXACT_BINARY if fractions else EXACT_BINARY[:3] + EXACT_BINARY[3:5] + BITS
    return st.one_of(
        st.builds(lambda pick, a: unary(pick[0], pick[1], a), st.sampled_from(unaries), inner),
        st.builds(lambda pick, a, b: binary(pick[0], pick[1], a, b), st.sampled_from(binaries), inner, inner),
        st.builds(
            lambda a, b, c: ternary("where({} > 0, {}, {})", lambda p, q, r: q if p > 0 else r, a, b, c),
            inner,
            inner,
            inner,
        ),
        st.builds(
            lambda a, b, c: ternary("clip({}, {}, {})", lambda p, q, r: min(max(p, q), r), a, b, c), inner, inner, inner
        ),
    )


def agree(tree: Tree) -> None:
    text, value = tree
    graph = build(text)
    at = graph.outputs[0][1]
    held, (low, high) = graph.nodes[at].format, graph.ranges[at]
    tokens = stream(5)
    found = evaluate(graph, tokens)["y"].tolist()
    for token in range(TOKENS):
        scalars = {name: Fraction(int(tokens[name][token])) for name in ("x", "u")}
        scalars |= {"z": Fraction(int(tokens["z"][token]), 16), "v": Fraction(int(tokens["v"][token, 5]))}
        assert Fraction(found[token], 2**held.fraction) == value(scalars), text
        assert low <= found[token] <= high


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.recursive(st.sampled_from(ANY_LEAVES), lambda inner: grown(inner, fractions=True), max_leaves=8))
def test_random_expressions_are_exact(tree: Tree) -> None:
    agree(tree)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.recursive(st.sampled_from(INTEGER_LEAVES), lambda inner: grown(inner, fractions=False), max_leaves=8))
def test_random_expressions_of_integers_and_bits_are_exact(tree: Tree) -> None:
    agree(tree)

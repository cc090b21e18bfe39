"""Compute sections: lines in any order, delays and feedback, against loops over tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from hdlgen.compute import Constant, Output, compile_graph
from hdlgen.errors import SpecError
from hdlgen.golden import evaluate
from hdlgen.graph import Graph
from hdlgen.number import Format
from hdlgen.payload import Port

X = np.random.default_rng(6).integers(-128, 128, 300)
Y = Output(name="y")
I8 = Format.parse("i8")


def compiled(lines: Mapping[str, str], *outputs: Output, shape: tuple[int, ...] = ()) -> Graph:
    constants = [Constant(name="two", format=Format.parse("u2"), raw=np.array(2, dtype=object))]
    return compile_graph(
        inputs=[Port("x", I8, shape)], constants=constants, outputs=outputs or (Y,), lines=lines, where="test"
    )


def run(lines: Mapping[str, str], *outputs: Output, x: Any = X, shape: tuple[int, ...] = ()) -> Sequence[Any]:
    found: list[Any] = evaluate(compiled(lines, *outputs, shape=shape), {"x": x})["y"].tolist()
    return found


def wrapped(value: int) -> int:
    return (value + 128) % 256 - 128


def test_lines_come_in_any_order_and_more_than_one_may_be_an_output() -> None:
    graph = compiled({"y": "b - a", "b": "a * a", "z": "y + two", "a": "x + 1"}, Output(name="z"), Output(name="y"))
    found = evaluate(graph, {"x": X})
    assert list(found) == ["z", "y"]
    assert np.array_equal(found["y"], (X + 1) ** 2 - (X + 1))
    assert np.array_equal(found["z"], found["y"] + 2)


def test_the_name_of_an_output_stands_for_what_leaves() -> None:
    said = Output(name="y", format=Format.parse("i4"), overflow="saturate")
    found = evaluate(compiled({"y": "x", "z": "y * 10"}, said, Output(name="z")), {"x": X})
    assert np.array_equal(found["z"], np.clip(X, -8, 7) * 10)


def test_previous_is_the_value_one_token_ago() -> None:
    assert run({"y": "previous(x)"}) == [0, *X[:-1]]
    assert run({"y": "previous(x, 5)"}) == [5, *X[:-1]]
    assert run({"y": "previous(previous(x, 5), initial=-7)"}) == [-7, 5, *X[:-2]]
    assert run({"y": "previous(x=later)", "later": "x * two"}) == [0, *(2 * X[:-1])]
    assert run({"y": "x - previous(x * x, 1000 * 1000)"}) == [X[0] - 10**6, *(X[1:] - X[:-1] ** 2)]


def test_the_format_of_a_delay_grows_with_its_initial_value() -> None:
    graph = compiled({"y": "previous(x, 200)"})
    assert str(graph.nodes[graph.outputs[0][1]].format) == "i9"
    graph = compiled({"y": "previous(x, 0.5)"})
    assert str(graph.nodes[graph.outputs[0][1]].format) == "q8.1"


@pytest.mark.parametrize(
    ("lines", "outputs"),
    [
        ({"y": "previous(y) + x"}, [Output(name="y", format=I8, overflow="wrap")]),
        ({"y": "wrap(previous(y) + x, 'i8')"}, [Y]),
        ({"y": "wrap(format='i8', x=x + previous(y))"}, [Y]),
        ({"y": "previous(wrap(y, 'i8')) + x"}, [Output(name="y", format=I8, overflow="wrap")]),
        ({"y": "previous(a) + x", "a": "wrap(y, 'i8')"}, [Output(name="y", format=I8, overflow="wrap")]),
        ({"y": "a", "a": "b", "b": "wrap(x + previous(y), 'i8')"}, [Y]),
        ({"y": "wrap(s, 'i8')", "s": "x + previous(y)"}, [Y]),
    ],
)
def test_feedback_accumulates(lines: Mapping[str, str], outputs: list[Output]) -> None:
    expected, before = [], 0
    for value in X.tolist():
        before = wrapped(before + value)
        expected.append(before)
    assert run(lines, *outputs) == expected


def test_feedback_through_lines_with_and_without_a_stated_format() -> None:
    # The line b has no stated format, so it has to be known before what delays it; that works in either order.
    lines = {"a": "wrap(x + previous(b), 'i8')", "b": "previous(a) + 1", "y": "a"}
    expected, a, b = [], 0, 0
    for value in X.tolist():
        a, b = wrapped(value + b), a + 1
        expected.append(a)
    assert run(lines) == expected
    assert run(dict(reversed(lines.items()))) == expected


def test_a_line_waits_for_what_it_uses_now_and_for_what_has_no_stated_format() -> None:
    lines = {"a": "wrap(x + previous(b) + c, 'i8')", "b": "c + 1", "c": "previous(a)", "y": "a"}
    expected, a, b = [], 0, 0
    for value in X.tolist():
        a, b = wrapped(value + b + a), a + 1
        expected.append(a)
    assert run(lines) == expected


def test_feedback_values_may_differ_in_shape() -> None:
    x = X.reshape(100, 3)
    lines = {"t": "wrap(previous(t) + x, 'i8')", "y": "wrap(previous(y) + sum(t), 'i8')"}
    inner = (np.cumsum(x, axis=0) + 128) % 256 - 128
    assert run(lines, x=x, shape=(3,)) == [wrapped(value) for value in np.cumsum(inner.sum(axis=1)).tolist()]


def test_feedback_twice_delayed_is_two_tokens_ago() -> None:
    said = Output(name="y", format=I8, overflow="wrap")
    expected = [0, 0]
    for value in X.tolist():
        expected.append(wrapped(value + 2 * expected[-1] - expected[-2]))
    assert run({"y": "x + 2 * previous(y) - previous(previous(y))"}, said) == expected[2:]


def test_feedback_begins_with_its_initial_value() -> None:
    expected, before = [], 100
    for value in X.tolist():
        before = wrapped(before ^ value)
        expected.append(before)
    assert run({"y": "wrap(previous(y, 100) ^ x, 'i8')"}) == expected


@pytest.mark.parametrize(
    ("lines", "outputs"),
    [
        ({"y": "wrap(previous(y) + x, 'i8')"}, [Y]),
        ({"y": "wrap(previous(y, [0, 0, 0]) + x, 'i8')"}, [Y]),
        ({"y": "previous(y)[0:3] + x"}, [Output(name="y", format=I8, shape=(3,), overflow="wrap")]),
    ],
)
def test_feedback_of_arrays_finds_its_shape(lines: Mapping[str, str], outputs: list[Output]) -> None:
    x = X.reshape(100, 3)
    expected = [[wrapped(value) for value in row] for row in np.cumsum(x, axis=0).tolist()]
    assert run(lines, *outputs, x=x, shape=(3,)) == expected


def test_a_feedback_value_used_twice_is_kept_once() -> None:
    graph = compiled({"y": "wrap(previous(y) + previous(y) + x, 'i8')"})
    assert len(graph.states) == 1


def test_windows_share_their_delays() -> None:
    assert len(compiled({"y": "sum(window(x, 8)) + window(x, 4)[3] + previous(x)"}).states) == 7


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ({"y": "y + x"}, "compute: lines must not use each other in a circle but through previous: y -> y"),
        (
            {"y": "b", "a": "y + x", "b": "a * 2"},
            "compute: lines must not use each other in a circle but through previous: y -> b -> a -> y",
        ),
        (
            {"y": "window(y, 2)"},
            "compute: lines must not use each other in a circle but through previous: y -> y",
        ),
        (
            {"y": "previous(x, y)"},
            "compute: lines must not use each other in a circle but through previous: y -> y",
        ),
        (
            {"y": "previous(y) + x"},
            (
                "compute.y: previous(y): format of a feedback value must be stated by the format of an output,"
                " or by round, saturate or wrap around y"
            ),
        ),
        (
            {"y": "wrap(previous(y * 2) + x, 'i8')"},
            (
                "compute.y: previous(y * 2): format of a feedback value must be stated by the format of an output,"
                " or by round, saturate or wrap around y * 2"
            ),
        ),
        ({"y": "previous(nowhere)"}, "compute.y: name must be an input, a constant or a line, not 'nowhere'"),
        ({"y": "tow * x"}, "compute.y: name must be an input, a constant or a line, not 'tow' (did you mean 'two'?)"),
        (
            {"y": "wrap(stack(previous(y), previous(y)), 'i8')"},
            "compute: the shapes of feedback values must settle, not grow with every token",
        ),
        (
            {"y": "wrap(previous(y)[0] + x, 'i8')"},
            (
                "compute.y: previous(y)[0] must have at most 0 indices for shape ()"
                " (previous(y) is taken as a scalar, until a shape is stated)"
            ),
        ),
        ({"y": "previous(x, x)"}, "compute.y: previous: initial must be constant, not x"),
        ({"y": "previous(x, [1, 2])"}, "compute.y: previous: initial must broadcast to shape (), not have shape (2,)"),
        (
            {"y": "wrap(previous(y, 300) + x, 'i8')"},
            "compute.y: previous: initial must be a value of i8",
        ),
        (
            {"y": "wrap(previous(y, 0.5) + x, 'i8')"},
            "compute.y: previous: initial must be a value of i8",
        ),
        ({"z": "x"}, "outputs.y must have a line in [compute]"),
    ],
)
def test_a_broken_rule_is_named(lines: Mapping[str, str], message: str) -> None:
    with pytest.raises(SpecError) as error:
        compiled(lines)
    assert str(error.value) == f"test: {message}"


def test_a_long_chain_of_lines_compiles() -> None:
    lines = {"y": "a999", **{f"a{number}": f"a{number - 1} ^ {number}" for number in range(999, 0, -1)}, "a0": "x"}
    expected = X.copy()
    for number in range(1, 1000):
        expected ^= number
    assert run(lines) == expected.tolist()

"""Elementary functions in specs: the three ways to state the format of a result, and every refusal by its message."""

from __future__ import annotations

import numpy as np
import pytest

from hdlgen.errors import SpecError
from hdlgen.golden import evaluate
from hdlgen.number import Format
from hdlgen.spec import parse
from tests.hdlgen.test_expression_errors import GOOD

STATED = "by round around it or by the output whose line it is"
NEEDED = f'exp: format must be stated, as in exp(x, "q4.12"), {STATED}'


def spec_text(line: str, output: str = "{}") -> str:
    return f'name = "a"\n[inputs]\nx = {{ format = "q2.4" }}\n[outputs]\ny = {output}\n[compute]\ny = {line!r}\n'


@pytest.mark.parametrize(
    ("line", "output"),
    [
        ('exp(x, "q4.3")', "{}"),
        ('exp(x, format="q4.3")', "{}"),
        ('round(exp(x), "q4.3")', "{}"),
        ('round(exp(x), "q4.3", "half_even", "saturate")', "{}"),
        ("exp(x)", '{ format = "q4.3" }'),
        ("exp(x)", '{ format = "q4.3", rounding = "half_even", overflow = "saturate" }'),
        ('exp(x, "q4.3")', '{ format = "q4.3" }'),
    ],
)
def test_a_result_takes_its_format_from_the_call_round_or_the_output(line: str, output: str) -> None:
    graph = parse(spec_text(line, output)).graph
    assert graph.nodes[graph.outputs[0][1]].format == Format.parse("q4.3")
    raw = np.arange(-32, 32)
    expected = np.minimum(np.rint(np.exp(raw / 16) * 8), 63)
    assert evaluate(graph, {"x": raw})["y"].tolist() == expected.tolist()


def test_arrays_are_taken_element_by_element_and_constants_at_once() -> None:
    text = spec_text('divide(x + [0, 1], [[1], [3]], "q4.2") + sqrt(4, "u3")')
    graph = parse(text).graph
    found = evaluate(graph, {"x": np.array([16])})["y"]
    assert found.tolist() == [[[12, 16], [9, 11]]]  # 1 + 2, 2 + 2, 1 / 3 + 2 and 2 / 3 + 2 in quarters


def test_a_feedback_value_may_be_stated_by_a_function() -> None:
    graph = parse(
        spec_text('tanh(x + previous(tanh(y, "q1.4")), "q2.4")', "{}").replace("(y,", "(z,") + 'z = "x"\n'
    ).graph
    assert len(graph.states) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('y = "exp(x) + 1"', f"compute.y: {NEEDED}"),
        ('y = "divide(x, x)"', f'compute.y: divide: format must be stated, as in divide(x, y, "q4.12"), {STATED}'),
        ("y = \"round(exp(x), 'i4', 'floor')\"", f"compute.y: {NEEDED}"),
        ("y = \"round(exp(x), 'i4', 'half_even', 'wrap')\"", f"compute.y: {NEEDED}"),
        ('y = "sigmoid()"', "compute.y: sigmoid: x must be given, as in sigmoid(x, format=...)"),
        (
            "y = \"tanh(x, 'q1.3', 2)\"",
            "compute.y: tanh: number of arguments must be as in tanh(x, format=...), not 3",
        ),
        ('y = "divide(x)"', "compute.y: divide: y must be given, as in divide(x, y, format=...)"),
        (
            "y = \"divide(x, 'q1.3')\"",
            f'compute.y: divide: format must be stated, as in divide(x, y, "q4.12"), {STATED}',
        ),
        ("y = \"tanh(x, 'q1')\"", "compute.y: tanh: format must be a format such as i8, u8, q4.12 or uq0.8, not 'q1'"),
        (
            'y = "sigmoyd(x)"',
            "compute.y: function must be one of the language, not 'sigmoyd' (did you mean 'sigmoid'?)",
        ),
        ('y = "sigmoid + 1"', "compute.y: sigmoid must be called, as in sigmoid(x, format=...)"),
        ("y = \"log(x * x * x, 'q4.4')\"", "compute.y: log: argument must have at most 20 bits, not the 22 of i22"),
        ("y = \"cos(x, 'q2.31')\"", "compute.y: cos: format must have at most 32 bits, not be q2.31"),
    ],
)
def test_a_bad_call_is_refused_by_line_and_rule(line: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse(GOOD + line)
    assert str(caught.value) == f"spec: {message}"


def test_a_function_keeps_its_name() -> None:
    with pytest.raises(SpecError) as caught:
        parse(spec_text("x").replace("[compute]", '[compute]\nexp = "x"'))
    assert str(caught.value) == "spec: compute.exp must have a name of its own: exp is a function"

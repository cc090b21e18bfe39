"""Bad expressions: each refusal by its whole message, which names the line and the rule."""

from __future__ import annotations

import pytest

from hdlgen.errors import SpecError
from hdlgen.spec import parse

GOOD = """
name = "good"
[inputs]
x = { format = "i8" }
v = { format = "q4.4", shape = [4] }
[constants]
c = [1, 2, 3, 4]
[outputs]
y = {}
[compute]
"""

BEYOND = "overflow must be named (wrap, saturate) where it can happen:"
DROPPED = "rounding must be named (floor, half_up, half_even, toward_zero) where fraction bits are dropped,"

AXES = "compute.y: median: arguments must be as in median(x, axis=..., keepdims=...), not 'axes' (did you mean 'axis'?)"

ROWS: list[tuple[str, str]] = [
    ('y = ""', "compute.y: must be an expression, not '' (invalid syntax)"),
    ('y = "x +"', "compute.y: must be an expression, not 'x +' (invalid syntax)"),
    ("y = '''x) + (\nx'''", "compute.y: must be one expression, not 'x) + ( x'"),
    ('y = "\\u0000"', "compute.y: must be an expression of printable characters"),
    (
        f'y = "{"(" * 300}"',
        f"compute.y: must be an expression, not '{'(' * 57}...' (too many nested parentheses)",
    ),
    (f'y = "{"-" * 200}x"', "compute.y: must be an expression of at most 100 levels of nesting"),
    (f'y = "{"-" * 9000}x"', "compute.y: must be an expression of at most 100 levels of nesting"),
    (f'y = "{" " * 10_001}x"', "compute.y: must be an expression of at most 10000 characters, not 10002"),
    ('y = "z + 1"', "compute.y: name must be an input, a constant or a line, not 'z'"),
    ('y = "y + 1"', "compute: lines must not use each other in a circle but through previous: y -> y"),
    ("y = \"__import__('os')\"", "compute.y: function must be one of the language, not '__import__'"),
    ('y = "x.real"', "compute.y: must not use .real: it is not part of the language, .T alone is"),
    ('y = "(lambda: 1)()"', "compute.y: must not use `lambda`: it is not part of the language"),
    ('y = "[x for x in v]"', "compute.y: must not use a comprehension: it is not part of the language"),
    ('y = "{x: v}"', "compute.y: must not use a dictionary: it is not part of the language"),
    ('y = "{x}"', "compute.y: must not use a set: it is not part of the language"),
    (
        'y = "x if x else v"',
        "compute.y: must not use `if` and `else` (write where): it is not part of the language",
    ),
    ('y = "x and v"', "compute.y: must not use `and` or `or` (write & or |): it is not part of the language"),
    ('y = "not x"', "compute.y: must not use `not` (write x == 0): it is not part of the language"),
    ('y = "x is v"', "compute.y: must not use `is` (write ==): it is not part of the language"),
    ('y = "x in v"', "compute.y: must not use `in`: it is not part of the language"),
    ("y = \"f'{x}'\"", "compute.y: must not use an f-string: it is not part of the language"),
    ('y = "(z := x)"', "compute.y: must not use `:=`: it is not part of the language"),
    ('y = "max(*v)"', "compute.y: must not use `*` before an argument: it is not part of the language"),
    ('y = "max(**v)"', "compute.y: must not use `**` before an argument: it is not part of the language"),
    ('y = "v[None]"', "compute.y: must not use None: it is not part of the language"),
    ('y = "v[..., 0]"', "compute.y: must not use Ellipsis: it is not part of the language"),
    ('y = "x + 1j"', "compute.y: must not use 1j: it is not part of the language"),
    ('y = "x ** 2"', "compute.y: must not use `**`: it is not part of the language; write x * x"),
    (
        'y = "x // 2"',
        'compute.y: must not use `//`: it is not part of the language; write round(x / 4, "i8", "floor") or x & 3',
    ),
    ('y = "x / 0"', "compute.y: x / 0 must not be a division by a constant zero"),
    ('y = "x // (c[0] - 1)"', "compute.y: x // (c[0] - 1) must not be a division by a constant zero"),
    ('y = "x % 0.0"', "compute.y: x % 0.0 must not be a division by a constant zero"),
    ('y = "v / [1, 2, 0, 4]"', "compute.y: v / [1, 2, 0, 4] must not be a division by a constant zero"),
    ('y = "x / 3"', "compute.y: x / 3 must divide by a constant power of two"),
    ('y = "x / x"', "compute.y: x / x must divide by a constant power of two"),
    ('y = "x << -1"', "compute.y: x << -1 must shift by an integer from 0 to 1024"),
    ('y = "x >> 0.5"', "compute.y: x >> 0.5 must shift by an integer from 0 to 1024"),
    ('y = "1 << 100000"', "compute.y: 1 << 100000 must shift by an integer from 0 to 1024"),
    ('y = "x << x"', "compute.y: shift_left: amount must be an unsigned integer, not of format i8"),
    (
        'y = "0 < x < 3"',
        "compute.y: 0 < x < 3 must be written with one comparison each, as in (a < b) & (b < c)",
    ),
    (
        'y = "x * 0.1"',
        (
            "compute.y: number must have at most 24 fraction bits, not as many as 0.1:"
            ' write round(0.1, "q2.14") or give it in [constants]'
        ),
    ),
    ('y = "1e999"', "compute.y: number must be finite, not inf"),
    ("y = \"x + '1'\"", "compute.y: value must be a number or an array, not the text '1'"),
    ('y = "(x, x)"', "compute.y: value must be a number or an array, not (x, x)"),
    ('y = "[]"', "compute.y: value must be a number or an array, not []"),
    ('y = "sum"', "compute.y: sum must be called, as in sum(x, axis=..., keepdims=...)"),
    ('y = "summ(v)"', "compute.y: function must be one of the language, not 'summ' (did you mean 'sum'?)"),
    ('y = "v[0](x)"', "compute.y: v[0] must be the name of a function to be called"),
    ('y = "sum()"', "compute.y: sum: x must be given, as in sum(x, axis=..., keepdims=...)"),
    (
        'y = "abs(x, v)"',
        "compute.y: abs: number of arguments must be as in abs(x), not 2",
    ),
    (
        'y = "sum(v, axs=0)"',
        "compute.y: sum: arguments must be as in sum(x, axis=..., keepdims=...), not 'axs' (did you mean 'axis'?)",
    ),
    ('y = "sum(v, 0, axis=0)"', "compute.y: sum: axis must be given once, not twice"),
    ('y = "sum(v, x)"', "compute.y: sum: axis must be a constant integer, not x"),
    ('y = "sum(v, 1)"', "compute.y: axis must be one of the 1 of shape (4,), not 1"),
    ('y = "sum(v, (0, 0))"', "compute.y: axis must not name an axis twice, not (0, 0)"),
    ('y = "sum(v, keepdims=1)"', "compute.y: sum: keepdims must be True or False, not 1"),
    ('y = "max(v, x, axis=0)"', "compute.y: max: axis must go with one array, not with 2 values"),
    ('y = "v + [1, 2]"', "compute.y: shapes must broadcast, not (4,) with (2,)"),
    ('y = "v @ x"', "compute.y: @: both sides must have at least one axis, not shapes (4,) and ()"),
    ('y = "v @ [1, 2]"', "compute.y: @: inner sizes must be equal, not those of shapes (4,) and (2,)"),
    ('y = "dot(v, [1, 2])"', "compute.y: dot: inner sizes must be equal, not those of shapes (4,) and (2,)"),
    (
        'y = "conv(v, x)"',
        "compute.y: conv: image and kernel must both have 1 or 2 axes, not shapes (4,) and ()",
    ),
    (
        'y = "conv(v, [1, 2, 3, 4, 5])"',
        "compute.y: conv: kernel must lie within the image of shape (4,), not have shape (5,)",
    ),
    ('y = "v[4]"', "compute.y: index must be -4 to 3, not 4"),
    ('y = "v[x]"', "compute.y: index must be a constant integer, not x"),
    ('y = "v[0, 0]"', "compute.y: v[0, 0] must have at most 1 indices for shape (4,)"),
    ('y = "v[::0]"', "compute.y: slice: step must not be 0"),
    ('y = "v[3:3]"', "compute.y: v[3:3] must pick at least one element of shape (4,)"),
    ('y = "v[x:]"', "compute.y: slice must be a constant integer, not x"),
    ('y = "reshape(v, (3, -1))"', "compute.y: reshape: shape must hold 4 elements, not be (3, -1)"),
    ('y = "transpose(v, (0, 0))"', "compute.y: transpose: axes must name each of the 1 axes once, not be (0, 0)"),
    ('y = "stack(x, v)"', "compute.y: arrays must have one shape, not () and (4,)"),
    ('y = "stack([])"', "compute.y: stack: number of arrays must be at least 1"),
    ('y = "window(x, 0)"', "compute.y: window: n must be 1 to 1024 tokens, not 0"),
    ('y = "window(x, x)"', "compute.y: window: n must be a constant integer, not x"),
    ('y = "bit(x, 8)"', "compute.y: bit: place must be 0 to 7, not 8"),
    ('y = "concat(x, 0)"', 'compute.y: concat: width must be stated, as in wrap(0, "u8"), not left to 0'),
    ('y = "x & v"', "compute.y: and: arguments must have one fraction, not [0, 4]"),
    ('y = "round(v, x)"', "compute.y: round: format must be a format such as i8, u8, q4.12 or uq0.8, not 'x'"),
    (
        "y = \"round(v, 'i4', 'halfeven')\"",
        (
            "compute.y: round: rounding must be one of floor, half_up, half_even, toward_zero, not 'halfeven'"
            " (did you mean 'half_even'?)"
        ),
    ),
    ("y = \"round(v, 'i3')\"", f"compute.y: round: {BEYOND} i3 does not hold -8 to 8"),
    ("y = \"saturate(v, 'i4')\"", f"compute.y: saturate: {DROPPED} from q4.4 to i4"),
    (
        'y = "x << 1020"',
        "compute.y: Format: width must be 1 to 1024 bits, not 1028",
    ),
    (
        'y = "w * reshape(w, (512, 1))"\nw = "window(x, 512)"',
        "compute.y: an array must have at most 16384 elements, not 262144",
    ),
    (
        'y = "sort(stack(x, v[0]))"',
        'compute.y: sort: elements must have one format, not i8 and q4.4: write round(..., "q8.4") around them',
    ),
    (
        "y = 'median([wrap(x, \"u9\"), x, 1])'",
        'compute.y: median: elements must have one format, not u9 and i8: write round(..., "q8.4") around them',
    ),
    ('y = "sort(x)"', "compute.y: sort: x must have at least one axis, not be a single value"),
    ('y = "sort(v, 1)"', "compute.y: axis must be one of the 1 of shape (4,), not 1"),
    ('y = "sort(v, 0, 0)"', "compute.y: sort: number of arguments must be as in sort(x, axis=...), not 3"),
    ('y = "median(v, axes=0)"', AXES),
    (
        'y = "sort(window(x, 257))"',
        "compute.y: sort: number of elements in a row must be at most 256, not 257",
    ),
    (
        'y = "median(window(v, 100))"',
        "compute.y: median: number of elements in a row must be at most 256, not 400",
    ),
]


@pytest.mark.parametrize(("line", "message"), ROWS, ids=[f"{row}-{text[1][:40]}" for row, text in enumerate(ROWS)])
def test_a_bad_expression_is_refused_by_line_and_rule(line: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        parse(GOOD + line)
    assert str(error.value) == f"spec: {message}"
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("line", ['y = "x"', 'y = "sum(v)"', 'y = "c[0] + x"'])
def test_the_spec_around_them_is_good(line: str) -> None:
    assert parse(GOOD + line).name == "good"

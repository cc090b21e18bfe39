"""Liberty's Boolean functions against Python's own operators, over all inputs."""

from __future__ import annotations

import itertools

import pytest

from sim.boolean import columns, parse


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("(A&!B) | (!A&B)", "A != B"),
        ("!A&B^C", "(not A) and (B != C)"),
        ("A ^ B & C", "(A != B) and C"),
        ("A B' + C", "(A and not B) or C"),
        ("!(A*B) (C + 0)", "not (A and B) and C"),
        ("(A')'", "A"),
        ("1", "True"),
        ("((A&B)|(A&C)|(B&C))", "A + B + C >= 2"),
    ],
)
def test_functions_mean_what_liberty_says(text: str, python: str) -> None:
    table = parse(text).table(("A", "B", "C"))
    for case, (c, b, a) in enumerate(itertools.product((False, True), repeat=3)):
        assert bool(table >> case & 1) == bool(eval(python, {"A": a, "B": b, "C": c})), (text, a, b, c)


def test_verilog_is_bracketed_since_verilog_binds_otherwise() -> None:
    assert parse("!A&B^C | D'").verilog() == "((~A & (B ^ C)) | ~D)"


def test_columns_count_in_binary() -> None:
    assert [bin(column) for column in columns(2)] == ["0b1010", "0b1100"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A &", "function 'A &' must be an expression, not with 'its end' here"),
        ("(A", "function '(A' must be an expression, not with 'its end' here"),
        ("A)", "function 'A)' must be an expression, not with ')' here"),
        ("A ? B", "function 'A ? B' must hold names, 0, 1 and !'^*&+|(), not '?'"),
        ("(" * 200, f"function {'(' * 40!r} must nest at most 100 deep"),
    ],
)
def test_other_texts_are_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError) as refusal:
        parse(text)
    assert str(refusal.value) == message

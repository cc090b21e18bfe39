"""Dataflow: what each kind of operation does, by Python's integers, and every refusal of a broken record."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from hdlgen.dataflow import FREE, Dataflow, Kind, Operation, Register, Term, sources
from hdlgen.number import Format

I4, U1, U3 = Format(width=4), Format(width=1, signed=False), Format(width=3, signed=False)


def operation(kind: Kind, format: Format, *args: int, **more: Any) -> Operation:
    return Operation(kind=kind, format=format, args=args, low=format.low, high=format.high, **more)


def given(format: Format, place: int = 0) -> Operation:
    return operation(Kind.INPUT, format, place=place, name="x")


def results(made: Operation, formats: Sequence[Format], *tokens: tuple[int, ...]) -> list[int]:
    """Run one operation on inputs of these formats."""
    operations = (*(given(held, place) for place, held in enumerate(formats)), made)
    dataflow = Dataflow(operations=operations, outputs=(("y", (len(formats),)),))
    dataflow.verify()
    return [result["y"][0] for result in dataflow.run([{"x": token} for token in tokens])]


@pytest.mark.parametrize(
    ("kind", "format", "args", "wanted"),
    [
        (Kind.AND, I4, (-3, 6), -3 & 6),
        (Kind.OR, I4, (-3, 4), -3 | 4),
        (Kind.XOR, I4, (-3, 6), -3 ^ 6),
        (Kind.NOT, I4, (5,), -6),
        (Kind.EQUAL, U1, (-3, -3), 1),
        (Kind.EQUAL, U1, (-3, 5), 0),
        (Kind.SELECT, I4, (-1, 5, -6), 5),
        (Kind.SELECT, I4, (0, 5, -6), -6),
        (Kind.SATURATE, U3, (-3,), 0),
        (Kind.SATURATE, Format(width=3), (-8,), -4),
        (Kind.SATURATE, Format(width=3), (7,), 3),
        (Kind.SHIFT_LEFT, Format(width=8), (-3, 4), -48),
        (Kind.SHIFT_RIGHT, I4, (-3, 1), -2),
    ],
)
def test_operations_on_numbers(kind: Kind, format: Format, args: tuple[int, ...], wanted: int) -> None:
    made = operation(kind, format, *range(len(args)))
    assert results(made, [I4] * len(args), args) == [wanted]


def test_a_bit_is_inverted_to_a_bit() -> None:
    assert results(operation(Kind.NOT, U1, 0), [U1], (0,), (1,)) == [1, 0]


def test_slices_extend_the_sign_and_joins_put_the_first_lowest() -> None:
    assert results(operation(Kind.SLICE, U3, 0, place=2), [I4], (-3,), (5,)) == [0b111, 0b001]
    assert results(operation(Kind.SLICE, Format(width=2), 0, place=1), [I4], (4,), (-3,)) == [-2, -2]
    joined = operation(Kind.JOIN, Format(width=7, signed=False), 0, 1)
    assert results(joined, [I4, U3], (-3, 5)) == [0b1011101]


def test_a_sum_adds_products_and_its_constant() -> None:
    terms = (Term(factors=(0, 1), coefficient=-3), Term(factors=(1,), coefficient=5), Term(factors=(), coefficient=7))
    made = operation(Kind.SUM, Format(width=12), 0, 1, 1, terms=terms, place=-20)
    assert results(made, [I4, I4], (-8, 7), (3, -1)) == [-3 * -56 + 35 + 7 - 20, 9 - 5 + 7 - 20]


def test_a_state_gives_what_was_one_token_ago() -> None:
    operations = (given(I4), operation(Kind.STATE, I4), operation(Kind.STATE, I4))
    registers = (Register(state=1, next=0, initial=-8), Register(state=2, next=1, initial=7))
    dataflow = Dataflow(operations=operations, outputs=(("y", (1, 2)),), registers=registers)
    dataflow.verify()
    assert [token["y"] for token in dataflow.run([{"x": [k]} for k in (1, 2, 3)])] == [[-8, 7], [1, -8], [2, 1]]


GOOD = Dataflow(
    operations=(
        given(I4),
        operation(Kind.STATE, I4),
        operation(Kind.SUM, Format(width=5), 0, 1, terms=(Term(factors=(0,)), Term(factors=(1,)))),
        operation(Kind.SLICE, I4, 2),
    ),
    outputs=(("y", (2,)), ("z", (3, 0))),
    registers=(Register(state=1, next=3, initial=0),),
)


def changed(number: int, **fields: Any) -> Dataflow:
    operations = list(GOOD.operations)
    operations[number] = replace(operations[number], **fields)
    return replace(GOOD, operations=tuple(operations))


@pytest.mark.parametrize(
    ("dataflow", "message"),
    [
        (changed(3, args=(3,)), "operation 3 must read earlier operations, not (3,)"),
        (changed(3, args=(-1,)), "operation 3 must read earlier operations, not (-1,)"),
        (changed(2, args=(1, 0)), "operation 2 must list the factors of its terms as arguments"),
        (changed(1, kind=Kind.INPUT), "operation 1 must be a state exactly where a register holds it"),
        (replace(GOOD, registers=()), "operation 1 must be a state exactly where a register holds it"),
        (changed(3, high=8), "operation 3 must fit i4, not -8 to 8"),
        (changed(3, low=9, high=8), "operation 3 must fit i4, not 9 to 8"),
        (replace(GOOD, outputs=(("y", (4,)),)), "a result must be an operation, not 4"),
        (replace(GOOD, registers=(Register(state=1, next=-1, initial=0),)), "a result must be an operation, not -1"),
    ],
)
def test_a_broken_record_is_refused(dataflow: Dataflow, message: str) -> None:
    GOOD.verify()
    with pytest.raises(ValueError, match=f"^{re.escape(f'dataflow: {message}')}$"):
        dataflow.verify()


def test_uses_count_readers_of_every_sort() -> None:
    assert GOOD.uses() == [2, 1, 2, 2]
    assert list(GOOD.results()) == [2, 3, 0]


def test_wiring_leads_back_to_what_it_is_taken_from() -> None:
    joined = operation(Kind.JOIN, Format(width=9, signed=False), 3, 0, 2)
    assert sources([*GOOD.operations, joined], 4) == [2, 0, 2]
    assert sources(GOOD.operations, 2) == [2]
    assert {Kind.SLICE, Kind.JOIN} < FREE

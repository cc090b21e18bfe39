"""Ties to even: what rounding adds, against the golden model, and the same without looking at ties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest

from hdlgen.arithmetic.sums import SumStyle
from hdlgen.builder import GraphBuilder
from hdlgen.dataflow import Dataflow, Kind, Operation, Term
from hdlgen.deviation import deviate
from hdlgen.lower import lower
from hdlgen.number import Format
from hdlgen.operation import Op
from hdlgen.precision import needed
from hdlgen.rewrite import rewrite
from hdlgen.scalars import Scalars
from hdlgen.ties import without_ties


def rounded_sum(dropped: int, width: int = 6, offset: int = 0) -> Dataflow:
    """Give `round((x + y + offset) / 2**dropped)` of two words."""
    builder = GraphBuilder()
    x, y = builder.input("x", Format(width=width)), builder.input("y", Format(width=width - 1, signed=False))
    total = builder.apply(Op.ADD, builder.apply(Op.ADD, x, y), builder.constant(offset))
    half = builder.apply(Op.SHIFT, total, amount=-dropped)
    target = Format(width=width + 2)
    builder.output("z", builder.apply(Op.CONVERT, half, stated=target, rounding="half_even", overflow="wrap"))
    return rewrite(lower(builder.graph()))


def tokens(width: int = 6) -> list[dict[str, Sequence[int]]]:
    half = 1 << (width - 1)
    return [{"x": [x], "y": [y]} for x in range(-half, half) for y in range(half)]


@pytest.mark.parametrize("dropped", range(1, 7))
@pytest.mark.parametrize("offset", [0, -37])
def test_ties_go_to_even_behind_one_sum(dropped: int, offset: int) -> None:
    dataflow = rounded_sum(dropped, offset=offset)
    found = [token["z"][0] for token in dataflow.run(tokens())]
    assert found == [round(Fraction(t["x"][0] + t["y"][0] + offset, 1 << dropped)) for t in tokens()]
    assert sum(operation.kind is Kind.SUM for operation in dataflow.operations) == 1
    result = dataflow.operations[next(dataflow.results())]
    assert result.low <= min(found) and max(found) <= result.high


def test_a_tie_that_is_not_looked_for_is_seen() -> None:
    dataflow = rounded_sum(3)
    operations = [
        replace(operation, args=(operation.args[0],) * 2) if operation.kind is Kind.AND else operation
        for operation in dataflow.operations
    ]
    broken = replace(dataflow, operations=tuple(operations)).run(tokens())
    wrong = [a["z"][0] - b["z"][0] for a, b in zip(broken, dataflow.run(tokens()), strict=True)]
    assert {*wrong} == {0, 1}


@pytest.mark.parametrize("dropped", [1, 2, 5])
def test_without_ties_is_half_down_and_said_to_be_off_by_less_than_a_unit(dropped: int) -> None:
    dataflow = rounded_sum(dropped)
    plain, ties = without_ties(dataflow)
    plain.verify()
    assert list(ties.values()) == [(-1, 0)]
    for token, after in zip(tokens(), plain.run(tokens()), strict=True):
        total = token["x"][0] + token["y"][0]
        assert after["z"][0] == -(-(2 * total - (1 << dropped)) // (2 << dropped)), "half down"
    assert deviate(plain, {}, SumStyle(), ties=ties, only=needed(plain)).bound_lsb == 1


def test_a_sum_with_another_reader_stays_exact_for_it() -> None:
    scalars = Scalars()
    x = scalars.add(Operation(kind=Kind.INPUT, name="x", format=Format(width=8), low=-128, high=127))
    even, up = (scalars.rounded(x, 3, way) for way in ("half_even", "half_up"))
    both = Dataflow(operations=tuple(scalars.operations), outputs=(("y", (even, up)),))
    assert without_ties(both) == (both, {}), "the sum has another reader, for whom it must stay exact"
    alone = rewrite(replace(both, outputs=(("y", (even,)),)))
    assert without_ties(alone)[1]
    doubled = [*alone.operations]
    number = next(n for n, operation in enumerate(doubled) if operation.kind is Kind.SUM)
    last = replace(doubled[number], args=(number,), terms=(Term(factors=(number,)),), place=0)
    read = Dataflow(operations=(*doubled, last), outputs=(*alone.outputs, ("z", (len(doubled),))))
    assert without_ties(read) == (read, {})

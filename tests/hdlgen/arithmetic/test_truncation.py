# amaranth: UnusedElaboratable=no
"""Truncated sums: what the hardware really leaves out against the bounds, over every value of small operands."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from hdlgen.arithmetic.constants import CONSTANT_ENCODINGS
from hdlgen.arithmetic.sum_shape import MULTIPLIERS, Position, SumShape, SumStyle
from hdlgen.arithmetic.sums import SumUnit, estimate
from hdlgen.arithmetic.truncation import kept_bits, left_out
from hdlgen.emit import to_rtlil
from hdlgen.number import Format
from tests.hdlgen.arithmetic.sum_cases import expected, pipelined_results
from tests.hdlgen.rtlil import Netlist

STYLES = [
    SumStyle(multiplier=multiplier, constants=constants)
    for multiplier in ("dadda", "booth")
    for constants in CONSTANT_ENCODINGS
]
SIGNED, UNSIGNED, BIT = Format(width=4), Format(width=3, signed=False), Format(width=1, signed=False)
POSITIONS = (
    (Position(factors=(SIGNED, UNSIGNED)),),
    (Position(factors=(SIGNED, SIGNED), coefficient=-1),),
    (Position(factors=(UNSIGNED, UNSIGNED)), Position(factors=(BIT,))),
    (Position(factors=(SIGNED,), coefficient=-11), Position(factors=(UNSIGNED,), coefficient=7)),
    (Position(factors=(SIGNED,), coefficient=3), Position(factors=(), coefficient=5)),
)
SQUARE = Position(factors=(SIGNED, SIGNED), squared=True)


def every(positions: tuple[Position, ...]) -> dict[tuple[int, int], list[int]]:
    """List every combination of operands, one a lane."""
    ports = [(p, f) for p, position in enumerate(positions) for f in range(len(position.factors))]
    formats = [format for position in positions for format in position.factors]
    rows = itertools.product(*(range(format.low, format.high + 1) for format in formats))
    return dict(zip(ports, map(list, zip(*rows, strict=True)), strict=True))


def errors(positions: tuple[Position, ...], style: SumStyle, dropped: int, cuts: frozenset[int]) -> Iterator[int]:
    """Give for every combination of operands how far the hardware's sum is below the exact one."""
    constant = 3 << dropped
    low = constant + sum(position.range()[0] for position in positions) - (len(positions) << (dropped + 2))
    high = constant + sum(position.range()[1] for position in positions) + (len(positions) << (dropped + 2))
    result = Format.holding(low >> dropped, high >> dropped)
    shape = SumShape(positions=positions, constant=constant, result=result, dropped=dropped)
    values = every(positions)
    lanes = len(values[0, 0])
    netlist = Netlist(to_rtlil(SumUnit(shape, style, cuts=cuts)))
    sign = 1 << (result.width - 1) if result.signed else 0
    for wanted, found in zip(
        expected(shape, values, lanes),
        pipelined_results(netlist, [values], lanes, latency=len(cuts))[0],
        strict=True,
    ):
        yield wanted - (((found ^ sign) - sign) << dropped)


@pytest.mark.parametrize("style", STYLES, ids=lambda style: f"{style.multiplier}-{style.constants}")
@pytest.mark.parametrize("positions", POSITIONS)
def test_the_hardware_leaves_out_what_the_bounds_say(positions: tuple[Position, ...], style: SumStyle) -> None:
    for dropped in (0, 1, 2, 3, 5):
        lost = [left_out(position, style, dropped) for position in positions]
        low, high = sum(least for least, _ in lost), sum(most for _, most in lost)
        found = list(errors(positions, style, dropped, frozenset()))
        assert low <= min(found) <= max(found) <= high
        booth = MULTIPLIERS[style.multiplier].rows != "baugh_wooley" and any(
            len(position.factors) == 2 for position in positions
        )
        if not booth and dropped < 4:  # a bound one unit narrower would be wrong: the error reaches it
            assert (min(found), max(found)) == (low, high)


def test_a_square_leaves_out_the_bits_of_its_own_rows() -> None:
    # Of 1, 2 and 4 columns of x * x with x = abcd: d; d; d + 4 * (c + c & d).
    assert [left_out(SQUARE, SumStyle(), dropped) for dropped in (1, 2, 3)] == [(0, 1), (0, 1), (0, 1 + 4 * 2)]


def test_registers_may_stand_in_a_truncated_heap() -> None:
    positions = POSITIONS[0]
    style = SumStyle()
    shape = SumShape(positions=positions, constant=8, result=Format(width=8), dropped=2)
    assert len(estimate(shape, style)) > 2
    assert list(errors(positions, style, 2, frozenset({0}))) == list(errors(positions, style, 2, frozenset()))


def test_nothing_is_left_out_of_a_whole_heap() -> None:
    for positions in POSITIONS:
        for position in positions:
            assert left_out(position, SumStyle(), 0) == (0, 0)


def test_bits_are_counted_from_the_lowest_column_kept() -> None:
    plain = SumStyle(multiplier="dadda")
    product = Position(factors=(UNSIGNED, UNSIGNED))  # columns of 1, 2, 3, 2 and 1 bits, each an AND gate and an adder
    assert [kept_bits(product, plain, dropped) for dropped in range(6)] == [18, 16, 12, 6, 2, 0]
    word = Position(factors=(UNSIGNED,), coefficient=5)
    assert [kept_bits(word, plain, dropped) for dropped in range(6)] == [6, 5, 4, 2, 1, 0]

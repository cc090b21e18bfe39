"""Gates held against integer arithmetic, exhaustively at small widths."""

from __future__ import annotations

import numpy as np
import pytest

from hdlgen.bits import Bus, Interface, pack_table, unpack_table
from hdlgen.network import NetworkBuilder
from search.portfolio import gates
from tests.search.portfolio.functions import number

WIDTH = 7
INPUTS = ((np.arange(1 << WIDTH)[:, None] >> np.arange(WIDTH)) & 1).astype(np.uint8)


def builder(outputs: int) -> NetworkBuilder:
    ports = Interface(inputs=(Bus(name="x", width=WIDTH),), outputs=(Bus(name="y", width=outputs),))
    return NetworkBuilder(ports)


def values(made: NetworkBuilder, literals: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    words = made.network(literals).evaluate(pack_table(INPUTS))
    return number(unpack_table(words, len(INPUTS)))


def test_a_full_adder_has_seven_gates() -> None:
    made = builder(2)
    total = list(gates.full_adder(made, *(made.input(bit) for bit in range(3))))
    assert (values(made, total) == INPUTS[:, :3].sum(axis=1)).all()
    assert made.network(total).and_nodes == 7


def test_columns_are_added_with_their_weights() -> None:
    made = builder(5)
    bits = [made.input(bit) for bit in range(WIDTH)]
    total = gates.add_columns(made, [bits[:4], bits[4:6], bits[6:]])
    total += [0] * (5 - len(total))
    assert (values(made, total) == INPUTS @ np.array([1, 1, 1, 1, 2, 2, 4])).all()


def test_a_parity_on_top_keeps_the_bits_below() -> None:
    made = builder(2)
    bits = [made.input(bit) for bit in range(WIDTH)]
    total = gates.add_columns(made, [bits[:5], bits[5:]], top_parity=True)
    assert (values(made, total) == INPUTS @ np.array([1, 1, 1, 1, 1, 2, 2]) % 4).all()


@pytest.mark.parametrize("weights", [(1, 2, 4, 8, 3, 1, 1), (5, -3, 7, -1, -6, 2, -2), (0, 0, 0, 0, 0, 0, -1)])
@pytest.mark.parametrize("bound", [-3, 0, 1, 6])
def test_weighted_sums_are_compared(weights: tuple[int, ...], bound: int) -> None:
    made = builder(1)
    bits, offset = gates.weighted_sum(made, [(weight, made.input(bit)) for bit, weight in enumerate(weights)])
    reached = gates.at_least(made, bits, bound - offset)
    assert (values(made, [reached]) == (INPUTS.astype(np.int64) @ np.array(weights) >= bound)).all()


def test_subtraction_and_comparison() -> None:
    made = builder(5)
    a, b = ([made.input(bit) for bit in bits] for bits in (range(3), range(3, 6)))
    difference, borrow = gates.subtract(made, a, b)
    below = gates.less(made, a, b)
    left, right = number(INPUTS[:, :3]), number(INPUTS[:, 3:6])
    wanted = (left - right) % 8 + 8 * (left < right) + 16 * (left < right)
    assert (values(made, [*difference, borrow, below]) == wanted).all()


def test_a_table_gives_its_bit() -> None:
    made = builder(1)
    contents = [bool(value * value % 5 > 1) for value in range(16)]
    found = gates.table(made, [made.input(bit) for bit in range(4)], contents)
    assert (values(made, [found]) == np.array(contents)[number(INPUTS[:, :4])]).all()
    with pytest.raises(ValueError, match="2 select bits must have 4 values, not 3"):
        gates.table(made, [2, 4], [0, 1, 1])

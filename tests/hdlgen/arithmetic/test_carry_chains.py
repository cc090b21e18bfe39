# amaranth: UnusedElaboratable=no
"""Carry chains: sums of rows two by two against Python's integers, with registers and folded, and what they cost."""

from __future__ import annotations

import itertools

import pytest
from amaranth.hdl import Const

from hdlgen.arithmetic.carry_chains import ChainSum, words_of_row
from hdlgen.arithmetic.constants import CONSTANT_ENCODINGS
from hdlgen.arithmetic.partial_products import Row
from hdlgen.arithmetic.sum_shape import CARRY_CHAINS, DSP, FPGA_MULTIPLIERS, Position, SumShape, SumStyle
from hdlgen.arithmetic.sums import SumUnit, estimate
from hdlgen.emit import to_rtlil
from hdlgen.number import Format
from tests.hdlgen.arithmetic.sum_cases import LANES, drawn, expected, is_exact, pipelined_results, random_shape
from tests.hdlgen.rtlil import Netlist

MULTIPLIERS = (*FPGA_MULTIPLIERS, DSP)


def style_of(multiplier: str, constants: str = "signed_digits") -> SumStyle:
    return SumStyle(reduction=CARRY_CHAINS, multiplier=multiplier, adder="native", constants=constants)


def products(count: int, width: int, *, signed: bool = True, result: int = 0) -> SumShape:
    factor = Format(width=width, signed=signed)
    positions = tuple(Position(factors=(factor, factor)) for _ in range(count))
    low = sum(position.range()[0] for position in positions)
    high = sum(position.range()[1] for position in positions)
    whole = Format.holding(low, high)
    return SumShape(positions=positions, constant=0, result=Format(width=result or whole.width, signed=whole.signed))


@pytest.mark.parametrize("constants", sorted(CONSTANT_ENCODINGS))
@pytest.mark.parametrize("multiplier", MULTIPLIERS)
def test_random_sums_are_exact(multiplier: str, constants: str) -> None:
    style = style_of(multiplier, constants)
    for seed in range(24):
        shape = random_shape(seed)
        assert is_exact(shape, style, seed=seed), (seed, shape)
        last = len(estimate(shape, style)) - 1
        assert is_exact(shape, style, frozenset(range(last)), seed=seed), (seed, shape)


@pytest.mark.parametrize("multiplier", MULTIPLIERS)
def test_every_product_of_small_words_is_exact(multiplier: str) -> None:
    for left, right in itertools.product((1, 2, 3, 4), repeat=2):
        for signs in itertools.product((False, True), repeat=2):
            formats = (Format(width=left, signed=signs[0]), Format(width=right, signed=signs[1]))
            position = Position(factors=formats)
            shape = SumShape(positions=(position,), constant=0, result=Format.holding(*position.range()))
            pairs = list(itertools.product(*(range(format.low, format.high + 1) for format in formats)))
            given = [{(0, number): [pair[number] for pair in pairs] for number in (0, 1)}]
            netlist = Netlist(to_rtlil(SumUnit(shape, style_of(multiplier))))
            (found,) = pipelined_results(netlist, given, len(pairs), latency=0)
            assert found == [a * b % (1 << shape.result.width) for a, b in pairs], formats


def test_a_sum_that_accumulates_adds_what_was_there() -> None:
    for seed in range(12):
        shape = random_shape(seed, accumulates=True)
        for multiplier in MULTIPLIERS:
            netlist = Netlist(to_rtlil(SumUnit(shape, style_of(multiplier))))
            given = drawn(shape, 4, LANES, seed)
            begin = [1, 0, 0, 1]
            found = pipelined_results(netlist, given, LANES, latency=0, first=begin, initial=[5, 1, 2, 3])
            modulus, running = 1 << shape.result.width, [0] * LANES
            for cycle, values in enumerate(given):
                started = {0: 5, 3: 3}.get(cycle)
                running = [
                    ((started if started is not None else total) + addend) % modulus
                    for total, addend in zip(running, expected(shape, values, LANES), strict=True)
                ]
                assert found[cycle] == running, (seed, multiplier, cycle)


def test_a_row_with_another_pattern_of_signs_is_refused() -> None:
    with pytest.raises(ValueError, match="words_of_row: bits must count alike below the highest, not as 0b10"):
        words_of_row(Row(Const(0, 3), 0, 0b010))


def test_a_carry_left_out_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    shape, style = products(3, 4), style_of("booth_reset")
    assert is_exact(shape, style)
    true = ChainSum._carry_at

    def forgetful(self: ChainSum, shift: int) -> None:
        true(self, shift)

    monkeypatch.setattr(ChainSum, "_carry_at", forgetful)
    assert not is_exact(shape, style)


def test_a_digit_that_is_not_cleared_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    shape, style = products(1, 4), style_of("booth_reset")
    text = to_rtlil(SumUnit(shape, style))
    zero = "connect \\S \\digit_1_zero [0]"
    assert text.count(zero) == 1
    given = drawn(shape, 1, LANES, 0)
    right = [total % (1 << shape.result.width) for total in expected(shape, given[0], LANES)]
    assert pipelined_results(Netlist(text), given, LANES, latency=0) == [right]
    broken = Netlist(text.replace(zero, "connect \\S 1'0"))
    assert pipelined_results(broken, given, LANES, latency=0) != [right]


def test_a_dot_product_takes_a_row_a_digit_and_one_addition_fewer() -> None:
    shape = products(8, 8)
    text = to_rtlil(SumUnit(shape, style_of("booth_reset")))
    # 4 digits a product are 32 rows and as many bits that turned rows owe; one of these needs an addition of its own.
    assert Netlist(text).cell_types["$add"] == 32
    assert Netlist(text).cell_types["$mul"] == 0
    assert Netlist(to_rtlil(SumUnit(shape, style_of(DSP)))).cell_types["$mul"] == 8


def test_single_bits_are_counted_too() -> None:
    bit = Format(width=1, signed=False)
    shape = SumShape(
        positions=tuple(Position(factors=(bit,)) for _ in range(20)), constant=0, result=Format(width=5, signed=False)
    )
    style = style_of("booth_reset")
    assert is_exact(shape, style)
    assert is_exact(shape, style, frozenset(range(len(estimate(shape, style)) - 1)))

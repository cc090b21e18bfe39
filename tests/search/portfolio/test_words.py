"""Recognition and circuits of arithmetic, against numbers that numpy computes."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from hdlgen.network import NetworkBuilder
from search.portfolio.arithmetic import CIRCUITS, EXACT
from search.portfolio.cases import Cases, single
from search.portfolio.words import OPERATIONS, recognise
from tests.search.portfolio.functions import number, sampled, whole

K = 4


def signed(value: int) -> int:
    return value - 16 if value >= 8 else value


ORACLES: dict[str, Callable[..., int]] = {
    "add": lambda a, b: a + b,
    "add signed": lambda a, b: signed(a) + signed(b),
    "subtract": lambda a, b: a - b,
    "subtract signed": lambda a, b: signed(a) - signed(b),
    "equal": lambda a, b: a == b,
    "less": lambda a, b: a < b,
    "less signed": lambda a, b: signed(a) < signed(b),
    "multiply": lambda a, b: a * b,
    "multiply signed": lambda a, b: signed(a) * signed(b),
    "divide": lambda a, b: a // b if b else 15,
    "remainder": lambda a, b: a % b if b else a,
    "square root": math.isqrt,
}


def answers(name: str, bit: int) -> Cases:
    operands = OPERATIONS[name].operands
    width = K * operands
    full = whole(width, lambda bits: bits[:, 0] > 0)
    numbers = [number(full.inputs[:, K * at : K * at + K]) for at in range(operands)]
    values = [int(ORACLES[name](*map(int, given))) for given in zip(*numbers, strict=True)]
    return Cases(inputs=full.inputs, answers=np.array([value >> bit & 1 for value in values], dtype=np.uint8))


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_bit_of_every_operation_is_built_exactly(name: str) -> None:
    operation = OPERATIONS[name]
    for bit in range(operation.bits(K)):
        cases = answers(name, bit)
        builder = NetworkBuilder(single(cases.width))
        operands = [[builder.input(K * at + place) for place in range(K)] for at in range(operation.operands)]
        network = builder.network([CIRCUITS[name][0](builder, operands, bit, EXACT)])
        assert cases.accuracy(network) == 1.0, bit


@pytest.mark.parametrize(
    ("name", "bit", "least"), [("divide", 0, 0.95), ("multiply", 11, 0.97), ("square root", 0, 0.9)]
)
def test_a_cut_circuit_is_smaller_and_nearly_right(name: str, bit: int, least: float) -> None:
    operands = OPERATIONS[name].operands
    width = 24 // operands
    cases = sampled(24, lambda bits: bits[:, 0] > 0)
    numbers = [number(cases.inputs[:, width * at : width * at + width]) for at in range(operands)]
    oracle = (
        math.isqrt
        if operands == 1
        else {"divide": lambda a, b: a // b if b else 4095, "multiply": lambda a, b: a * b}[name]
    )
    right = np.array([oracle(*map(int, given)) >> bit & 1 for given in zip(*numbers, strict=True)], dtype=np.uint8)
    cases = Cases(inputs=cases.inputs, answers=right)
    sizes = []
    for cut in (8, EXACT):
        builder = NetworkBuilder(single(24))
        places = [[builder.input(width * at + place) for place in range(width)] for at in range(operands)]
        network = builder.network([CIRCUITS[name][0](builder, places, bit, cut)])
        assert cases.accuracy(network) >= (1.0 if cut == EXACT else least)
        sizes.append(network.and_nodes)
    assert sizes[0] < sizes[1]


def test_layouts_orders_and_complements_are_recognised() -> None:
    reversed_product = sampled(12, lambda bits: (number(bits[:, 5::-1]) * number(bits[:, :5:-1])) >> 6 & 1 > 0)
    assert str(recognise(reversed_product)) == "bit 6 of multiply over halves, highest bit first"
    interleaved = sampled(12, lambda bits: number(bits[:, 1::2]) >= number(bits[:, ::2]))
    assert str(recognise(interleaved)) == "not bit 0 of less over interleaved inputs exchanged, lowest bit first"
    root = sampled(16, lambda bits: np.array([math.isqrt(value) >> 1 & 1 for value in number(bits).tolist()]) > 0)
    assert str(recognise(root)) == "bit 1 of square root over all inputs, lowest bit first"


def test_one_wrong_example_is_enough_to_refuse() -> None:
    cases = sampled(16, lambda bits: number(bits[:, :8]) + number(bits[:, 8:]) >= 256)
    assert str(recognise(cases)) == "bit 8 of add over halves, lowest bit first"
    wrong = np.zeros(len(cases), dtype=np.uint8)
    wrong[1234] = 1
    assert recognise(cases.flipped(wrong)) is None


def test_too_few_examples_tell_nothing() -> None:
    cases = sampled(16, lambda bits: number(bits[:, :8]) < number(bits[:, 8:]), count=60)
    assert recognise(cases) is None
    assert recognise(sampled(16, lambda bits: np.zeros(len(bits), dtype=bool))) is None

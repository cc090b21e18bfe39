"""The file of registers: oracle and golden Verilog agree, and both agree with plain lists of numbers."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.learn_registers import golden_registers
from designs.registers.oracle import registers
from hdlgen.bits import Words, pack_values, unpack_values


@pytest.mark.parametrize(("count", "width"), [(2, 1), (4, 8), (8, 7)])
def test_oracle_and_golden_model_are_a_file_of_registers(count: int, width: int) -> None:
    golden = golden_registers(count, width)
    interface, step = golden.interface, registers(count, width)
    random = np.random.default_rng(3)
    inputs: Words = random.integers(0, 1 << 64, (interface.input_bits, 4), dtype=np.uint64)
    answer = step(inputs)
    assert np.array_equal(answer, golden.evaluate(inputs))
    given = unpack_values(interface.inputs, inputs, 256)
    wanted = []
    for row in range(256):
        one = {name: int(array[row]) for name, array in given.items()}
        state = [one["state"] >> width * place & (1 << width) - 1 for place in range(count)]
        left, right = state[one["first"]], state[one["second"]]
        if one["write"]:
            state[one["target"]] = one["data"]
        wanted.append((sum(value << width * place for place, value in enumerate(state)), left, right))
    columns = {
        name: np.array(values, dtype=np.uint64)
        for name, values in zip(("next_state", "left", "right"), zip(*wanted, strict=True), strict=True)
    }
    assert np.array_equal(answer, pack_values(interface.outputs, columns))


def test_a_planted_fault_is_seen() -> None:
    golden = golden_registers(4, 2)
    inputs = np.random.default_rng(3).integers(0, 1 << 64, (golden.interface.input_bits, 4), dtype=np.uint64)
    turned = inputs.copy()
    turned[9] ^= ~np.uint64(0)  # a bit of `target`
    assert not np.array_equal(registers(4, 2)(turned), golden.evaluate(inputs))

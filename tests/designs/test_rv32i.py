"""The RV32I step: oracle and golden Verilog agree, and both agree with instructions worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from designs.rv32i.oracle import PORTS, step
from hdlgen.bits import Interface, Words, pack_table, pack_values, unpack_values
from search.learn.samples import structured, uniform
from sim.prove import read_golden

GOLDEN = Path(__file__).parents[2] / "designs" / "rv32i" / "golden.v"
INTERFACE = Interface.of(PORTS, where="rv32i")
LEGAL = (0x37, 0x17, 0x6F, 0x67, 0x63, 0x03, 0x23, 0x13, 0x33, 0x0F, 0x73)

CASES = [
    # instruction, rs1, rs2, pc, load data, and what must come out; everything else is 0 and pc + 4
    (0x123450B7, 0, 0, 0x100, 0, {"rd_write": 1, "rd": 0x12345000}),  # lui x1, 0x12345
    (0xFFFFF097, 0, 0, 0x1000, 0, {"rd_write": 1, "rd": 0}),  # auipc x1, -1
    (0x008000EF, 0, 0, 0x100, 0, {"rd_write": 1, "rd": 0x104, "next_pc": 0x108}),  # jal x1, 8
    (0x00508067, 0x201, 0, 0x100, 0, {"rd_write": 1, "rd": 0x104, "next_pc": 0x206}),  # jalr x0, 5(x1)
    (0xFE208EE3, 7, 7, 0x100, 0, {"next_pc": 0xFC}),  # beq x1, x2, -4
    (0xFE20CEE3, 0xFFFFFFFF, 1, 0x100, 0, {"next_pc": 0xFC}),  # blt x1, x2, -4
    (0xFE20EEE3, 0xFFFFFFFF, 1, 0x100, 0, {}),  # bltu x1, x2, -4
    (0x00108083, 0x42, 0, 0, 0x80FF1234, {"rd_write": 1, "rd": 0xFFFFFF80, "address": 0x43}),  # lb x1, 1(x1)
    (0x0000D083, 0x42, 0, 0, 0x80FF1234, {"rd_write": 1, "rd": 0x80FF, "address": 0x42}),  # lhu x1, 0(x1)
    (
        0x00209123,  # sh x2, 2(x1)
        0x40,
        0xABCD1234,
        0,
        0,
        {"memory_write": 1, "store_mask": 12, "store_data": 0x12341234, "address": 0x42},
    ),
    (0xFFF08093, 5, 0, 0, 0, {"rd_write": 1, "rd": 4}),  # addi x1, x1, -1
    (0x4030D093, 0x80000010, 0, 0, 0, {"rd_write": 1, "rd": 0xF0000002}),  # srai x1, x1, 3
    (0x402080B3, 5, 7, 0, 0, {"rd_write": 1, "rd": 0xFFFFFFFE}),  # sub x1, x1, x2
    (0x0020A0B3, 0x80000000, 0, 0, 0, {"rd_write": 1, "rd": 1}),  # slt x1, x1, x2
    (0x0000000F, 0, 0, 0x40, 0, {}),  # fence
    (0x00000073, 0, 0, 0x40, 0, {"trap": 1}),  # ecall
    (0x402090B3, 1, 1, 0, 0, {"trap": 1}),  # sll with funct7 = 32
]


def _run(values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    count = len(values["pc"])
    filled = {name: np.concatenate([v, np.zeros(-count % 64, dtype=np.uint64)]) for name, v in values.items()}
    return unpack_values(INTERFACE.outputs, step(pack_values(INTERFACE.inputs, filled)), count)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]:08x}")
def test_instructions_do_what_the_manual_says(case: tuple[int, int, int, int, int, dict[str, int]]) -> None:
    *inputs, changes = case
    names = [bus.name for bus in INTERFACE.inputs]
    shown = _run({name: np.array([value], dtype=np.uint64) for name, value in zip(names, inputs, strict=True)})
    wanted = {bus.name: 0 for bus in INTERFACE.outputs} | {"next_pc": inputs[3] + 4} | changes
    assert {name: int(array[0]) for name, array in shown.items()} == wanted


def _samples(count: int) -> Words:
    random = np.random.default_rng(8)
    rows = np.concatenate([uniform(INTERFACE, count, random), structured(INTERFACE, count, random)])
    codes = np.array(LEGAL, dtype=np.uint8)[random.integers(0, len(LEGAL), len(rows))]
    chosen = random.random(len(rows)) < 0.9
    rows[chosen, :7] = np.unpackbits(codes[chosen, None], axis=1, bitorder="little")[:, :7]
    plain = random.random(len(rows)) < 0.5
    rows[plain, 25:32] = 0
    rows[plain, 30] = random.integers(0, 2, int(plain.sum()))
    return pack_table(rows)


def test_the_golden_verilog_is_the_oracle_on_many_steps() -> None:
    words = _samples(1 << 14)
    golden = read_golden(GOLDEN, INTERFACE)
    differ = np.bitwise_or.reduce(golden.evaluate(words) ^ step(words), axis=1)
    wrong = [name for name, row in zip(INTERFACE.output_names(), differ, strict=True) if row]
    assert wrong == []


def test_a_planted_fault_in_the_golden_verilog_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "golden.v"
    path.write_text(GOLDEN.read_text().replace("instruction[11:8], 1'b0", "instruction[11:8], 1'b1"))
    words = _samples(1 << 12)
    assert (read_golden(path, INTERFACE).evaluate(words) != step(words)).any()

# amaranth: UnusedElaboratable=no
"""The computer around the golden step: what it does with every kind of end, and how long instructions take."""

from __future__ import annotations

from pathlib import Path

import pytest

from designs.rv32i import core
from designs.rv32i.core import RiscvCore
from designs.rv32i.run import CORES, IMAGES, WORDS, computer, same
from sim import tools
from sim.processor import Ending, Execution, Machine, build, read_image

SIMULATOR = "icarus" if tools.find("iverilog") else "verilator"
DEVICES = 0x400000B7  # lui x1, 0x40000
NOWHERE = 0x300000B7  # lui x1, 0x30000
MEMORY = 0x000100B7  # lui x1, 0x10
EXIT_X2 = 0x0020A223  # sw x2, 4(x1)
LOAD_X2 = 0x0000A103  # lw x2, 0(x1)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return build(computer("golden"), folder=tmp_path_factory.mktemp("golden"), simulator=SIMULATOR)


def _run(machine: Machine, *image: int) -> Execution:
    return machine.run(image, most_cycles=200, seconds=60)


def test_a_store_to_the_exit_ends_with_its_status(machine: Machine) -> None:
    done = _run(machine, DEVICES, 0x00500113, EXIT_X2)  # addi x2, x0, 5
    assert (done.ending, done.value, done.pc) == (Ending.EXITED, 5, 0x10008)
    assert (done.cycles, done.instructions) == (3, 2)  # one to fetch the first


def test_a_load_takes_a_second_cycle(machine: Machine) -> None:
    done = _run(machine, MEMORY, LOAD_X2, LOAD_X2, DEVICES, EXIT_X2)
    assert (done.ending, done.value) == (Ending.EXITED, MEMORY)
    assert (done.cycles, done.instructions) == (1 + 4 + 2, 4)


def test_the_console_takes_bytes_and_a_mark_words(machine: Machine) -> None:
    image = (DEVICES, 0x74100113, 0x00208023, 0x0020A423, EXIT_X2)  # addi x2, x0, 0x741; sb x2, 0(x1); sw x2, 8(x1)
    done = _run(machine, *image)
    assert (done.output, done.ending, done.value) == ("A", Ending.EXITED, 0x741)
    assert [(mark.value, mark.cycle, mark.instruction) for mark in done.marks] == [(0x741, 4, 3)]


def test_nothing_is_ever_in_register_0(machine: Machine) -> None:
    done = _run(machine, 0x00500013, DEVICES, 0x0000A223)  # addi x0, x0, 5; sw x0, 4(x1)
    assert (done.ending, done.value) == (Ending.EXITED, 0)


@pytest.mark.parametrize(
    ("image", "ending", "pc"),
    [
        pytest.param((NOWHERE, LOAD_X2), Ending.FAULTED, 0x10004, id="load from nowhere"),
        pytest.param((NOWHERE, 0x0020A023), Ending.FAULTED, 0x10004, id="store to nowhere"),
        pytest.param((DEVICES, LOAD_X2), Ending.FAULTED, 0x10004, id="load from the console"),
        pytest.param((DEVICES, 0x002080A3), Ending.FAULTED, 0x10004, id="store beside the console"),
        pytest.param((NOWHERE, 0x00008067), Ending.FAULTED, 0x30000000, id="jump to nowhere"),
        pytest.param((0x00000097, 0x00208067), Ending.FAULTED, 0x10002, id="jump between instructions"),
        pytest.param((0x00000013, 0x00000073), Ending.TRAPPED, 0x10004, id="ecall"),
        pytest.param((0x00000013, 0x00100073), Ending.TRAPPED, 0x10004, id="ebreak"),
        pytest.param((0x00000000,), Ending.TRAPPED, 0x10000, id="no instruction"),
        pytest.param((0x02208133,), Ending.TRAPPED, 0x10000, id="mul"),
        pytest.param((0x0000006F,), Ending.STOPPED, 0x10000, id="a loop"),
    ],
)
def test_every_end_is_told_with_its_place(machine: Machine, image: tuple[int, ...], ending: Ending, pc: int) -> None:
    done = _run(machine, *image)
    assert (done.ending, done.pc) == (ending, pc)
    assert done.instruction == image[-1] or ending is Ending.FAULTED


def test_reset_begins_anew(machine: Machine) -> None:
    first = _run(machine, MEMORY, 0x0000A023, LOAD_X2, DEVICES, EXIT_X2)  # sw x0, 0(x1): over the first instruction
    again = _run(machine, MEMORY, 0x0000A023, LOAD_X2, DEVICES, EXIT_X2)
    assert first == again and (first.ending, first.value) == (Ending.EXITED, 0)


def test_every_instruction_works(machine: Machine) -> None:
    image = read_image(IMAGES / "instructions.hex", most_words=WORDS)
    assert same("instructions", machine.run(image, most_cycles=100_000, seconds=300))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        pytest.param("rs1[31] == operand[31] ? below", "rs1[31] != operand[31] ? below", id="slt and blt"),
        pytest.param("place[1] ? 4'b1100 : 4'b0011", "4'b0011", id="sh"),
        pytest.param("3'd5:    loaded = half;", "3'd5:    loaded = $signed(half);", id="lhu"),
    ],
)
def test_a_planted_fault_in_the_step_is_seen(right: str, wrong: str, tmp_path: Path) -> None:
    text = CORES["golden"].read_text()
    assert right in text
    (tmp_path / "faulty.v").write_text(text.replace(right, wrong))
    faulty = build(computer(str(tmp_path / "faulty.v")), folder=tmp_path, simulator=SIMULATOR)
    image = read_image(IMAGES / "instructions.hex", most_words=WORDS)
    assert not same("instructions", faulty.run(image, most_cycles=100_000, seconds=300))


def test_a_load_without_its_second_cycle_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(core, "LOAD", 0)
    faulty = build(computer("golden"), folder=tmp_path, simulator=SIMULATOR)
    image = read_image(IMAGES / "instructions.hex", most_words=WORDS)
    assert not same("instructions", faulty.run(image, most_cycles=100_000, seconds=300))


@pytest.mark.parametrize("start", [2, -4, 1 << 32])
def test_a_start_between_instructions_is_refused(start: int) -> None:
    with pytest.raises(
        ValueError, match=f"^RiscvCore: the start must be a multiple of 4 below 2\\*\\*32, not {start}$"
    ):
        RiscvCore(step="step", start=start)

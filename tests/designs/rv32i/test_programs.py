"""Programs on the learnt core: the same as under QEMU; the images are what their sources give; faults are seen."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from designs.rv32i.run import CORES, IMAGES, WORDS, computer, describe, expected, main, programs, same
from hdlgen.aiger import read_aiger
from hdlgen.network import Network
from sim import tools
from sim.processor import Ending, Execution, Machine, build, read_image

FOLDER = IMAGES.parent
COMPILER, EMULATOR = "riscv64-unknown-elf-gcc", "qemu-riscv32"
QUICK = "icarus" if tools.find("iverilog") else "verilator"
"""What builds quickest, for a core that is built to be run once."""
FAULTS = range(0, 6000, 300)
"""Gates of the learnt step."""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Build the computer around the learnt step that ships."""
    return build(computer("learnt"), folder=tmp_path_factory.mktemp("learnt"))


@pytest.fixture(scope="module")
def executions(machine: Machine) -> dict[str, Execution]:
    return {name: _run(machine, name) for name in programs()}


def _run(machine: Machine, name: str, *, most_cycles: int = 1_000_000) -> Execution:
    image = read_image(IMAGES / f"{name}.hex", most_words=WORDS)
    return machine.run(image, most_cycles=most_cycles, seconds=300)


@pytest.mark.parametrize("name", programs())
def test_a_program_does_on_the_learnt_core_what_it_does_under_qemu(executions: dict[str, Execution], name: str) -> None:
    done = executions[name]
    assert done.output == expected(name).output
    assert same(name, done)


def test_the_test_of_instructions_checks_and_finds_nothing(executions: dict[str, Execution]) -> None:
    lines = dict(line.rsplit(" ", 1) for line in executions["instructions"].output.splitlines())
    assert int(lines["instructions: checks"], 16) > 1600
    assert int(lines["failures"], 16) == int(lines["first failure"], 16) == 0


@pytest.mark.parametrize(("name", "iterations"), [("records", 100), ("kernels", 2)])
def test_a_program_is_timed_by_its_marks(executions: dict[str, Execution], name: str, iterations: int) -> None:
    done = executions[name]
    begin, end = done.marks
    assert (begin.value, end.value) == (0, iterations)
    cycles = end.cycle - begin.cycle
    assert 0.5 * done.cycles < cycles < done.cycles and end.instruction - begin.instruction < cycles
    rate = iterations / cycles * 1e6
    line = f"timed: {iterations} iterations in {cycles:,} cycles, {rate:.4g} a second and MHz"
    assert list(describe(done))[1:] == [line]


def _learnt() -> Network:
    return read_aiger(CORES["learnt"].read_bytes(), where="learnt.aig")


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Build the computer with a switch in each of some gates: run with +fault=N, the gate N is inverted."""
    text = computer("learnt")
    head, mark, tail = text.partition("module learnt (")
    ports, end, gates = tail.partition(");")
    for gate in FAULTS:
        gates, count = re.subn(rf"(wire n_*{gate} = )(.*);", rf"\1(\2) ^ (fault == {gate});", gates)
        assert count == 1
    switch = '\n  integer fault;\n  initial if (!$value$plusargs("fault=%d", fault)) fault = -1;'
    return build(head + mark + ports + end + switch + gates, folder=tmp_path_factory.mktemp("faulty"))


def _run_with(machine: Machine, fault: int) -> Execution:
    def command(image: Path, report: Path, most: int) -> tuple[str, ...]:
        return (*machine.command(image, report, most), f"+fault={fault}")

    return _run(Machine(folder=machine.folder, command=command), "instructions", most_cycles=100_000)


def test_an_inverted_gate_is_seen_wherever_it_is(faulty: Machine) -> None:
    assert same("instructions", _run_with(faulty, -1))
    assert [gate for gate in FAULTS if same("instructions", _run_with(faulty, gate))] == []


def test_the_learnt_step_waits_for_no_answer_of_memory_to_give_an_address() -> None:
    """An address that hung on the word at it would be a loop through memory."""
    network = _learnt()
    first = network.interface.input_bits + 1
    names = ["0", *network.interface.input_names()]
    needs: list[frozenset[str]] = [frozenset({name.partition("[")[0]}) for name in names]
    for left, right in (network.gates >> 1).tolist():
        needs.append(needs[left] | needs[right])
    assert len(needs) == first + len(network.gates)
    found = dict(zip(network.interface.output_names(), (needs[node] for node in network.outputs >> 1), strict=True))
    assert all("load_data" not in found[f"address[{bit}]"] for bit in range(32))
    assert all("load_data" not in found[f"next_pc[{bit}]"] for bit in range(32))
    assert "load_data" in found["rd[0]"]


def _make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "-C", str(FOLDER), f"BUILD={folder / 'build'}", f"IMAGES={folder / 'images'}", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def _needs(*names: str) -> None:
    for name in names:
        if not shutil.which(name):
            pytest.skip(f"{name} is not installed, so images and outputs cannot be made anew")


def test_the_images_are_what_their_sources_give(tmp_path: Path) -> None:
    _needs("make", COMPILER)
    done = _make(tmp_path, "-j1", "all")
    if done.returncode and "picolibc is missing" in done.stderr:
        pytest.skip(done.stderr.strip().splitlines()[0])
    assert done.returncode == 0, done.stderr
    assert sorted(path.stem for path in (tmp_path / "images").iterdir()) == programs()
    for name in programs():
        made, kept = ((folder / f"{name}.hex").read_text().splitlines() for folder in (tmp_path / "images", IMAGES))
        if made[0] != kept[0]:
            pytest.skip(f"the images were made by {kept[0][3:]}, and here is {made[0][3:]}")
        assert made == kept, name


def test_the_outputs_are_what_qemu_says(tmp_path: Path) -> None:
    _needs("make", COMPILER, EMULATOR)
    done = _make(tmp_path, "-j1", "expected")
    if done.returncode and "picolibc is missing" in done.stderr:
        pytest.skip(done.stderr.strip().splitlines()[0])
    assert done.returncode == 0, done.stderr
    for name in programs():
        made, kept = ((folder / f"{name}.out").read_text().splitlines() for folder in (tmp_path / "images", IMAGES))
        assert made[1:] == kept[1:], name  # the first line names QEMU's version


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["all", "PREFIX=nobodys-"], "rv32i: nobodys-gcc is missing; install it with: apt-get install gcc-riscv64"),
        (["emulator", "QEMU=nobodys"], "rv32i: nobodys is missing; install it with: apt-get install qemu-user"),
    ],
)
def test_a_missing_tool_is_named_with_its_installation(tmp_path: Path, words: list[str], message: str) -> None:
    _needs("make")
    done = _make(tmp_path, *words)
    assert done.returncode != 0
    assert message in done.stderr
    assert not list(tmp_path.glob("images/*"))


def test_the_command_runs_a_program_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = tmp_path / "own.hex"
    image.write_text("400000b7\n04100113\n00208023\n0020a223\n")  # prints A and exits with 'A'
    assert main([str(image), "--core", "golden", "--simulator", QUICK]) == 0x41
    output, said = capsys.readouterr()
    assert (output, said) == ("A", f"{image}: ended with status 65: 4 cycles for 3 instructions, 1.33 each\n")


def test_the_command_tells_of_a_core_that_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = tmp_path / "wrong.v"
    right = CORES["golden"].read_text()
    wrong.write_text(right.replace("3'd4: result = rs1 ^", "3'd4: result = rs1 |"))
    assert wrong.read_text() != right
    assert main(["ecall", "instructions", "--core", str(wrong), "--simulator", QUICK]) == 1
    said = capsys.readouterr().err
    assert "ecall: the same as under QEMU" in said
    assert "instructions: NOT the same as under QEMU" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["kernel"],
            "program: it must be ebreak, ecall, instructions, kernels, records or an image's file, not 'kernel' ",
        ),
        (
            ["ecall", "--core", "lernt"],
            "--core: it must be learnt, golden or a readable file, not 'lernt' (No such file",
        ),
        (["ecall", "--core", __file__], "must hold one Verilog module, not named top, and holds none"),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1


def test_an_end_otherwise_than_by_exit_is_described() -> None:
    done = Execution(
        output="", ending=Ending.TRAPPED, value=0, pc=0x10004, instruction=0x73, cycles=0, instructions=0, marks=()
    )
    assert list(describe(done)) == ["trapped at 0x00010004 by the instruction 0x00000073: 0 cycles for 0 instructions"]


def test_random_bits_of_an_expected_output_matter(executions: dict[str, Execution]) -> None:
    """An output that differs in one place is not the same."""
    done = executions["kernels"]
    place = int(np.random.default_rng(4).integers(len(done.output)))
    changed = done.output[:place] + "#" + done.output[place + 1 :]
    assert same("kernels", done)
    other = Execution(
        **{field: getattr(done, field) for field in Execution.__slots__ if field != "output"}, output=changed
    )
    assert not same("kernels", other)

"""Programs that misbehave, by garbage, silence, hanging or hunger: each costs its design alone, with the reason."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from hdlgen.compiler import Compiler
from hdlgen.errors import StoreError, ToolMissing
from hdlgen.evaluation import Status
from hdlgen.space import Point
from sim import pool as pool_module
from sim import steps, tools
from sim.mapped import Mapped
from sim.measure import PRELOAD
from sim.pool import Pool
from sim.simulation import SimulationJob, SimulationResult
from sim.steps import Built, build, map_and_time, simulate_together
from sim.technology import Technology
from tests.sim.specs import PAIR, make_measure, point_of

VICTIM = "recipe=leanest"
"""The point whose tools misbehave, beside one whose tools do not."""
ANSWER = "exec sed -un 's/^echo //p'"
"""Says that it is through, as the mapper does."""
NOISE = r"head -c 100000 /dev/urandom; printf '\nError\377 */ done\n'"


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(2, preload=[*PRELOAD, __name__]) as pool:
        yield pool


def plant(folder: Path, name: str, script: str) -> None:
    """Write a program in the place of another one."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def divert(folder: str) -> None:
    """Let this worker find the planted programs first, and give up on a hanging one soon."""
    find = tools.find

    def found(program: str) -> Path | None:
        planted = Path(folder) / program
        return planted if planted.exists() else find(program)

    tools.find = found
    steps._HANG = 0.02


def map_with(
    folder: str, rtlil: str, technology: Technology, recipe: str, flow: str, gate_share: float = 0.0
) -> Mapped:
    if recipe == "leanest":
        divert(folder)
    return map_and_time(rtlil, technology, recipe, flow, gate_share)


def simulate_with(folder: str, jobs: Sequence[SimulationJob], simulator: str | None) -> list[SimulationResult]:
    divert(folder)
    return simulate_together(jobs, simulator)


def build_hungrily(how: str, compiler: Compiler, point: Point | None, texts: Path | None = None) -> Built:
    """Take more memory than there may be, in the worker or in a program that it starts."""
    if point is not None and point["recipe"] == "leanest":
        if how == "worker":
            bytearray(9 << 30)
        command: list[str | Path] = [sys.executable, "-c", "bytearray(9 << 30)"]
        done = tools.run(command, folder=Path(), seconds=60)
        raise ValueError(done.error.strip().splitlines()[-1])
    return build(compiler, point, texts)


@pytest.mark.parametrize(
    ("script", "status", "message"),
    [
        (NOISE, Status.TOOL_FAILED, "yosys-abc: it must map the design without an error, not with: Error"),
        ("exit 0", Status.TOOL_FAILED, "yosys-abc: it must map the design without an error, not with: status 0 and no"),
        (
            "kill -SEGV $$",
            Status.TOOL_FAILED,
            "yosys-abc: it must map the design without an error, not with: status -11",
        ),
        (f"{{ {NOISE}; }} > mapped.blif; {ANSWER}", Status.TOOL_FAILED, ""),
        (
            f"printf '.model x\\n.gate evil a=b\\n.end\\n' > mapped.blif; {ANSWER}",
            Status.TOOL_FAILED,
            "yosys-abc: its ",
        ),
        ("exec sleep 600", Status.TIMEOUT, "yosys-abc: must end within 4.8 s; it was stopped"),
    ],
    ids=["garbage", "silence", "crash", "garbage netlist", "unknown cell", "hang"],
)
def test_a_mapper_that_misbehaves_fails_its_design_alone(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, status: Status, message: str
) -> None:
    plant(tmp_path, "yosys-abc", script)
    monkeypatch.setattr("sim.measure.map_and_time", functools.partial(map_with, str(tmp_path)))
    measure = make_measure(PAIR, pool, tmp_path)
    failed, other = measure.evaluate([point_of(measure, VICTIM), point_of(measure, "")])
    assert (failed.status, other.status) == (status, Status.OK), failed.message
    assert failed.message.startswith(message) and failed.message and "\n" not in failed.message
    assert failed.score is None and measure.cache.get(failed.key) is None


@pytest.mark.parametrize(
    ("program", "script", "status", "message"),
    [
        ("iverilog", f"{NOISE}; exit 1", Status.TOOL_FAILED, "iverilog: "),
        ("iverilog", "exit 0", Status.TOOL_FAILED, "iverilog: it says nothing"),
        ("vvp", NOISE, Status.TOOL_FAILED, "the simulator ended with status 0: Error"),
        ("vvp", "exec sleep 600", Status.TIMEOUT, "vvp: must end within "),
    ],
    ids=["garbage", "silence", "garbage results", "hang"],
)
def test_a_simulator_that_misbehaves_gives_no_pass(
    pool: Pool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    program: str,
    script: str,
    status: Status,
    message: str,
) -> None:
    if tools.find("iverilog") is None:
        pytest.skip("Icarus is not installed")
    plant(tmp_path, program, script)
    monkeypatch.setattr("sim.measure.simulate_together", functools.partial(simulate_with, str(tmp_path)))
    measure = make_measure(PAIR, pool, tmp_path, simulator="icarus")
    (failed,) = measure.evaluate([point_of(measure, "")])
    assert failed.status is status, failed.message
    assert failed.message.startswith(message) and "\n" not in failed.message


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("worker", "task: it must do with 8 GiB of memory"),
        ("program", "task: ValueError: MemoryError"),
    ],
)
def test_too_much_memory_fails_its_design_alone(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, message: str
) -> None:
    monkeypatch.setattr("sim.measure.build", functools.partial(build_hungrily, how))
    measure = make_measure(PAIR, pool, tmp_path)
    failed, other = measure.evaluate([point_of(measure, VICTIM), point_of(measure, "")])
    assert (failed.status, failed.message, other.status) == (Status.TOOL_FAILED, message, Status.OK)


def test_programs_outside_of_a_pool_have_the_limit_too(tmp_path: Path) -> None:
    done = tools.run([sys.executable, "-c", "bytearray(9 << 30)"], folder=tmp_path, seconds=60)
    assert (done.status, done.error.strip().splitlines()[-1]) == (1, "MemoryError")


@pytest.mark.parametrize("content", [b"", b"\x7fELF garbage"], ids=["empty", "no program"])
def test_a_broken_program_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "iverilog"
    path.write_bytes(content or b"\x00")
    path.chmod(0o755)
    with pytest.raises(ToolMissing, match=rf"^{path}: the program cannot be run \(Exec format error\)$"):
        tools.run([path], folder=tmp_path, seconds=10)


def leave_temporary(file: Path) -> None:
    """Leave what a program that is killed leaves behind."""
    name = tempfile.mkdtemp(prefix="left-")
    shell = subprocess.run(["sh", "-c", "mktemp"], check=True, capture_output=True, text=True).stdout.strip()
    file.write_text(f"{name}\n{shell}\n")
    os._exit(9)


def test_what_killed_workers_leave_goes_with_the_pool(tmp_path: Path) -> None:
    with Pool(1, preload=[__name__], folder=tmp_path) as pool:
        assert pool.submit(leave_temporary, tmp_path / "names").result().failure is not None
        left = [Path(line) for line in (tmp_path / "names").read_text().split()]
        assert len(left) == 2 and all(path.exists() and path.is_relative_to(pool.folder) for path in left)
    assert not any(path.exists() for path in left)


def fail() -> None:
    raise ValueError("a tool failed")


def test_a_disk_without_room_ends_the_run_and_blames_no_design(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    task = pool.submit(fail)
    monkeypatch.setattr(pool_module, "MIN_TEMPORARY_BYTES", 1 << 60)
    message = rf"^{pool.folder.parent}: \d+ MiB must be free for temporary files, not [\d.]+ MiB$"
    with pytest.raises(StoreError, match=message):
        task.result()
    with pytest.raises(StoreError, match=message):
        pool.submit(pow, 2, 2)

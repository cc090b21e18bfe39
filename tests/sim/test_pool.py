"""Workers that die, hang, raise, print and leave programs behind: each costs its own task alone."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hdlgen.errors import StoreError, ToolError
from sim.pool import FailureKind, Pool


class Stubborn(Exception):
    """An exception that pickles but does not unpickle."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)


def spin() -> None:
    while True:
        pass


def complain(count: int) -> None:
    os.write(2, b"first words\n" + b"." * count + b"\n")
    print("last words", end="")
    os.abort()


def refuse() -> None:
    raise Stubborn("no ", "way")


def die_once(mark: Path, how: int) -> str:
    """End the process on the first call and give a value on the second."""
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), how)
    return "alive"


def hang_once(mark: Path) -> list[str]:
    """Sleep for ever on the first call; on the second tell which other tasks run beside it."""
    if not mark.exists():
        mark.touch()
        time.sleep(60)
    return sorted(path.name for path in mark.parent.glob("busy-*"))


def busy(mark: Path, seconds: float) -> None:
    mark.touch()
    time.sleep(seconds)
    mark.unlink()


def leave_behind(file: Path, seconds: float) -> None:
    """Start a program in a session of its own, note its number, and go on for a while."""
    program = subprocess.Popen(["sleep", "600"], start_new_session=True)
    file.with_suffix(".part").write_text(f"{program.pid} {os.getpid()} {os.getppid()}")
    file.with_suffix(".part").rename(file)
    time.sleep(seconds)


def allocate(megabytes: int) -> int:
    return len(bytearray(megabytes << 20))


def slow_square(number: int) -> int:
    time.sleep(random.Random(number).random() / 50)
    if number % 7 == 3:
        raise ValueError(f"not {number}")
    return number * number


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(file: Path) -> list[int]:
    for _ in range(500):
        if file.exists():
            return [int(number) for number in file.read_text().split()]
        time.sleep(0.02)
    raise AssertionError(f"{file} never came")


def wait_until_dead(processes: list[int]) -> None:
    for _ in range(500):
        if not any(map(is_alive, processes)):
            return
        time.sleep(0.02)
    raise AssertionError(f"alive: {[process for process in processes if is_alive(process)]}")


class Ledger:
    """An object that tells when it is unpickled, and that holds what was prepared."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.prepared = ""

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        with self.file.open("a") as file:
            file.write("read\n")


def prepare_ledger(ledger: Ledger) -> None:
    ledger.prepared = f"by {os.getpid()}"


def refuse_ledger(ledger: Ledger) -> None:
    raise ValueError(f"no {ledger.file.name}")


def look(ledger: Ledger, other: int) -> tuple[str, int, bool]:
    return ledger.prepared, other, ledger.prepared == f"by {os.getpid()}"


@pytest.fixture
def pool() -> Iterator[Pool]:
    with Pool(2, preload=[__name__]) as pool:
        yield pool


def test_results_come_in_the_order_of_asking_whatever_the_workers() -> None:
    outcomes: list[list[tuple[int | None, str | None]]] = []
    for workers in (1, 2, 3):
        with Pool(workers, preload=[__name__]) as pool:
            tasks = [pool.submit(slow_square, number) for number in range(20)]
            found = list(pool.results(tasks))
            outcomes.append([(one.value, one.failure.message if one.failure else None) for one in found])
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert outcomes[0][5] == (25, None)
    assert outcomes[0][10] == (None, "slow_square: ValueError: not 10")


def test_what_workers_share_is_handed_over_and_prepared_once(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with Pool(2, preload=[__name__], kept=[ledger], prepare=prepare_ledger) as pool:
        found = [pool.submit(look, ledger, number).result().require() for number in range(3)]
        assert found == [(f"by {pool.server.pid}", number, False) for number in range(3)]
        assert ledger.file.read_text() == "read\n" and not ledger.prepared
        os.kill(pool.server.pid, signal.SIGKILL)
        assert pool.submit(look, ledger, 7).result().require() == (f"by {pool.server.pid}", 7, False)
        assert pool.submit(look, Ledger(tmp_path / "other"), 8).result().require() == ("", 8, False)


def test_what_cannot_be_prepared_is_refused(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with Pool(1, kept=[ledger], prepare=refuse_ledger) as pool, pytest.raises(ToolError) as refusal:
        pool.submit(abs, -3).result()
    assert str(refusal.value) == "pool: what workers share: ValueError: no ledger"


def test_at_most_so_many_run_at_once(pool: Pool, tmp_path: Path) -> None:
    began = time.monotonic()
    tasks = [pool.submit(busy, tmp_path / f"busy-{number}", 0.3) for number in range(4)]
    seen = 0
    while not all(task.done for task in tasks):
        seen = max(seen, len(list(tmp_path.glob("busy-*"))))
        time.sleep(0.01)
    assert seen == 2
    assert time.monotonic() - began >= 0.6


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV])
def test_a_death_costs_one_retry_and_nothing_else(pool: Pool, tmp_path: Path, how: int) -> None:
    marks = [tmp_path / name for name in ("here", "gone", "there")]
    for mark in marks[::2]:
        mark.touch()
    outcomes = list(pool.results([pool.submit(die_once, mark, how) for mark in marks]))
    assert [outcome.require() for outcome in outcomes] == ["alive"] * 3
    assert [outcome.attempts for outcome in outcomes] == [1, 2, 1]


def test_a_second_death_is_the_tasks_failure_and_tells_the_last_words(pool: Pool) -> None:
    outcome = pool.submit(complain, 3000).result()
    assert outcome.failure is not None
    assert outcome.failure.kind is FailureKind.DIED
    assert outcome.failure.message.startswith("complain: its process ended by SIGABRT, 2 times: ...")
    assert outcome.failure.printed.endswith("...\nlast words")
    assert len(outcome.failure.printed) == 2000
    with pytest.raises(ToolError, match="^complain: its process ended by SIGABRT, 2 times"):
        outcome.require()
    assert pool.submit(pow, 5, 2).result().value == 25


def test_the_exit_status_is_told(pool: Pool) -> None:
    failure = pool.submit(os._exit, 7).result().failure
    assert failure is not None
    assert failure.message == "_exit: its process ended with status 7, 2 times"


def test_what_a_function_raises_is_raised_again(pool: Pool) -> None:
    outcome = pool.submit(int, "x").result()
    assert outcome.failure is not None
    assert (outcome.failure.kind, outcome.attempts) == (FailureKind.RAISED, 1)
    with pytest.raises(ValueError, match="invalid literal for int"):
        outcome.require()
    with pytest.raises(SystemExit):
        pool.submit(sys.exit, 2).result().require()
    with pytest.raises(ToolError, match="^refuse: Stubborn: no way$"):  # itself it cannot travel
        pool.submit(refuse).result().require()


def test_a_busy_loop_ends_at_its_cpu_seconds(pool: Pool) -> None:
    outcome = pool.submit(spin, cpu_seconds=0.4).result()
    assert outcome.failure is not None
    assert outcome.failure.kind is FailureKind.TIMEOUT
    assert outcome.failure.message == (
        "spin: must end within 0.4 CPU seconds; it was stopped, also when tried again alone"
    )
    assert outcome.attempts == 2


def test_the_cpu_seconds_of_programs_in_other_sessions_count(pool: Pool) -> None:
    loop = "setsid sh -c 'while :; do :; done' & setsid sh -c 'while :; do :; done' & sleep 100"
    outcome = pool.submit(os.system, loop, cpu_seconds=0.5).result()
    assert outcome.failure is not None
    assert outcome.failure.message.startswith("system: must end within 0.5 CPU seconds;")
    assert 0.4 < outcome.cpu_s < 5.0


def test_a_hang_is_tried_again_alone(pool: Pool, tmp_path: Path) -> None:
    hanging = pool.submit(hang_once, tmp_path / "mark", wall_seconds=0.3)
    others = [pool.submit(busy, tmp_path / f"busy-{number}", 0.25) for number in range(4)]
    outcome = hanging.result()
    assert outcome.require() == []
    assert outcome.attempts == 2
    assert all(task.result().failure is None for task in others)


def test_a_huge_value_and_argument_travel(pool: Pool) -> None:
    text = b"x" * (20 << 20)
    assert pool.submit(bytes.upper, text).result().require() == text.upper()


def test_a_thousand_small_tasks_never_block(pool: Pool) -> None:
    tasks = [pool.submit(pow, number, 2) for number in range(300)]
    assert [outcome.value for outcome in pool.results(tasks)] == [number**2 for number in range(300)]


def test_a_memory_limit_is_kept(pool: Pool) -> None:
    assert pool.submit(allocate, 100).result().value == 100 << 20
    with pytest.raises(MemoryError):
        pool.submit(allocate, 3000, memory_bytes=2 << 30).result().require()


def test_programs_left_behind_end_with_the_task(pool: Pool, tmp_path: Path) -> None:
    assert pool.submit(leave_behind, tmp_path / "numbers", 0.0).result().failure is None
    program, _, _ = wait_for(tmp_path / "numbers")
    assert not is_alive(program)


def test_a_closed_pool_leaves_nothing_behind(tmp_path: Path) -> None:
    with Pool(1, preload=[__name__], folder=tmp_path) as pool:
        pool.submit(leave_behind, tmp_path / "numbers", 60.0)
        processes = wait_for(tmp_path / "numbers")
        assert all(map(is_alive, processes))
    wait_until_dead([*processes, pool.server.pid])
    assert [path.name for path in tmp_path.iterdir()] == ["numbers"]
    with pytest.raises(ValueError, match="^Pool: submit must come before close$"):
        pool.submit(pow, 2, 2)


@pytest.mark.parametrize("rank", [1, 2])  # 1: the worker, 2: the supervisor
def test_the_kill_of_any_process_of_a_task_costs_one_attempt(pool: Pool, tmp_path: Path, rank: int) -> None:
    task = pool.submit(leave_behind, tmp_path / "numbers", 0.5)
    processes = wait_for(tmp_path / "numbers")
    os.kill(processes[rank], signal.SIGKILL)
    outcome = task.result()
    assert outcome.failure is None
    assert outcome.attempts == 2
    wait_until_dead(processes)


def test_the_kill_of_the_server_costs_no_task(pool: Pool, tmp_path: Path) -> None:
    long = pool.submit(leave_behind, tmp_path / "numbers", 0.5)
    short = [pool.submit(slow_square, number) for number in range(3)]
    processes = wait_for(tmp_path / "numbers")
    os.kill(pool.server.pid, signal.SIGKILL)
    assert long.result().failure is None
    assert [outcome.value for outcome in pool.results(short)] == [0, 1, 4]
    wait_until_dead(processes)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_the_callers_end_is_the_end_of_all(tmp_path: Path, how: int) -> None:
    script = (
        "import sys; sys.path[:] = sys.argv[1].split(chr(0x1f)); from pathlib import Path; from sim.pool import Pool\n"
        f"import signal; from {__name__} import leave_behind\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a job in the background ignores it
        "with Pool(1, folder=Path(sys.argv[2])) as pool:\n"
        "    pool.submit(leave_behind, Path(sys.argv[2]) / 'numbers', 60.0).result()\n"
    )
    caller = subprocess.Popen(
        [sys.executable, "-c", script, chr(0x1F).join(sys.path), str(tmp_path)], stderr=subprocess.PIPE, text=True
    )
    processes = wait_for(tmp_path / "numbers")
    caller.send_signal(how)
    _, errors = caller.communicate(timeout=20)
    assert ("KeyboardInterrupt" in errors) is (how == signal.SIGINT)
    wait_until_dead(processes)
    for _ in range(250):
        if not list(tmp_path.glob("hdlgen-pool-*")):
            return
        time.sleep(0.02)
    raise AssertionError("the temporary folder stays")


def test_a_module_that_cannot_be_imported_is_named() -> None:
    with Pool(1, preload=["no_such_module"]) as pool:
        task = pool.submit(pow, 2, 2)
        with pytest.raises(ToolError, match="^pool: no_such_module: ModuleNotFoundError: No module named"):
            task.result()


def test_wrong_use_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="^Pool: workers must be at least 1, not 0$"):
        Pool(0)
    with pytest.raises(StoreError, match="/none: the pool must be able to write \\(No such file or directory\\)$"):
        Pool(1, folder=tmp_path / "none")


def note(path: Path, name: str) -> None:
    with path.open("a") as file:
        file.write(name)


def test_the_most_urgent_goes_first_and_of_equals_the_first(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    with Pool(1) as pool:
        first = pool.submit(time.sleep, 0.3)
        for name, urgency in (("a", 0.0), ("b", 1.0), ("c", float("inf")), ("d", 1.0), ("e", 0.0)):
            pool.submit(note, notes, name, urgency=urgency)
        last = pool.submit(note, notes, ".", urgency=-1.0)
        assert first.result().failure is None and last.result().failure is None
    assert notes.read_text() == "cbdae."

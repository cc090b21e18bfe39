"""The fuzzer finds what is planted: a crash, a hang, a file read outside, a program run; and mutates by its seed."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from benchmarks import fuzz
from benchmarks.fuzz import Found, attack
from benchmarks.hostile_readers import READERS, Reader
from benchmarks.mutations import mutate
from hdlgen.errors import InputError

SEEDS = (b"name = 1\nother = 22\n", b"[table]\nkey = 'x'\n")


def _in_own_process(action: str) -> Found:
    """An audit hook and a limit of memory stay for ever, so each attack has a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_attack, action).result()


def _attack(action: str) -> Found:
    fuzz.LIMIT_S = 0.3
    READERS["planted"] = Reader(seeds=lambda _: SEEDS, read=PLANTED[action])  # type: ignore[index]
    return attack("planted", 1, 40)


def _hostile(data: bytes) -> bool:
    return data not in SEEDS


def _crash(data: bytes, _: Path) -> None:
    if _hostile(data):
        int("x")


def _hang(data: bytes, _: Path) -> None:
    if data[:1] == b"n" and _hostile(data):
        try:
            time.sleep(5)
        except Exception:  # noqa: BLE001 - a reader that swallows what it must not
            time.sleep(5)


def _peek(data: bytes, _: Path) -> None:
    if _hostile(data):
        Path("/etc/hostname").exists()
        with open("/etc/passwd", "rb") as stream:
            stream.read()


def _run(data: bytes, _: Path) -> None:
    if _hostile(data):
        subprocess.run([sys.executable, "-c", ""], check=True)


def _evaluate(data: bytes, _: Path) -> None:
    if _hostile(data):
        exec("pass")


def _refuse(data: bytes, folder: Path) -> None:
    (folder / "note").write_bytes(data)
    if _hostile(data):
        raise InputError("no")


PLANTED: dict[str, Callable[[bytes, Path], None]] = {
    "crash": _crash,
    "hang": _hang,
    "peek": _peek,
    "run": _run,
    "evaluate": _evaluate,
    "refuse": _refuse,
}


def test_another_exception_is_a_crash_with_the_shortest_file_that_does_it() -> None:
    found = _in_own_process("crash")
    ((name, (count, data)),) = found.crashes.items()
    assert name.startswith("planted: ValueError at test_fuzz.py") and count + found.accepted == 40
    assert _hostile(data)


def test_a_hang_is_stopped_also_where_exceptions_are_swallowed() -> None:
    found = _in_own_process("hang")
    assert list(found.crashes) == ["planted: longer than 0.3 s"]


@pytest.mark.parametrize(
    ("action", "escape"), [("peek", "open /etc/passwd"), ("run", "subprocess.Popen"), ("evaluate", "exec")]
)
def test_what_reaches_outside_is_an_escape(action: str, escape: str) -> None:
    assert _in_own_process(action).escapes[escape] > 0


def test_a_refusal_and_a_file_in_the_own_folder_are_neither() -> None:
    found = _in_own_process("refuse")
    assert not found.crashes and not found.escapes
    assert found.refused > 0 and found.refused + found.accepted == 40


def test_what_parts_found_is_joined() -> None:
    one, other = Found(refused=1, slowest_s=0.5), Found(accepted=2, slowest_s=0.2)
    one.crash("x", b"long")
    other.crash("x", b"lo")
    one.add(other)
    assert (one.refused, one.accepted, one.slowest_s, one.crashes) == (1, 2, 0.5, {"x": (2, b"lo")})


def test_a_seed_gives_the_same_mutants_which_differ() -> None:
    def mutants(seed: int) -> list[bytes]:
        chance = random.Random(seed)
        return [mutate(SEEDS, chance) for _ in range(100)]

    assert mutants(1) == mutants(1) != mutants(2)
    assert len(set(mutants(1))) > 80


@pytest.mark.parametrize("name", sorted(READERS))
def test_every_reader_reads_its_good_files_and_refuses_some_hostile_ones(name: str) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        found = pool.submit(attack, name, 7, 150).result()
    assert not found.crashes, found.crashes
    assert not found.escapes, found.escapes
    assert found.refused > 75 and found.accepted > 0

"""`learn`: from a user's own function or program to proved files, and bad teachers told in one line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from hdlgen.aiger import read_aiger
from tests.hdlgen.cli.command import PROGRAM, Hdlgen

TEACHER = """
PORTS = {"inputs": {"a": 5, "b": 5}, "outputs": {"y": 6, "less": 1}}
def add(a, b):
    return {"y": a + b, "less": a < b}
"""
GOLDEN = "module add(input [4:0] a, b, output [5:0] y, output less); assign y = a + b, less = a < b; endmodule\n"
SLOW = """
import os, time
import numpy as np
PORTS = {"inputs": {"a": 12, "b": 12}, "outputs": {"y": 13, "odd": 1}}
def add(a, b):
    time.sleep(0.2 if os.path.exists("slow") else 0)
    return {"y": a + b, "odd": (a == 0xABC) & (b >> np.uint64(4) == 0x5E)}
"""
ANSWERING = """
import sys
for line in sys.stdin:
    a, b = (int(word, 16) for word in line.split())
    print(f"{a + b:x} {a < b:d}", flush=True)
"""
KEYS = {
    *("inputs", "outputs", "examples", "queries", "and_nodes", "held_out_accuracy"),
    *("counterexamples", "proved", "wall_s", "files"),
}
QUICK = ("--seeds", "1", "--tests", "2048", "--json")


@pytest.fixture
def teacher(folder: Path) -> str:
    (folder / "teacher.py").write_text(TEACHER)
    (folder / "golden.v").write_text(GOLDEN)
    return "teacher.py:add"


def test_a_function_is_learnt_and_proved(hdlgen: Hdlgen, teacher: str) -> None:
    ran = hdlgen("learn", teacher, "--golden", "golden.v", "-o", "made", *QUICK)
    assert ran.status == 0, ran.err
    document = json.loads(ran.out)
    assert document.keys() >= KEYS
    assert document["proved"] and document["simulation"]["status"] == "ok" and document["score"]["area_um2"] > 0
    assert "then proved equal to golden.v for all inputs, with the help of 0 counterexamples" in document["claim"]
    for name, path in document["files"].items():
        assert Path(path).stat().st_size, name
    assert not list(Path("made").glob("seed-*.json"))
    network = read_aiger(Path("made/learnt.aig").read_bytes(), where="learnt.aig")
    assert network.and_nodes == document["and_nodes"]
    words = np.array([[0]] * 10, dtype=np.uint64)
    assert not network.evaluate(words)[:6].any()


def test_without_a_golden_model_nothing_is_claimed_to_be_proved(hdlgen: Hdlgen, teacher: str) -> None:
    ran = hdlgen("learn", teacher, "-o", "made", *QUICK)
    document = json.loads(ran.out)
    assert ran.status == 0 and not document["proved"]
    assert document["held_out_accuracy"] == 1.0 and 0 < document["error_bound"] < 0.01
    assert "no golden model was given" in document["claim"] and "proved equal" not in document["claim"]


def test_a_golden_model_of_another_function_fails(hdlgen: Hdlgen, teacher: str) -> None:
    Path("golden.v").write_text(GOLDEN.replace("a + b", "a - b"))
    ran = hdlgen("learn", teacher, "--golden", "golden.v", "-o", "made", *QUICK)
    assert ran.status == 1
    assert "NOT proved equal to golden.v (the golden model and the oracle differ on an input)" in ran.err


def test_a_run_that_is_killed_goes_on_to_the_same_circuit(hdlgen: Hdlgen, folder: Path) -> None:
    (folder / "slow.py").write_text(SLOW)
    arguments = ("learn", "slow.py:add", "--seeds", "2", "--workers", "2", "--tests", "65536", "--json")
    whole = hdlgen(*arguments, "-o", "whole")
    assert whole.status == 0, whole.err
    (folder / "slow").touch()
    begun = subprocess.Popen([PROGRAM, *arguments, "-o", "killed"], stderr=subprocess.DEVNULL)
    checkpoints = [folder / "killed" / f"seed-{seed}.json" for seed in (1, 2)]
    until = time.monotonic() + 300
    while not all(path.is_file() for path in checkpoints) and time.monotonic() < until:
        assert begun.poll() is None
        time.sleep(0.02)
    begun.send_signal(signal.SIGKILL)
    begun.wait()
    kept = {path: path.read_bytes() for path in checkpoints}
    (folder / "slow").unlink()
    ran = hdlgen(*arguments, "-o", "killed", "--resume")
    assert ran.status == 0, ran.err
    assert all(kept.values()) and not any(path.exists() for path in checkpoints)
    for name in ("learnt.aig", "learnt.v", "netlist.v"):
        assert (folder / "killed" / name).read_bytes() == (folder / "whole" / name).read_bytes()
    seeds = [json.loads(one.out)["seeds"] for one in (whole, ran)]
    for one, other in zip(*seeds, strict=True):
        assert {**one, "queries": 0, "wall_s": 0, "cpu_s": 0} == {**other, "queries": 0, "wall_s": 0, "cpu_s": 0}


def test_a_program_over_pipes_is_a_teacher(hdlgen: Hdlgen, folder: Path) -> None:
    (folder / "program.py").write_text(ANSWERING)
    ports = {"inputs": {"a": 5, "b": 5}, "outputs": {"y": 6, "less": 1}}
    (folder / "ports.json").write_text(json.dumps(ports))
    (folder / "golden.v").write_text(GOLDEN)
    command = f"{sys.executable} program.py"
    ran = hdlgen("learn", command, "--ports", "ports.json", "--golden", "golden.v", "-o", "made", *QUICK)
    assert ran.status == 0, ran.err
    assert json.loads(ran.out)["proved"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("print(f", "print(f'x' f"), "y must be hexadecimal of 6 bits, not 'x"),
        (("print(", "sys.exit(print("), "it must answer 64 lines, and ended before that"),
        (('f"{a + b:x} {a < b:d}"', '"0"'), "it must answer 2 numbers a line, not '0'"),
        (("flush=True", "file=open('/dev/null', 'w')"), "it must answer 64 lines within 2 s (and flush them)"),
    ],
)
def test_bad_programs_are_told(hdlgen: Hdlgen, folder: Path, change: tuple[str, str], message: str) -> None:
    (folder / "program.py").write_text(ANSWERING.replace(*change))
    (folder / "ports.json").write_text('{"inputs": {"a": 5, "b": 5}, "outputs": {"y": 6, "less": 1}}')
    command = f"{sys.executable} program.py"
    ran = hdlgen("learn", command, "--ports", "ports.json", "-o", "made", "--call-seconds", "2", *QUICK)
    assert ran.status == 2
    wanted = message.split("64 lines")
    assert all(part in ran.err for part in wanted), ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing.py:f",), "nothing.py: the file of an oracle must exist"),
        (("teacher.py:ad",), "teacher.py: it must have a function 'ad' (did you mean 'add'?)"),
        (("teacher",), "teacher: the source must be FILE:FUNCTION, or a program with its ports in --ports FILE.json"),
        (("teacher.py:add", "--seeds", "0"), "--seeds must be 1 to 64, not 0"),
        (("teacher.py:add", "--call-seconds", "0"), "--call-seconds must be more than 0, not 0"),
        (("teacher.py:add", "--recipe", "leen"), "--recipe must be one of "),
        (("teacher.py:add", "--golden", "none.v"), "none.v: the file must be readable (No such file or directory)"),
    ],
)
def test_bad_input_is_one_line(hdlgen: Hdlgen, teacher: str, arguments: tuple[str, ...], message: str) -> None:
    ran = hdlgen("learn", *arguments)
    assert ran.status == 2 and ran.out == ""
    assert ran.err.startswith(f"hdlgen: {message}") and ran.err.count("\n") == 1

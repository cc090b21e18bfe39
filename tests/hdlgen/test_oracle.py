"""Oracles: the three forms answer alike, and each way of not keeping its word is told."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hdlgen.bits import Interface, Words
from hdlgen.errors import InputError
from hdlgen.oracle import BitOracle, CheckedOracle, Oracle, WordOracle
from hdlgen.oracle_sources import load_function
from tests.hdlgen.circuits import CIRCUITS

ADD = CIRCUITS["add"]
PORTS = ADD.interface.as_dict()
WORDS = np.random.default_rng(5).integers(0, 1 << 64, (24, 3), dtype=np.uint64)

IN_WORDS = f"""
PORTS = {PORTS!r}
def add(a, b):
    return {{"y": a + b}}
"""
IN_BITS = f"""
import numpy as np
PORTS = {PORTS!r}
FORM = "bits"
def add(x):
    out = np.zeros((13, x.shape[1]), dtype=np.uint64)
    carry = np.zeros(x.shape[1], dtype=np.uint64)
    for bit in range(12):
        a, b = x[bit], x[12 + bit]
        out[bit] = a ^ b ^ carry
        carry = (a & b) | (carry & (a ^ b))
    out[12] = carry
    x[:] = 0
    return out
"""
IN_C = """
#include <stddef.h>
#include <stdint.h>
void add(const uint64_t *x, uint64_t *y, size_t words) {
  for (size_t w = 0; w < words; w++) {
    uint64_t carry = 0;
    for (int bit = 0; bit < 12; bit++) {
      uint64_t a = x[bit * words + w], b = x[(12 + bit) * words + w];
      y[bit * words + w] = a ^ b ^ carry;
      carry = (a & b) | (carry & (a ^ b));
    }
    y[12 * words + w] = carry;
  }
}
"""


def _file(folder: Path, text: str) -> Path:
    path = folder / "teacher.py"
    path.write_text(text)
    return path


@pytest.mark.parametrize("text", [IN_WORDS, IN_BITS], ids=["words", "bits"])
def test_a_python_file_answers(tmp_path: Path, text: str) -> None:
    oracle = load_function(_file(tmp_path, text), "add")
    given = WORDS.copy()
    assert (oracle.ask(given) == ADD.ask(WORDS)).all()
    assert (given == WORDS).all()


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no C compiler here")
def test_a_shared_library_answers(tmp_path: Path) -> None:
    (tmp_path / "add.c").write_text(IN_C)
    (tmp_path / "ports.json").write_text(json.dumps(PORTS))
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", "add.so", "add.c"], cwd=tmp_path, check=True)
    oracle = load_function(tmp_path / "add.so", "add", ports=tmp_path / "ports.json")
    assert (oracle.ask(WORDS[:, ::-1]) == ADD.ask(WORDS[:, ::-1])).all()
    with pytest.raises(InputError, match="it must have a function 'sub'$"):
        load_function(tmp_path / "add.so", "sub", ports=tmp_path / "ports.json")
    with pytest.raises(InputError, match="must be named by --ports FILE.json"):
        load_function(tmp_path / "add.so", "add")


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("PORTS = 3", "add", 'PORTS: the ports must be {"inputs": {name: width}, "outputs": {name: width}}'),
        ("1 / 0", "add", "it must load without an exception, not ZeroDivisionError: division by zero"),
        (IN_WORDS, "ad", "it must have a function 'ad' (did you mean 'add'?)"),
        (IN_WORDS + "FORM = 'bit'", "add", "FORM must be one of words, bits, not 'bit' (did you mean 'bits'?)"),
    ],
)
def test_a_file_that_is_no_oracle_is_refused(tmp_path: Path, text: str, name: str, message: str) -> None:
    path = _file(tmp_path, text)
    with pytest.raises(InputError) as refusal:
        load_function(path, name)
    assert str(refusal.value) == f"{path}: {message}"


def _words(function: Callable[..., Any]) -> Oracle:
    return WordOracle(ADD.interface, function, where="f")


def _bits(function: Callable[..., Any]) -> Oracle:
    return BitOracle(ADD.interface, function, where="f")


def _raise(*_: Any, **__: Any) -> None:
    raise KeyError("a")


@pytest.mark.parametrize(
    ("oracle", "message"),
    [
        (_words(lambda a, b: {"z": a}), "it must return a dict with y, not ['z']"),
        (_words(lambda a, b: a), "it must return a dict with y, not one of uint64 and shape (192,)"),
        (_words(lambda a, b: {"y": a[:5]}), "y must have shape (192,), not (5,)"),
        (_words(lambda a, b: {"y": a * 1.0}), "y must be an array of integers, not of float64"),
        (_words(lambda a, b: {"y": a * 0 + 8192}), "y must be unsigned and have 13 bits, not 8192"),
        (_words(lambda a, b: {"y": np.full(192, -1)}), "y must be unsigned and have 13 bits, not -1"),
        (_words(_raise), "it must answer without an exception, not KeyError: 'a'"),
        (_bits(lambda x: x), "it must return a uint64 array of shape (13, 3), not one of uint64 and shape (24, 3)"),
        (_bits(lambda x: None), "it must return a uint64 array of shape (13, 3), not NoneType"),
    ],
)
def test_an_oracle_that_answers_wrongly_is_told_so(oracle: Oracle, message: str) -> None:
    with pytest.raises(InputError) as refusal:
        oracle.ask(WORDS)
    assert str(refusal.value) == f"f: {message}"


def test_an_oracle_that_changes_its_mind_is_seen() -> None:
    class Fickle:
        interface: Interface = ADD.interface
        calls = 0

        def ask(self, inputs: Words) -> Words:
            self.calls += 1
            return ADD.ask(inputs) ^ np.uint64(self.calls == 2)

    with pytest.raises(InputError, match="^f: the same inputs must give the same outputs, and do not$"):
        CheckedOracle(Fickle(), where="f").ask(WORDS)
    assert (CheckedOracle(ADD, where="f").ask(WORDS) == ADD.ask(WORDS)).all()

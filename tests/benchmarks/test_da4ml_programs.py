"""da4ml's programs as dataflow: a program by hand, real ones against numpy, and what is refused."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from benchmarks.da4ml_programs import SETTINGS, Effort, da4ml_programs, effort_of, foremost, to_dataflow
from hdlgen.dataflow import Dataflow, Kind
from hdlgen.errors import ToolError, ToolMissing
from hdlgen.number import Format

I8 = Format(width=8)


def op(opcode: int, id0: int, id1: int = -1, data: int = 0) -> Any:
    return SimpleNamespace(opcode=opcode, id0=id0, id1=id1, data=data)


def stage(ops: list[Any], inputs: list[int], outputs: list[tuple[int, int, bool]]) -> Any:
    places, shifts, signs = (list(column) for column in zip(*outputs, strict=True))
    return SimpleNamespace(
        shape=(len(inputs), len(outputs)),
        ops=ops,
        inp_shifts=inputs,
        out_idxs=places,
        out_shifts=shifts,
        out_negs=signs,
    )


def results(dataflow: Dataflow, tokens: list[list[int]]) -> list[list[int]]:
    return [token["y"] for token in dataflow.run([{"x": token} for token in tokens])]


def test_a_program_by_hand() -> None:
    first = stage(
        # a + 4b, and 2a - b by a shift down of what the shift of the input put up.
        [op(-1, 0), op(-1, 1), op(0, 0, 1, 1), op(1, 0, 1, -1)],
        [0, 1],
        [(2, 0, True), (3, 1, False), (0, 3, False)],
    )
    second = stage([op(-1, 0), op(-1, 1), op(-1, 2), op(1, 0, 1, 0)], [0, 0, 0], [(3, 0, True), (2, 0, False)])
    dataflow = to_dataflow([first, second], I8)
    tokens = [[3, 5], [-128, 127], [127, -128], [0, 1]]
    assert results(dataflow, tokens) == [[(a + 4 * b) + 2 * (a - b), 8 * a] for a, b in tokens]
    assert sum(operation.kind is Kind.SUM for operation in dataflow.operations) == 5
    whole = next(operation for operation in dataflow.operations if len(operation.terms) == 2)
    assert (whole.low, whole.high) == (-128 * 5, 127 * 5)


def test_bits_and_depth_by_hand() -> None:
    # a + b has 9 bits; with 4a added to it, 11 (up to 5 * 127 + 127), behind one another. Nobody reads a - b.
    ops = [op(-1, 0), op(-1, 1), op(0, 0, 1), op(1, 0, 1), op(0, 2, 0, 2), op(0, 3, 3, 1)]
    dataflow = to_dataflow([stage(ops, [0, 0], [(4, 0, False)])], I8)
    assert effort_of(dataflow) == Effort(bits=9 + 11, depth=2)


def test_the_foremost_are_beaten_by_no_other_and_named_once(monkeypatch: pytest.MonkeyPatch) -> None:
    efforts = {"a": (9, 1), "b": (5, 3), "c": (5, 3), "d": (6, 3), "e": (5, 4), "f": (7, 2), "g": (9, 2)}
    found = {name: Effort(bits=bits, depth=depth) for name, (bits, depth) in efforts.items()}
    monkeypatch.setattr("benchmarks.da4ml_programs.effort_of", lambda program: found[program])
    assert foremost({name: cast(Dataflow, name) for name in efforts}) == {"a", "b", "f"}


def test_other_operations_are_refused() -> None:
    with pytest.raises(ToolError) as caught:
        to_dataflow([stage([op(-1, 0), op(2, 0)], [0], [(1, 0, False)])], I8)
    assert str(caught.value) == "da4ml: an operation must be an input, a sum or a difference, not 2"


def test_without_da4ml_the_line_that_installs_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ToolMissing) as caught:
        next(da4ml_programs([[1]], I8))
    assert str(caught.value) == (
        "da4ml: the package must be installed to be compared with: pip install 'hdlgen[bench]'"
    )


@pytest.mark.skipif(importlib.util.find_spec("da4ml") is None, reason="da4ml is not installed")
@pytest.mark.parametrize("seed", range(3))
def test_its_programs_are_the_matrix(seed: int) -> None:
    source = np.random.default_rng(seed)
    matrix = source.integers(-128, 128, (5, 6))
    tokens = source.integers(-128, 128, (30, 6)).tolist()
    wanted = (np.array(tokens) @ matrix.T).tolist()
    programs = dict(da4ml_programs(matrix.tolist(), I8))
    assert set(programs) <= set(SETTINGS) and len(programs) > 4
    assert {"hard_dc=-1"} < set(programs) > foremost(programs)
    for dataflow in programs.values():
        assert results(dataflow, tokens) == wanted
        assert all(len(operation.terms) < 3 for operation in dataflow.operations)
    operations, last = list(dataflow.operations), max(dataflow.results())
    broken = operations[last]
    flipped = replace(broken.terms[0], coefficient=-broken.terms[0].coefficient)
    operations[last] = replace(broken, terms=(flipped, *broken.terms[1:]))
    assert results(replace(dataflow, operations=tuple(operations)), tokens) != wanted

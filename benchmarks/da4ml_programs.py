"""da4ml's programs for constant matrices, as dataflow: so they stand in the same shell and registers as ours."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from hdlgen.dataflow import Dataflow, Kind, Operation, Term
from hdlgen.errors import ToolError, ToolMissing
from hdlgen.number import Format

__all__ = ["SETTINGS", "da4ml_programs", "require_da4ml", "to_dataflow"]

SETTINGS: Mapping[str, Mapping[str, int]] = {f"hard_dc={depth}": {"hard_dc": depth} for depth in (-1, 0, 1, 2)}
"""What da4ml's solver is told: adders beyond the least depth, -1 for any number."""

_ADD, _SUBTRACT, _INPUT = 0, 1, -1


class _Value(NamedTuple):
    """What stands in a buffer of a program: `sign * 2**shift` times an operation."""

    operation: int
    shift: int
    sign: int

    def scaled(self, shift: int, sign: int) -> _Value:
        return _Value(self.operation, self.shift + shift, self.sign * sign)


def require_da4ml() -> None:
    """Raises: ToolMissing with the line that installs it, where da4ml is not installed."""
    if importlib.util.find_spec("da4ml") is None:
        raise ToolMissing("da4ml: the package must be installed to be compared with: pip install 'hdlgen[bench]'")


def da4ml_programs(
    matrix: Sequence[Sequence[int]], format: Format, settings: Sequence[str] = tuple(SETTINGS)
) -> Iterator[tuple[str, Dataflow]]:
    """Give da4ml's program for `matrix @ x` by each of some settings, those that give the same one once.

    Args:
        format: of the elements of `x`.
        settings: names in `SETTINGS`.
    Raises: ToolMissing without da4ml; ToolError for a program of another kind.
    """
    require_da4ml()
    solve = importlib.import_module("da4ml.cmvm").solve
    interval = importlib.import_module("da4ml.types").QInterval(float(format.low), float(format.high), 1.0)
    kernel = np.asarray(matrix, dtype=np.float32).T.copy()
    seen: set[Dataflow] = set()
    for name in settings:
        pipeline = solve(kernel, qintervals=[interval] * kernel.shape[0], **SETTINGS[name])
        program = to_dataflow(pipeline.solutions, format)
        if program not in seen:
            seen.add(program)
            yield name, program


def to_dataflow(stages: Sequence[Any], format: Format) -> Dataflow:
    """Write a program, stage after stage, as dataflow from input `x` to output `y`: an operation an adder.

    Args:
        stages: `CombLogic` records of da4ml.
    Raises: ToolError where one holds anything but inputs, additions and subtractions.
    """
    operations = [
        Operation(kind=Kind.INPUT, name="x", place=place, format=format, low=format.low, high=format.high)
        for place in range(stages[0].shape[0])
    ]
    values = [_Value(place, 0, 1) for place in range(len(operations))]
    for stage in stages:
        buffers: list[_Value] = []
        for op in stage.ops:
            if op.opcode == _INPUT:
                buffers.append(values[op.id0].scaled(stage.inp_shifts[op.id0], 1))
            elif op.opcode in (_ADD, _SUBTRACT):
                addend = buffers[op.id1].scaled(op.data, -1 if op.opcode == _SUBTRACT else 1)
                buffers.append(_added(operations, (buffers[op.id0], addend)))
            else:
                raise ToolError(f"da4ml: an operation must be an input, a sum or a difference, not {op.opcode}")
        values = [
            buffers[place].scaled(shift, -1 if negative else 1)
            for place, shift, negative in zip(stage.out_idxs, stage.out_shifts, stage.out_negs, strict=True)
        ]
    results = tuple(_added(operations, (value,)).operation for value in values)
    dataflow = Dataflow(operations=tuple(operations), outputs=(("y", results),))
    dataflow.verify()
    return dataflow


def _added(operations: list[Operation], addends: Sequence[_Value]) -> _Value:
    """Append the sum of shifted values; its own shift is the least of theirs, but none for a result alone."""
    base = min(addend.shift for addend in addends) if len(addends) > 1 else 0
    terms = tuple(
        Term(factors=(addend.operation,), coefficient=addend.sign << (addend.shift - base)) for addend in addends
    )
    if terms[0].coefficient == 1 and len(terms) == 1:
        return addends[0]
    bounds = [
        sorted(term.coefficient * bound for bound in (operations[number].low, operations[number].high))
        for term in terms
        for number in term.factors
    ]
    low, high = sum(least for least, _ in bounds), sum(most for _, most in bounds)
    args = tuple(addend.operation for addend in addends)
    operations.append(
        Operation(kind=Kind.SUM, format=Format.holding(low, high), args=args, terms=terms, low=low, high=high)
    )
    return _Value(len(operations) - 1, base, 1)

"""da4ml's programs for constant matrices, as dataflow: so they stand in the same shell and registers as ours."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from hdlgen.dataflow import Dataflow, Kind, Operation, Term
from hdlgen.errors import ToolError, ToolMissing
from hdlgen.number import Format

__all__ = ["SETTINGS", "Effort", "da4ml_programs", "effort_of", "foremost", "require_da4ml", "to_dataflow"]

Setting = Mapping[str, int | str | bool]

_DEPTHS = (-1, 0, 1, 2, 3)
_METHODS = ("wmc", "wmc-dc", "wmc-pdc", "mc", "mc-dc", "mc-pdc")
_COSTS: tuple[Setting, ...] = ({}, {"adder_size": 1, "carry_size": 1}, {"carry_size": 8})


def _settings() -> Iterator[Setting]:
    """List what can change a program, da4ml's own defaults first."""
    for cost, method, depth in product(_COSTS, _METHODS, _DEPTHS):
        yield {**({} if method == _METHODS[0] else {"method0": method}), **cost, "hard_dc": depth}
    yield {"method0": "dummy", "hard_dc": -1}  # with a bound of the depth da4ml knows no such method
    for method, depth in product((*_METHODS, "dummy"), _DEPTHS):
        yield {"method1": method, "hard_dc": depth}
    for decompose, depth in product((-1, 0, 1, 2), _DEPTHS):
        yield {"decompose_dc": decompose, "search_all_decompose_dc": False, "hard_dc": depth}


SETTINGS: Mapping[str, Setting] = {
    ",".join(f"{name}={value}" for name, value in setting.items()): setting for setting in _settings()
}
"""What da4ml's solver is told, by name: adders beyond the least depth (`hard_dc`, -1 for any number), how both halves
of the matrix are solved and how it is split into them, and what an adder costs by its size."""

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


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Effort:
    """What a program takes: bits of all its adders, and adders behind each other."""

    bits: int
    depth: int

    def beats(self, other: Effort) -> bool:
        """Tell whether this is nowhere more and somewhere less."""
        return self != other and self.bits <= other.bits and self.depth <= other.depth


def effort_of(program: Dataflow) -> Effort:
    """Count what a program takes; adders that no output reads fall away in synthesis."""
    used = set(program.results())
    for number in range(len(program.operations) - 1, -1, -1):
        used.update(program.operations[number].args if number in used else ())
    depths: list[int] = []
    bits = 0
    for number, operation in enumerate(program.operations):
        adds = len(operation.terms) > 1 and number in used
        bits += operation.format.width * adds
        depths.append(max((depths[arg] for arg in operation.args), default=0) + adds)
    return Effort(bits=bits, depth=max(depths))


def foremost(programs: Mapping[str, Dataflow]) -> set[str]:
    """Name the programs that no other one beats in bits and depth; of those that take the same, the first."""
    first = {effort_of(program): name for name, program in reversed(list(programs.items()))}
    return {name for effort, name in first.items() if not any(other.beats(effort) for other in first)}


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

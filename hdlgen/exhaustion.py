"""Exhaustion: a dataflow evaluated for many tokens at once, so that all values of an input can be tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hdlgen.dataflow import Dataflow, Kind, Operation
from hdlgen.number import INT64_WIDTH, Format

__all__ = ["run_all"]

Integers = NDArray[np.int64]


def run_all(dataflow: Dataflow, inputs: Mapping[str, Sequence[Integers]]) -> dict[str, list[Integers]]:
    """Evaluate a stream of tokens, one numpy array an element.

    Args:
        dataflow: one without states, whose formats int64 carries.
        inputs: for each port the raw integers of its elements, shape (tokens,).
    Returns: for each output port the raw integers of its elements.
    Raises: ValueError for a dataflow with states or with a format too wide.
    """
    if dataflow.registers:
        raise ValueError("run_all: a dataflow must have no states")
    tokens = len(next(iter(inputs.values()))[0])
    values: list[Integers] = []
    for operation in dataflow.operations:
        if operation.format.width > INT64_WIDTH:
            raise ValueError(f"run_all: a format must have at most {INT64_WIDTH} bits, not {operation.format.width}")
        values.append(_result(dataflow, operation, values, inputs, tokens))
    return {name: [values[element] for element in elements] for name, elements in dataflow.outputs}


def _result(
    dataflow: Dataflow,
    operation: Operation,
    values: Sequence[Integers],
    inputs: Mapping[str, Sequence[Integers]],
    tokens: int,
) -> Integers:
    args = [values[arg] for arg in operation.args]
    match operation.kind:
        case Kind.INPUT:
            return inputs[operation.name][operation.place]
        case Kind.CONSTANT:
            return np.full(tokens, operation.place, dtype=np.int64)
        case Kind.SUM:
            total = np.full(tokens, operation.place, dtype=np.int64)
            for term in operation.terms:
                product = np.full(tokens, term.coefficient, dtype=np.int64)
                for factor in term.factors:
                    product = product * values[factor]
                total = total + product
            return total
        case Kind.AND:
            return args[0] & args[1]
        case Kind.OR:
            return args[0] | args[1]
        case Kind.XOR:
            return args[0] ^ args[1]
        case Kind.NOT:
            return _read(~args[0], operation.format)
        case Kind.EQUAL:
            return np.where(args[0] == args[1], 1, 0)
        case Kind.SELECT:
            return np.where(args[0] != 0, args[1], args[2])
        case Kind.SATURATE:
            return np.clip(args[0], operation.format.low, operation.format.high)
        case Kind.SHIFT_LEFT:
            return args[0] << args[1]
        case Kind.SHIFT_RIGHT:
            return args[0] >> args[1]
        case Kind.SLICE:
            return _read(args[0] >> operation.place, operation.format)
        case Kind.TABLE:
            looked_up: Integers = np.asarray(operation.values, dtype=np.int64)[args[0]]
            return looked_up
        case Kind.JOIN:
            joined, place = np.zeros(tokens, dtype=np.int64), 0
            for arg, value in zip(operation.args, args, strict=True):
                width = dataflow.operations[arg].format.width
                joined |= (value & ((1 << width) - 1)) << place
                place += width
            return _read(joined, operation.format)
        case Kind.STATE:
            raise AssertionError("a dataflow without registers has no states")


def _read(pattern: Integers, format: Format) -> Integers:
    """Read the low bits of patterns in a format."""
    bits = pattern & ((1 << format.width) - 1)
    return np.where(bits >> (format.width - 1) != 0, bits - (1 << format.width), bits) if format.signed else bits

"""Operands: format, shape and the range of every element, and the ways to make them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hdlgen.limits import MAX_ELEMENTS
from hdlgen.number import Format, IntArray
from hdlgen.operation import Op

__all__ = ["Operand", "Request", "Shape", "checked_shape", "fitted", "full_range", "raw_array"]

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Operand:
    """What is known of a node's value.

    Args:
        format: of every element.
        shape: of the array, () for a scalar.
        low, high: shape (elements,), dtype object: the raw bounds of each element, flat and row-major.
    """

    format: Format
    shape: Shape
    low: IntArray
    high: IntArray

    @property
    def range(self) -> tuple[int, int]:
        """Give the raw bounds over all elements."""
        return int(self.low.min()), int(self.high.max())

    def aligned(self, fraction: int) -> tuple[IntArray, IntArray]:
        """Give the bounds as raw integers of a larger fraction."""
        return self.low << (fraction - self.format.fraction), self.high << (fraction - self.format.fraction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Ask for the result of an operation.

    Args:
        op, operands, attributes: the operation; the same `Operand` twice is known to be the same value.
        stated: the format, where the arguments do not give it.
        shape: likewise.
    """

    op: Op
    operands: Sequence[Operand]
    attributes: Mapping[str, Any]
    stated: Format | None
    shape: Shape | None

    def statement(self) -> tuple[Format, Shape]:
        """Give stated format and shape; the shape of the argument where none is stated.

        Raises: ValueError where either is missing.
        """
        if self.stated is None:
            raise ValueError(f"{self.op.value}: format must be stated")
        shape = self.operands[0].shape if self.shape is None and self.operands else self.shape
        return self.stated, checked_shape(self.op, shape)


def raw_array(values: Sequence[int] | IntArray) -> IntArray:
    """Make a flat array of Python integers."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def full_range(held: Format, shape: Shape) -> Operand:
    """Say that each element may be whatever the format holds."""
    count = math.prod(shape)
    return Operand(format=held, shape=shape, low=raw_array([held.low] * count), high=raw_array([held.high] * count))


def fitted(low: IntArray, high: IntArray, fraction: int, shape: Shape) -> Operand:
    """Choose the narrowest format for the bounds of the elements."""
    chosen = Format.holding(int(low.min()), int(high.max()), fraction=fraction)
    return Operand(format=chosen, shape=shape, low=low, high=high)


def checked_shape(op: Op, shape: Shape | None) -> Shape:
    """Give a shape of sizes from 1 with at most MAX_ELEMENTS elements.

    Raises: ValueError for any other.
    """
    if shape is None or any(type(size) is not int or size < 1 for size in shape):
        raise ValueError(f"{op.value}: shape must hold sizes of at least 1, not {shape!r}")
    if math.prod(shape) > MAX_ELEMENTS:
        raise ValueError(f"{op.value}: an array must have at most {MAX_ELEMENTS} elements, not {math.prod(shape)}")
    return shape

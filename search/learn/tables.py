"""Tables: a function of few inputs is asked for whole, and the best way to take it apart is read from its table."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hdlgen.bits import Words, unpack_table
from search.learn.diagram import ONES

__all__ = ["MOST_INPUTS", "Parted", "part", "table_of", "table_question"]

MOST_INPUTS = 8


class Parted(NamedTuple):
    """`f = g(t(inner), outer)`: places of the inner inputs, two of their values that differ, and where they do.

    Args:
        zero, one: values of the inner inputs, one for either value of t.
        column: values of the outer inputs with which t is seen.
    """

    inner: tuple[int, ...]
    outer: tuple[int, ...]
    zero: NDArray[np.uint8]
    one: NDArray[np.uint8]
    column: NDArray[np.uint8]


def table_question(row: NDArray[np.uint8], inputs: NDArray[np.int64]) -> Words:
    """Give some inputs all their values, the first one's changing first, and all others those of a row."""
    words = max(1, (1 << len(inputs)) // 64)
    question = np.repeat(np.where(row, ONES, np.uint64(0))[:, None], words, axis=1)
    number = np.arange(64 * words)
    for place, bit in enumerate(inputs):
        values = (number >> place & 1).astype(np.uint8)
        question[bit] = np.packbits(values, bitorder="little").view("<u8")
    return question


def table_of(answer: Words, inputs: int) -> NDArray[np.uint8]:
    """Read the table from the answer of one output."""
    return np.ascontiguousarray(unpack_table(answer[None], 1 << inputs)[:, 0])


def part(table: NDArray[np.uint8]) -> Parted | None:
    """Find the largest set of inputs, of two or more but not of all, that matters through one bit alone."""
    inputs = len(table).bit_length() - 1
    cube = table.reshape((2,) * inputs)  # axis 0 is the last input
    for size in range(inputs - 1, 1, -1):
        for inner in combinations(range(inputs), size):
            outer = tuple(place for place in range(inputs) if place not in inner)
            axes = [inputs - 1 - place for place in (*inner, *outer)]
            rows = cube.transpose(axes).reshape(1 << size, -1)
            other = (rows != rows[0]).any(axis=1)
            if not other.any():
                continue
            one = int(np.argmax(other))
            if (rows[other] != rows[one]).any():
                continue
            column = int(np.argmax(rows[0] != rows[one]))
            zero, one = (0, one) if not rows[0, column] else (one, 0)
            return Parted(inner, outer, _bits(zero, size), _bits(one, size), _bits(column, len(outer)))
    return None


def _bits(number: int, count: int) -> NDArray[np.uint8]:
    """Write a number as bits, the highest first, as the axes of a row are."""
    return np.array([number >> place & 1 for place in range(count - 1, -1, -1)], dtype=np.uint8)

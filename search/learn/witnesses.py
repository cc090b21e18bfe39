"""Witnesses: the rows of a node's samples that are worth asking about, as many that give 0 as give 1.

Without the balance a rare condition, such as one field of an instruction being zero, looks like no condition at all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hdlgen.bits import Words, pack_table
from search.learn.diagram import Restriction, Samples, restrict

__all__ = ["ROWS", "UNIFORM_ROWS", "WORDS", "Witnesses", "draw", "draw_shared"]

ROWS, WORDS = 512, 8
UNIFORM_ROWS = 384
"""The first rows are from the uniform samples, the others from the structured ones."""


class Witnesses:
    """Rows with the restriction applied: `table` (rows, bits), `words` (bits, words)."""

    def __init__(self, samples: Samples, restriction: Restriction, rows: NDArray[np.int64]) -> None:
        self.rows = rows
        self.words = restrict(restriction, pack_table(samples.table[rows]))
        fixed = np.flatnonzero(restriction >= 0)
        self.table = samples.table[rows]
        self.table[:, fixed] = restriction[fixed].astype(np.uint8)

    def answers(self, signature: Words) -> Words:
        """Give what a function with this signature answers on the rows."""
        packed: Words = pack_table(_bits(signature)[self.rows][:, None])[0]
        return packed


def _bits(signature: Words) -> NDArray[np.uint8]:
    return np.unpackbits(np.ascontiguousarray(signature).view(np.uint8), bitorder="little")


def draw(samples: Samples, restriction: Restriction, signature: Words, random: np.random.Generator) -> Witnesses:
    """Draw the witnesses of one function: even rows give one value, odd rows the other, wherever there are any."""
    rows = np.empty(ROWS, dtype=np.int64)
    bits = _bits(signature)
    border = samples.uniform_words * 64
    found = [[np.flatnonzero(bits[:border] == v), border + np.flatnonzero(bits[border:] == v)] for v in (0, 1)]
    for part, (start, stop) in enumerate([(0, UNIFORM_ROWS), (UNIFORM_ROWS, ROWS)]):
        for value in (0, 1):
            source = next(s for s in (found[value][part], found[1 - value][part]) if len(s))
            rows[start + value : stop : 2] = source[random.integers(0, len(source), (stop - start) // 2)]
    return Witnesses(samples, restriction, rows)


def draw_shared(
    samples: Samples, restriction: Restriction, signatures: Words, random: np.random.Generator
) -> Witnesses:
    """Draw the witnesses of several functions under one restriction: each in turn gives a row of 0 and a row of 1."""
    rows = np.empty(ROWS, dtype=np.int64)
    border = samples.uniform_words * 64
    order = random.permutation(len(signatures))
    table = [_bits(signature) for signature in signatures]
    for start, stop, low, high in [
        (0, UNIFORM_ROWS, 0, border),
        (UNIFORM_ROWS, ROWS, border, len(samples.table)),
    ]:
        turns = np.arange(start, stop)
        for place, number in enumerate(order):
            for value in (0, 1):
                mine = turns[(turns // 2 % len(order) == place) & (turns % 2 == value)]
                source = low + np.flatnonzero(table[number][low:high] == value)
                if not len(source):
                    source = np.arange(low, high)
                rows[mine] = source[random.integers(0, len(source), len(mine))]
    return Witnesses(samples, restriction, rows)

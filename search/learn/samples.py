"""Samples: where a learner asks. They know the names and widths of the ports, and nothing of what they mean.

Uniform words alone never meet what matters in words: long carries, equal operands, a single bit. Half of the samples
are therefore drawn port by port from a few shapes that digital circuits distinguish.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hdlgen.bits import Interface

__all__ = ["Table", "mutants", "structured", "uniform"]

Table = NDArray[np.uint8]
"""Shape (samples, input bits), 0 or 1."""

_MUTATED_BITS = 4


def uniform(interface: Interface, count: int, random: np.random.Generator) -> Table:
    """Draw every bit on its own, 0 and 1 alike."""
    return random.integers(0, 2, (count, interface.input_bits), dtype=np.uint8)


def structured(interface: Interface, count: int, random: np.random.Generator) -> Table:
    """Draw each port from one of several shapes, then relate ports of equal width to each other.

    Shapes: uniform; ones rare or zeros rare; a run of equal bits between two places, or up to the top, over the rest;
    nearly all bits equal; one bit unlike all others; all bits equal but for some.
    """
    table = uniform(interface, count, random)
    low = 0
    for bus in interface.inputs:
        table[:, low : low + bus.width] = _shaped(bus.width, count, random, table[:, low : low + bus.width])
        low += bus.width
    _relate(interface, table, random)
    return table


def _shaped(width: int, count: int, random: np.random.Generator, free: Table) -> Table:
    place = np.arange(width)
    shape = random.integers(0, 10, count)
    value = random.integers(0, 2, (count, 1), dtype=np.uint8)
    first, second = random.integers(0, width + 1, (2, count, 1))
    rare = (random.integers(0, 10, (count, width)) == 0).astype(np.uint8)
    edge = width // 4 + 1
    start, stop = random.integers(0, edge, (count, 1)), width - random.integers(0, edge, (count, 1))
    few = np.repeat(value, width, axis=1)
    for flips in range(3):
        rows = np.flatnonzero(random.integers(0, 4, count) > flips)
        few[rows, random.integers(0, width, len(rows))] ^= 1
    choices = [
        rare,
        1 - rare,
        np.where((place >= first) & (place < second), value, free),
        np.where(place >= first, value, free),
        (place == first % width).astype(np.uint8) ^ value,
        few,
        np.where((place >= start) & (place < stop), value, free),
    ]
    drawn = free.copy()
    for number, choice in enumerate(choices):
        drawn[shape == number] = choice[shape == number]
    return drawn


def _relate(interface: Interface, table: Table, random: np.random.Generator) -> None:
    """Copy ports into others of equal width in many rows: as they are, inverted, or but for one bit."""
    widths = np.array([bus.width for bus in interface.inputs])
    lows = np.concatenate([[0], np.cumsum(widths)[:-1]])
    if len(widths) < 2:
        return
    for share in (7, 3):
        rows = np.flatnonzero(random.integers(0, 8, len(table)) < share)
        source = random.integers(0, len(widths), len(rows))
        target = (source + 1 + random.integers(0, len(widths) - 1, len(rows))) % len(widths)
        inverted = (random.integers(0, 4, len(rows)) == 0).astype(np.uint8)
        near = random.integers(0, 2, len(rows)) == 0
        spot = random.random(len(rows))
        for a in range(len(widths)):
            for b in np.flatnonzero(widths == widths[a]):
                chosen = (source == a) & (target == b)
                some = rows[chosen]
                width = widths[a]
                copied = table[some, lows[a] : lows[a] + width] ^ inverted[chosen][:, None]
                changed = np.flatnonzero(near[chosen])
                copied[changed, (spot[chosen][changed] * width).astype(np.int64)] ^= 1
                table[some, lows[b] : lows[b] + width] = copied


def mutants(row: Table, count: int, random: np.random.Generator) -> Table:
    """Give a row itself, then copies with up to three bits changed."""
    table = np.repeat(row[None], count, axis=0)
    for flips in range(1, _MUTATED_BITS):
        rows = 1 + np.flatnonzero(random.integers(0, _MUTATED_BITS, count - 1) >= flips)
        table[rows, random.integers(0, len(row), len(rows))] ^= 1
    return table

"""Operands for adders: all of a width, or those whose carries run far."""

from __future__ import annotations

import random

__all__ = ["Addends", "every_addend", "wide_addends"]

Addends = list[tuple[int, int, int]]


def every_addend(width: int) -> Addends:
    return [(a, b, carry) for a in range(1 << width) for b in range(1 << width) for carry in (0, 1)]


def wide_addends(width: int) -> Addends:
    """Draw numbers whose carries run far: corners, ones in a row, and whatever comes."""
    chance, top = random.Random(width), (1 << width) - 1
    corners = [0, 1, top, top - 1, top >> 1, (top >> 1) + 1, top // 3, top // 3 * 2]
    rows = [top >> chance.randrange(width) << chance.randrange(width) & top for _ in range(40)]
    numbers = corners + rows + [chance.randint(0, top) for _ in range(40)]
    pairs = [(a, b) for a in corners for b in corners] + [
        (chance.choice(numbers), chance.choice(numbers)) for _ in range(400)
    ]
    opposite = [(a, top - a) for a in numbers]
    return [(a, b, carry) for a, b in pairs + opposite for carry in (0, 1)]

"""Joined bits: what `Cat` says, in as few pieces as say it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from amaranth.hdl import Cat, Value
from amaranth.hdl._ast import Concat, Slice

__all__ = ["joined"]

_Piece = tuple[Value, int, int]


def joined(*values: Value | Iterable[Value]) -> Value:
    """Join values, the first one lowest, as `Cat` does.

    Bits that stand side by side in a word become one slice of it, also where they were taken out of another
    concatenation: Amaranth walks through every piece several times.
    """
    pieces: list[_Piece] = []
    for value in values:
        for part in (value,) if isinstance(value, Value) else value:
            for leaf, start, stop in _pieces(part, 0, len(part)):
                if pieces and pieces[-1][0] is leaf and pieces[-1][2] == start:
                    pieces[-1] = (leaf, pieces[-1][1], stop)
                else:
                    pieces.append((leaf, start, stop))
    return Cat(Slice(*piece) for piece in pieces)


def _pieces(value: Value, start: int, stop: int) -> Iterator[_Piece]:
    """List the words that some bits of a value are taken from, and which of their bits."""
    if isinstance(value, Slice):
        yield from _pieces(value.value, value.start + start, value.start + stop)
    elif isinstance(value, Concat):
        low = 0
        for part in value.parts:
            high = low + len(part)
            if low < stop and start < high:
                yield from _pieces(part, max(start - low, 0), min(stop, high) - low)
            low = high
    elif start < stop:
        yield value, start, stop

"""Prefix networks: which carry spans are joined, level by level, from single bits to whole prefixes.

A network of `width` bits is a tuple of levels; a level is a tuple of pairs `(high, low)`: the span that ends at bit
`high` is joined with the span that ends at bit `low`, which is the bit below the first one's lowest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

__all__ = ["PREFIX_NETWORKS", "Level", "brent_kung", "kogge_stone", "sklansky", "verify"]

Level = tuple[tuple[int, int], ...]


def sklansky(width: int) -> tuple[Level, ...]:
    """Join by halves: the least depth, a fan-out that doubles from level to level.

    Source: Sklansky, IRE Trans. Electronic Computers EC-9(2), 1960, 226-231.
    """
    levels = range(max(width - 1, 0).bit_length())
    return tuple(
        tuple((high, (high >> level << level) - 1) for high in range(width) if high >> level & 1) for level in levels
    )


def kogge_stone(width: int) -> tuple[Level, ...]:
    """Join every bit at every level: the least depth with fan-out two, the most nodes.

    Source: Kogge and Stone, IEEE Trans. Computers C-22(8), 1973, 786-793.
    """
    distances = (1 << level for level in range(max(width - 1, 0).bit_length()))
    return tuple(tuple((high, high - distance) for high in range(distance, width)) for distance in distances)


def brent_kung(width: int) -> tuple[Level, ...]:
    """Join up a tree and down again: the fewest nodes of the classic networks, nearly twice the depth.

    Source: Brent and Kung, IEEE Trans. Computers C-31(3), 1982, 260-264.
    """
    distances = [1 << level for level in range(max(width - 1, 0).bit_length())]
    up = [tuple((high, high - d) for high in range(2 * d - 1, width, 2 * d)) for d in distances]
    down = [tuple((high, high - d) for high in range(3 * d - 1, width, 2 * d)) for d in reversed(distances)]
    return tuple(level for level in up + down if level)


PREFIX_NETWORKS: Mapping[str, Callable[[int], tuple[Level, ...]]] = {
    "brent_kung": brent_kung,
    "sklansky": sklansky,
    "kogge_stone": kogge_stone,
}
"""The networks by name; each takes a width in bits."""


def verify(levels: tuple[Level, ...], width: int) -> None:
    """Check that a network joins neighbouring spans only and ends with every prefix whole.

    Raises: ValueError that names the first offending level and bit.
    """
    lowest = list(range(width))
    for number, level in enumerate(levels):
        before = list(lowest)
        if len({high for high, _ in level}) != len(level):
            raise ValueError(f"prefix network: level {number} must join a span once, not twice")
        for high, low in level:
            if not 0 <= low < high < width or before[high] != low + 1:
                raise ValueError(f"prefix network: level {number} must join neighbouring spans, not {high} with {low}")
            lowest[high] = before[low]
    missing = [bit for bit in range(width) if lowest[bit]]
    if missing:
        raise ValueError(f"prefix network: every prefix must reach bit 0, not stop short at bit {missing[0]}")

"""Small changes to prefix graphs that leave them whole: what searches and fitting are made of."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from hdlgen.arithmetic.prefix_graph import Columns

__all__ = ["changed", "completed", "crossed"]


def completed(wanted: Sequence[Iterable[int]]) -> Columns:
    """Make a whole graph of wanted spans: add those that their joins read, and leave out those that gain nothing.

    Args:
        wanted: for each bit the lowest bits of its spans, in any order; 0 is always among them.
    Returns: a graph in which each span is read by another column, or makes its own column's next span less deep.
    Source: Roy, Choudhury, Puri and Pan, Design Automation Conference 2013, 48:1-48:8 (pruning); Roy, Raiman, Kant
        et al., PrefixRL, Design Automation Conference 2021 (adding what an edit leaves open).
    """
    spans = [{low for low in lows if low < high} for high, lows in enumerate(wanted)]
    for high in range(len(spans) - 1, 0, -1):
        spans[high].add(0)
        middle = high
        for low in sorted(spans[high], reverse=True):
            if low < middle - 1:
                spans[middle - 1].add(low)
            middle = low
    columns = [sorted(lows, reverse=True) for lows in spans]
    while _thinned(columns):
        pass
    return tuple(map(tuple, columns))


def _thinned(columns: list[list[int]]) -> bool:
    """Leave out spans that no other column reads and that make nothing less deep; tell whether there were any."""
    read: set[tuple[int, int]] = set()
    for high, lows in enumerate(columns):
        for middle, low in zip([high, *lows], lows, strict=False):
            read.add((middle - 1, low))
    depths: dict[tuple[int, int], int] = {}
    changed = False
    for high, lows in enumerate(columns):
        depths[high, high] = 0
        middle, place = high, 0
        while place < len(lows):
            low = lows[place]
            joined = 1 + max(depths[high, middle], depths[middle - 1, low])
            if low and (high, low) not in read:
                following = lows[place + 1]
                direct = depths.get((middle - 1, following))
                if direct is not None and max(depths[high, middle], direct) <= max(joined, depths[low - 1, following]):
                    read.add((middle - 1, following))
                    del lows[place]
                    changed = True
                    continue
            depths[high, low] = joined
            middle, place = low, place + 1
    return changed


def changed(columns: Columns, chance: random.Random) -> Columns:
    """Take out, shift, add or copy a few spans at random; the graph may come out as it was."""
    spans = [set(lows) for lows in columns]
    for _ in range(chance.choice((1, 1, 2, 3, 4))):
        high = chance.randrange(1, len(columns))
        inner = sorted(spans[high] - {0})
        kind = chance.random()
        if inner and kind < 0.35:
            spans[high].discard(chance.choice(inner))
        elif inner and kind < 0.6:
            low = chance.choice(inner)
            spans[high].discard(low)
            spans[high].add(max(low + chance.choice((-2, -1, 1, 2)), 0))
        elif kind < 0.8:
            neighbour = min(max(high + chance.choice((-2, -1, 1, 2)), 1), len(columns) - 1)
            spans[high] = set(spans[neighbour])
        else:
            spans[high].add(chance.randrange(high))
        spans = [set(lows) for lows in completed(spans)]
    return completed(spans)


def crossed(lower: Columns, upper: Columns, chance: random.Random) -> Columns:
    """Make a graph of one graph's lower columns and another's upper ones, cut at random; both have the same width."""
    cut = chance.randrange(len(lower))
    return completed([*lower[:cut], *upper[cut:]])

"""Sorting networks: which wires are compared when, so that every input comes out in order whatever it was.

A network is a tuple of layers; a layer is a tuple of comparators on wires of its own; a comparator `(low, high)` leaves
the smaller value on wire `low` and the larger one on wire `high`, and `low < high`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

__all__ = ["MEDIANS", "SMALLEST", "Comparator", "Network", "layered", "merged", "pruned", "sorting_network"]

Comparator = tuple[int, int]
Network = tuple[tuple[Comparator, ...], ...]

_LARGEST_KNOWN = 16


def _read(text: str) -> Network:
    """Read a network: layers apart by `;`, comparators by blanks, wires by `-`."""
    layers = [[comparator.split("-") for comparator in layer.split()] for layer in text.split(";")]
    return tuple(tuple((int(low), int(high)) for low, high in layer) for layer in layers)


SMALLEST: Mapping[int, Network] = {
    2: _read("0-1"),
    3: _read("0-2; 0-1; 1-2"),
    4: _read("0-2 1-3; 0-1 2-3; 1-2"),
    5: _read("0-3 1-4; 0-2 1-3; 0-1 2-4; 1-2 3-4; 2-3"),
    6: _read("0-5 1-3 2-4; 1-2 3-4; 0-3 2-5; 0-1 2-3 4-5; 1-2 3-4"),
    7: _read("0-6 2-3 4-5; 0-2 1-4 3-6; 0-1 2-5 3-4; 1-2 4-6; 2-3 4-5; 1-2 3-4 5-6"),
    8: _read("0-2 1-3 4-6 5-7; 0-4 1-5 2-6 3-7; 0-1 2-3 4-5 6-7; 2-4 3-5; 1-4 3-6; 1-2 3-4 5-6"),
    9: _read(
        "0-3 1-7 2-5 4-8; 0-7 2-4 3-8 5-6; 0-2 1-3 4-5 7-8; 1-4 3-6 5-7; 0-1 2-4 3-5 6-8; 2-3 4-5 6-7; 1-2 3-4 5-6"
    ),
    10: _read(
        "0-8 1-9 2-7 3-5 4-6; 0-2 1-4 5-8 7-9; 0-3 2-4 5-7 6-9; 0-1 3-6 8-9; 1-5 2-3 4-8 6-7; 1-2 3-5 4-6 7-8;"
        "2-3 4-5 6-7; 3-4 5-6"
    ),
    11: _read(
        "0-9 1-6 2-4 3-7 5-8; 0-1 3-5 4-10 6-9 7-8; 1-3 2-5 4-7 8-10; 0-4 1-2 3-7 5-9 6-8; 0-1 2-6 4-5 7-8 9-10;"
        "2-4 3-6 5-7 8-9; 1-2 3-4 5-6 7-8; 2-3 4-5 6-7"
    ),
    12: _read(
        "0-8 1-7 2-6 3-11 4-10 5-9; 0-1 2-5 3-4 6-9 7-8 10-11; 0-2 1-6 5-10 9-11; 0-3 1-2 4-6 5-7 8-11 9-10;"
        "1-4 3-5 6-8 7-10; 1-3 2-5 6-9 8-10; 2-3 4-5 6-7 8-9; 4-6 5-7; 3-4 5-6 7-8"
    ),
    13: _read(
        "0-12 1-10 2-9 3-7 5-11 6-8; 1-6 2-3 4-11 7-9 8-10; 0-4 1-2 3-6 7-8 9-10 11-12; 4-6 5-9 8-11 10-12;"
        "0-5 3-8 4-7 6-11 9-10; 0-1 2-5 6-9 7-8 10-11; 1-3 2-4 5-6 9-10; 1-2 3-4 5-7 6-8; 2-3 4-5 6-7 8-9; 3-4 5-6"
    ),
    14: _read(
        "0-1 2-3 4-5 6-7 8-9 10-11 12-13; 0-2 1-3 4-8 5-9 10-12 11-13; 0-4 1-2 3-7 5-8 6-10 9-13 11-12;"
        "0-6 1-5 3-9 4-10 7-13 8-12; 2-10 3-11 4-6 7-9; 1-3 2-8 5-11 6-7 10-12; 1-4 2-6 3-5 7-11 8-10 9-12;"
        "2-4 3-6 5-8 7-10 9-11; 3-4 5-6 7-8 9-10; 6-7"
    ),
    16: _read(
        "0-13 1-12 2-15 3-14 4-8 5-6 7-11 9-10; 0-5 1-7 2-9 3-4 6-13 8-14 10-15 11-12;"
        "0-1 2-3 4-5 6-8 7-9 10-11 12-13 14-15; 0-2 1-3 4-10 5-11 6-7 8-9 12-14 13-15;"
        "1-2 3-12 4-6 5-7 8-10 9-11 13-14; 1-4 2-6 5-8 7-10 9-13 11-14; 2-4 3-6 9-12 11-13; 3-5 6-8 7-9 10-12;"
        "3-4 5-6 7-8 9-10 11-12; 6-7 8-9"
    ),
}
"""Networks of the fewest comparators: proved so up to 12 wires, the fewest known beyond; 15 wires are 16 without one.

Sources: Knuth, The Art of Computer Programming 3, 2nd edition, 1998, section 5.3.4; Codish, Cruz-Filipe, Frank and
Schneider-Kamp, J. Comput. Syst. Sci. 82(3), 2016, 551-563 (9 and 10 wires are least); Harder, arXiv 2012.04400 (11 and
12 are); Dobbelaere's list of the smallest and fastest known, which names the finders.
"""

MEDIANS: Mapping[int, Network] = {
    9: _read("0-1 3-4 6-7; 1-2 4-5 7-8; 0-1 3-4 6-7; 0-3 4-7 5-8; 3-6 1-4 2-5; 4-7; 2-4; 4-6; 2-4"),
}
"""Networks that bring the middle value alone to the middle wire, where they have fewer comparators than sorting has.

Source: Smith, Implementing median filters in XC4000E FPGAs, Xcell 23, 1996, 16: the triples are sorted; the median is
that of the largest first, the median middle and the smallest last one.
"""


def layered(comparators: Iterable[Comparator]) -> Network:
    """Lay comparators, given in order, into as few layers as their order allows."""
    layers: list[list[Comparator]] = []
    ready: dict[int, int] = {}
    for low, high in comparators:
        at = max(ready.get(low, 0), ready.get(high, 0))
        if at == len(layers):
            layers.append([])
        layers[at].append((low, high))
        ready[low] = ready[high] = at + 1
    return tuple(tuple(layer) for layer in layers)


def merged(first: Sequence[int], second: Sequence[int]) -> tuple[list[Comparator], list[int]]:
    """Merge two runs of wires that are in order by Batcher's odd-even merge.

    Returns: comparators, each with the wire of its smaller result first, and the wires in the order of their values.
    Source: Knuth, section 5.3.4, for runs of any two lengths.
    """
    if not first or not second:
        return [], [*first, *second]
    if len(first) == len(second) == 1:
        return [(first[0], second[0])], [first[0], second[0]]
    comparators, even = merged(first[::2], second[::2])
    others, odd = merged(first[1::2], second[1::2])
    comparators += others
    order = even[:1]
    for low, high in zip(odd, even[1:], strict=False):
        comparators.append((low, high))
        order += [low, high]
    paired = (len(order) - 1) // 2
    return comparators, [*order, *odd[paired:], *even[1 + paired :]]


def _untangled(comparators: Iterable[Comparator], count: int) -> list[Comparator]:
    """Rename wires as they go so that every comparator leaves its smaller value on the lower wire.

    Source: Knuth, section 5.3.4, exercise 16: a network that sorts still does.
    """
    wire = list(range(count))
    found = []
    for low, high in comparators:
        if wire[low] > wire[high]:
            wire[low], wire[high] = wire[high], wire[low]
        found.append((wire[low], wire[high]))
    return found


def pruned(network: Network, ranks: Iterable[int]) -> Network:
    """Leave out the comparators that the values on some wires, at the end, do not depend on."""
    needed, kept = set(ranks), []
    for layer in reversed(network):
        for low, high in reversed(layer):
            if low in needed or high in needed:
                needed |= {low, high}
                kept.append((low, high))
    return layered(reversed(kept))


@lru_cache(maxsize=256)
def _whole(count: int) -> Network:
    if count == _LARGEST_KNOWN - 1:
        # A largest value on the last wire stays there and changes nothing.
        known = SMALLEST[_LARGEST_KNOWN]
        return layered(pair for layer in known for pair in layer if max(pair) < count)
    if count <= _LARGEST_KNOWN:
        return SMALLEST.get(count, ())
    half = (count + 1) // 2
    halves = [pair for layer in _whole(half) for pair in layer]
    halves += [(half + low, half + high) for layer in _whole(count - half) for low, high in layer]
    comparators, order = merged(range(half), range(half, count))
    untangled = _untangled(comparators, count)
    assert len(order) == count
    return layered([*halves, *untangled])


def sorting_network(count: int, ranks: Sequence[int] | None = None) -> Network:
    """Give a network that brings the values of some ranks, 0 the smallest, to the wires of their numbers.

    Up to 16 wires the smallest network known; beyond, halves sorted so and merged by Batcher's odd-even merge.

    Args:
        count: wires, at least 1.
        ranks: what is wanted of the order; all where None.
    Raises: ValueError for a count below 1 or a rank that is none.
    """
    if count < 1:
        raise ValueError(f"sorting_network: count must be at least 1 wire, not {count!r}")
    wanted = tuple(range(count)) if ranks is None else tuple(ranks)
    if not wanted or not all(0 <= rank < count for rank in wanted):
        raise ValueError(f"sorting_network: ranks must be 0 to {count - 1}, not {wanted!r}")
    if wanted == (count // 2,) and count in MEDIANS:
        return MEDIANS[count]
    return pruned(_whole(count), wanted)

"""Families of prefix graphs by parameter, and all graphs that an adder may be asked for by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import comb

from hdlgen.arithmetic.prefix import PREFIX_NETWORKS
from hdlgen.arithmetic.prefix_graph import Columns, from_levels

__all__ = ["PREFIX_FAMILIES", "han_carlson", "ladner_fischer", "least_zero_deficiency_depth", "zero_deficiency"]


class _Joins:
    """Joins made one after the other: each bit's span goes on from where it stands."""

    def __init__(self, width: int) -> None:
        self.lowest = list(range(width))
        self.columns: list[list[int]] = [[] for _ in range(width)]

    def join(self, high: int, low: int) -> None:
        """Join the span that ends at `high` with the one that ends at `low`, right below it."""
        assert self.lowest[high] == low + 1, "spans must be neighbours"
        self.lowest[high] = self.lowest[low]
        self.columns[high].append(self.lowest[low])

    def graph(self) -> Columns:
        return tuple(map(tuple, self.columns))


def ladner_fischer(width: int, *, slack: int) -> Columns:
    """Join with `slack` levels more than the fewest, and with fewer than `2 * (1 + 2**-slack) * width` nodes.

    Source: Ladner and Fischer, Journal of the ACM 27(4), 1980, 831-838 (their networks P_slack).
    """
    if slack < 0:
        raise ValueError(f"ladner_fischer: slack must be at least 0 levels, not {slack!r}")
    joins = _Joins(width)
    _ladner_fischer(joins, range(width), slack)
    return joins.graph()


def _ladner_fischer(joins: _Joins, bits: Sequence[int], slack: int) -> None:
    """Make all prefixes of the spans that end at some bits."""
    if len(bits) < 2:
        return
    if not slack:
        half = (len(bits) + 1) // 2
        _ladner_fischer(joins, bits[:half], 1)
        _ladner_fischer(joins, bits[half:], 0)
        for high in bits[half:]:
            joins.join(high, bits[half - 1])
        return
    for low, high in zip(bits[::2], bits[1::2], strict=False):
        joins.join(high, low)
    last = bits[-1:] if len(bits) % 2 else []
    _ladner_fischer(joins, [*bits[1::2], *last], slack - 1)
    for low, high in zip(bits[1:-1:2], bits[2:-1:2] if last else bits[2::2], strict=False):
        joins.join(high, low)


def han_carlson(width: int, *, sparsity: int) -> Columns:
    """Join up to groups of `sparsity` bits by a tree, the groups as Kogge and Stone do, and down to the bits again.

    Args:
        sparsity: a power of two; 1 gives the network of Kogge and Stone.
    Source: Han and Carlson, Proc. 8th Symposium on Computer Arithmetic, 1987, 49-56.
    """
    if sparsity < 1 or sparsity & (sparsity - 1):
        raise ValueError(f"han_carlson: sparsity must be a power of two, not {sparsity!r}")
    joins = _Joins(width)
    distances = [1 << level for level in range(sparsity.bit_length() - 1)]
    for distance in distances:
        for high in range(2 * distance - 1, width, 2 * distance):
            joins.join(high, high - distance)
    ends = range(sparsity - 1, width, sparsity)
    reach = 1
    while reach < len(ends):
        for place in range(len(ends) - 1, reach - 1, -1):  # downward: each reads its partner before that goes on
            joins.join(ends[place], ends[place - reach])
        reach *= 2
    for distance in reversed(distances):
        for high in range(3 * distance - 1, width, 2 * distance):
            joins.join(high, high - distance)
    return joins.graph()


def least_zero_deficiency_depth(width: int) -> int:
    """Tell the least depth at which a network of `2 * width - 2 - depth` nodes exists: that of `zero_deficiency`.

    Source: Zhu, Cheng and Graham, ACM Trans. Design Automation of Electronic Systems 11(2), 2006, 387-409: a depth
        of `d` reaches as far as the Fibonacci number of `d + 3`, less one.
    """
    depth, reach, following = 0, 1, 2
    while reach < width:
        depth, reach, following = depth + 1, following, reach + following + 1
    return depth


def zero_deficiency(width: int, depth: int | None = None) -> Columns:
    """Join with exactly `2 * width - 2 - depth` nodes, the fewest that a depth allows.

    The carry runs over `depth` blocks, one level each. A block joins its bits up a tree, in the levels that pass until
    the carry arrives, and the carry goes down that tree in the levels that are left; so the blocks grow and shrink.

    Args:
        depth: at least `least_zero_deficiency_depth(width)`, which is what None takes, and less than the width.
    Raises: ValueError for another depth.
    Source: Snir, Journal of Algorithms 7(2), 1986, 185-201 (the bound); Zhu, Cheng and Graham, as above (the network).
    """
    least = least_zero_deficiency_depth(width)
    if depth is None:
        depth = least
    if not least <= depth < max(width, 1):
        raise ValueError(f"zero_deficiency: depth must be {least} to {width - 1} at {width} bits, not {depth!r}")
    joins = _Joins(width)
    spare = width - 1 - depth
    begin = 1
    for block in range(depth):
        up, down = block, depth - block
        more = min(spare, _reach(up, down) - 1)
        spare -= more
        _up_and_down(joins, range(begin, begin + 1 + more), up, down)
        begin += 1 + more
    return joins.graph()


def _reach(up: int, down: int) -> int:
    """Count the bits that a block can hold, when so many levels are left before its carry arrives and from then on."""
    return sum(comb(up, place) for place in range(down + 1))


def _up_and_down(joins: _Joins, bits: range, up: int, down: int) -> None:
    """Join a block's bits up a tree, then its last one with the carry from below, then the others."""
    inner = _tree(joins, bits, up, down)
    joins.join(bits[-1], bits[0] - 1)
    for high, low in inner:
        joins.join(high, low)


def _tree(joins: _Joins, bits: range, up: int, down: int) -> list[tuple[int, int]]:
    """Join a block's bits up a tree, and give the joins that take a carry down it, the one nearest the root first."""
    if len(bits) == 1:
        return []
    high = min(max(len(bits) - _reach(up - 1, down), len(bits) // 2, 1), _reach(up - 1, down - 1))
    lower, upper = bits[:-high], bits[-high:]
    below = _tree(joins, lower, up - 1, down)
    above = _tree(joins, upper, up - 1, down - 1)
    joins.join(upper[-1], lower[-1])
    return [(lower[-1], bits[0] - 1), *below, *above]


def _named(name: str) -> Callable[[int], Columns]:
    return lambda width: from_levels(PREFIX_NETWORKS[name](width), width)


PREFIX_FAMILIES: Mapping[str, Callable[[int], Columns]] = {
    **{name: _named(name) for name in ("sklansky", "kogge_stone", "brent_kung")},
    "han_carlson": lambda width: han_carlson(width, sparsity=2),
    "ladner_fischer": lambda width: ladner_fischer(width, slack=1),
    "zero_deficiency": zero_deficiency,
    "han_carlson_4": lambda width: han_carlson(width, sparsity=4),
    "ladner_fischer_0": lambda width: ladner_fischer(width, slack=0),
    "ladner_fischer_2": lambda width: ladner_fischer(width, slack=2),
}
"""The graphs by name, a number behind it the parameter where it is not the middle one; each takes a width in bits."""

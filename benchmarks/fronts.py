"""Holding one set of points against another: how far behind it is somewhere, and by how much it dominates a point."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.shell import Kernel

__all__ = ["NOTHING", "behind", "domination"]

NOTHING = 2.0
"""The ratio where no point dominates."""


def behind(ours: Sequence[Kernel], theirs: Sequence[Kernel]) -> float:
    """Measure how far our points are behind where they are worst: the multiplicative epsilon indicator.

    Returns: the least factor by which all of ours would have to shrink, in area and delay, for every one of theirs to
        be weakly dominated; 1.0 or less where ours are nowhere behind.
    Source: Zitzler, Thiele, Laumanns, Fonseca and Grunert da Fonseca, IEEE Trans. Evol. Comput. 7(2), 2003, 117-132.
    """
    return max(
        min(max(our.area_um2 / their.area_um2, our.delay_ps / their.delay_ps) for our in ours) for their in theirs
    )


def domination(ours: Sequence[Kernel], their: Kernel) -> float:
    """Give the best area-delay product of our points that are nowhere worse than another, in parts of its product."""
    return min((our.product / their.product for our in ours if our.dominates(their)), default=NOTHING)

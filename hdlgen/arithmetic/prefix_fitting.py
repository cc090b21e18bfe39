"""Prefix graphs fitted to the times at which their bits come: at the end of a heap the middle ones are the latest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from hdlgen.arithmetic.prefix_families import PREFIX_FAMILIES
from hdlgen.arithmetic.prefix_graph import Columns, fan_outs, nodes, size
from hdlgen.arithmetic.prefix_moves import completed

__all__ = ["fitted", "prefix_time"]

_JOIN, _DOUBLING = 1.0, 0.6
"""FO4 of a join that nobody reads, and what every doubling of its readers adds: buffers make it grow no faster."""
_LARGE = ("kogge_stone", "han_carlson", "han_carlson_4")
"""What little these are faster costs too many nodes."""
_ALLOWED = 1.04
"""How much later than the fastest graph found a smaller one may be."""


def prefix_time(columns: Columns, arrivals: Sequence[float]) -> float:
    """Estimate when the last prefix is ready, in FO4.

    Args:
        arrivals: of the bits, in FO4.
    """
    readers = fan_outs(columns)
    times = {(bit, bit): arrival for bit, arrival in enumerate(arrivals)}
    for high, middle, low in nodes(columns):
        joined = max(times[high, middle], times[middle - 1, low])
        times[high, low] = joined + _join_delay(readers[high, low])
    return max(times.values())


def _join_delay(readers: int) -> float:
    return _JOIN + _DOUBLING * math.log2(1 + readers)


@lru_cache(maxsize=1024)
def fitted(arrivals: tuple[float, ...]) -> Columns:
    """Make a graph for bits that come at given times: nearly the fastest, and then as small as can be.

    It starts from the smallest of those that are nearly as fast as the fastest, among the smaller classic networks and
    one that is split by arrival; then leaves out span after span, the highest bits' first, while it stays as fast.

    Args:
        arrivals: of the bits, the lowest first, in FO4.
    Source: Zimmermann, Proc. IFIP Workshop on Logic and Architecture Synthesis, 1996, 123-132 (fast first, then small
        where there is slack); Liu, Zhou, Zhu and Cheng, ICCAD 2003, 734-740 (arrival times).
    """
    width = len(arrivals)
    candidates = [_split_by_arrival(arrivals), tuple((0,) if bit else () for bit in range(width))]
    candidates += [make(width) for name, make in PREFIX_FAMILIES.items() if name not in _LARGE]
    times = [prefix_time(columns, arrivals) for columns in candidates]
    deadline = min(arrivals) + (min(times) - min(arrivals)) * _ALLOWED
    graph = min((columns for columns, time in zip(candidates, times, strict=True) if time <= deadline), key=size)
    while True:
        smaller = _without_one(graph, arrivals, deadline)
        if smaller == graph:
            return graph
        graph = smaller


def _without_one(graph: Columns, arrivals: tuple[float, ...], deadline: float) -> Columns:
    """Leave out, in one pass, every span without which the graph is smaller and not too late."""
    for high in range(len(graph) - 1, 0, -1):
        for low in graph[high][:-1]:
            less = [[other for other in lows if (place, other) != (high, low)] for place, lows in enumerate(graph)]
            trial = completed(less)
            if size(trial) < size(graph) and prefix_time(trial, arrivals) <= deadline:
                graph = trial
                break
    return graph


def _split_by_arrival(arrivals: tuple[float, ...]) -> Columns:
    """Join in two parts at every level, cut where both are ready at nearly the same time."""
    width = len(arrivals)
    done = {(bit, bit): arrival for bit, arrival in enumerate(arrivals)}
    ends = dict(done)
    cuts: dict[tuple[int, int], int] = {}
    for length in range(1, width):
        for low in range(width - length):
            high = low + length
            best = (math.inf, math.inf, 0)
            for cut in range(low, high):
                carry = ends[cut, low]
                time = max(done[cut, low], max(carry, done[high, cut + 1]) + _join_delay(1))
                best = min(best, (time, abs(2 * cut + 1 - low - high), cut))
            cuts[high, low] = cut = best[2]
            done[high, low] = best[0]
            ends[high, low] = max(ends[cut, low], ends[high, cut + 1]) + _join_delay(1)
    spans: list[set[int]] = [set() for _ in range(width)]
    parts = [(width - 1, 0)]
    while parts:
        high, low = parts.pop()
        if high > low:
            cut = cuts[high, low]
            for bit in range(cut + 1, high + 1):
                spans[bit].add(low)
            parts += [(cut, low), (high, cut + 1)]
    return completed(spans)

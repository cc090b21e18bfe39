"""Fits: integer coefficients, segment by segment, whose sum keeps given bounds at every index.

The bounds of all indices are turned into the range that each coefficient may have, by integers, so whatever comes out
is right at every index, and no coefficient has a bit that it does not need. Of the coefficients that are allowed, those
are taken whose tables need the fewest multiplexers.

Source: the ranges of slopes and intercepts are those of Orloski, Coward and Drane, "Automatic Generation of Complete
Polynomial Interpolation Hardware Design Space", Asilomar 2022; the bipartite table is Das Sarma and Matula's
(ARITH-12, 1995).
"""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hdlgen.approximation.goal import FREE, Bounds, Integers
from hdlgen.approximation.reductions import Reduction, Sum
from hdlgen.arithmetic.decisions import node_count
from hdlgen.dataflow import Kind, Term
from hdlgen.limits import MAX_TABLE_ENTRIES, MAX_TABLE_MULTIPLEXERS
from hdlgen.number import Format
from hdlgen.scalars import Scalars

__all__ = ["FITS", "Fit", "Lookup", "Problem"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

_PRODUCT_BIT, _ADDER_BIT = 3.0, 2.5
"""Area of a bit of a product and of an adder in multiplexers."""
_FINEST = 12
"""Most bits of a sum below the result's last place."""
_LINES, _CURVES = range(1, 7), range(3, 10)
"""Bits of the distance within a segment, for straight lines and for parabolas."""
_MOST_SEGMENT_BITS = 12
"""More segments than these cost more than the plain table that they are to replace, and long to find."""
_DROPS = 2
"""So many numbers of dropped bits are tried, from the most on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """A table and what its value is multiplied by.

    Args:
        slices: lowest bit and width of the parts of the index that it is read by, the lowest part first.
        values: for each pattern of these bits.
        power: 0 for the value itself, 1 for the distance from the segment's beginning, 2 for its square.
    """

    slices: tuple[tuple[int, int], ...]
    values: tuple[int, ...]
    power: int = 0

    @property
    def trimmed(self) -> tuple[tuple[int, ...], int]:
        """Give the values without the zeros that all of them end in, and the number of these."""
        every = functools.reduce(operator.or_, self.values)
        zeros = (every & -every).bit_length() - 1 if every else 0
        return (tuple(value >> zeros for value in self.values) if zeros else self.values), zeros

    @property
    def width(self) -> int:
        """Tell the bits of the trimmed values."""
        values = self.trimmed[0]
        return Format.holding(min(values), max(values)).width

    def multiplexers(self) -> int:
        """Count the multiplexers of the table."""
        return node_count(self.trimmed[0], self.width)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A sum of looked-up coefficients that keeps the bounds.

    Args:
        scale: bits of the sum below the result's last place.
        lookups: its terms.
        distance: lowest bit and width of the part of the index that is the distance within a segment.
        squared_drop: lowest bits of the square that are left away.
        low, high: least and greatest value of the sum.
    """

    scale: int
    lookups: tuple[Lookup, ...]
    distance: tuple[int, int] = (0, 0)
    squared_drop: int = 0
    low: int
    high: int

    @property
    def cost(self) -> float:
        """Estimate the area in multiplexers."""
        bits = self.distance[1]
        widths = {1: bits, 2: 2 * bits - self.squared_drop}
        cost = sum(
            lookup.multiplexers() + _PRODUCT_BIT * lookup.width * widths.get(lookup.power, 0) for lookup in self.lookups
        )
        if any(lookup.power == 2 for lookup in self.lookups):
            cost += _PRODUCT_BIT * bits * bits / 2
        if len(self.lookups) > 1:
            cost += _ADDER_BIT * Format.holding(self.low, self.high).width
        return cost

    @property
    def fits_hardware(self) -> bool:
        """Tell whether every table keeps the stated size."""
        return all(lookup.multiplexers() <= MAX_TABLE_MULTIPLEXERS for lookup in self.lookups)

    def build(self, scalars: Scalars, index: int) -> Sum:
        """Add tables and products for an index, and give the terms of their sum."""
        terms = []
        for lookup in self.lookups:
            values, zeros = lookup.trimmed
            table = scalars.table(_joined(scalars, index, lookup.slices), values)
            factors: tuple[int, ...] = (table,)
            if lookup.power:
                distance = _joined(scalars, index, (self.distance,))
                if lookup.power == 2:
                    square = scalars.sum([Term(factors=(distance, distance))])
                    distance = scalars.floor(square, self.squared_drop)
                factors = (table, distance)
            terms.append(Term(factors=factors, coefficient=1 << zeros))
        return Sum(terms=tuple(terms), scale=self.scale, low=self.low, high=self.high)


def _joined(scalars: Scalars, index: int, slices: Sequence[tuple[int, int]]) -> int:
    """Take bits out of an index and put them side by side."""
    parts = []
    for low, width in slices:
        whole = not low and scalars.operations[index].format.width == width
        part = Format(width=width, signed=False)
        parts.append(index if whole else scalars.unsigned(scalars.slice(index, low, part), width))
    if len(parts) == 1:
        return parts[0]
    return scalars.bits(Kind.JOIN, *parts, format=Format(width=sum(width for _, width in slices), signed=False))


class Problem:
    """The bounds of a reduction at every scale, with some of the lowest bits of the index dropped."""

    def __init__(self, reduction: Reduction) -> None:
        self.width = reduction.index_width
        self.least_scale = reduction.least_scale
        self._reduction = reduction
        self._known: dict[tuple[int, int], Bounds] = {}
        self._slopes: dict[tuple[int, int, int], tuple[Integers, Integers]] = {}

    def bounds(self, scale: int, dropped: int) -> Bounds:
        """Join the bounds of the indices that dropping makes equal."""
        key = (scale, dropped)
        if key not in self._known:
            whole = self._reduction.bounds(scale) if not dropped else self.bounds(scale, 0)
            low, high = (bound.reshape(-1, 1 << dropped) for bound in (whole.low, whole.high))
            self._known[key] = Bounds(low=low.max(axis=1), high=high.min(axis=1))
        return self._known[key]

    def rows(self, scale: int, dropped: int, bits: int) -> tuple[Integers, Integers]:
        """Give the bounds with a row for each segment."""
        bounds = self.bounds(scale, dropped)
        return bounds.low.reshape(-1, 1 << bits), bounds.high.reshape(-1, 1 << bits)

    def slopes(self, scale: int, dropped: int, bits: int) -> tuple[Integers, Integers]:
        """Give for each segment the least and the greatest integer slope of a line between the bounds."""
        key = (scale, dropped, bits)
        if key not in self._slopes:
            low, high = self.rows(*key)
            least, most = np.full(len(low), -2 * FREE), np.full(len(low), 2 * FREE)
            for lag in range(1, 1 << bits):
                most = np.minimum(most, ((high[:, lag:] - low[:, :-lag]) // lag).min(axis=1))
                least = np.maximum(least, (-((high[:, :-lag] - low[:, lag:]) // lag)).max(axis=1))
            self._slopes[key] = least, most
        return self._slopes[key]

    def drops(self) -> list[int]:
        """List how many bits may be dropped, the most first."""
        scale = max(self.least_scale, 1)
        most = next((bits for bits in range(1, self.width) if not self.bounds(scale, bits).feasible), self.width)
        return [bits for bits in range(most - 1, -1, -1) if self.bounds(scale, bits).feasible]


def _simplest(low: Integers, high: Integers) -> Integers:
    """Choose from each range the number that ends in the most zeros."""
    chosen, open_ = low.copy(), np.ones(len(low), dtype=bool)
    for zeros in range(52, -1, -1):
        rounded = -(-low >> zeros) << zeros
        fits = open_ & (rounded <= high)
        chosen[fits] = rounded[fits]
        open_ &= ~fits
    return chosen


def _steady(low: Integers, high: Integers, simple: Integers) -> Integers:
    """Choose from each range the number before, or the simplest one where that is not in it."""
    chosen: list[int] = []
    for least, most, simplest in zip(low.tolist(), high.tolist(), simple.tolist(), strict=True):
        chosen.append(chosen[-1] if chosen and least <= chosen[-1] <= most else simplest)
    return np.array(chosen, dtype=np.int64)


def _ways(low: Integers, high: Integers) -> list[Integers]:
    """Choose numbers from ranges in all ways that have been found to help, each once."""
    simple = _simplest(low, high)
    steady = _steady(low, high, simple)
    return [simple] if np.array_equal(simple, steady) else [simple, steady]


def _fewest(low: Integers, high: Integers) -> Integers:
    """Choose numbers from ranges so that their table needs the fewest multiplexers."""
    return min(_ways(low, high), key=lambda values: Lookup(slices=(), values=tuple(values.tolist())).multiplexers())


def _lookup(slices: Sequence[tuple[int, int]], values: Integers, power: int = 0) -> Lookup:
    return Lookup(slices=tuple(slices), values=tuple(values.reshape(-1).tolist()), power=power)


def _tables(problem: Problem) -> Iterator[Fit]:
    """Look the result up."""
    scale = problem.least_scale
    for dropped in problem.drops()[:1]:
        if problem.width - dropped > MAX_TABLE_ENTRIES.bit_length() - 1:
            return
        bounds = problem.bounds(scale, dropped)
        if bounds.feasible:
            values = _fewest(bounds.low, bounds.high)
            lookup = _lookup([(dropped, problem.width - dropped)], values)
            yield Fit(scale=scale, lookups=(lookup,), low=int(values.min()), high=int(values.max()))


def _segmentations(problem: Problem, lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """List numbers of dropped bits and of bits within a segment."""
    for dropped, bits in itertools.product(problem.drops()[:_DROPS], lengths):
        segments = problem.width - dropped - bits
        if 1 <= segments <= _MOST_SEGMENT_BITS:
            yield dropped, bits


def _sloped(problem: Problem, dropped: int, bits: int, group: int) -> Iterator[tuple[int, Integers, Integers]]:
    """List scales with the slopes that 2**group neighbouring segments may share, the coarsest scale first."""

    def shared(scale: int) -> tuple[Integers, Integers]:
        least, most = problem.slopes(scale, dropped, bits)
        return least.reshape(-1, 1 << group).max(axis=1), most.reshape(-1, 1 << group).min(axis=1)

    finest = shared(_FINEST)
    if (finest[0] > finest[1]).any():
        return
    for scale in range(problem.least_scale, _FINEST + 1):
        least, most = shared(scale)
        if (least <= most).all():
            yield scale, least, most
            return


def _straight(
    problem: Problem, dropped: int, bits: int, scale: int, slopes: Integers
) -> tuple[Integers, Integers, Integers]:
    """Give the range of the intercepts, and the products of slopes and distances, for slopes of all segments."""
    low, high = problem.rows(scale, dropped, bits)
    products = slopes[:, np.newaxis] * np.arange(1 << bits)
    return (low - products).max(axis=1), (high - products).min(axis=1), products


def _lines(problem: Problem) -> Iterator[Fit]:
    """Put a straight line through each segment: intercept + slope * distance."""
    for dropped, bits in _segmentations(problem, _LINES):
        place = dropped + bits
        segment = [(place, problem.width - place)]
        for scale, least, most in _sloped(problem, dropped, bits, 0):
            for slopes in _ways(least, most):
                low, high, products = _straight(problem, dropped, bits, scale, slopes)
                starts = _fewest(low, high)
                sums = starts[:, np.newaxis] + products
                yield Fit(
                    scale=scale,
                    lookups=(_lookup(segment, starts), _lookup(segment, slopes, 1)),
                    distance=(dropped, bits),
                    low=int(sums.min()),
                    high=int(sums.max()),
                )


def _bipartite(problem: Problem) -> Iterator[Fit]:
    """Look the line up as well: neighbouring segments share the table of slope * distance."""
    for dropped, bits in _segmentations(problem, _LINES):
        place = dropped + bits
        for group in range(1, min(problem.width - place, 6)):
            for scale, least, most in _sloped(problem, dropped, bits, group):
                for slopes in _ways(least, most):
                    low, high, products = _straight(problem, dropped, bits, scale, slopes.repeat(1 << group))
                    starts = _fewest(low, high)
                    coarse = [(dropped, bits), (place + group, problem.width - place - group)]
                    lines = slopes[:, np.newaxis] * np.arange(1 << bits)
                    sums = starts[:, np.newaxis] + products
                    yield Fit(
                        scale=scale,
                        lookups=(_lookup([(place, problem.width - place)], starts), _lookup(coarse, lines)),
                        low=int(sums.min()),
                        high=int(sums.max()),
                    )


def _curves(problem: Problem) -> Iterator[Fit]:
    """Put a parabola through each segment: intercept + slope * distance + curvature * distance**2."""
    for dropped, bits in _segmentations(problem, _CURVES):
        for squared_drop in (bits, bits + 2):
            if _parabolas(problem, dropped, bits, squared_drop, _FINEST) is None:
                continue
            for scale in range(problem.least_scale, _FINEST + 1):
                fit = _parabolas(problem, dropped, bits, squared_drop, scale)
                if fit is not None:
                    yield fit
                    break


def _least_squares(basis: Floats, rows: Floats, asked: Booleans) -> Floats:
    """Fit each row by the basis, at the places alone where something is asked for on both sides."""
    found = rows @ np.linalg.pinv(basis).T
    for row in np.flatnonzero(~asked.all(axis=1) & asked.any(axis=1)):
        at = asked[row]
        found[row] = np.linalg.lstsq(basis[at], rows[row, at], rcond=None)[0]
    return np.asarray(found)


def _parabolas(problem: Problem, dropped: int, bits: int, squared_drop: int, scale: int) -> Fit | None:
    """Try the coefficients next to the best real ones; None where some segment has none that keep the bounds."""
    low, high = problem.rows(scale, dropped, bits)
    distance = np.arange(1 << bits)
    square = distance * distance >> squared_drop
    asked = (low > -FREE // 2) & (high < FREE // 2)
    middle = np.where(asked, (low + high) / 2.0, 0.0)
    basis = np.stack([np.ones(len(distance)), distance, square], axis=1)
    curve = _least_squares(basis, middle, asked)[:, 2]
    widest = np.full(len(low), -1, dtype=np.int64)
    best = [np.zeros(len(low), dtype=np.int64) for _ in range(4)]
    for step in (0, -1, 1):
        curves = np.rint(curve).astype(np.int64) + step
        rest = middle - curves[:, np.newaxis] * square
        nearest = np.floor(_least_squares(basis[:, :2], rest, asked)[:, 1]).astype(np.int64)
        for slopes in (nearest, nearest + 1):
            products = slopes[:, np.newaxis] * distance + curves[:, np.newaxis] * square
            least, most = (low - products).max(axis=1), (high - products).min(axis=1)
            better = most - least > widest
            widest = np.where(better, most - least, widest)
            for kept, new in zip(best, (curves, slopes, least, most), strict=True):
                kept[better] = new[better]
    if (widest < 0).any():
        return None
    curves, slopes, least, most = best
    starts = _fewest(least, most)
    sums = starts[:, np.newaxis] + slopes[:, np.newaxis] * distance + curves[:, np.newaxis] * square
    place = dropped + bits
    segment = [(place, problem.width - place)]
    return Fit(
        scale=scale,
        lookups=(_lookup(segment, starts), _lookup(segment, slopes, 1), _lookup(segment, curves, 2)),
        distance=(dropped, bits),
        squared_drop=squared_drop,
        low=int(sums.min()),
        high=int(sums.max()),
    )


FITS: Mapping[str, Callable[[Problem], Iterator[Fit]]] = {
    "linear": _lines,
    "quadratic": _curves,
    "bipartite": _bipartite,
    "table": _tables,
}
"""Ways to keep bounds, each a generator of fits of which the cheapest is taken."""

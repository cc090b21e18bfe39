"""Look values up in timing tables: one at a time, or thousands at once by numpy."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.cells import Floats, Table

__all__ = ["Lines", "Pack", "interpolate"]

Integers = npt.NDArray[np.intp]


def interpolate(table: Table, first: float, second: float) -> float:
    """Interpolate bilinearly between the four nearest entries, and extrapolate linearly beyond the edges."""
    low, share = _place(table.first, first)
    row = table.values[low] if share == 0.0 else table.values[low] * (1 - share) + table.values[low + 1] * share
    low, share = _place(table.second, second)
    return float(row[low] if share == 0.0 else row[low] * (1 - share) + row[low + 1] * share)


def _place(axis: Floats, value: float) -> tuple[int, float]:
    """Give the lower neighbour on an axis and the share of the upper one; below 0 or above 1 beyond the edges."""
    if len(axis) == 1:
        return 0, 0.0
    low = min(max(bisect.bisect_right(axis, value) - 1, 0), len(axis) - 2)
    return low, float((value - axis[low]) / (axis[low + 1] - axis[low]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """Hold one function of the slew a row, piecewise linear: what is left of tables once the load is known.

    Args:
        inner: shape (rows, pieces - 1): where a piece ends and the next begins; infinite where a row has fewer.
        offset, slope: shape (rows, pieces): value = offset + slope * slew on each piece.
    """

    inner: Floats
    offset: Floats
    slope: Floats

    def at(self, begin: int, end: int, slews: Floats) -> Floats:
        """Evaluate rows begin..end-1, each at its own slew."""
        if not self.inner.shape[1]:
            return np.asarray(self.offset[begin:end, 0] + self.slope[begin:end, 0] * slews)
        piece = (self.inner[begin:end] <= slews[:, None]).sum(axis=1)
        rows = np.arange(begin, end)
        return np.asarray(self.offset[rows, piece] + self.slope[rows, piece] * slews)

    def minus(self, other: Lines, rows: Integers) -> Lines:
        """Take another function with the same pieces away from some rows."""
        offset, slope = self.offset.copy(), self.slope.copy()
        offset[rows] -= other.offset[rows]
        slope[rows] -= other.slope[rows]
        return Lines(inner=self.inner, offset=offset, slope=slope)


class Pack:
    """Hold many tables of any sizes in arrays of one size, and cut them at given loads."""

    def __init__(self, tables: Sequence[Table]) -> None:
        pieces = max([len(table.first) for table in tables] + [2]) - 1
        loads = max([len(table.second) for table in tables] + [2])
        count = len(tables)
        self._inner = np.full((count, pieces - 1), np.inf)
        self._first = np.zeros((count, pieces + 1))
        self._width = np.ones((count, pieces))  # of each piece; 1 beyond a row's end, where no slew ever falls
        self._load = np.full((count, loads), np.inf)
        self._columns = np.zeros((count, loads, pieces + 1))
        for row, table in enumerate(tables):
            n, m = table.values.shape
            self._columns[row, :m, :n] = table.values.T
            self._columns[row, :m, n:] = table.values[-1][:, None]
            self._first[row, :n] = table.first
            self._width[row, : n - 1] = np.diff(table.first)
            self._inner[row, : max(n - 2, 0)] = table.first[1 : n - 1]
            self._load[row, :m] = table.second
            if m == 1:  # a second, equal column makes it constant in the load
                self._load[row, 1] = table.second[0] + 1.0
                self._columns[row, 1] = self._columns[row, 0]
        # The last finite entry opens no segment.
        self._opening = np.where(np.isinf(self._load[:, 2:]), np.inf, self._load[:, 1:-1])

    def cut(self, rows: Integers, loads: Floats) -> Lines:
        """Interpolate linearly along the load; row i of the result is table rows[i] at loads[i]."""
        low = (self._opening[rows] <= loads[:, None]).sum(axis=1)
        place = rows * self._load.shape[1] + low  # of the lower load, with all tables in one line
        left, right = self._load.ravel()[place], self._load.ravel()[place + 1]
        share = ((loads - left) / (right - left))[:, None]
        columns = self._columns.reshape(-1, self._columns.shape[2])
        column = columns[place] * (1 - share) + columns[place + 1] * share
        slope = np.diff(column, axis=1) / self._width[rows]
        return Lines(inner=self._inner[rows], offset=column[:, :-1] - slope * self._first[rows, :-1], slope=slope)

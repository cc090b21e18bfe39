"""Pools of candidates: valid points as rows of numbers, with a mark on those that are free to be asked."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from hdlgen.space import Point, Space
from search.pareto import Floats

__all__ = ["SAMPLE", "WHOLE", "Pool"]

WHOLE = 100_000
"""The largest space that a pool holds as a whole; of a larger one it holds a sample and what is added to it."""
SAMPLE = 8_000
_LISTED = 2_000_000
"""The largest space whose points are listed to draw the sample from: quicker than drawing them one by one."""

Positions = npt.NDArray[np.int16]


class Pool:
    """Candidates of a space: all its points, or above `WHOLE` points a sample to which others join.

    A candidate is known by its place, 0 to len() - 1; points join at the end.
    """

    def __init__(self, space: Space, *, seed: int) -> None:
        self._space = space
        self._positions = [
            {(type(choice), choice): at for at, choice in enumerate(knob.choices)} for knob in space.knobs
        ]
        self._spans = np.array([max(1, len(knob.choices) - 1) for knob in space.knobs], dtype=np.float64)
        self.whole = space.size() <= WHOLE
        if space.listed is not None or space.size() > _LISTED:
            positions = self._read(space.enumerate() if self.whole else space.sample(SAMPLE, seed))
        else:
            positions = _combinations(space)
            if not self.whole:
                positions = positions[np.random.default_rng(seed).choice(len(positions), SAMPLE, replace=False)]
        self._points: list[Point | None] = [None] * len(positions)
        self._places = {row.tobytes(): place for place, row in enumerate(positions)}
        self.rows: Floats = positions / self._spans
        """Shape (candidates, knobs): for each knob the rank of its choice, 0.0 for the first, 1.0 for the last."""
        self.positions = positions
        """Of the same shape: the ranks themselves, from 0 on."""
        self.free = np.ones(len(positions), dtype=np.bool_)
        """Which candidates were not taken yet."""

    def _read(self, points: Iterable[Point]) -> Positions:
        """Give the positions of points' choices."""
        rows = [
            [positions[type(choice), choice] for positions, (_, choice) in zip(self._positions, p.values, strict=True)]
            for p in points
        ]
        return np.array(rows, dtype=np.int16).reshape(len(rows), len(self._positions))

    def __len__(self) -> int:
        return len(self._points)

    def point(self, place: int) -> Point:
        """Give the point of a place."""
        point = self._points[place]
        if point is None:
            pairs = zip(self._space.knobs, self.positions[place].tolist(), strict=True)
            point = Point(values=tuple((knob.name, knob.choices[at]) for knob, at in pairs))
            self._points[place] = point
        return point

    def join(self, points: Iterable[Point]) -> list[int]:
        """Give the places of valid points; those that the pool does not hold yet join it, free."""
        found: list[int] = []
        fresh: list[Positions] = []
        for row in self._read(points):
            place = self._places.setdefault(row.tobytes(), len(self._places))
            found.append(place)
            if place >= len(self._points) + len(fresh):
                fresh.append(row)
        if fresh:
            added = np.array(fresh, dtype=np.int16)
            self._points += [None] * len(fresh)
            self.positions = np.concatenate([self.positions, added])
            self.rows = np.concatenate([self.rows, added / self._spans])
            self.free = np.concatenate([self.free, np.ones(len(fresh), dtype=np.bool_)])
        return found

    def take(self, place: int) -> bool:
        """Mark a candidate as taken; tell whether it was free."""
        was, self.free[place] = bool(self.free[place]), False
        return was


def _combinations(space: Space) -> Positions:
    """List the positions of all valid points, in the order of `Space.enumerate` but whole columns at a time."""
    rows = np.zeros((1, 0), dtype=np.int16)
    places = {knob.name: place for place, knob in enumerate(space.knobs)}
    for knob in space.knobs:
        valid = np.ones((len(rows), len(knob.choices)), dtype=np.bool_)
        for at, choice in enumerate(knob.choices):
            for name, values in knob.conditions(choice):
                earlier = space.knobs[places[name]]
                valid[:, at] &= np.isin(
                    rows[:, places[name]], [p for p in map(earlier.position, values) if p is not None]
                )
        parent, position = np.nonzero(valid)
        rows = np.column_stack([rows[parent], position.astype(np.int16)])
    return rows

"""Where the parts of a datapath's picture lie, and the ways of the wires between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from itertools import pairwise

from search.report.layout import Box, place
from search.report.parts import Column, Edge, Part
from search.report.svg import coordinate

__all__ = ["TOP", "Routes"]

LANE, MARGIN = 26.0, 4.0  # pixels; a unit takes two lanes, all else one
PORT, UNIT, EMPTY, BAR, BORDER = 84.0, 150.0, 34.0, 30.0, 10.0  # widths of columns
GAP, NARROW, SIDE, TOP, BOTTOM = 30.0, 12.0, 28.0, 34.0, 32.0
TRACK, MOST_TRACKS = 7.0, 12
MOST_BENDS = 3000

Place = tuple[float, float]


class Routes:
    """The places of all parts, x by column and y by lane, in pixels; `lefts` are the left sides of the columns."""

    def __init__(self, columns: Sequence[Column], parts: Sequence[Part], edges: Sequence[Edge]) -> None:
        self.columns, self.parts = columns, parts
        self._forward = [edge for edge in edges if not self.leads_back(edge)]
        long = [edge for edge in edges if self._is_long(edge)]
        self._taps = [edge for edge in edges if self._is_tap(edge)]
        self._tracks = {edge: number % MOST_TRACKS for number, edge in enumerate(long)}
        boxes, pairs = self._boxes()
        self._starts = place(boxes, pairs)
        self._widths = self._column_widths()
        self.lefts, x = [], SIDE
        quiet = self._quiet()
        for number, width in enumerate(self._widths):
            self.lefts.append(x)
            x += width + (NARROW if quiet[number : number + 2] == [True, True] else GAP)
        lanes = max((self._starts[box.key] + box.size for box in boxes), default=1)
        self.width, self.bottom = x - GAP + SIDE, TOP + lanes * LANE
        self.height = self.bottom + BOTTOM + TRACK * min(len(long), MOST_TRACKS)
        self._ends = self._spread()

    @staticmethod
    def leads_back(edge: Edge) -> bool:
        """Tell whether an edge ends before its source does."""
        return edge.source.last >= edge.target.first

    def feeds_back(self, edge: Edge) -> bool:
        """Tell whether an edge carries a value to a later use of an earlier part."""
        return self.leads_back(edge) and not self._is_tap(edge)

    @staticmethod
    def _is_tap(edge: Edge) -> bool:
        """Tell whether an edge leaves a shared unit that goes on with other operations."""
        return edge.source.first < edge.target.first <= edge.source.last

    def _is_long(self, edge: Edge) -> bool:
        return not self._is_tap(edge) and edge.source.last - edge.target.first > 2

    def _boxes(self) -> tuple[list[Box], list[tuple[Hashable, Hashable]]]:
        """List what takes lanes, parts and the bends of edges that cross columns, and what should lie level."""
        boxes = [Box(key=part, first=part.first, last=part.last, size=_size(part)) for part in self.parts]
        pairs: list[tuple[Hashable, Hashable]] = []
        bends = sum(edge.target.first - edge.source.last - 1 for edge in self._forward)
        for edge in self._forward:
            between = range(edge.source.last + 1, edge.target.first) if bends <= MOST_BENDS else range(0)
            boxes += [Box(key=(edge, column), first=column, last=column, size=1) for column in between]
            pairs += pairwise([edge.source, *((edge, column) for column in between), edge.target])
        return boxes, pairs

    def _column_widths(self) -> list[float]:
        begun = {part.first for part in self.parts}
        full = {"input": (PORT, PORT), "output": (PORT, PORT), "unit": (EMPTY, UNIT), "register": (BORDER, BAR)}
        return [full[column.role][number in begun] for number, column in enumerate(self.columns)]

    def _quiet(self) -> list[bool]:
        """Mark the columns in which nothing begins or ends: they may lie close together."""
        busy = {column for part in self.parts for column in (part.first, part.last)}
        return [number not in busy for number in range(len(self.columns))]

    def role(self, column: int) -> str:
        """Tell what a column holds."""
        return self.columns[column].role

    def right_of(self, column: int) -> float:
        """Give the right side of a column."""
        return self.lefts[column] + self._widths[column]

    def centre(self, column: int) -> float:
        """Give the middle of a column."""
        return self.lefts[column] + self._widths[column] / 2

    def borders(self, first: int, last: int) -> tuple[float, float]:
        """Give the left and right side of some columns with half of the gaps beside them."""
        before = self.right_of(first - 1) if first else 0.0
        after = self.lefts[last + 1] if last + 1 < len(self.lefts) else self.width
        return (before + self.lefts[first]) / 2, (self.right_of(last) + after) / 2

    def box(self, part: Part) -> tuple[float, float, float, float]:
        """Give left, top, width and height of a part."""
        left, top = self.lefts[part.first], TOP + self._starts[part] * LANE + MARGIN
        return left, top, self.right_of(part.last) - left, _size(part) * LANE - 2 * MARGIN

    def arrival(self, edge: Edge) -> float:
        """Give the height at which a forward edge arrives."""
        return self._ends[edge, True]

    def _spread(self) -> dict[tuple[Edge, bool], float]:
        """Spread the ends of forward edges over the sides of the parts, in the order of what lies beyond."""
        touching: dict[tuple[Part, bool], list[Edge]] = defaultdict(list)
        for edge in self._forward:
            touching[edge.source, False].append(edge)
            touching[edge.target, True].append(edge)
        ends = {}
        for (part, arriving), edges in touching.items():
            _, top, _, height = self.box(part)
            room = height - 12 if part.role == "unit" else 0.0
            ordered = sorted((self._next(edge, arriving), number) for number, edge in enumerate(edges))
            for rank, (_, number) in enumerate(ordered):
                ends[edges[number], arriving] = top + height / 2 + room * ((rank + 0.5) / len(edges) - 0.5)
        return ends

    def _next(self, edge: Edge, arriving: bool) -> float:
        """Give the height of what an edge meets before its end, or after its beginning."""
        column = edge.target.first - 1 if arriving else edge.source.last + 1
        if (edge, column) in self._starts:
            return self._starts[edge, column] + 0.5
        part = edge.source if arriving else edge.target
        return self._starts[part] + _size(part) / 2

    def path(self, edge: Edge) -> str:
        """Draw the way of an edge, with a head at its end."""
        if not self.leads_back(edge):
            return self._level(edge)
        if edge.source.last == edge.target.first == 0:
            return self._aside(edge)
        return self._tap(edge) if self._is_tap(edge) else self._below(edge)

    def _level(self, edge: Edge) -> str:
        """Lead an edge level through the columns that it crosses, bending between them."""
        points = [(self.right_of(edge.source.last), self._ends[edge, False])]
        for column in range(edge.source.last + 1, edge.target.first):
            if (edge, column) in self._starts:
                y = TOP + (self._starts[edge, column] + 0.5) * LANE
                points += [(self.lefts[column] - 4, y), (self.right_of(column) + 4, y)]
        points.append((self.lefts[edge.target.first] - 1, self._ends[edge, True]))
        steps = [f"M{_at(*points[0])}"]
        for index, ((x1, y1), (x2, y2)) in enumerate(pairwise(points)):
            bend = (x1 + x2) / 2
            straight = index % 2 == 1 or y1 == y2
            steps.append(f"L{_at(x2, y2)}" if straight else f"C{_at(bend, y1)} {_at(bend, y2)} {_at(x2, y2)}")
        return "".join(steps) + _head(*points[-1])

    def _aside(self, edge: Edge) -> str:
        """Lead an edge between two parts of the first column along its left side."""
        (left, y1, _, h1), (_, y2, _, h2) = self.box(edge.source), self.box(edge.target)
        start, end, out = y1 + h1 * 0.7, y2 + h2 * 0.3, left - 15
        return f"M{_at(left, start)}C{_at(out, start)} {_at(out, end)} {_at(left - 1, end)}{_head(left - 1, end)}"

    def _tap(self, edge: Edge) -> str:
        """Lead an edge out of the middle of a unit, up or down to one that begins meanwhile."""
        (_, sy, _, sh), (left, top, _, height) = self.box(edge.source), self.box(edge.target)
        x, y = left - 9.0 - 3 * (self._taps.index(edge) % 4), top + height / 2
        return _rounded([(x, sy + sh if y > sy else sy), (x, y), (left - 1, y)]) + _head(left - 1, y)

    def _below(self, edge: Edge) -> str:
        """Lead an edge back below the two parts, or below the whole picture where they are far apart."""
        (sx, sy, sw, sh), (tx, ty, _, th) = self.box(edge.source), self.box(edge.target)
        track = self._tracks.get(edge)
        out = 10.0 if track is None else 8.0 + 3 * (track % 4)
        low = max(sy + sh, ty + th) + MARGIN if track is None else self.bottom + 10 + TRACK * track
        start, end, right, left = sy + sh * 0.75, ty + th * 0.75, sx + sw, tx - 1
        corners = [(right + out, start), (right + out, low), (left - out, low), (left - out, end)]
        return _rounded([(right, start), *corners, (left, end)]) + _head(left, end)


def _size(part: Part) -> int:
    return 2 if part.role == "unit" else 1


def _at(x: float, y: float) -> str:
    return f"{coordinate(x)},{coordinate(y)}"


def _head(x: float, y: float) -> str:
    return f"M{_at(x - 5, y - 3)}L{_at(x, y)}L{_at(x - 5, y + 3)}"


def _rounded(points: Sequence[Place]) -> str:
    """Join points by straight lines with rounded corners."""
    steps = [f"M{_at(*points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        near, far = _towards(corner, before), _towards(corner, after)
        steps.append(f"L{_at(*near)}Q{_at(*corner)} {_at(*far)}")
    return "".join(steps) + f"L{_at(*points[-1])}"


def _towards(start: Place, end: Place) -> Place:
    """Go from one point to another, 6 pixels or half of the way."""
    (x1, y1), (x2, y2) = start, end
    length = max(abs(x2 - x1), abs(y2 - y1)) or 1.0  # all lines are level or upright
    share = min(6.0, length / 2) / length
    return x1 + (x2 - x1) * share, y1 + (y2 - y1) * share

"""Placing boxes in columns and lanes: a small layered layout for pictures of datapaths."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Box", "depths", "place"]

SWEEPS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Something that takes `size` lanes in every column from `first` to `last`."""

    key: Hashable
    first: int
    last: int
    size: int


def depths(members: Sequence[str], edges: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Measure how many members lie before each one on the longest way; an edge that closes a loop does not count."""
    inside = set(members)
    successors: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        if source in inside and target in inside and source != target:
            successors[source].append(target)
    order: list[str] = []
    state: dict[str, int] = {}  # 1: on the way, 2: done
    kept: list[tuple[str, str]] = []
    for root in members:
        stack = [(root, iter(successors[root]))] if root not in state else []
        state.setdefault(root, 1)
        while stack:
            name, following = stack[-1]
            target = next(following, "")
            if not target:
                stack.pop()
                state[name] = 2
                order.append(name)
                continue
            if state.get(target) != 1:
                kept.append((name, target))
            if target not in state:
                state[target] = 1
                stack.append((target, iter(successors[target])))
    forward: dict[str, list[str]] = defaultdict(list)
    for source, target in kept:
        forward[source].append(target)
    depth = dict.fromkeys(members, 0)
    for name in reversed(order):
        for target in forward[name]:
            depth[target] = max(depth[target], depth[name] + 1)
    return depth


class _Lanes:
    """Which lanes of which column are taken."""

    def __init__(self) -> None:
        self._taken: dict[int, set[int]] = defaultdict(set)

    def take(self, box: Box, wanted: float) -> int:
        """Reserve the free lanes whose middle is nearest to a wanted one; give the first lane."""
        near = round(wanted - (box.size - 1) / 2)
        shift = 0
        while True:
            for start in (near + shift, near - shift):
                lanes = range(start, start + box.size)
                if not any(lane in self._taken[column] for column in range(box.first, box.last + 1) for lane in lanes):
                    for column in range(box.first, box.last + 1):
                        self._taken[column].update(lanes)
                    return start
            shift += 1


def _middle(start: int, box: Box) -> float:
    return start + (box.size - 1) / 2


def _sweep(
    boxes: Sequence[Box], wanted: Mapping[Hashable, float], neighbours: Mapping[Hashable, list[Hashable]], forward: bool
) -> dict[Hashable, int]:
    """Place column by column at the mean of the neighbours already placed, else where the last sweep wanted it."""
    lanes, starts, by_key = _Lanes(), dict[Hashable, int](), {box.key: box for box in boxes}
    columns: dict[int, list[Box]] = defaultdict(list)
    for box in boxes:
        columns[box.first if forward else box.last].append(box)
    for column in sorted(columns, reverse=not forward):
        wishes = {}
        for box in columns[column]:
            placed = [_middle(starts[key], by_key[key]) for key in neighbours[box.key] if key in starts]
            wishes[box.key] = sum(placed) / len(placed) if placed else wanted[box.key]
        for box in sorted(columns[column], key=lambda box: (box.first - box.last, wishes[box.key])):
            starts[box.key] = lanes.take(box, wishes[box.key])
        alike: dict[tuple[int, int, int], list[Box]] = defaultdict(list)
        for box in columns[column]:
            alike[box.first, box.last, box.size].append(box)
        for group in alike.values():  # the same places, in the order of the wishes: no needless crossing
            order = sorted(group, key=lambda box: (wishes[box.key], wanted[box.key]))
            for box, start in zip(order, sorted(starts[box.key] for box in group), strict=True):
                starts[box.key] = start
    return starts


def place(boxes: Sequence[Box], edges: Sequence[tuple[Hashable, Hashable]]) -> dict[Hashable, int]:
    """Give each box its first lane, from 0, so that none overlap and edges stay short.

    Sweeps to the right place every box near those that feed it, sweeps to the left near those that it feeds; the
    placement with the least height of all edges together is kept.

    Args:
        edges: pairs of keys, from left to right.
    """
    before: dict[Hashable, list[Hashable]] = defaultdict(list)
    after: dict[Hashable, list[Hashable]] = defaultdict(list)
    for source, target in edges:
        before[target].append(source)
        after[source].append(target)
    by_key = {box.key: box for box in boxes}
    wanted: dict[Hashable, float] = {}
    filled: dict[int, int] = defaultdict(int)
    for box in boxes:
        wanted[box.key] = filled[box.first] + (box.size - 1) / 2
        filled[box.first] += box.size
    best: tuple[float, dict[Hashable, int]] | None = None
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        starts = _sweep(boxes, wanted, before if forward else after, forward)
        wanted = {key: _middle(start, by_key[key]) for key, start in starts.items()}
        height = sum(abs(wanted[source] - wanted[target]) for source, target in edges)
        extent = max(starts.values(), default=0) - min(starts.values(), default=0)
        if best is None or height + extent < best[0]:
            best = (height + extent, starts)
    found = best[1] if best else {}
    top = min(found.values(), default=0)
    return {key: start - top for key, start in found.items()}

"""The layered layout: nothing overlaps, whatever the graph; chains are counted."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from search.report.layout import Box, depths, place


@st.composite
def drawings(draw: st.DrawFn) -> tuple[list[Box], list[tuple[int, int]]]:
    boxes = []
    for key in range(draw(st.integers(1, 25))):
        first = draw(st.integers(0, 5))
        last = draw(st.integers(first, 6))
        boxes.append(Box(key=key, first=first, last=last, size=draw(st.integers(1, 3))))
    pairs = [(a.key, b.key) for a in boxes for b in boxes if a.last < b.first]
    edges = draw(st.lists(st.sampled_from(pairs), max_size=40)) if pairs else []
    return boxes, edges  # type: ignore[return-value]


@given(drawings())
def test_boxes_never_overlap(drawing: tuple[list[Box], list[tuple[int, int]]]) -> None:
    boxes, edges = drawing
    starts = place(boxes, edges)
    assert set(starts) == {box.key for box in boxes}
    assert min(starts.values()) == 0
    for one, other in itertools.combinations(boxes, 2):
        if one.first <= other.last and other.first <= one.last:
            a, b = starts[one.key], starts[other.key]
            assert a + one.size <= b or b + other.size <= a


def test_a_straight_chain_lies_level() -> None:
    boxes = [Box(key=n, first=n, last=n, size=2) for n in range(6)]
    assert set(place(boxes, [(n, n + 1) for n in range(5)]).values()) == {0}


def test_parallel_chains_do_not_cross() -> None:
    boxes = [Box(key=(lane, n), first=n, last=n, size=1) for n in range(4) for lane in (3, 1, 0, 2)]
    starts = place(boxes, [((lane, n), (lane, n + 1)) for n in range(3) for lane in range(4)])
    assert all(starts[lane, n] == starts[lane, 0] for n in range(4) for lane in range(4))


def test_depth_is_the_longest_way_and_loops_do_not_hang() -> None:
    edges = [("a", "b"), ("b", "c"), ("a", "c"), ("c", "d"), ("x", "x")]
    assert depths("abcdx", edges) == {"a": 0, "b": 1, "c": 2, "d": 3, "x": 0}
    assert depths("abc", [("a", "b"), ("b", "c"), ("c", "a")]) == {"a": 0, "b": 1, "c": 2}
    assert depths([], []) == {}

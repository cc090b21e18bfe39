"""What strategies share: points not asked yet, the opening, ranks and crowding."""

from __future__ import annotations

from collections import Counter

import numpy as np

from hdlgen.evaluation import Evaluation, Status
from hdlgen.space import Knob, Point, Space
from search.strategy import Unasked, crowding, opening, ranked
from tests.search.toy import OBJECTIVES, TINY, TOY, evaluation


def test_unasked_draws_each_point_once_and_uniformly() -> None:
    counts: Counter[Point] = Counter()
    for seed in range(2000):
        unasked = Unasked(TINY, seed=seed)
        taken = TINY.at(0)
        assert unasked.take(taken)
        assert not unasked.take(taken)
        first = unasked.draw()
        assert first is not None
        counts[first] += 1
        drawn = [first, *iter(unasked.draw, None)]
        assert {taken, *drawn} == set(TINY.enumerate())
        assert len(drawn) == TINY.size() - 1
        assert len(unasked) == 0
        assert unasked.taken == TINY.size()
    assert len(counts) == TINY.size() - 1
    expected = 2000 / len(counts)
    assert sum((count - expected) ** 2 for count in counts.values()) / expected < 22.5  # 0.999 quantile, 6 degrees


def test_opening_begins_with_the_default_and_spreads_wider_than_chance() -> None:
    def gap(points: list[Point]) -> float:
        codes = np.array([TOY.encode(point) for point in points])
        apart = np.abs(codes[:, None] - codes[None])
        distance = (apart + (apart > 0)).sum(axis=2) + 99 * np.eye(len(points))
        return float(distance.min())

    for seed in range(5):
        points = opening(TOY, 8, seed=seed)
        assert points[0] == TOY.default()
        assert len(set(points)) == 8
        assert all(TOY.contains(point) for point in points)
        assert points == opening(TOY, 12, seed=seed)[:8]
        assert gap(points) > max(gap(TOY.sample(8, other)) for other in range(20))
    assert set(opening(TINY, 99, seed=0)) == set(TINY.enumerate())


def test_opening_of_a_huge_space_is_quick() -> None:
    space = Space(knobs=tuple(Knob(name=f"k{place}", choices=tuple(range(9))) for place in range(25)))
    assert len(set(opening(space, 20, seed=1))) == 20


def test_ranked_puts_feasible_before_infeasible_and_leaves_failures_out() -> None:
    points = [Point(values=(("a", number),)) for number in range(5)]
    told = [
        evaluation(points[0], 1.0, 99.0, feasible=False),  # would dominate all
        evaluation(points[1], 20.0, 50.0),
        evaluation(points[2], 10.0, 50.0),
        Evaluation(point=points[3], status=Status.TOOL_FAILED),
        evaluation(points[4], 5.0, 40.0),
    ]
    layers = {member.point["a"]: layer for member, layer in ranked(told, OBJECTIVES)}
    assert layers == {2: 0, 4: 0, 1: 1, 0: 2}
    assert ranked([told[3]], OBJECTIVES) == []


def test_crowding_by_hand() -> None:
    # Deb et al. 2002: ends infinite; inside, the neighbours' gaps over the span, summed over objectives.
    points = np.array([[0.0, 10.0], [1.0, 6.0], [4.0, 5.0], [10.0, 0.0]])
    assert crowding(points).tolist() == [np.inf, 0.4 + 0.5, 0.9 + 0.6, np.inf]
    assert crowding(np.zeros((3, 2))).tolist()[0] == np.inf
    assert crowding(np.zeros((0, 2))).tolist() == []

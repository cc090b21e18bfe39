"""Fronts and indicators against definitions spelled out by loops, grids of unit cells, and published values."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from hdlgen.evaluation import Direction, Evaluation, Objective, Status
from hdlgen.space import Point
from search.pareto import Floats, Front, adrs, costs, dominates, front, hypervolume, non_dominated, ranks
from tests.search.toy import OBJECTIVES, evaluation

POINT = Point(values=(("a", 1),))


def grids(columns: int) -> list[Floats]:
    """Make small integer sets, so that ties and duplicates are many."""
    random = np.random.default_rng(columns)
    return [
        random.integers(0, 5, (size, columns)).astype(float) for size in (0, 1, 2, 3, 5, 8, 13, 30) for _ in range(6)
    ]


def beats(left: Floats, right: Floats) -> bool:
    return all(a <= b for a, b in zip(left, right, strict=True)) and any(
        a < b for a, b in zip(left, right, strict=True)
    )


@pytest.mark.parametrize("columns", [1, 2, 3, 4, 5])
def test_dominance_front_and_layers_equal_the_definition(columns: int) -> None:
    for points in grids(columns):
        expected = [
            not any(beats(other, row) for other in points) and not any((other == row).all() for other in points[:place])
            for place, row in enumerate(points)
        ]
        assert non_dominated(points).tolist() == expected
        for left, right in itertools.product(points[:6], points[:6]):
            assert dominates(left, right) == beats(left, right)
        layer, left_over, layers = 0, set(range(len(points))), [0] * len(points)
        while left_over:
            best = {i for i in left_over if not any(beats(points[j], points[i]) for j in left_over)}
            for place in best:
                layers[place] = layer
            left_over -= best
            layer += 1
        assert ranks(points).tolist() == layers


@pytest.mark.parametrize("columns", [1, 2, 3, 4, 5])
def test_hypervolume_counts_the_dominated_unit_cells(columns: int) -> None:
    cells = np.array(list(itertools.product(range(4), repeat=columns)), dtype=float)
    for points in grids(columns)[:30]:
        covered = (points[:, None] <= cells[None]).all(axis=2).any(axis=0).sum() if len(points) else 0
        assert hypervolume(points, np.full(columns, 4.0)) == pytest.approx(covered)


def test_hypervolume_of_a_published_example() -> None:
    points = np.array([[5.0, 5.0], [4.0, 6.0], [2.0, 7.0], [7.0, 4.0]])  # moocore's and R emoa's manual
    assert hypervolume(points, np.array([10.0, 10.0])) == 38.0
    assert hypervolume(points - 10, np.array([0.0, 0.0])) == 38.0  # maximised metrics are negative costs


def test_adrs_by_hand() -> None:
    reference = np.array([[10.0, 40.0], [20.0, 20.0], [40.0, 10.0]])
    assert adrs(reference, reference) == 0.0
    assert adrs(reference[::-1] * 0.5, reference) == 0.0  # better than the reference is no distance
    # From (20, 22): 100% behind (10, 40), 10% behind (20, 20), 120% behind (40, 10).
    assert adrs(np.array([[20.0, 22.0]]), reference) == pytest.approx((1.0 + 0.1 + 1.2) / 3)
    # A throughput of 90 for 100 is 10% behind.
    assert adrs(np.array([[1.0, -90.0]]), np.array([[1.0, -100.0]])) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: non_dominated(np.zeros(3)), "non_dominated: costs must be of shape (points, objectives), not (3,)"),
        (lambda: ranks(np.array([[np.nan]])), "ranks: costs must be finite"),
        (
            lambda: hypervolume(np.zeros((2, 3)), np.ones(2)),
            "hypervolume: costs must be of shape (points, 2), not (2, 3)",
        ),
        (lambda: hypervolume(np.zeros((2, 2)), np.array([1.0, np.inf])), "hypervolume: costs must be finite"),
        (
            lambda: adrs(np.zeros((0, 2)), np.ones((1, 2))),
            "adrs: points and reference must hold at least one row each, and the reference no 0",
        ),
        (
            lambda: adrs(np.ones((1, 2)), np.zeros((1, 2))),
            "adrs: points and reference must hold at least one row each, and the reference no 0",
        ),
        (lambda: Front(()), "Front: objectives must hold at least one"),
        (
            lambda: costs([Evaluation(point=POINT, status=Status.TIMEOUT)], OBJECTIVES),
            "costs: an evaluation must have a score, not status 'timeout'",
        ),
    ],
)
def test_misuse_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value) == message


def test_costs_negate_what_is_maximised() -> None:
    assert costs([evaluation(POINT, 100.0, 50.0)], OBJECTIVES).tolist() == [[100.0, -50.0]]
    assert costs([], OBJECTIVES).shape == (0, 2)


def test_front_holds_feasible_scored_evaluations_and_of_equal_scores_the_first() -> None:
    random = np.random.default_rng(4)
    for _ in range(30):
        told = []
        for number in range(25):
            point = Point(values=(("a", number),))
            area, clock = (float(figure) for figure in random.integers(1, 7, 2))
            if random.random() < 0.15:
                told.append(Evaluation(point=point, status=Status.MISMATCH))
            else:
                told.append(evaluation(point, area, clock, feasible=bool(random.random() < 0.8)))
        feasible = [e for e in told if e.feasible]
        figures = costs(feasible, OBJECTIVES)
        expected = tuple(e for e, mark in zip(feasible, non_dominated(figures), strict=True) if mark)
        assert front(told, OBJECTIVES) == expected
        growing = Front(OBJECTIVES)
        for place, told_now in enumerate(told):
            before = growing.members
            assert growing.add(told_now) is (told_now in growing.members)
            assert growing.members == front(told[: place + 1], OBJECTIVES)
            assert len(growing) == len(growing.members)
            assert told_now in growing.members or growing.members == before


def test_front_of_one_objective_is_its_best() -> None:
    told = [evaluation(Point(values=(("a", n),)), area, 1.0) for n, area in enumerate((5.0, 3.0, 3.0, 4.0))]
    assert front(told, (Objective(metric="area_um2", direction=Direction.MINIMIZE),)) == (told[1],)
    assert front([], OBJECTIVES) == ()

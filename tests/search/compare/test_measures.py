"""Regret, targets and distances of trials against plain counts and moocore's own figures."""

from __future__ import annotations

import math

import moocore
import numpy as np
import pytest

from search.compare.measures import at_seconds, attained, measure
from search.pareto import hypervolume
from tests.search.compare.toy_trials import table, trial_of
from tests.search.toy import TOY

TABLE = table()
POINTS = TOY.sample(30, 3)


def test_regret_is_the_share_of_the_hypervolume_that_is_missing_after_each_evaluation() -> None:
    measured = measure(trial_of(POINTS), TABLE, 40)
    scaled, reference = TABLE.scaled(POINTS), np.ones(2)
    whole = hypervolume(TABLE.scaled(list(TOY.enumerate())), reference)
    expected = [1 - hypervolume(scaled[: at + 1], reference) / whole for at in range(30)]
    assert measured.regret[:30] == pytest.approx(expected)
    assert (measured.regret[30:] == measured.regret[29]).all()
    assert measured.area == pytest.approx(measured.regret.mean())


def test_a_trial_that_measured_the_front_has_nothing_left() -> None:
    measured = measure(trial_of([evaluation.point for evaluation in TABLE.front]), TABLE, 40)
    assert measured.regret[-1] == pytest.approx(0, abs=1e-12)
    assert (measured.adrs, measured.igd_plus) == (0, 0)
    assert all(reached <= len(TABLE.front) for reached in measured.reached.values())


def test_a_target_is_reached_with_the_evaluation_that_first_comes_so_near() -> None:
    measured = measure(trial_of(POINTS), TABLE, 30)
    for target, reached in measured.reached.items():
        passed = [number for number, regret in enumerate(measured.regret, start=1) if regret <= 1 - target]
        assert reached == (passed[0] if passed else math.inf)


def test_distances_are_those_of_what_is_feasible_alone() -> None:
    measured = measure(trial_of(POINTS), TABLE, 30)
    good = [point for point in POINTS if TABLE[point].feasible]
    front = [evaluation.point for evaluation in TABLE.front]
    assert len(good) < len(POINTS)
    assert measured.igd_plus == pytest.approx(moocore.igd_plus(TABLE.scaled(good), ref=TABLE.scaled(front)))
    costs, reference = TABLE.costs(good), TABLE.costs(front)
    nearest = [min(max((row - goal) / abs(goal)).clip(0) for row in costs) for goal in reference]
    assert measured.adrs == pytest.approx(np.mean(nearest))


def test_a_trial_without_a_feasible_point_reaches_nothing() -> None:
    bad = [point for point in TOY.enumerate() if not TABLE[point].feasible][:3]
    for points in ([], bad):
        measured = measure(trial_of(points), TABLE, 10)
        assert (measured.regret == 1).all()
        assert (measured.adrs, measured.igd_plus) == (math.inf, math.inf)
        assert set(measured.reached.values()) == {math.inf}


def test_at_a_moment_counts_what_was_known_by_then() -> None:
    measured = measure(trial_of(POINTS[:3]), TABLE, 10)  # known after 1.1, 2.2 and 3.3 seconds
    seconds = np.array([0.0, 1.09, 1.1, 2.5, 3.3, 99.0])
    regret = [1.0, 1.0, measured.regret[0], measured.regret[1], measured.regret[2], measured.regret[2]]
    assert at_seconds(measured, seconds).tolist() == pytest.approx(regret)


def test_the_median_surface_is_what_half_of_the_trials_reach() -> None:
    front = [evaluation.point for evaluation in TABLE.front]
    best, nothing = trial_of(front), trial_of([])
    whole = sorted(TABLE.costs(front).tolist())
    assert attained([best], TABLE, 40) == whole
    assert attained([best, best, nothing], TABLE, 40) == whole
    assert attained([best, nothing, nothing], TABLE, 40) == []
    # Of two trials, the half is one: what either reaches.
    halves = [trial_of(front[::2]), trial_of(front[1::2])]
    assert attained(halves, TABLE, 40) == whole
    assert attained([best], TABLE, 1) == TABLE.costs(front[:1]).tolist()

"""Averages against plain loops, numpy and closed forms; intervals against their known coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import trim_mean

from search.compare.averages import average, bootstrap, interquartile, median, over_problems


@pytest.mark.parametrize("count", [4, 8, 20, 40])
def test_the_interquartile_mean_is_scipys_trimmed_mean_where_quarters_are_whole(count: int) -> None:
    values = np.random.default_rng(count).normal(size=count) ** 3
    assert average(values, interquartile) == pytest.approx(trim_mean(values, 0.25))


def test_values_at_the_quartiles_count_by_the_part_that_is_inside() -> None:
    # Of five values a quarter is 1.25: the first is out, of the second three quarters are in.
    assert interquartile(5) == pytest.approx([0, 0.75 / 2.5, 1 / 2.5, 0.75 / 2.5, 0])
    assert interquartile(1) == pytest.approx([1])
    for count in range(1, 30):
        assert interquartile(count).sum() == pytest.approx(1)


@pytest.mark.parametrize("count", [1, 2, 5, 6, 31])
def test_the_median_is_numpys_along_the_first_axis(count: int) -> None:
    values = np.random.default_rng(count).normal(size=(count, 3))
    assert average(values, median) == pytest.approx(np.median(values, axis=0))


def test_an_infinite_value_matters_only_where_it_has_weight() -> None:
    assert average(np.array([3.0, 1.0, math.inf]), median) == 3
    assert average(np.array([1.0, math.inf]), median) == math.inf
    assert average(np.array([1.0, 2.0, 3.0, math.inf]), interquartile) == 2.5
    low, high = bootstrap(np.array([1.0, 2.0, 3.0, math.inf]), median, seed=1)
    assert low == 1 and high == math.inf


def test_an_interval_holds_the_truth_in_about_95_of_100_samples() -> None:
    random = np.random.default_rng(7)
    held = 0
    for number in range(300):
        low, high = bootstrap(random.normal(5, 2, size=40), interquartile, seed=number, resamples=400)
        held += bool(low <= 5 <= high)
    assert 0.89 <= held / 300 <= 0.99  # a percentile interval of 40 is a little narrow


def test_an_interval_of_columns_is_that_of_each_column() -> None:
    values = np.random.default_rng(3).normal(size=(20, 2))
    both = bootstrap(values, interquartile, seed=5)
    for column in range(2):
        low, high = bootstrap(values[:, column], interquartile, seed=5)
        assert (both[0][column], both[1][column]) == pytest.approx((float(low), float(high)))


def test_resampling_by_weights_is_resampling_the_values() -> None:
    values = np.sort(np.random.default_rng(3).normal(size=11))
    drawn = np.random.default_rng(9).integers(11, size=(500, 11))
    plain = [average(values[row], interquartile) for row in drawn]
    low, high = bootstrap(values, interquartile, seed=9, resamples=500)
    assert (low, high) == pytest.approx(tuple(np.percentile(plain, [2.5, 97.5], method="nearest")))


def test_over_problems_a_problem_counts_once_however_its_seeds_scatter() -> None:
    groups = [
        np.array([1.0, 1.0, 100.0]),
        np.array([2.0, 2.0, 2.0]),
        np.array([3.0, 0.0, 3.0]),
        np.array([9.0, 4.0, 4.0]),
    ]
    middle, (low, high) = over_problems(groups, seed=1)
    assert middle == pytest.approx((2 + 3) / 2)  # of the medians 1, 2, 3 and 4 the middle half
    assert low <= middle <= high

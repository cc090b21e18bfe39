"""Figures as text, against values worked out by hand."""

from __future__ import annotations

import pytest

from hdlgen.evaluation import METRICS, Direction, Objective
from search.report.quantities import QUANTITIES, count, decimals, duration, figure, quantity, ratio


def test_every_metric_is_described_with_its_direction() -> None:
    for metric, direction in METRICS.items():
        assert QUANTITIES[metric].direction is direction


def test_an_unknown_metric_and_a_turned_direction_are_described() -> None:
    assert quantity("noise_db").heading == "noise db"
    turned = quantity("area_um2", [Objective(metric="area_um2", direction=Direction.MAXIMIZE)])
    assert (turned.best, turned.no_worse) == ("best in area", "no less area")


@pytest.mark.parametrize(
    ("values", "places"),
    [([20357.0, 1.5], 0), ([133.3, 7.1], 1), ([12.34], 2), ([0.00123], 6), ([8.0, 1.0], 0), ([], 0), ([0.0], 0)],
)
def test_a_column_shows_four_digits_of_its_largest(values: list[float], places: int) -> None:
    assert decimals(values) == places


def test_numbers_are_grouped_by_thin_spaces() -> None:
    assert figure(1234567.891, 1) == "1\u202f234\u202f567.9"
    assert figure(999) == "999"
    assert [count(1, "point"), count(2000, "point")] == ["1 point", "2\u202f000 points"]
    assert [ratio(value) for value in (0.7349, 12.36, 1.0025, 1.0)] == ["0.73", "12.4", "1.002", "1.00"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0\u202fs"),
        (59.94, "59.9\u202fs"),
        (59.96, "1\u202fmin 00\u202fs"),
        (125, "2\u202fmin 05\u202fs"),
        (12000, "3\u202fh 20\u202fmin"),
    ],
)
def test_durations_show_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text

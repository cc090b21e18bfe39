"""What is missing from a front: the formula against one written out, and the estimate against fronts that are known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from hdlgen.evaluation import Direction, Evaluation, Objective, Status
from hdlgen.space import Knob, Point, Space
from search.missing import FEWEST, MARGIN, Missing, describe, estimate, missing_of, normalised
from search.pareto import Floats, costs, hypervolume
from search.strategies import STRATEGIES
from tests.search.toy import OBJECTIVES, evaluation, score

SPACE = Space(knobs=tuple(Knob(name=name, choices=(0, 1, 2, 3)) for name in "abcd"))
"""256 points."""

Row = tuple[float, float]


def area(rows: Sequence[Row]) -> float:
    """Sweep over two costs: the area that they dominate up to 1.1, 1.1."""
    total, lowest = 0.0, 1.1
    for x, y in sorted(rows):
        if y < lowest:
            total += (1.1 - x) * (lowest - y)
            lowest = y
    return total


def scaled(rows: Sequence[Row]) -> list[Row]:
    logs = [(math.log(x), math.log(y)) for x, y in rows]
    (low_x, high_x), (low_y, high_y) = ((min(c), max(c)) for c in zip(*logs, strict=True))
    return [((x - low_x) / (high_x - low_x), (y - low_y) / (high_y - low_y)) for x, y in logs]


def drawn(count: int, seed: int) -> list[Row]:
    random = np.random.default_rng(seed)
    return [(float(x), float(y)) for x, y in np.exp(random.normal(size=(count, 2)))]


@pytest.mark.parametrize("seed", range(5))
def test_the_formula_is_that_of_its_source_written_out(seed: int) -> None:
    rows = drawn(40, seed)
    units = scaled(rows)
    whole = area(units)
    # The jackknife leaves each design out in turn, and looks at all samples of one less.
    without = [area(units[:place] + units[place + 1 :]) for place in range(40)]
    gain = 39 * (whole - sum(without) / 40) * 0.75
    found = estimate(np.array(rows), 0.75)
    assert found is not None
    assert found.share == pytest.approx(gain / (whole + gain))
    assert found.at_most == pytest.approx(MARGIN * gain / (whole + MARGIN * gain))


def test_too_few_designs_say_nothing() -> None:
    rows = np.array(drawn(FEWEST, 1))
    assert estimate(rows[:-1], 0.9) is None
    assert estimate(rows[:0], 1.0) is None
    assert estimate(rows, 0.9) is not None


def test_nothing_is_missing_from_a_space_that_was_measured_whole() -> None:
    assert estimate(np.array(drawn(50, 2)), 0.0) == Missing(share=0.0, at_most=0.0)


def test_equal_designs_miss_nothing() -> None:
    assert estimate(np.ones((30, 2)), 0.5) == Missing(share=0.0, at_most=0.0)


def test_units_and_powers_of_an_objective_change_nothing() -> None:
    rows = np.array(drawn(40, 3))
    first, second = estimate(rows, 0.5), estimate(np.array([7.0, 0.01]) * rows ** np.array([2, 0.5]), 0.5)
    assert first is not None and second is not None
    assert (second.share, second.at_most) == pytest.approx((first.share, first.at_most))


def test_costs_are_scaled_by_logarithms_where_they_have_one_sign() -> None:
    rows = np.array([[1.0, -4.0, 0.0], [10.0, -2.0, 1.0], [100.0, -1.0, 4.0]])
    assert normalised(rows).tolist() == pytest.approx(np.array([[0, 0, 0], [0.5, 0.5, 0.25], [1, 1, 1]]))
    assert normalised(np.full((2, 1), 3.0)).tolist() == [[0.0], [0.0]]


def test_failures_and_equal_hardware_shrink_what_is_left_and_nothing_more() -> None:
    points = list(SPACE.enumerate())
    good = [evaluation(p, x, 100.0 / y, key=p.text()) for p, (x, y) in zip(points, drawn(40, 4), strict=False)]
    bad = [Evaluation(point=points[-n], status=Status.INVALID) for n in range(1, 9)]
    worse = [evaluation(points[-n], 1e-9, 1e9, feasible=False) for n in range(9, 13)]
    again = [replace(one, point=points[-n]) for n, one in zip(range(13, 25), good, strict=False)]
    mixed = [*bad, *good[:10], *worse, *again, *good[10:]]
    assert len(mixed) == 64
    expected = estimate(costs(good, OBJECTIVES), 0.75)
    assert missing_of(mixed, OBJECTIVES, space_size=256) == expected
    assert missing_of(mixed[:40], OBJECTIVES, space_size=256) is None


def test_the_sentence_says_what_is_known() -> None:
    assert describe(None) == f"How much of the front is missing is unknown before {FEWEST} feasible designs."
    assert describe(Missing(share=0.034, at_most=0.141)) == (
        "Of the front, about 3% is missing by hypervolume, at most 14%."
    )
    assert describe(Missing(share=0.0, at_most=0.004)) == (
        "Of the front, about 0% is missing by hypervolume, at most less than 1%."
    )


def landscape(seed: int) -> dict[Point, tuple[float, float]]:
    """Make up area and clock of each point: effects of knobs and of pairs, traded against each other."""
    random = np.random.default_rng(seed)
    own, pairs = random.normal(size=(4, 4, 2)), random.normal(size=(4, 4, 4, 4, 2)) * 0.3
    result = {}
    for point in SPACE.enumerate():
        at = [int(choice) for _, choice in point.values]
        cost = sum((own[k, c] for k, c in enumerate(at)), np.zeros(2))
        cost = cost + sum(pairs[k, m, at[k], at[m]] for k in range(4) for m in range(k))
        cost = cost + 0.8 * np.array([1, -1]) * at[0]
        result[point] = (float(np.exp(cost[0])), float(np.exp(-cost[1])))
    return result


def gaps(strategy: str, seed: int, counts: Sequence[int]) -> list[tuple[float, Missing]]:
    """Search a made-up space and give what was missing, and what the estimate said, after some counts of designs."""
    figures = landscape(seed)
    search = STRATEGIES[strategy](SPACE, OBJECTIVES, seed=seed)
    told: list[Evaluation] = []
    found = []
    for count in counts:
        while len(told) < count:
            batch = [evaluation(point, *figures[point]) for point in search.ask(8)]
            search.tell(batch)
            told += batch
        rows = costs(told, OBJECTIVES)
        true = np.array([[x, -y] for x, y in figures.values()])
        said = missing_of(told, OBJECTIVES, space_size=len(figures))
        assert said is not None
        found.append((_gap(rows, true), said))
    return found


def _gap(rows: Floats, true: Floats) -> float:
    """Give the share of the true hypervolume that is missing, in the scale of the rows."""
    logs, all_logs = np.sign(rows) * np.log(np.abs(rows)), np.sign(true) * np.log(np.abs(true))
    low, span = logs.min(axis=0), np.ptp(logs, axis=0)
    reference = np.array([1.1, 1.1])
    return 1 - hypervolume((logs - low) / span, reference) / hypervolume((all_logs - low) / span, reference)


def test_the_bound_holds_and_the_estimate_is_of_the_right_size_on_known_fronts() -> None:
    pairs = [
        pair
        for strategy in ("local", "evolution", "uniform")
        for seed in range(8)
        for pair in gaps(strategy, seed, (32, 64, 128))
    ]
    held = sum(true <= said.at_most for true, said in pairs) / len(pairs)
    assert held >= 0.85
    assert sum(true <= said.at_most / 10 for true, said in pairs) / len(pairs) < held, "a tenth of it would not do"
    mean_true = sum(true for true, _ in pairs) / len(pairs)
    mean_said = sum(said.share for _, said in pairs) / len(pairs)
    assert mean_true / 2 < mean_said < mean_true * 2


def test_one_objective_does_too() -> None:
    aim = Objective(metric="area_um2", direction=Direction.MINIMIZE)
    rows = costs([evaluation(SPACE.at(n), 300.0 - n, 5.0) for n in range(100)], [aim])
    found = estimate(rows, 0.5)
    assert found is not None
    assert 0 < found.share < found.at_most < 1
    assert score(1.0, 1.0).area_um2 == 1.0

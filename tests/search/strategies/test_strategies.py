"""The contract of all strategies: a new one is tested by being listed."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import pytest

from hdlgen.evaluation import Evaluation, Status
from hdlgen.space import Knob, Point, Space
from search.pareto import costs, hypervolume
from search.strategies import STRATEGIES
from search.strategies.evolution import EvolutionSearch
from search.strategy import StrategyFactory
from tests.search.toy import OBJECTIVES, TINY, TOY, ToyEvaluator, evaluation

ALL = sorted(STRATEGIES)
ONE = TOY.narrow({"interval": 1, "stages": 0, "adder": "ripple"})


def walk(make: StrategyFactory, space: Space, batch: int, *, seed: int = 1, limit: int = 10**6) -> list[Point]:
    """Ask and tell toy evaluations until the strategy gives nothing, or enough."""
    strategy, evaluator = make(space, OBJECTIVES, seed=seed), ToyEvaluator()
    asked: list[Point] = []
    while len(asked) < limit:
        points = strategy.ask(batch)
        if not points:
            break
        assert len(points) <= batch
        asked += points
        strategy.tell([evaluator.evaluate_one(point) for point in points])
    return asked


@pytest.mark.parametrize("batch", [1, 3, 8, 1000])
@pytest.mark.parametrize("space", [TOY, TINY, ONE], ids=["toy", "tiny", "one point"])
@pytest.mark.parametrize("name", ALL)
def test_every_strategy_asks_every_valid_point_once(name: str, space: Space, batch: int) -> None:
    asked = walk(STRATEGIES[name], space, batch)
    assert len(asked) == len(set(asked)) == space.size()
    assert set(asked) == set(space.enumerate())


@pytest.mark.parametrize("name", ALL)
def test_every_strategy_covers_a_listed_space(name: str) -> None:
    listed = tuple(point for point in TOY.enumerate() if zlib.crc32(point.text().encode()) % 3)
    space = Space(knobs=tuple(Knob(name=k.name, choices=k.choices) for k in TOY.knobs), listed=listed)
    asked = walk(STRATEGIES[name], space, 5)
    assert len(asked) == len(listed)
    assert set(asked) == set(listed)


@pytest.mark.parametrize("batch", [1, 3, 8])
@pytest.mark.parametrize("name", ALL)
def test_every_strategy_depends_on_seed_and_told_alone(name: str, batch: int) -> None:
    asked = walk(STRATEGIES[name], TOY, batch, limit=70)
    assert asked == walk(STRATEGIES[name], TOY, batch, limit=70)
    if name != "exhaustive":
        assert asked != walk(STRATEGIES[name], TOY, batch, seed=2, limit=70)


@pytest.mark.parametrize("name", ALL)
def test_every_strategy_survives_nothing_but_failures(name: str) -> None:
    strategy = STRATEGIES[name](TOY, OBJECTIVES, seed=3)
    statuses = [status for status in Status if status is not Status.OK]
    asked: list[Point] = []
    while points := strategy.ask(7):
        asked += points
        strategy.tell([Evaluation(point=point, status=statuses[len(asked) % 4]) for point in points])
    assert len(asked) == len(set(asked)) == TOY.size()


@pytest.mark.parametrize("name", ALL)
def test_every_strategy_survives_nothing_feasible_and_equal_scores(name: str) -> None:
    for feasible in (False, True):
        strategy = STRATEGIES[name](TOY, OBJECTIVES, seed=3)
        asked: list[Point] = []
        while points := strategy.ask(6):
            asked += points
            strategy.tell([evaluation(point, 1.0, 1.0, feasible=feasible) for point in points])
        assert len(asked) == len(set(asked)) == TOY.size()


@pytest.mark.parametrize("name", ALL)
def test_every_strategy_takes_told_starts_as_asked(name: str) -> None:
    strategy, evaluator = STRATEGIES[name](TOY, OBJECTIVES, seed=5), ToyEvaluator()
    starts = TOY.sample(20, 9)
    strategy.tell([evaluator.evaluate_one(point) for point in starts])
    asked: list[Point] = []
    while points := strategy.ask(4):
        asked += points
        strategy.tell([evaluator.evaluate_one(point) for point in points])
    assert set(asked) == set(TOY.enumerate()) - set(starts)
    assert len(asked) == TOY.size() - 20


@pytest.mark.parametrize("name", ["local", "evolution"])
def test_searches_begin_with_the_default_point(name: str) -> None:
    assert STRATEGIES[name](TOY, OBJECTIVES, seed=11).ask(3)[0] == TOY.default()


def test_exhaustive_keeps_the_order_of_the_space() -> None:
    assert walk(STRATEGIES["exhaustive"], TOY, 9) == list(TOY.enumerate())


WIDE = Space(knobs=tuple(Knob(name=f"k{place}", choices=tuple(range(6))) for place in range(6)))
"""46,656 points; their front is known: the costs are sums over knobs, so each knob trades alone."""


def wide_evaluation(point: Point) -> Evaluation:
    ranks = [int(choice) for _, choice in point.values]
    # k0..k2 trade area for clock; k3..k5 have a best choice, and any other costs both.
    waste = sum(abs(rank - best) for rank, best in zip(ranks[3:], (1, 4, 2), strict=True))
    return evaluation(point, 100.0 + 20 * sum(ranks[:3]) + 30 * waste, 100.0 + 10 * sum(ranks[:3]) - 5 * waste)


WIDE_REFERENCE = np.array([1000.0, 0.0])


def volume(points: Sequence[Point]) -> float:
    return hypervolume(costs([wide_evaluation(point) for point in points], OBJECTIVES), WIDE_REFERENCE)


def wide_run(make: StrategyFactory, seed: int, budget: int, batch: int) -> float:
    strategy = make(WIDE, OBJECTIVES, seed=seed)
    asked: list[Point] = []
    while len(asked) < budget:
        points = strategy.ask(batch)
        asked += points
        strategy.tell([wide_evaluation(point) for point in points])
    return volume(asked)


TRADE = [Point(values=tuple((f"k{p}", r) for p, r in enumerate((*abc, 1, 4, 2)))) for abc in np.ndindex(6, 6, 6)]
"""The points without waste: all that is best."""


def regrets(make: StrategyFactory, batch: int) -> list[float]:
    """Give what is missing to the whole volume after 96 points, for some seeds."""
    return [volume(TRADE) - wide_run(make, seed, 96, batch) for seed in range(6)]


def test_the_known_front_of_the_wide_space_is_beyond_random_points() -> None:
    assert volume(TRADE) > max(volume(WIDE.sample(1000, seed)) for seed in range(3))


@pytest.mark.parametrize("batch", [1, 8])
@pytest.mark.parametrize("name", ["local", "evolution"])
def test_searches_leave_half_the_regret_of_uniform(name: str, batch: int) -> None:
    mine, uniform = regrets(STRATEGIES[name], batch), regrets(STRATEGIES["uniform"], batch)
    assert np.mean(mine) < 0.5 * np.mean(uniform)
    assert all(left < right for left, right in zip(mine, uniform, strict=True))


def test_a_search_that_learns_nothing_would_be_seen() -> None:
    class Deaf(EvolutionSearch):
        def tell(self, evaluations: Sequence[Evaluation]) -> None:
            super().tell([Evaluation(point=told.point, status=Status.TIMEOUT) for told in evaluations])

    assert np.mean(regrets(Deaf, 8)) > 0.8 * np.mean(regrets(STRATEGIES["uniform"], 8))

"""The contract of all strategies: a new one is tested by being listed."""

from __future__ import annotations

import importlib.util
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

OPTIONAL = {"optuna_tpe": ["optuna"], "optuna_nsga2": ["optuna"], "optuna_gp": ["optuna", "torch"]}
"""What some strategies need besides hdlgen's own dependencies."""


def listed(*names: str) -> list[pytest.ParameterSet]:
    """Mark those that cannot run here, so that a report says so."""
    missing = {name: [p for p in OPTIONAL.get(name, ()) if importlib.util.find_spec(p) is None] for name in names}
    return [
        pytest.param(name, marks=pytest.mark.skipif(bool(missing[name]), reason=f"needs {', '.join(missing[name])}"))
        for name in sorted(names)
    ]


ALL = listed(*STRATEGIES)
SMALL = TOY.narrow({"interval": [1, 4], "stages": [0, 2]})
"""32 valid points: each decision of a model is dear."""
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
@pytest.mark.parametrize("space", [SMALL, TINY, ONE], ids=["small", "tiny", "one point"])
@pytest.mark.parametrize("name", ALL)
def test_every_strategy_asks_every_valid_point_once(name: str, space: Space, batch: int) -> None:
    asked = walk(STRATEGIES[name], space, batch)
    assert len(asked) == len(set(asked)) == space.size()
    assert set(asked) == set(space.enumerate())


@pytest.mark.parametrize("name", ALL)
def test_every_strategy_asks_valid_points_of_a_space_too_large_to_list(name: str) -> None:
    strategy = STRATEGIES[name](VAST, OBJECTIVES, seed=1)
    asked: list[Point] = []
    while len(asked) < 25:
        points = strategy.ask(5)
        asked += points
        strategy.tell([wide_evaluation(point) for point in points])
    assert len(asked) == len(set(asked)) == 25
    assert all(VAST.contains(point) for point in asked)


@pytest.mark.parametrize("name", ALL)
def test_every_strategy_covers_a_listed_space(name: str) -> None:
    points = tuple(point for point in TOY.enumerate() if zlib.crc32(point.text().encode()) % 3)
    space = Space(knobs=tuple(Knob(name=k.name, choices=k.choices) for k in TOY.knobs), listed=points)
    asked = walk(STRATEGIES[name], space, 12)
    assert len(asked) == len(points)
    assert set(asked) == set(points)


@pytest.mark.parametrize("batch", [1, 3, 8])
@pytest.mark.parametrize("name", ALL)
def test_every_strategy_depends_on_seed_and_told_alone(name: str, batch: int) -> None:
    asked = walk(STRATEGIES[name], TOY, batch, limit=24)
    assert asked == walk(STRATEGIES[name], TOY, batch, limit=24)
    if name != "exhaustive":
        assert asked != walk(STRATEGIES[name], TOY, batch, seed=2, limit=24)


@pytest.mark.parametrize("name", ALL)
def test_every_strategy_survives_nothing_but_failures(name: str) -> None:
    strategy = STRATEGIES[name](TOY, OBJECTIVES, seed=3)
    statuses = [status for status in Status if status is not Status.OK]
    asked: list[Point] = []
    while points := strategy.ask(11):
        asked += points
        strategy.tell([Evaluation(point=point, status=statuses[len(asked) % 4]) for point in points])
    assert len(asked) == len(set(asked)) == TOY.size()


@pytest.mark.parametrize("name", ALL)
def test_every_strategy_survives_nothing_feasible_and_equal_scores(name: str) -> None:
    for feasible in (False, True):
        strategy = STRATEGIES[name](SMALL, OBJECTIVES, seed=3)
        asked: list[Point] = []
        while points := strategy.ask(13):
            asked += points
            strategy.tell([evaluation(point, 1.0, 1.0, feasible=feasible) for point in points])
        assert len(asked) == len(set(asked)) == SMALL.size()


@pytest.mark.parametrize("name", ALL)
def test_every_strategy_takes_told_starts_as_asked(name: str) -> None:
    strategy, evaluator = STRATEGIES[name](TOY, OBJECTIVES, seed=5), ToyEvaluator()
    starts = TOY.sample(20, 9)
    strategy.tell([evaluator.evaluate_one(point) for point in starts])
    asked: list[Point] = []
    while points := strategy.ask(20):
        asked += points
        strategy.tell([evaluator.evaluate_one(point) for point in points])
    assert set(asked) == set(TOY.enumerate()) - set(starts)
    assert len(asked) == TOY.size() - 20


@pytest.mark.parametrize("name", ["local", "evolution", "annealing", "surrogate", "forest", "bandit"])
def test_searches_begin_with_the_default_point(name: str) -> None:
    assert STRATEGIES[name](TOY, OBJECTIVES, seed=11).ask(3)[0] == TOY.default()


def test_exhaustive_keeps_the_order_of_the_space() -> None:
    assert walk(STRATEGIES["exhaustive"], TOY, 9) == list(TOY.enumerate())


WIDE = Space(knobs=tuple(Knob(name=f"k{place}", choices=tuple(range(6))) for place in range(6)))
"""46,656 points; their front is known: the costs are sums over knobs, so each knob trades alone."""


VAST = Space(knobs=tuple(Knob(name=f"k{place}", choices=tuple(range(9))) for place in range(12)))
"""282 billion points."""


def wide_evaluation(point: Point) -> Evaluation:
    ranks = [int(choice) for _, choice in point.values[:6]]
    # k0..k2 trade area for clock; k3..k5 have a best choice, and any other costs both.
    waste = sum(abs(rank - best) for rank, best in zip(ranks[3:], (1, 4, 2), strict=True))
    return evaluation(point, 100.0 + 20 * sum(ranks[:3]) + 30 * waste, 100.0 + 10 * sum(ranks[:3]) - 5 * waste)


WIDE_REFERENCE = np.array([1000.0, 0.0])


def volume(points: Sequence[Point]) -> float:
    return hypervolume(costs([wide_evaluation(point) for point in points], OBJECTIVES), WIDE_REFERENCE)


def run(make: StrategyFactory, space: Space, seed: int, budget: int, batch: int) -> float:
    """Search a part of the wide space and measure the volume that is found."""
    strategy = make(space, OBJECTIVES, seed=seed)
    asked: list[Point] = []
    while len(asked) < budget:
        points = strategy.ask(batch)
        asked += points
        strategy.tell([wide_evaluation(point) for point in points])
    return volume(asked)


def best(choices: int) -> float:
    """Give the whole volume: that of the points without waste."""
    trades = np.ndindex(choices, choices, choices)
    return volume([Point(values=tuple((f"k{p}", r) for p, r in enumerate((*abc, 1, 4, 2)))) for abc in trades])


def regrets(make: StrategyFactory, batch: int) -> list[float]:
    """Give what is missing to the whole volume after 96 points, for some seeds."""
    return [best(6) - run(make, WIDE, seed, 96, batch) for seed in range(6)]


def test_the_known_front_of_the_wide_space_is_beyond_random_points() -> None:
    assert best(6) > max(volume(WIDE.sample(1000, seed)) for seed in range(3))


@pytest.mark.parametrize("batch", [1, 8])
@pytest.mark.parametrize(("name", "part"), [("local", 0.5), ("evolution", 0.5), ("annealing", 0.75)])
def test_searches_leave_a_part_of_the_regret_of_uniform(name: str, part: float, batch: int) -> None:
    mine, uniform = regrets(STRATEGIES[name], batch), regrets(STRATEGIES["uniform"], batch)
    assert np.mean(mine) < part * np.mean(uniform)


HALF = Space(
    knobs=tuple(Knob(name=f"k{p}", choices=tuple(range(6)) if p < 3 else tuple(range(5))[p - 3 :]) for p in range(6))
)
"""12,960 points of the wide space, the best ones among them."""


@pytest.mark.parametrize("name", listed("surrogate", "forest", "bandit", "optuna_tpe"))
def test_models_find_more_in_half_the_points(name: str) -> None:
    pairs = [
        (run(STRATEGIES[name], HALF, seed, 40, 4), run(STRATEGIES["uniform"], HALF, seed, 80, 4)) for seed in range(3)
    ]
    assert all(mine > uniform for mine, uniform in pairs)


def test_a_search_that_learns_nothing_would_be_seen() -> None:
    class Deaf(EvolutionSearch):
        def tell(self, evaluations: Sequence[Evaluation]) -> None:
            super().tell([Evaluation(point=told.point, status=Status.TIMEOUT) for told in evaluations])

    assert np.mean(regrets(Deaf, 8)) > 0.8 * np.mean(regrets(STRATEGIES["uniform"], 8))

"""Search by models: what it learns of feasibility, of earlier runs and of other designs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from hdlgen.evaluation import Evaluation, Status
from hdlgen.space import Choice, Knob, Point, Space
from search import model_search, pool
from search.experience import Effects, Experience
from search.pareto import Floats
from search.strategies import ForestSearch, SurrogateSearch
from search.strategies.forest import ForestModel
from search.strategies.surrogate import GaussianModel
from tests.search.toy import OBJECTIVES, TOY, ToyEvaluator, evaluation

SPACE = Space(knobs=tuple(Knob(name=f"k{place}", choices=tuple(range(6))) for place in range(4)))
"""1,296 points."""


def measured(point: Point) -> Evaluation:
    a, b, c, d = (int(choice) for _, choice in point.values)
    return evaluation(point, 100.0 + 40 * a + 30 * abs(c - 2) + 10 * d, 100.0 + 30 * a - 5 * abs(c - 2) + b)


def failing(point: Point) -> Evaluation:
    """Fail in half of the space."""
    return Evaluation(point=point, status=Status.TOOL_FAILED) if int(point["k1"]) >= 3 else measured(point)


def infeasible(point: Point) -> Evaluation:
    found = measured(point)
    return evaluation(point, found.score.area_um2, found.score.clock_mhz, feasible=int(point["k1"]) < 3)  # type: ignore[union-attr]


@pytest.mark.parametrize("measure", [failing, infeasible])
@pytest.mark.parametrize("make", [SurrogateSearch, ForestSearch])
def test_points_that_fail_are_soon_left_alone(make: type[SurrogateSearch], measure: type[Evaluation]) -> None:
    search = make(SPACE, OBJECTIVES, seed=3)
    bad = []
    for _ in range(12):
        points = search.ask(3)
        told = [measure(point) for point in points]  # type: ignore[call-arg]
        bad += [not evaluation.feasible for evaluation in told]
        search.tell(told)
    assert np.mean(bad[18:]) < 0.35  # a half of the space is


def waste(point: Point) -> int:
    """Count what a point pays for nothing: the best ones do not."""
    return abs(int(point["k2"]) - 2) + int(point["k3"])


def test_what_is_recalled_guides_from_the_first_point_on() -> None:
    for seed in range(3):
        guided, blind = (SurrogateSearch(SPACE, OBJECTIVES, seed=seed) for _ in range(2))
        guided.recall([measured(point) for point in SPACE.sample(60, 5)])
        assert sum(map(waste, guided.ask(6))) < 0.5 * sum(map(waste, blind.ask(6)))


def test_recalled_points_are_asked_for_where_nothing_is_better() -> None:
    space = SPACE.narrow({"k0": [0, 1], "k1": [0, 1], "k2": [1, 2], "k3": [0, 1]})
    search = SurrogateSearch(space, OBJECTIVES, seed=1)
    search.recall([measured(point) for point in space.enumerate()])
    asked: list[Point] = []
    while points := search.ask(1):
        asked += points
        search.tell([measured(point) for point in points])
    assert len(asked) == len(set(asked)) == space.size()
    assert {waste(point) for point in asked[:2]} == {0}


def test_nothing_recalled_changes_nothing() -> None:
    plain, recalling = (SurrogateSearch(SPACE, OBJECTIVES, seed=2) for _ in range(2))
    recalling.recall([])
    for _ in range(5):
        points = plain.ask(3)
        assert recalling.ask(3) == points
        for search in (plain, recalling):
            search.tell([measured(point) for point in points])


def test_a_recalled_failure_is_known_to_be_one() -> None:
    search = SurrogateSearch(SPACE, OBJECTIVES, seed=1)
    search.recall([failing(point) for point in SPACE.sample(120, 7)])
    points = search.ask(10)
    assert sum(int(point["k1"]) >= 3 for point in points) <= 2


METRICS = ("area_um2", "throughput_msps")


def taught(*, faithful: bool = True, facts: tuple[tuple[float, ...], ...] = ()) -> Experience:
    """Make experience of a design that pays half as much for the same choices, or gains by what costs here."""
    share = 0.5 if faithful else -0.5
    middle = dict.fromkeys(["k0", "k1", "k2", "k3"], 2)
    effects: dict[str, dict[Choice, tuple[float, ...]]] = {}
    for knob in middle:
        effects[knob] = {}
        for choice in range(6):
            score = measured(Point(values=tuple({**middle, knob: choice}.items()))).score
            assert score is not None
            effects[knob][choice] = tuple(share * float(np.log(getattr(score, metric))) for metric in METRICS)
    rough = Effects(choices=effects)
    return Experience(metrics=METRICS, rough=rough, precise=Effects(choices={}, facts=facts) if facts else rough)


def searched(
    experience: Experience | None, seed: int, features: model_search.Features | None = None, count: int = 14
) -> list[Point]:
    search = SurrogateSearch(SPACE, OBJECTIVES, seed=seed)
    if experience is not None:
        search.expect(experience, features)
    points: list[Point] = []
    while len(points) < count:
        batch = search.ask(2)
        points += batch
        search.tell([measured(point) for point in batch])
    assert len(set(points)) == count
    return points


def excess(points: Sequence[Point]) -> float:
    return float(np.mean([waste(point) for point in points]))


def test_experience_spares_evaluations_from_the_first_on() -> None:
    for seed in range(3):
        with_it, without = searched(taught(), seed), searched(None, seed)
        assert with_it[0] == without[0] == SPACE.default()
        assert excess(with_it[:6]) < 0.5 * excess(without[:6])
        assert excess(with_it) < excess(without)


def test_wrong_experience_is_given_up() -> None:
    misled = [searched(taught(faithful=False), seed, count=24) for seed in range(3)]
    assert all(excess(points[:3]) > 2 for points in misled)  # it was believed
    assert all(excess(points[18:]) < 0.5 * excess(points[:6]) for points in misled)


def test_experience_of_other_knobs_changes_nothing() -> None:
    other = Experience(
        metrics=METRICS,
        rough=Effects(choices={"recipe": {0: (1.0, 1.0)}, "k0": {9: (2.0, 2.0)}}),
        precise=Effects(choices={}, facts=((1.0, 1.0),)),
    )
    assert searched(other, 1) == searched(None, 1)


def test_experience_reads_facts_of_a_few_points_alone() -> None:
    described: list[Point] = []

    def facts(point: Point) -> Sequence[float]:
        described.append(point)
        score = measured(point).score
        assert score is not None
        return (float(np.log(score.area_um2)), float(np.log(score.throughput_msps)))

    experience = taught(facts=((1.0, 0.0), (0.0, 1.0)))
    rough, informed = searched(experience, 1), searched(experience, 1, facts)
    assert excess(informed) <= excess(rough)
    assert len(described) == len(set(described)) <= 7 * SurrogateSearch.INFORMED


def test_a_space_too_large_for_the_pool_is_searched_around_the_front(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "WHOLE", 100)
    monkeypatch.setattr(pool, "SAMPLE", 40)
    search = SurrogateSearch(SPACE, OBJECTIVES, seed=4)
    asked: list[Point] = []
    while len(asked) < 60:
        points = search.ask(3)
        asked += points
        search.tell([measured(point) for point in points])
    assert len(set(asked)) == 60
    assert sum(waste(point) == 0 for point in asked) >= 12  # of 36 among 1,296: a sample of 40 has one


def test_single_trees_of_one_forest_would_repeat_what_they_saw_and_ours_do_not() -> None:
    random = np.random.default_rng(1)
    inputs, targets = random.random((20, 3)), random.standard_normal((20, 2))
    model = ForestModel(2, seed=1)
    model.learn(inputs, targets)
    (belief,) = model.beliefs(random.random((200, 3)))
    assert (belief.deviations > 0).all()
    gaps = np.abs(belief.means[:, np.newaxis] - targets[np.newaxis]).max(axis=2).min(axis=1)
    assert np.mean(gaps > 0.05) > 0.8  # hardly a prediction is a pair that is known
    before = belief.deviations.copy()
    belief.believe(7, belief.means[7])
    assert (belief.deviations[7] < 0.2 * before[7]).all()
    assert (belief.deviations <= before).all()


def test_what_is_expected_counts_as_far_as_it_is_borne_out() -> None:
    random = np.random.default_rng(2)
    knobs, expected = random.random((25, 2)), random.standard_normal((25, 1))
    apart, elsewhere = random.random((50, 2)), random.standard_normal((50, 1))
    for slope in (2.0, 0.0, -1.0):

        def figure(rows: Floats, told: Floats, slope: float = slope) -> Floats:
            return np.asarray(slope * told[:, 0] + np.sin(9 * rows[:, 0]))

        targets = figure(knobs, expected)[:, np.newaxis]
        model = GaussianModel(1, knobs=2)
        model.learn(np.hstack([knobs, expected]), targets)
        means = model.beliefs(np.hstack([apart, elsewhere]))[0].means[:, 0]
        assert np.corrcoef(means, figure(apart, elsewhere))[0, 1] > 0.9


def test_the_pool_of_the_toy_is_whole_and_its_failures_cost_nothing_but_their_turn() -> None:
    assert TOY.size() <= pool.WHOLE
    search, evaluator = SurrogateSearch(TOY, OBJECTIVES, seed=1), ToyEvaluator()
    points = search.ask(30)
    search.tell([evaluator.evaluate_one(point) for point in points])
    assert len(search.ask(5)) == 5
    assert model_search.ModelSearch.OPENING < 30

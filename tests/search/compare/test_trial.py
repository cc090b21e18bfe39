"""A trial: the same start for all, the budget in distinct hardware, and everything that a strategy does is counted."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from hdlgen.evaluation import Evaluation, Status
from hdlgen.space import Point
from search.compare.problem import Problem
from search.compare.trial import IDLE_ASKS, Rules, Trial, run_trial
from search.strategies import STRATEGIES, UniformSearch
from tests.search.compare.toy_trials import RULES, Scripted, problem
from tests.search.optional import listed
from tests.search.toy import OBJECTIVES, TINY, TOY, ToyEvaluator


def run(
    factory: Any, rules: Rules = RULES, *, seed: int = 1, confined: bool = False, on: Problem | None = None
) -> Trial:
    return run_trial(on or problem(), factory, rules, strategy="mine", seed=seed, confined=confined)


@pytest.mark.parametrize("name", listed(*STRATEGIES))
def test_with_one_seed_every_strategy_begins_with_the_same_points(name: str) -> None:
    mine, other = run(STRATEGIES[name]), run(UniformSearch)
    assert mine.points[:4] == other.points[:4]
    assert mine.points_of(TOY)[0] in TOY.sample(4, 1)
    assert run(STRATEGIES[name], seed=2).points[:4] != other.points[:4]


@pytest.mark.parametrize("batch", [1, 3, 7])
def test_the_budget_counts_distinct_hardware_and_failures(batch: int) -> None:
    rules = Rules(budget=60, start=4, batch=batch, decision_limit_s=10)
    on = problem()
    trial = run(UniformSearch, rules, on=on)
    found = list(on.evaluator.evaluate(trial.points_of(TOY)))
    keys = [evaluation.key for evaluation in found if evaluation.key]
    assert len(trial.points) == 60 and len(set(keys)) == len(keys)
    assert trial.counts["failed"] == sum(evaluation.status is not Status.OK for evaluation in found) > 0
    assert trial.counts["same_hardware"] > 0, "the toy space has equal hardware"
    assert trial.counts["infeasible"] == sum(e.status is Status.OK and not e.feasible for e in found)
    assert not trial.error


def test_measuring_seconds_are_those_that_the_table_has() -> None:
    on = problem()
    trial = run(UniformSearch, on=on)
    runtimes = [evaluation.runtime_s for evaluation in on.evaluator.evaluate(trial.points_of(TOY))]
    assert trial.measuring_s == pytest.approx([round(sum(runtimes[: at + 1]), 3) for at in range(len(runtimes))])
    assert list(trial.decision_s) == sorted(trial.decision_s)


def test_a_small_space_ends_the_trial_when_all_of_it_is_known() -> None:
    on = Problem(name="tiny", space=TINY, objectives=OBJECTIVES, evaluator=ToyEvaluator(failures=False))
    trial = run(UniformSearch, Rules(budget=50, start=3, batch=2, decision_limit_s=10), on=on)
    known = {evaluation.key for evaluation in ToyEvaluator(failures=False).evaluate(list(TINY.enumerate()))}
    assert len(trial.points) == len(known) and not trial.error


@pytest.mark.parametrize("batch", [1, 2])
def test_a_trial_on_a_table_ends_when_the_whole_front_is_known(batch: int) -> None:
    on = problem()
    assert on.table is not None
    rules = Rules(budget=len(on.table), start=0, batch=batch, decision_limit_s=10)
    trial = run(UniformSearch, rules, on=on)
    shares = on.table.shares(trial.points_of(TOY))
    assert shares[-1] == pytest.approx(1.0) and shares[-1 - batch] < 1 - 1e-9
    whole = run(UniformSearch, rules, on=replace(on, table=None))
    assert whole.points[: len(trial.points)] == trial.points and len(whole.points) > len(trial.points)


def test_repeats_and_invalid_proposals_are_counted_and_told_and_cost_nothing() -> None:
    start = TOY.sample(4, 1)
    invalid = Point(values=(("interval", 3), *start[0].values[1:]))
    made = []

    class Bad(Scripted):
        script = ([start[0]], [invalid], [invalid])

        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            made.append(self)

    trial, plain = run(Bad), run(UniformSearch)
    assert (trial.counts["repeats"], trial.counts["invalid"]) == (1, 2)
    assert trial.points == plain.points
    assert trial.counts["proposals"] == plain.counts["proposals"] + 3
    told: list[list[Evaluation]] = made[0].told
    assert [evaluation.point for evaluation in told[0]] == start
    assert [evaluation.point for evaluation in told[1]] == [start[0]]
    assert [evaluation.status for evaluation in told[2]] == [Status.INVALID]


def test_a_point_twice_in_a_batch_is_a_repeat() -> None:
    fresh = next(point for point in TOY.enumerate() if point not in TOY.sample(4, 1))

    class Twice(Scripted):
        script = ([fresh, fresh],)

    rules = Rules(budget=20, start=4, batch=2, decision_limit_s=10)
    assert run(Twice, rules).counts["repeats"] == 1


class Raises(UniformSearch):
    def ask(self, count: int) -> list[Point]:
        raise RuntimeError("no idea")


class RaisesWhenTold(UniformSearch):
    def tell(self, evaluations: Sequence[Evaluation]) -> None:
        raise KeyError("adder")


class Stuck(UniformSearch):
    def ask(self, count: int) -> list[Point]:
        return [TOY.default()]


class Nothing(UniformSearch):
    def ask(self, count: int) -> list[Point]:
        return []


class Words(UniformSearch):
    def ask(self, count: int) -> list[Any]:
        return ["ripple"]


class Hangs(UniformSearch):
    def ask(self, count: int) -> list[Point]:
        time.sleep(60)
        return []


class Dies(UniformSearch):
    def ask(self, count: int) -> list[Point]:
        os._exit(7)


ERRORS: list[tuple[type, str]] = [
    (Raises, "strategy mine: ask raised RuntimeError: no idea"),
    (RaisesWhenTold, "strategy mine: tell raised KeyError: 'adder'"),
    (Stuck, f"strategy mine: ask gave no new valid point {IDLE_ASKS} times in a row"),
    (Nothing, "strategy mine: ask(1) must give 1 to 1 points while 156 are left, not 0 points"),
    (Words, "strategy mine: ask must give points of the space, not 'ripple'"),
]


@pytest.mark.parametrize(("factory", "message"), ERRORS)
@pytest.mark.parametrize("confined", [False, True])
def test_an_error_ends_the_trial_by_name_and_what_was_reached_stays(
    factory: type, message: str, confined: bool
) -> None:
    trial = run(factory, confined=confined)
    assert trial.error == message
    assert 4 <= len(trial.points) <= 5  # the start, and the default point of the one that asks for it


@pytest.mark.parametrize(
    ("factory", "message"),
    [
        (Hangs, "strategy mine: ask must end within 0.5 s; it was stopped"),
        (Dies, "strategy mine: ask must answer, not end its process with status 7"),
    ],
)
def test_a_confined_strategy_may_hang_or_die(factory: type, message: str) -> None:
    rules = Rules(budget=20, start=4, batch=1, decision_limit_s=0.5)
    trial = run(factory, rules, confined=True)
    assert trial.error == message and len(trial.points) == 4


def test_a_trial_is_the_same_confined_or_not_and_reads_back_what_it_wrote() -> None:
    plain, confined = (run(STRATEGIES["local"], confined=flag) for flag in (False, True))
    assert (plain.points, plain.counts) == (confined.points, confined.counts)
    assert Trial.from_dict(json.loads(json.dumps(plain.as_dict()))) == plain
    with pytest.raises(ValueError, match="points and seconds must be of one number"):
        Trial.from_dict({**plain.as_dict(), "decision_s": [0.0]})

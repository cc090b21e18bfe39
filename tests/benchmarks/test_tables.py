"""The figures of `tables`: medians of tables, and what was never reached counts as the whole space."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.tables import BENCHMARK, BUDGET, figures, rows
from search.compare.results import Comparison, Setting
from search.compare.trial import Rules
from tests.search.compare.toy_trials import table, trial_of
from tests.search.toy import TOY

RULES = Rules(budget=40, start=0, batch=1, decision_limit_s=10.0)


def row(table: str, strategy: str, share: float | None) -> dict[str, Any]:
    return {"table": table, "strategy": strategy, "share_to_95": share, "points": 500}


def test_the_goal_is_for_the_champion_and_what_was_not_reached_is_the_whole_space() -> None:
    found = [row("a", "uniform", None), row("b", "uniform", 0.2), row("c", "uniform", None)]
    found += [row("a", "local", 0.05), row("b", "local", 0.01), row("c", "local", 0.02)]
    assert figures(found) == {
        "share_to_95_median": 0.02,
        "share_to_95_worst_table": 0.05,
        "share_to_95_uniform": 1.0,
        "share_to_95_local": 0.02,
    }
    found += [row(name, "surrogate", 0.004) for name in "abc"]
    assert figures(found)["share_to_95_median"] == 0.004


def test_a_row_has_the_median_over_the_seeds_and_its_share_of_the_space() -> None:
    whole = table()
    front = [evaluation.point for evaluation in whole.front]
    settings = [Setting(table=whole, whole=True, space_size=len(whole))]
    trials = [trial_of(front, seed=1), trial_of(front, seed=2), trial_of(TOY.sample(3, 9), seed=3)]
    first = rows(Comparison(settings, ["uniform"], [1, 2, 3], RULES, trials))[0]
    needed = next(at for at in range(len(front)) if whole.shares(front[: at + 1])[-1] >= 0.95) + 1
    assert first["evaluations_to_95_median"] == needed
    assert first["share_to_95"] == pytest.approx(needed / 160, abs=1e-5)
    assert first["reached_95"] == pytest.approx(2 / 3)
    trials = [trial_of(front, seed=1), *(trial_of(TOY.sample(3, 9), seed=seed) for seed in (2, 3))]
    first = rows(Comparison(settings, ["uniform"], [1, 2, 3], RULES, trials))[0]
    assert (first["evaluations_to_95_median"], first["share_to_95"]) == (None, None)


def test_its_goals_are_the_share_and_the_clock() -> None:
    assert {goal.figure: goal.bound for goal in BENCHMARK.goals} == {"share_to_95_median": 0.03, "replay_s": 120.0}
    assert BUDGET >= 60

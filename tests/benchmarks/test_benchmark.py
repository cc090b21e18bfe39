"""Goals have a direction, and a result is whole or none."""

from __future__ import annotations

import math

import pytest

from benchmarks.benchmark import Benchmark, Bound, Goal, Measured, machine, run
from hdlgen.errors import ToolError

KEYS = ["name", "met", "figures", "goals", "rows", "wall_s", "versions", "machine", "command", "date"]


def toy(figures: dict[str, float], *goals: Goal) -> Benchmark:
    def measure(say: object) -> Measured:
        return Measured(figures=figures, rows=[{"a": 1}])

    return Benchmark(name="toy", summary="A toy.", method="None.", goals=goals, measure=measure)


AT_MOST_2 = Goal(figure="s", direction=Bound.AT_MOST, bound=2)
AT_LEAST_3 = Goal(figure="ratio", direction=Bound.AT_LEAST, bound=3)


@pytest.mark.parametrize(
    ("goal", "value", "verdict"),
    [
        (AT_MOST_2, 1.5, "met, 25.0% below"),
        (AT_MOST_2, 2, "met, just"),
        (AT_MOST_2, 2.5, "MISSED, 25.0% above"),
        (AT_MOST_2, 2.0001, "MISSED, just"),
        (AT_LEAST_3, 3.75, "met, 25.0% above"),
        (AT_LEAST_3, 3, "met, just"),
        (AT_LEAST_3, 2.7, "MISSED, 10.0% below"),
    ],
)
def test_a_verdict_says_by_how_much(goal: Goal, value: float, verdict: str) -> None:
    assert goal.verdict(value) == verdict
    assert goal.met(value) is verdict.startswith("met")


@pytest.mark.parametrize("direction", Bound)
def test_what_is_no_number_is_never_met(direction: Bound) -> None:
    assert not Goal(figure="s", direction=direction, bound=1).met(math.nan)


@pytest.mark.parametrize(
    ("direction", "bound"),
    [(Bound.AT_LEAST, 0), *((direction, bound) for direction in Bound for bound in (-1, math.inf, math.nan))],
)
def test_a_bound_is_finite_and_positive(direction: Bound, bound: float) -> None:
    with pytest.raises(ValueError, match=r"Goal: the bound of s must be finite and positive, not "):
        Goal(figure="s", direction=direction, bound=bound)


def test_nothing_at_all_can_be_a_goal() -> None:
    goal = Goal(figure="crashes", direction=Bound.AT_MOST, bound=0)
    assert goal.met(0) and goal.verdict(0) == "met"
    assert not goal.met(1) and goal.verdict(1) == "MISSED"


@pytest.mark.parametrize(
    ("figures", "met"),
    [
        ({"s": 1.0, "ratio": 4.0, "other": 9.0}, True),
        ({"s": 1.0, "ratio": 2.9}, False),
        ({"s": 3.0, "ratio": 4.0}, False),
    ],
)
def test_a_result_is_met_where_all_its_goals_are(figures: dict[str, float], met: bool) -> None:
    document = run(toy(figures, AT_MOST_2, AT_LEAST_3), print)
    assert set(document) == set(KEYS)
    assert document["met"] is met
    assert document["figures"] == figures
    assert document["goals"] == {"s": 2, "ratio": 3}
    assert document["rows"] == [{"a": 1}]
    assert document["command"] == "python -m benchmarks toy"
    assert document["versions"]["pyosys"] and document["wall_s"] >= 0


@pytest.mark.parametrize("figures", [{}, {"s": math.nan}, {"s": math.inf}])
def test_a_goal_needs_its_figure(figures: dict[str, float]) -> None:
    with pytest.raises(ToolError, match=r"^toy: s must be measured, not (nan|inf)$"):
        run(toy(figures, AT_MOST_2), print)


def test_the_machine_is_described() -> None:
    found = machine()
    assert found["processor"] and found["cores"] >= 1 and found["memory_gb"] > 0

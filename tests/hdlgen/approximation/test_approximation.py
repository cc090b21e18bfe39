"""Approximations: each kind of each function on every argument, against the rounded function; faults are seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hdlgen.approximation import METHODS, Goal, approximate
from hdlgen.approximation.choice import measured_error
from hdlgen.approximation.fits import Lookup
from hdlgen.approximation.reductions import Absolute, Direct, reductions
from hdlgen.dataflow import Dataflow, Kind, Operation
from hdlgen.number import Format
from hdlgen.reals import ARGUMENTS, tabulated
from hdlgen.scalars import Scalars

SOURCES = {"signed": "q3.5", "positive": "uq3.5"}
TARGETS = {
    "exp": "uq4.6",
    "log": "q4.6",
    "sqrt": "uq2.7",
    "rsqrt": "uq3.6",
    "reciprocal": "uq3.6",
    "sigmoid": "q2.8",
    "tanh": "q2.6",
    "gelu": "q3.6",
    "sin": "q2.5",
    "cos": "q2.6",
}
ONE_ARGUMENT = sorted(name for name, count in ARGUMENTS.items() if count == 1)


def goal_of(name: str, source: str = "signed", error: int = 1) -> Goal:
    return Goal(function=name, source=Format.parse(SOURCES[source]), target=Format.parse(TARGETS[name]), error=error)


def results(goal: Goal, method: str) -> list[int] | None:
    """Evaluate an approximation for every argument, one Python integer after the other."""
    found = approximate(goal, method)
    if found is None:
        return None
    scalars, source = Scalars(), Format(width=goal.source.width, signed=goal.source.signed)
    argument = scalars.add(Operation(kind=Kind.INPUT, format=source, name="x", low=source.low, high=source.high))
    result = found.build(scalars, argument)
    dataflow = Dataflow(operations=tuple(scalars.operations), outputs=(("y", (result,)),))
    dataflow.verify()
    made = scalars.operations[result]
    assert goal.target.holds(made.low, made.high)
    tokens = [{"x": [raw]} for raw in range(source.low, source.high + 1)]
    return [token["y"][0] for token in dataflow.run(tokens)]


@pytest.mark.parametrize("error", [0, 1, 2])
@pytest.mark.parametrize("source", sorted(SOURCES))
@pytest.mark.parametrize("name", ONE_ARGUMENT)
def test_every_kind_keeps_the_error_on_every_argument(name: str, source: str, error: int) -> None:
    goal = goal_of(name, source, error)
    exact = tabulated(name, goal.source, goal.target).tolist()
    offered = 0
    for method in METHODS:
        found = results(goal, method)
        if found is None:
            continue
        offered += 1
        largest = max(abs(result - wanted) for result, wanted in zip(found, exact, strict=True))
        claimed = approximate(goal, method)
        assert claimed is not None and largest == claimed.error <= error, method
    assert offered, "a plain table at least must be there"


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "cos", "gelu", "sqrt", "rsqrt", "log"])
def test_symmetry_and_leading_zeros_are_used(name: str) -> None:
    found = approximate(goal_of(name, "positive" if name in ("sqrt", "rsqrt", "log") else "signed"), "linear")
    assert found is not None and not isinstance(found.reduction, Direct)


def test_more_error_makes_smaller_tables() -> None:
    costs = []
    for error in (0, 1, 4):
        found = approximate(goal_of("sigmoid", error=error), "table")
        assert found is not None
        costs.append(found.fit.cost)
    assert costs[0] > costs[1] > costs[2]


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_wrong_coefficient_is_measured(method: str) -> None:
    found = approximate(goal_of("sigmoid"), method)
    assert found is not None
    first = found.fit.lookups[0]
    for place in (0, len(first.values) // 2, len(first.values) - 1):
        values = list(first.values)
        values[place] += 3 << found.fit.scale
        broken = replace(found.fit, lookups=(replace(first, values=tuple(values)), *found.fit.lookups[1:]))
        broken = replace(broken, low=broken.low, high=broken.high + (3 << found.fit.scale))
        assert measured_error(found.goal, found.reduction, broken) > 1


def test_zeros_that_all_values_end_in_cost_nothing() -> None:
    lookup = Lookup(slices=((0, 2),), values=(8, -24, 0, 16))
    assert lookup.trimmed == ((1, -3, 0, 2), 3) and lookup.width == 3
    assert Lookup(slices=((0, 1),), values=(0, 0)).trimmed == ((0, 0), 0)


def test_bounds_that_no_sum_keeps_are_told() -> None:
    # sin falls as steeply as its argument rises: the one's complement of the argument is off by too much.
    goal = Goal(function="sin", source=Format.parse("q3.9"), target=Format.parse("q2.10"), error=1)
    fold, absolute, direct = reductions(goal)
    assert not fold.bounds(0).feasible and absolute.bounds(0).feasible and direct.bounds(0).feasible
    found = approximate(goal, "linear")
    assert found is not None and isinstance(found.reduction, Absolute) and found.error == 1

"""A toy problem whose whole space is known, its table as a file, and trials on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hdlgen.evaluation import Evaluation, Objective
from hdlgen.space import Point, Space
from search.compare.problem import Problem
from search.compare.trial import COUNTS, Rules, Trial
from search.replay import Table
from search.strategies import UniformSearch
from search.tabulation import Tabulation
from tests.search.toy import OBJECTIVES, TOY, ToyEvaluator

__all__ = ["RULES", "Scripted", "header", "problem", "table", "tabulation", "trial_of"]

RULES = Rules(budget=20, start=4, batch=1, decision_limit_s=10.0)


def evaluations(space: Space = TOY) -> list[Evaluation]:
    """Evaluate the whole space: failures, infeasible points and equal hardware among them."""
    return list(ToyEvaluator().evaluate(list(space.enumerate())))


def table(name: str = "toy") -> Table:
    return Table(name=name, space=TOY, objectives=OBJECTIVES, evaluations=evaluations())


def problem(name: str = "toy") -> Problem:
    return Problem.replay(table(name))


def header(space: Space = TOY, **changes: Any) -> dict[str, Any]:
    """Make a table's header."""
    values = {
        "name": "toy",
        "spec": "name = 'toy'",
        "spec_digest": "abc",
        "technology": "sky130hd",
        "objectives": [{"metric": o.metric, "direction": o.direction.value} for o in OBJECTIVES],
        "constraints": [],
        "knobs": {knob.name: list(knob.choices) for knob in space.knobs},
        "versions": {"hdlgen": "0"},
        "command": "hdlgen tabulate toy",
    }
    return {**values, **changes}


def tabulation(**changes: Any) -> Tabulation:
    """Tabulate the toy space; without constraints, so that what has a score is feasible."""
    return Tabulation(header=header(**changes), evaluations=tuple(evaluations()))


class Scripted(UniformSearch):
    """Ask for given points, then draw uniformly; remembers what it was told, for the tests to look at."""

    script: Sequence[list[Any]] = ()
    told: list[list[Evaluation]]

    def __init__(self, space: Space, objectives: Sequence[Objective], *, seed: int) -> None:
        super().__init__(space, objectives, seed=seed)
        self.told = []
        self._script = iter(self.script)

    def ask(self, count: int) -> list[Point]:
        return next(self._script, None) or super().ask(count)

    def tell(self, evaluations: Sequence[Evaluation]) -> None:
        super().tell([e for e in evaluations if e.message != "this is no valid point of the space"])
        self.told.append(list(evaluations))


def trial_of(points: Sequence[Point], **changes: Any) -> Trial:
    """Make a trial that measured some points, each a second, with a tenth of a second of deciding."""
    positions = [tuple(knob.position(point[knob.name]) or 0 for knob in TOY.knobs) for point in points]
    values: dict[str, Any] = {
        "problem": "toy",
        "strategy": "uniform",
        "seed": 1,
        "points": tuple(positions),
        "decision_s": tuple(0.1 * number for number in range(1, len(points) + 1)),
        "measuring_s": tuple(float(number) for number in range(1, len(points) + 1)),
        "counts": dict.fromkeys(COUNTS, 0),
        "error": "",
    }
    return Trial(**{**values, **changes})

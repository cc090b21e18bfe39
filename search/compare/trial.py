"""A trial: one strategy with one seed on one problem, from a given start; everything that it does is counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from hdlgen.evaluation import Evaluation, Status
from hdlgen.space import Point, Space
from search.compare.problem import Problem
from search.confine import ConfinedStrategy, StrategyFailure
from search.pareto import costs
from search.strategy import Informable, Strategy, StrategyFactory

__all__ = ["COUNTS", "Rules", "Trial", "run_trial"]

COUNTS: Mapping[str, str] = {
    "proposals": "points asked for",
    "repeats": "asked for again: told what is known, at no cost",
    "invalid": "not valid points of the space: told so, at no cost",
    "same_hardware": "new points of known hardware, at no cost",
    "failed": "evaluations that failed: each costs as much as any",
    "infeasible": "evaluations that break a constraint",
}
"""What is counted of a trial beside its evaluations, in words."""

IDLE_ASKS = 50
"""Asks in a row without a new point after which a trial ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds for every trial of a comparison.

    Args:
        budget: distinct evaluations, the start among them.
        start: random points that every strategy is told before its first ask, the same for all with one seed; none
            lets each begin as it likes.
        batch: points asked for at a time.
        decision_limit_s: seconds that a user's strategy may take for a decision.
        experience: whether strategies that can use it are given what other designs taught.
    """

    budget: int
    start: int
    batch: int
    decision_limit_s: float
    experience: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of a trial.

    Args:
        points: what was measured and cost budget, in order: for each knob the position of its choice; fewer than the
            budget where the space or the table's whole front was known before.
        decision_s: seconds that the strategy had taken in all when each of the points was known.
        measuring_s: seconds that the measurements up to each took, one after the other; recorded ones in a replay.
        counts: by `COUNTS`.
        error: why it ended early, one sentence; empty where it did not.
    """

    problem: str
    strategy: str
    seed: int
    points: tuple[tuple[int, ...], ...]
    decision_s: tuple[float, ...]
    measuring_s: tuple[float, ...]
    counts: Mapping[str, int]
    error: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Give the line of a journal."""
        return asdict(self)

    @classmethod
    def from_dict(cls, line: Mapping[str, Any]) -> Trial:
        """Read what `as_dict` wrote.

        Raises: KeyError, TypeError, AttributeError or ValueError for anything else.
        """
        trial = cls(
            problem=str(line["problem"]),
            strategy=str(line["strategy"]),
            seed=int(line["seed"]),
            points=tuple(tuple(int(at) for at in point) for point in line["points"]),
            decision_s=tuple(map(float, line["decision_s"])),
            measuring_s=tuple(map(float, line["measuring_s"])),
            counts={name: int(line["counts"][name]) for name in COUNTS},
            error=str(line["error"]),
        )
        if not len(trial.points) == len(trial.decision_s) == len(trial.measuring_s):
            raise ValueError("points and seconds must be of one number")
        return trial

    def points_of(self, space: Space) -> list[Point]:
        """Give the measured points as those of a space."""
        names = [(knob.name, knob.choices) for knob in space.knobs]
        return [
            Point(values=tuple((name, choices[at]) for (name, choices), at in zip(names, point, strict=True)))
            for point in self.points
        ]


def run_trial(
    problem: Problem, factory: StrategyFactory, rules: Rules, *, strategy: str, seed: int, confined: bool = False
) -> Trial:
    """Run a trial to its budget, to the end of the space or to an error of the strategy, which is contained.

    On a table it ends as soon as the whole true front is known: the regret is 0 from there on, whatever follows.

    Args:
        strategy: its name.
        confined: whether it runs in a process of its own, so that hanging or dying harms nothing else.
    """
    front = costs(problem.table.front, problem.objectives) if problem.table else np.zeros((0, 0))
    course = _Course(problem, rules, missing={tuple(row) for row in front.tolist()})
    error = ""
    try:
        if confined:
            make = _maker(problem, factory, rules, seed)
            with ConfinedStrategy(make, limit_s=rules.decision_limit_s) as held:
                course.run(lambda: held, seed)
        else:
            course.run(_maker(problem, factory, rules, seed), seed)
    except StrategyFailure as failure:
        error = f"strategy {strategy}: {failure}"
    return Trial(
        problem=problem.name,
        strategy=strategy,
        seed=seed,
        points=tuple(course.points),
        decision_s=tuple(course.decision_s),
        measuring_s=tuple(course.measuring_s),
        counts=dict(course.counts),
        error=error,
    )


def _maker(problem: Problem, factory: StrategyFactory, rules: Rules, seed: int) -> Callable[[], Strategy]:
    def make() -> Strategy:
        strategy = factory(problem.space, problem.objectives, seed=seed)
        if rules.experience and problem.experience is not None and isinstance(strategy, Informable):
            strategy.expect(problem.experience, None)
        return strategy

    return make


@dataclass(slots=True)
class _Course:
    """A trial under way."""

    problem: Problem
    rules: Rules
    missing: set[tuple[float, ...]]  # of the table's front; empty where there is no table
    points: list[tuple[int, ...]] = field(default_factory=list)
    decision_s: list[float] = field(default_factory=list)
    measuring_s: list[float] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    known: dict[Point, Evaluation] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    deciding_s: float = 0.0
    measured_s: float = 0.0

    def run(self, make: Callable[[], Strategy], seed: int) -> None:
        """Make the strategy, tell it the start, then ask and tell.

        Raises: StrategyFailure for what the strategy does wrong.
        """
        strategy = self._call("making it", make)
        start = self.problem.space.sample(min(self.rules.start, self.rules.budget), seed)
        if start:
            self._measure(start)
            evaluations = [self.known[point] for point in start if point in self.known]
            self._call("tell", lambda: strategy.tell(evaluations))
        idle, size = 0, self.problem.space.size()
        whole = self.problem.table is not None
        while len(self.points) < self.rules.budget and len(self.known) < size and (self.missing or not whole):
            asked = self._call("ask", lambda: strategy.ask(self.rules.batch))
            proposals = self._proposals(asked, size - len(self.known))
            fresh = [point for point in dict.fromkeys(proposals) if self._is_fresh(point)]
            self.counts["repeats"] += sum(point in self.known for point in proposals)
            self.counts["repeats"] += len(proposals) - len(dict.fromkeys(proposals))
            self._measure(fresh)
            if any(point not in self.known for point in fresh):
                return  # the budget ended within the batch
            idle = 0 if fresh else idle + 1
            if idle == IDLE_ASKS:
                raise StrategyFailure(f"ask gave no new valid point {IDLE_ASKS} times in a row")
            told = [self.known.get(point) or _refused(point) for point in proposals]
            self._call("tell", lambda told=told: strategy.tell(told))  # type: ignore[misc]

    def _call(self, method: str, call: Callable[[], Any]) -> Any:
        """Call the strategy, count the seconds that it takes, and say what it raised."""
        began = time.perf_counter()
        try:
            return call()
        except StrategyFailure:
            raise
        except Exception as error:
            raise StrategyFailure(f"{method} raised {type(error).__name__}: {error}") from error
        finally:
            self.deciding_s += time.perf_counter() - began

    def _proposals(self, asked: Any, left: int) -> list[Point]:
        """Check the form of what was asked for."""
        count = self.rules.batch
        if not isinstance(asked, list) or not 1 <= len(asked) <= count:
            got = f"{len(asked)} points" if isinstance(asked, list) else repr(asked)
            raise StrategyFailure(f"ask({count}) must give 1 to {count} points while {left} are left, not {got}")
        for point in asked:
            if not isinstance(point, Point):
                raise StrategyFailure(f"ask must give points of the space, not {point!r}")
        self.counts["proposals"] += len(asked)
        return asked

    def _is_fresh(self, point: Point) -> bool:
        """Tell whether a point is valid and not known; count it where it is invalid."""
        if point in self.known:
            return False
        valid = self.problem.space.contains(point)
        self.counts["invalid"] += not valid
        return valid

    def _measure(self, points: Sequence[Point]) -> None:
        """Have points measured, no more than the budget allows; known hardware costs nothing."""
        waiting = list(points)
        while waiting and len(self.points) < self.rules.budget:
            left = self.rules.budget - len(self.points)
            chosen, waiting = waiting[:left], waiting[left:]
            for evaluation in self.problem.evaluator.evaluate(chosen):
                self._record(evaluation)

    def _record(self, evaluation: Evaluation) -> None:
        self.known[evaluation.point] = evaluation
        if evaluation.key in self.keys:
            self.counts["same_hardware"] += 1
            return
        if evaluation.key:
            self.keys.add(evaluation.key)
        self.counts["failed"] += evaluation.status is not Status.OK
        self.counts["infeasible"] += evaluation.status is Status.OK and not evaluation.feasible
        if self.missing and evaluation.feasible:
            self.missing.discard(tuple(costs([evaluation], self.problem.objectives)[0].tolist()))
        self.measured_s += evaluation.runtime_s
        positions = zip(self.problem.space.knobs, evaluation.point.values, strict=True)
        self.points.append(tuple(knob.position(choice) or 0 for knob, (_, choice) in positions))
        self.decision_s.append(round(self.deciding_s, 5))
        self.measuring_s.append(round(self.measured_s, 3))


def _refused(point: Point) -> Evaluation:
    """Say of an invalid point that it is one."""
    return Evaluation(point=point, status=Status.INVALID, message="this is no valid point of the space")

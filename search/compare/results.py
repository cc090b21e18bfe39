"""What a comparison found: curves, figures by problem and over all problems, and rank tests."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from search.compare.averages import average, bootstrap, interquartile, median, over_problems
from search.compare.measures import TARGETS, Measured, at_seconds, measure
from search.compare.rank_tests import FEWEST_PROBLEMS, holm, signed_rank
from search.compare.trial import Rules, Trial
from search.pareto import Floats
from search.replay import Table

__all__ = ["MOMENTS", "Comparison", "Curve", "Figures", "RankTest", "Setting"]

MOMENTS = 60
"""Moments of a curve over seconds."""
BOOTSTRAP_SEED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A problem as it was compared on: every measured point, and whether these are all points of its space."""

    table: Table
    whole: bool
    space_size: int

    @property
    def name(self) -> str:
        """The problem's name."""
        return self.table.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Averages over seeds or problems along an axis, with the ends of their 95 % intervals."""

    at: Floats
    middle: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of a strategy on a problem, or on all for the problem "".

    Args:
        trials, failed: how many there are, and how many of them an error ended.
        regret: at the end of the budget; interquartile mean and its interval.
        area: mean regret over the budget; likewise.
        ahead: by how much the area of the reference strategy is larger, seed by seed; likewise.
        adrs, igd_plus: medians at the end.
        reached: of each of `TARGETS` the share of trials that reached it.
        evaluations: of each the median evaluations until then; infinite where fewer than half reached it.
        counts: means a trial of what is counted.
        decision_s: mean seconds of deciding a trial.
        decision_share: of the whole time, decisions and measurements.
    """

    strategy: str
    problem: str
    trials: int
    failed: int
    regret: tuple[float, float, float]
    area: tuple[float, float, float]
    ahead: tuple[float, float, float]
    adrs: float
    igd_plus: float
    reached: Mapping[float, float]
    evaluations: Mapping[float, float]
    counts: Mapping[str, float]
    decision_s: float
    decision_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RankTest:
    """Whether a strategy differs from the reference over problems: problems on which it is ahead, p and corrected p."""

    strategy: str
    reference: str
    ahead: int
    problems: int
    p: float
    corrected: float


class Comparison:
    """All trials of a comparison, measured.

    Args:
        settings: the problems, in order.
        strategies: their names, in order; the first one is the reference of differences and rank tests.
        seeds: each trial's, in order.
        trials: of each problem, strategy and seed one; those that are missing count as failed ones without a point.
    """

    def __init__(
        self,
        settings: Sequence[Setting],
        strategies: Sequence[str],
        seeds: Sequence[int],
        rules: Rules,
        trials: Iterable[Trial],
    ) -> None:
        self.settings = tuple(settings)
        self.strategies = tuple(strategies)
        self.seeds = tuple(seeds)
        self.rules = rules
        found = {(trial.problem, trial.strategy, trial.seed): trial for trial in trials}
        self.measured = {
            (setting.name, strategy): tuple(
                measure(found[setting.name, strategy, seed], setting.table, self.budget(setting)) for seed in seeds
            )
            for setting in settings
            for strategy in strategies
        }

    def budget(self, setting: Setting) -> int:
        """How many evaluations a trial can have: the budget, or the whole space where that is smaller."""
        return min(self.rules.budget, setting.space_size)

    def over_evaluations(self, setting: Setting, strategy: str) -> Curve:
        """Average the regret after each evaluation over the seeds."""
        regret = np.stack([one.regret for one in self.measured[setting.name, strategy]])
        low, high = bootstrap(regret, interquartile, seed=BOOTSTRAP_SEED)
        return Curve(at=np.arange(1, regret.shape[1] + 1.0), middle=average(regret, interquartile), low=low, high=high)

    def over_seconds(self, setting: Setting, strategy: str) -> Curve | None:
        """Average the regret at moments of the wall clock over the seeds; None where nothing took time."""
        at = self._moments(setting)
        if at is None:
            return None
        regret = np.stack([at_seconds(one, at) for one in self.measured[setting.name, strategy]])
        low, high = bootstrap(regret, interquartile, seed=BOOTSTRAP_SEED)
        return Curve(at=at, middle=average(regret, interquartile), low=low, high=high)

    def over_all(self, strategy: str) -> Curve:
        """Average the regret after each evaluation over the problems, medians over seeds first."""
        groups = [
            np.stack([_stretched(one.regret, self.rules.budget) for one in self.measured[setting.name, strategy]])
            for setting in self.settings
        ]
        middle, (low, high) = over_problems(groups, seed=BOOTSTRAP_SEED)
        return Curve(at=np.arange(1, self.rules.budget + 1.0), middle=middle, low=low, high=high)

    def figures(self, strategy: str, setting: Setting) -> Figures:
        """Sum up a strategy on a problem."""
        own, reference = self.measured[setting.name, strategy], self.measured[setting.name, self.strategies[0]]
        ahead = np.array([b.area - a.area for a, b in zip(own, reference, strict=True)])
        return Figures(
            problem=setting.name,
            regret=_with_interval(np.array([one.regret[-1] for one in own])),
            area=_with_interval(np.array([one.area for one in own])),
            ahead=_with_interval(ahead),
            adrs=_median([one.adrs for one in own]),
            igd_plus=_median([one.igd_plus for one in own]),
            evaluations={target: _median([one.reached[target] for one in own]) for target in TARGETS},
            **_common(strategy, own),
        )

    def overall(self, strategy: str) -> Figures:
        """Sum up a strategy over all problems: medians over seeds first, then their interquartile mean."""
        groups = [self.measured[setting.name, strategy] for setting in self.settings]
        base = [self.measured[setting.name, self.strategies[0]] for setting in self.settings]
        paired = [list(zip(own, reference, strict=True)) for own, reference in zip(groups, base, strict=True)]
        return Figures(
            problem="",
            regret=_over([[one.regret[-1] for one in own] for own in groups]),
            area=_over([[one.area for one in own] for own in groups]),
            ahead=_over([[b.area - a.area for a, b in pairs] for pairs in paired]),
            adrs=_over([[one.adrs for one in own] for own in groups])[0],
            igd_plus=_over([[one.igd_plus for one in own] for own in groups])[0],
            evaluations={
                target: _over([[one.reached[target] for one in own] for own in groups])[0] for target in TARGETS
            },
            **_common(strategy, [one for own in groups for one in own]),
        )

    def rank_tests(self) -> tuple[RankTest, ...]:
        """Test each strategy against the reference by the problems' medians; nothing with too few problems."""
        reference, others = self.strategies[0], self.strategies[1:]
        if len(self.settings) < FEWEST_PROBLEMS:
            return ()
        medians = {
            strategy: [_median([one.area for one in self.measured[s.name, strategy]]) for s in self.settings]
            for strategy in self.strategies
        }
        differences = {
            strategy: [b - a for a, b in zip(medians[strategy], medians[reference], strict=True)] for strategy in others
        }
        values = [signed_rank(differences[strategy]) for strategy in others]
        return tuple(
            RankTest(
                strategy=strategy,
                reference=reference,
                ahead=sum(difference > 0 for difference in differences[strategy]),
                problems=len(self.settings),
                p=p,
                corrected=corrected,
            )
            for strategy, p, corrected in zip(others, values, holm(values), strict=True)
        )

    def errors(self) -> dict[str, int]:
        """Count the trials that ended early, by what their strategy did wrong."""
        found: dict[str, int] = {}
        for group in self.measured.values():
            for one in group:
                if one.trial.error:
                    found[one.trial.error] = found.get(one.trial.error, 0) + 1
        return found

    def _moments(self, setting: Setting) -> Floats | None:
        """Choose moments from the first evaluation of any trial to the last, evenly on a logarithmic scale."""
        ends = [
            (one.elapsed_s[0], one.elapsed_s[-1])
            for strategy in self.strategies
            for one in self.measured[setting.name, strategy]
            if len(one.elapsed_s)
        ]
        last = max((end for _, end in ends), default=0.0)
        if last <= 0:
            return None
        first = max(min(start for start, _ in ends), last / 1e4)
        return np.geomspace(first, last * 1.0001, MOMENTS)


def _stretched(regret: Floats, length: int) -> Floats:
    """Let a regret that ended with its space stay where it was."""
    return np.concatenate([regret, np.full(length - len(regret), regret[-1])])


def _common(strategy: str, measured: Sequence[Measured]) -> dict[str, Any]:
    """Give what is counted alike on one problem and on all."""
    trials = [one.trial for one in measured]
    deciding = sum(trial.decision_s[-1] for trial in trials if trial.points)
    measuring = sum(trial.measuring_s[-1] for trial in trials if trial.points)
    return {
        "strategy": strategy,
        "trials": len(trials),
        "failed": sum(bool(trial.error) for trial in trials),
        "reached": {t: sum(math.isfinite(one.reached[t]) for one in measured) / len(measured) for t in TARGETS},
        "counts": {name: sum(trial.counts[name] for trial in trials) / len(trials) for name in trials[0].counts},
        "decision_s": deciding / len(trials),
        "decision_share": deciding / (deciding + measuring) if deciding + measuring else 0.0,
    }


def _median(values: Sequence[float]) -> float:
    return float(average(np.array(values), median))


def _with_interval(values: Floats) -> tuple[float, float, float]:
    low, high = bootstrap(values, interquartile, seed=BOOTSTRAP_SEED)
    return float(average(values, interquartile)), float(low), float(high)


def _over(groups: Sequence[Sequence[float]]) -> tuple[float, float, float]:
    middle, (low, high) = over_problems([np.array(values) for values in groups], seed=BOOTSTRAP_SEED)
    return float(middle), float(low), float(high)

"""How well one trial did: regret after each evaluation, and what is left of the way to the front."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import moocore
import numpy as np

from search.compare.trial import Trial
from search.pareto import Floats, adrs, non_dominated
from search.replay import Table

__all__ = ["TARGETS", "Measured", "at_seconds", "attained", "measure"]

TARGETS = (0.9, 0.95, 0.98, 0.99)
"""Shares of the front's hypervolume that a trial may reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The figures of a trial.

    Args:
        regret: shape (budget,): the share of the front's hypervolume that is missing after each evaluation; a trial
            that ended early stays where it was.
        elapsed_s: shape (evaluations,): decisions and measurements up to each evaluation, one after the other.
        area: mean of the regret over all evaluations: the area under its curve, 0 to 1.
        adrs: average distance to the front's points at the end, relative; infinite where nothing feasible was found,
            NaN where the front has a figure of 0.
        igd_plus: mean distance to the front's points at the end, in scaled objectives; infinite likewise.
        reached: for each of `TARGETS` the evaluations that it took; infinite where it was not reached.
    """

    trial: Trial
    regret: Floats
    elapsed_s: Floats
    area: float
    adrs: float
    igd_plus: float
    reached: Mapping[float, float]


def measure(trial: Trial, table: Table, budget: int) -> Measured:
    """Measure a trial against the front of its table.

    Args:
        table: holds every point of the trial.
        budget: evaluations, at least as many as the trial has.
    Source: ADRS as in `search.pareto.adrs`; Ishibuchi, Masuda, Tanigaki and Nojima, EMO 2015, 110-125 (IGD+).
    """
    points = trial.points_of(table.space)
    regret = np.ones(budget)
    regret[: len(points)] = np.maximum(1.0 - table.shares(points), 0.0)
    regret[len(points) :] = regret[len(points) - 1] if points else 1.0
    front = [evaluation.point for evaluation in table.front]
    costs, reference = table.costs(points), table.costs(front)
    feasible = [point for point in points if table[point].feasible]
    distance = igd = math.inf
    if feasible:
        distance = adrs(costs, reference) if reference.all() else math.nan
        igd = float(moocore.igd_plus(table.scaled(feasible), ref=table.scaled(front)))
    return Measured(
        trial=trial,
        regret=regret,
        elapsed_s=np.add(trial.decision_s, trial.measuring_s),
        area=float(regret.mean()),
        adrs=distance,
        igd_plus=igd,
        reached={target: _first(regret, 1.0 - target) for target in TARGETS},
    )


def _first(regret: Floats, bound: float) -> float:
    """Count the evaluations after which the regret is no larger than a bound."""
    below = np.flatnonzero(regret <= bound + 1e-12)
    return float(below[0] + 1) if len(below) else math.inf


def at_seconds(measured: Measured, seconds: Floats) -> Floats:
    """Give the regret that was left at some moments; 1 before the first evaluation."""
    done = np.searchsorted(measured.elapsed_s, seconds, side="right")
    regret = np.concatenate([[1.0], measured.regret[: len(measured.elapsed_s)]])
    return np.asarray(regret[done])


def attained(trials: Sequence[Trial], table: Table, evaluations: int) -> list[list[float]] | None:
    """Find the median attainment surface: the best points that half of the trials dominate or reach.

    Args:
        evaluations: how many of each trial count.
    Returns: points in costs, the first objective rising; None for other than two objectives.
    Source: Grunert da Fonseca, Fonseca and Hall, EMO 2001, 213-225 (empirical attainment function).
    """
    if len(table.objectives) != 2:
        return None
    sets = []
    for trial in trials:
        costs = table.costs(trial.points_of(table.space)[:evaluations])
        sets.append(costs[non_dominated(costs)] if len(costs) else costs)
    if sum(len(costs) > 0 for costs in sets) * 2 <= len(sets):
        return []
    # A set that is empty counts too: the percentage is of the numbered sets, so the fronts stand for more of them.
    filled = [costs for costs in sets if len(costs)]
    numbers = np.concatenate([np.full(len(costs), place) for place, costs in enumerate(filled, start=1)])
    needed = 50.0 * len(sets) / len(filled)
    found = np.asarray(moocore.eaf(np.concatenate(filled), numbers, percentiles=[needed]))[:, :2]
    return [[float(a), float(b)] for a, b in found[np.lexsort((found[:, 1], found[:, 0]))]]

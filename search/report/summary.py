"""What came out of a run: its front, the progress towards it, and the honest comparison with stock."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hdlgen.evaluation import Direction, Objective
from search.missing import Missing, estimate, normalised
from search.pareto import Floats, dominates, hypervolume, non_dominated
from search.report.quantities import quantity, ratio
from search.report.run import Run, Stock, Trial

Scored = Mapping[str, float]

__all__ = [
    "Comparison",
    "Progress",
    "Scored",
    "beaten",
    "best_stock",
    "compare",
    "cost_rows",
    "front",
    "missing",
    "progress",
    "scores",
    "sentence",
]


def cost_rows(scores: Sequence[Scored], objectives: Sequence[Objective]) -> Floats:
    """Give the figures to minimise, shape (scores, objectives)."""
    signs = [1.0 if objective.direction is Direction.MINIMIZE else -1.0 for objective in objectives]
    rows = [[score[objective.metric] for objective in objectives] for score in scores]
    return np.asarray(np.array(rows, dtype=np.float64).reshape(len(rows), len(signs)) * np.array(signs))


def scores(trials: Iterable[Trial | Stock]) -> list[Scored]:
    """List the scores of those that have one."""
    return [trial.score for trial in trials if trial.score is not None]


def front(trials: Sequence[Trial], objectives: Sequence[Objective]) -> tuple[Trial, ...]:
    """Choose the feasible trials that no feasible one dominates; of equal scores the first; smallest area first."""
    feasible = [trial for trial in trials if trial.feasible and trial.score is not None]
    rows = cost_rows(scores(feasible), objectives)
    kept = [feasible[index] for index in np.flatnonzero(non_dominated(rows))]
    return tuple(sorted(kept, key=lambda trial: _size(trial.score or {})))


def _size(score: Mapping[str, float]) -> float:
    """Give what a design takes: tables on an FPGA, area elsewhere."""
    return score.get("luts", score.get("area_um2", 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How the front grew: one entry a measured trial, in order; `share` is the hypervolume over the final one."""

    share: tuple[float, ...]
    size: tuple[int, ...]


def progress(run: Run) -> Progress:
    """Follow the front's size and hypervolume over the measured trials.

    The volume is taken in objectives scaled to 0..1 between the best and the worst feasible figure (logarithms, where
    all are positive), with the reference a tenth beyond the worst: no objective outweighs the others by its unit.
    """
    feasible = [trial.feasible and trial.score is not None for trial in run.measured]
    told = scores(trial for trial, good in zip(run.measured, feasible, strict=True) if good)
    if not told:
        return Progress(share=(0.0,) * len(feasible), size=(0,) * len(feasible))
    scaled = normalised(cost_rows(told, run.objectives))
    reference = np.full(scaled.shape[1], 1.1)
    archive = scaled[:0]
    volumes, sizes = [0.0], [0]
    for row in scaled:
        volume = volumes[-1]
        if not (archive <= row).all(axis=1).any():
            archive = np.vstack([archive[~dominates(row, archive)], row])
            volume = hypervolume(archive, reference)
        volumes.append(volume)
        sizes.append(len(archive))
    steps = np.cumsum(feasible)
    return Progress(
        share=tuple(volumes[step] / volumes[-1] for step in steps), size=tuple(sizes[step] for step in steps)
    )


def missing(run: Run) -> Missing | None:
    """Estimate how much of the front a run has not found; None where too few designs or no space size tell."""
    if not run.space_size:
        return None
    told = scores(trial for trial in run.measured if trial.feasible)
    return estimate(cost_rows(told, run.objectives), max(0.0, 1.0 - len(run.trials) / run.space_size))


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The best design against one stock design, in one objective, no worse in all others.

    Args:
        design: place among the designs compared, from 0; None where none is as good as the stock one in the others.
        ratio: its figure over the stock design's; NaN where there is none, or where stock's is 0.
    """

    stock: Stock
    objective: Objective
    design: int | None
    ratio: float

    @property
    def better(self) -> bool:
        """Tell whether the design really beats stock."""
        return self.ratio < 1 if self.objective.direction is Direction.MINIMIZE else self.ratio > 1


def compare(
    stock: Stock, found: Sequence[Scored], objective: Objective, objectives: Sequence[Objective]
) -> Comparison | None:
    """Find the best design in an objective among those at least as good as a stock design in every other one."""
    if stock.score is None:
        return None
    others = [other for other in objectives if other != objective]
    bound = cost_rows([stock.score], others)
    own = cost_rows(found, [objective])[:, 0]
    fitting = np.flatnonzero((cost_rows(found, others) <= bound).all(axis=1))
    if not len(fitting):
        return Comparison(stock=stock, objective=objective, design=None, ratio=math.nan)
    place = int(fitting[np.argmin(own[fitting])])
    figure, base = abs(float(own[place])), stock.score[objective.metric]
    return Comparison(stock=stock, objective=objective, design=place, ratio=figure / base if base else math.nan)


def best_stock(
    stock: Sequence[Stock], found: Sequence[Scored], objectives: Sequence[Objective]
) -> tuple[Comparison, ...]:
    """Compare with the stock design that is best in each objective; ties go to the one better in the others."""
    scored = [design for design in stock if design.score is not None]
    comparisons = []
    for objective in objectives if scored else ():
        order = [objective, *(other for other in objectives if other != objective)]
        rows = cost_rows(scores(scored), order)
        reference = scored[min(range(len(scored)), key=lambda index: tuple(rows[index]))]
        comparison = compare(reference, found, objective, objectives)
        if comparison is not None:
            comparisons.append(comparison)
    return tuple(comparisons)


def beaten(stock: Sequence[Stock], found: Sequence[Scored], objectives: Sequence[Objective]) -> int:
    """Count the stock designs that some design dominates."""
    rows = cost_rows(found, objectives)
    return sum(bool(dominates(rows, row).any()) for row in cost_rows(scores(stock), objectives))


def sentence(comparison: Comparison, objectives: Sequence[Objective]) -> str:
    """Say one comparison in words, also where it is lost."""
    chosen = quantity(comparison.objective.metric, objectives)
    others = [quantity(o.metric, objectives) for o in objectives if o != comparison.objective]
    name = f"the {chosen.best} stock design"
    if comparison.design is None:
        return f"No design found is as good as {name} in {' and '.join(other.noun for other in others)}."
    design = f"esign {comparison.design + 1}"
    if math.isnan(comparison.ratio):
        return f"Against {name} there is no ratio in {chosen.noun}: its figure is zero."
    held = " and ".join(other.no_worse for other in others)
    held = f" with {held}" if held else ""
    if comparison.better:
        return f"D{design} has {ratio(comparison.ratio)} times the {chosen.noun} of {name}{held}."
    return (
        f"Stock wins in {chosen.noun}: d{design}, the best{held}, has {ratio(comparison.ratio)} times that of {name}."
    )

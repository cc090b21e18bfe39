"""The head of the report: what came out in words and large figures, what was asked for, what failed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from hdlgen.evaluation import METRICS, Direction, Status
from search.report.design import Design
from search.report.figures import OUTCOMES
from search.report.quantities import count, duration, figure, quantity, ratio
from search.report.run import Run
from search.report.summary import Comparison, sentence

__all__ = ["facts", "failed", "lead", "tiles"]


def lead(run: Run, designs: Sequence[Design], comparisons: Sequence[Comparison]) -> str:
    """Say what came out, in words that hold for lost comparisons too."""
    if not run.trials:
        return "Nothing is measured yet."
    ended = "" if run.result or len(run.measured) >= run.budget else f" so far, of {figure(run.budget)},"
    if not designs:
        return f"None of the {count(len(run.measured), 'point')} measured{ended} keeps every constraint."
    found = f"{count(len(designs), 'design')} on the front of {count(len(run.measured), 'point')} measured{ended}"
    if not comparisons:
        return f"{found.strip(',')}; no stock baseline is measured."
    return " ".join([f"{found.strip(',')}.", *(sentence(comparison, run.objectives) for comparison in comparisons[:2])])


def _tile(value: str, label: str, unit: str = "", kind: str = "") -> dict[str, str]:
    return {"value": value, "unit": unit, "label": label, "kind": kind}


def tiles(run: Run, designs: Sequence[Design], comparisons: Sequence[Comparison]) -> list[dict[str, str]]:
    """Choose the large figures of the head: ratios to the best stock designs, front, points, time."""
    listed = []
    for comparison in comparisons[:2]:
        if comparison.design is not None and not math.isnan(comparison.ratio):
            chosen = quantity(comparison.objective.metric, run.objectives)
            kind = "won" if comparison.better else "lost"
            label = f"{chosen.noun} of the {chosen.best} stock design"
            listed.append(_tile(ratio(comparison.ratio), label, "×", kind))
    listed.append(_tile(figure(len(designs)), "designs on the front"))
    budget = f" of {figure(run.budget)}" if run.budget else ""
    listed.append(_tile(figure(len(run.measured)), "points measured", budget))
    listed.append(_tile(duration(run.elapsed_s), "wall time"))
    return listed


def facts(run: Run) -> list[tuple[str, str]]:
    """List what was asked for: technology, objectives, constraints, strategy, seed, size of the space."""
    signs = {Direction.MINIMIZE: "≤", Direction.MAXIMIZE: "≥"}
    aims = ", ".join(f"{o.direction} {quantity(o.metric).noun}" for o in run.objectives)
    bounds = ", ".join(
        f"{q.noun} {signs[METRICS.get(q.metric, Direction.MINIMIZE)]} {c.bound:g} {q.unit}".strip()
        for c, q in ((c, quantity(c.metric)) for c in run.constraints)
    )
    listed = [
        ("technology", run.technology),
        ("objectives", aims),
        ("constraints", bounds or "none"),
        ("strategy", run.strategy),
        ("seed", str(run.seed)),
        ("space", count(run.space_size, "point") if run.space_size else ""),
    ]
    return [(name, value) for name, value in listed if value]


def failed(run: Run) -> str:
    """Count the failed points in words; an empty text where none failed."""
    numbers = Counter(trial.status for trial in run.measured if trial.status is not Status.OK)
    if not numbers:
        return ""
    parts = ", ".join(f"{number} {OUTCOMES[status.value]}" for status, number in sorted(numbers.items()))
    return f"{count(numbers.total(), 'failed point')}, not plotted ({parts})"

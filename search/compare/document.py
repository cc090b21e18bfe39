"""The document that `hdlgen compare --json` prints."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from search.compare.measures import TARGETS, attained
from search.compare.results import Comparison, Curve, Figures

__all__ = ["checkpoints", "describe"]

CHECKPOINTS = (0.25, 0.5, 1.0)
"""The shares of the budget after which attainment surfaces are drawn."""
DIGITS = 6


def describe(comparison: Comparison, head: Mapping[str, Any]) -> dict[str, Any]:
    """Put a comparison into plain JSON types; a figure that does not exist, as infinitely many evaluations, is null.

    Args:
        head: what was compared and by which command, from the folder's header.
    """
    settings, strategies = comparison.settings, comparison.strategies
    return {
        **head,
        "problems": [
            {
                "name": setting.name,
                "points": len(setting.table),
                "space_size": setting.space_size,
                "reference": "whole space" if setting.whole else "best of all trials",
                "objectives": [f"{one.direction.value} {one.metric}" for one in setting.table.objectives],
                "front": len(setting.table.front),
                "budget": comparison.budget(setting),
            }
            for setting in settings
        ],
        "strategies": list(strategies),
        "seeds": list(comparison.seeds),
        "curves": [
            {
                "problem": setting.name,
                "strategy": strategy,
                "evaluations": _curve(comparison.over_evaluations(setting, strategy)),
                "seconds": _curve(comparison.over_seconds(setting, strategy)),
            }
            for setting in settings
            for strategy in strategies
        ],
        "curves_overall": [
            {"strategy": strategy, "evaluations": _curve(comparison.over_all(strategy))} for strategy in strategies
        ],
        "attainment": [
            {
                "problem": setting.name,
                "strategy": strategy,
                "evaluations": evaluations,
                "median_surface": attained(
                    [one.trial for one in comparison.measured[setting.name, strategy]], setting.table, evaluations
                ),
            }
            for setting in settings
            for strategy in strategies
            for evaluations in checkpoints(comparison.budget(setting))
        ],
        "summary": [_figures(comparison.figures(strategy, setting)) for setting in settings for strategy in strategies],
        "overall": [_figures(comparison.overall(strategy)) for strategy in strategies],
        "rank_tests": [
            {
                "strategy": test.strategy,
                "reference": test.reference,
                "ahead": test.ahead,
                "problems": test.problems,
                "p": test.p,
                "p_holm": test.corrected,
            }
            for test in comparison.rank_tests()
        ],
        "errors": comparison.errors(),
    }


def checkpoints(budget: int) -> list[int]:
    """Give the numbers of evaluations after which attainment surfaces are drawn."""
    return sorted({max(1, round(share * budget)) for share in CHECKPOINTS})


def _curve(curve: Curve | None) -> dict[str, list[float | None]] | None:
    if curve is None:
        return None
    return {name: _plain(getattr(curve, name)) for name in ("at", "middle", "low", "high")}


def _plain(values: Sequence[float]) -> list[float | None]:
    return [_number(value) for value in values]


def _number(value: float) -> float | None:
    """Round a figure; None where it is not finite."""
    return round(float(value), DIGITS) if math.isfinite(value) else None


def _figures(figures: Figures) -> dict[str, Any]:
    regret, area, ahead = (_plain(triple) for triple in (figures.regret, figures.area, figures.ahead))
    return {
        "strategy": figures.strategy,
        "problem": figures.problem or None,
        "trials": figures.trials,
        "failed": figures.failed,
        "evaluations_to_99_median": _number(figures.evaluations[0.99]),
        "reached_99": _number(figures.reached[0.99]),
        "auc": area[0],
        "auc_interval": area[1:],
        "regret": regret[0],
        "regret_interval": regret[1:],
        "ahead_of_reference": ahead[0],
        "ahead_of_reference_interval": ahead[1:],
        "adrs": _number(figures.adrs),
        "igd_plus": _number(figures.igd_plus),
        "targets": [
            {
                "share": target,
                "reached": _number(figures.reached[target]),
                "evaluations_median": _number(figures.evaluations[target]),
            }
            for target in TARGETS
        ],
        "counts": {name: _number(value) for name, value in figures.counts.items()},
        "decision_s": _number(figures.decision_s),
        "decision_share": _number(figures.decision_share),
    }

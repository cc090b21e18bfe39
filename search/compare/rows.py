"""The tables of a comparison's page: figures as texts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from search.compare.measures import TARGETS
from search.compare.plots import style
from search.compare.results import Comparison, Figures
from search.compare.trial import COUNTS
from search.report.quantities import count, duration, figure

__all__ = ["count_rows", "counted", "figure_rows", "interval", "percent", "test_rows"]

NONE = "–"


def percent(value: float) -> str:
    """Write a share in percent, one decimal below ten percent and two below one."""
    if not math.isfinite(value):
        return NONE
    places = 2 if abs(value) < 0.01 else 1
    return f"{value * 100:.{places}f} %"


def interval(low: float, high: float) -> str:
    """Write the ends of an interval in percent."""
    return f"{percent(low).removesuffix(' %')} to {percent(high)}" if math.isfinite(low + high) else ""


def figure_rows(figures: Sequence[Figures], strategies: Sequence[str]) -> list[dict[str, Any]]:
    """Make the rows of a table of figures, the least mean regret marked."""
    best = min(one.area[0] for one in figures)
    return [
        {
            "strategy": one.strategy,
            "style": style(strategies.index(one.strategy)),
            "best": one.area[0] == best,
            "area": percent(one.area[0]),
            "area_range": interval(*one.area[1:]),
            "ahead": percent(one.ahead[0]) if one.strategy != strategies[0] else NONE,
            "ahead_range": interval(*one.ahead[1:]) if one.strategy != strategies[0] else "",
            "clear": one.ahead[1] > 0,
            "regret": percent(one.regret[0]),
            "adrs": percent(one.adrs),
            "igd_plus": f"{one.igd_plus:.4f}" if math.isfinite(one.igd_plus) else NONE,
            "targets": [_target(one, target) for target in TARGETS],
        }
        for one in figures
    ]


def _target(figures: Figures, target: float) -> dict[str, str]:
    """Write the median evaluations to a target; the share of trials that reached it where half did not."""
    share, middle = figures.reached[target], figures.evaluations[target]
    words = f"reached by {share:.0%} of {count(figures.trials, 'trial')}".replace("%", " %")
    if math.isfinite(middle):
        return {"text": figure(middle, 0 if middle == int(middle) else 1), "title": words}
    return {"text": f"({share:.0%})".replace("%", " %"), "title": words}


def counted() -> list[tuple[str, str]]:
    """List what is counted and in which words."""
    return [(name.replace("_", " "), words) for name, words in COUNTS.items()]


def count_rows(figures: Sequence[Figures]) -> list[dict[str, Any]]:
    """Make the rows of the table of counts."""
    return [
        {
            "strategy": one.strategy,
            "trials": figure(one.trials),
            "failed": figure(one.failed),
            "cells": [figure(one.counts[name], 1) for name in COUNTS],
            "decision": duration(one.decision_s) if one.decision_s >= 0.05 else f"{one.decision_s * 1000:.1f} ms",
            "share": percent(one.decision_share),
        }
        for one in figures
    ]


def test_rows(comparison: Comparison) -> list[dict[str, str]]:
    """Make the rows of the table of rank tests."""
    return [
        {
            "strategy": test.strategy,
            "ahead": f"{test.ahead} of {test.problems}",
            "p": f"{test.p:.3f}",
            "corrected": f"{test.corrected:.3f}",
        }
        for test in comparison.rank_tests()
    ]

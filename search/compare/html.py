"""A comparison as one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from hdlgen.evaluation import Direction
from search.compare.document import checkpoints
from search.compare.measures import TARGETS, attained
from search.compare.plots import draw_curves, draw_surfaces, style
from search.compare.rank_tests import FEWEST_PROBLEMS
from search.compare.results import Comparison, Setting
from search.compare.rows import count_rows, counted, figure_rows, interval, percent, test_rows
from search.durable import write_bytes
from search.report.quantities import count, duration, figure, quantity

__all__ = ["render", "write_page"]

LARGE, SMALL = (1064.0, 420.0), (520.0, 320.0)


def write_page(path: Path, comparison: Comparison, head: Mapping[str, Any]) -> Path:
    """Write the page, whole or not at all.

    Args:
        head: the header of the folder: settings, versions, command.
    Raises: StoreError where the system refuses.
    """
    write_bytes(path, render(comparison, head, folder=path.parent.resolve().name).encode())
    return path


def render(comparison: Comparison, head: Mapping[str, Any], *, folder: str) -> str:
    """Make the page; the same comparison gives the same text."""
    own, house = resources.files("search.compare") / "page", resources.files("search.report") / "page"
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (own / name).read_text(encoding="utf-8")),
        autoescape=True,  # names and errors are somebody else's
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    css = (house / "report.css").read_text(encoding="utf-8") + (own / "compare.css").read_text(encoding="utf-8")
    return environment.get_template("compare.html.jinja").render(
        _context(comparison, head), folder=folder, style=Markup(css)
    )


def _context(comparison: Comparison, head: Mapping[str, Any]) -> dict[str, Any]:
    settings, strategies = comparison.settings, comparison.strategies
    overall = [comparison.overall(strategy) for strategy in strategies]
    what = settings[0].name if len(settings) == 1 else count(len(settings), "problem")
    least = 2.0 / 2 ** len(settings)
    return {
        "title": f"{count(len(strategies), 'strategy', 'strategies')} on {what}",
        "lead": _lead(comparison),
        "tiles": _tiles(comparison),
        "facts": [
            ("budget", count(comparison.rules.budget, "evaluation")),
            ("start", count(comparison.rules.start, "random point") if comparison.rules.start else "each its own"),
            ("asked for at a time", str(comparison.rules.batch)),
            ("seeds", f"{comparison.seeds[0]} to {comparison.seeds[-1]}"),
            ("reference", strategies[0]),
        ],
        "reference": strategies[0],
        "strategies": [{"strategy": name, "style": style(place)} for place, name in enumerate(strategies)],
        "targets": [f"{target:.0%}".replace("%", " %") for target in TARGETS],
        "overall": None
        if len(settings) == 1
        else {
            "plot": draw_curves(
                {strategy: comparison.over_all(strategy) for strategy in strategies},
                "distinct evaluations",
                "Regret over evaluations, all problems",
                size=LARGE,
            ),
            "rows": figure_rows(overall, strategies),
        },
        "tests": test_rows(comparison),
        "least_p": f"With {count(len(settings), 'problem')} no p can be below {least:.3f} before the correction.",
        "no_tests": f"No rank test: it takes {FEWEST_PROBLEMS} problems or more to tell anything."
        if len(strategies) > 1
        else "",
        "problems": [_problem(comparison, setting) for setting in settings],
        "counted": counted(),
        "counts": count_rows(overall),
        "errors": sorted(comparison.errors().items(), key=lambda item: -item[1]),
        "method": _method(comparison),
        "command": head["command"],
        "versions": [(name, str(value)) for name, value in head["versions"].items()],
    }


def _lead(comparison: Comparison) -> str:
    """Say which strategy leaves the least, and how surely it is ahead of the reference."""
    best = min((comparison.overall(strategy) for strategy in comparison.strategies), key=lambda one: one.area[0])
    others = len(comparison.strategies) - 1
    text = f"Over {count(comparison.rules.budget, 'evaluation')} {best.strategy} misses {percent(best.area[0])} of the "
    text += "front's hypervolume on average" + (", the least of all." if others else ".")
    if best.strategy != comparison.strategies[0]:
        sure = "clear of zero" if best.ahead[1] > 0 else "an interval that holds zero"
        ahead = f"{percent(best.ahead[0])} ahead of {comparison.strategies[0]}"
        text += f" It is {ahead} ({interval(*best.ahead[1:])}: {sure})."
    return text


def _tiles(comparison: Comparison) -> list[dict[str, str]]:
    trials = [one.trial for group in comparison.measured.values() for one in group]
    return [
        {"value": figure(len(comparison.settings)), "label": "problems"},
        {"value": figure(len(comparison.seeds)), "label": "seeds a strategy and problem"},
        {"value": figure(len(trials)), "label": "trials"},
        {"value": figure(sum(len(trial.points) for trial in trials)), "label": "evaluations"},
        {
            "value": duration(sum(trial.decision_s[-1] for trial in trials if trial.points)),
            "label": "decisions of all trials",
        },
    ]


def _problem(comparison: Comparison, setting: Setting) -> dict[str, Any]:
    """Draw and tabulate a problem."""
    strategies = comparison.strategies
    seconds = {strategy: comparison.over_seconds(setting, strategy) for strategy in strategies}
    timed = {strategy: curve for strategy, curve in seconds.items() if curve is not None}
    measured = any(
        one.trial.measuring_s[-1:] > (0.0,) for s in strategies for one in comparison.measured[setting.name, s]
    )
    title = "seconds, decisions and measurements" if measured else "seconds of decisions; measurements took none"
    wanted = setting.table.objectives
    aims = ", ".join(f"{one.direction.value} {quantity(one.metric, wanted).noun}" for one in wanted)
    source = "all are known" if setting.whole else f"{figure(len(setting.table))} of them were measured"
    front = "true front" if setting.whole else "front, the best of all trials,"
    return {
        "name": setting.name,
        "note": f"{aims}; {count(setting.space_size, 'point')}, {source}; the {front} has {len(setting.table.front)}.",
        "evaluations": draw_curves(
            {strategy: comparison.over_evaluations(setting, strategy) for strategy in strategies},
            "distinct evaluations",
            f"{setting.name}: regret over evaluations",
            size=SMALL,
        ),
        "seconds": timed
        and draw_curves(timed, title, f"{setting.name}: regret over seconds", size=SMALL, logarithmic=True),
        "rows": figure_rows([comparison.figures(strategy, setting) for strategy in strategies], strategies),
        "surfaces": _surfaces(comparison, setting),
    }


def _surfaces(comparison: Comparison, setting: Setting) -> list[tuple[str, Markup]]:
    """Draw what half of the trials attain, early and at the half of the budget; nothing but for two objectives."""
    aims = setting.table.objectives
    if len(aims) != 2:
        return []
    front = setting.table.costs([evaluation.point for evaluation in setting.table.front]).tolist()
    drawn = []
    for evaluations in checkpoints(comparison.budget(setting))[:2]:
        surfaces = {
            strategy: attained(
                [one.trial for one in comparison.measured[setting.name, strategy]], setting.table, evaluations
            )
            or []
            for strategy in comparison.strategies
        }
        first, second = (quantity(one.metric, aims) for one in aims)
        signs = (_sign(aims[0].direction), _sign(aims[1].direction))
        label = f"{setting.name}: median attainment after {evaluations} evaluations"
        plot = draw_surfaces(surfaces, front, (first, second), signs, label, size=SMALL)
        drawn.append((f"after {count(evaluations, 'evaluation')}", plot))
    return drawn


def _sign(direction: Direction) -> int:
    return 1 if direction is Direction.MINIMIZE else -1


def _method(comparison: Comparison) -> list[str]:
    """Say in words how the figures came about."""
    start = comparison.rules.start
    begun = (
        f"In every trial the strategy is told {count(start, 'random point')} before its first ask, with one seed the "
        "same for all strategies, so that differences are taken seed by seed."
        if start
        else "Every strategy begins as it likes; a trial's seed is the only thing that strategies share."
    )
    counted = (
        "An evaluation is distinct hardware, or a point that failed; known hardware, repeats and invalid proposals "
        "cost nothing and are counted apart."
    )
    regret = (
        "Regret is the share of the front's hypervolume that is missing, in objectives scaled from the best (0) to the "
        "worst (1) of the whole table, logarithmically where they have one sign. Where a space is too large to be "
        "known as a whole, the best of all trials takes the place of the true front."
    )
    averages = (
        "Curves and figures of a problem are interquartile means over seeds with 95 % bootstrap intervals; ADRS, IGD+ "
        "and evaluations to a target are medians. Over problems, each problem's median comes first, then the "
        "interquartile mean of these. ADRS is the mean relative distance to the front's points."
    )
    seconds = (
        "Seconds are those of one worker that measures one design after the other: decisions as they took here, "
        "measurements as they were recorded."
    )
    return [f"{begun} {counted}", regret, averages, seconds]

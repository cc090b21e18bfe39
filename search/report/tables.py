"""The rows of the report's tables: the front, and stock with what was found against it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hdlgen.evaluation import Direction, Status
from search.report.design import Design
from search.report.quantities import QUANTITIES, Quantity, decimals, figure, quantity, ratio
from search.report.run import Run
from search.report.summary import compare, scores

__all__ = [
    "Cell",
    "Column",
    "StockRow",
    "columns",
    "failure_rows",
    "front_rows",
    "knob_text",
    "stock_rows",
    "varied_knobs",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A metric as a column: decimals shared by all its figures, and whether the search aimed at it."""

    quantity: Quantity
    places: int
    objective: bool

    @property
    def metric(self) -> str:
        """The metric's name in a score."""
        return self.quantity.metric

    @property
    def noun(self) -> str:
        """What the metric is called."""
        return self.quantity.noun

    @property
    def unit(self) -> str:
        """The metric's unit."""
        return self.quantity.unit

    @property
    def first(self) -> str:
        """The order that has the best on top."""
        return "ascending" if self.quantity.direction is Direction.MINIMIZE else "descending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A figure of a table: as text, raw for sorting, whether it is the best, and the design it is of (0: none)."""

    text: str
    value: str
    best: bool = False
    design: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRow:
    """A stock design: its figures, and per objective the ratio that the best comparable design reaches."""

    flow: str
    recipe: str
    cells: tuple[Cell, ...]
    ratios: tuple[Cell, ...]


def columns(run: Run, objectives_first: bool = True) -> tuple[Column, ...]:
    """List every metric that some score has: objectives, then the known ones, then the rest by name."""
    every = scores(run.trials) + scores(run.stock)
    metrics = {metric for score in every for metric in score}
    aims = [objective.metric for objective in run.objectives]
    order = [*aims, *QUANTITIES, *sorted(metrics)] if objectives_first else [*QUANTITIES, *sorted(metrics)]
    return tuple(
        Column(
            quantity=quantity(metric, run.objectives),
            places=decimals(score[metric] for score in every if metric in score),
            objective=metric in aims,
        )
        for metric in dict.fromkeys(order)
        if metric in metrics
    )


def _cells(listed: Sequence[Mapping[str, float]], shown: Sequence[Column]) -> list[tuple[Cell, ...]]:
    """Write the figures of some scores, the best of each column marked where they differ."""
    best: dict[str, float] = {}
    for column in shown:
        values = [score[column.metric] for score in listed if column.metric in score]
        if len(set(values)) > 1:
            best[column.metric] = (min if column.quantity.direction is Direction.MINIMIZE else max)(values)
    return [
        tuple(_cell(score.get(column.metric), column, best.get(column.metric)) for column in shown) for score in listed
    ]


def _cell(value: float | None, column: Column, best: float | None) -> Cell:
    if value is None:
        return Cell(text="–", value="")
    return Cell(text=figure(value, column.places), value=repr(value), best=value == best)


def front_rows(designs: Sequence[Design], shown: Sequence[Column]) -> list[tuple[Cell, ...]]:
    """Write the figures of each design on the front."""
    return _cells(scores(design.trial for design in designs), shown)


def knob_text(value: Any) -> str:
    """Write a choice as on the command line."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def varied_knobs(designs: Sequence[Design]) -> tuple[list[str], list[tuple[str, str]]]:
    """Part the knobs into those in which designs differ, and pairs of name and choice for the others."""
    found: dict[str, set[str]] = {}
    for design in designs:
        for name, value in design.trial.point:
            found.setdefault(name, set()).add(knob_text(value))
    missing = {name for name in found for design in designs if name not in dict(design.trial.point)}
    varied = [name for name, values in found.items() if len(values) > 1 or name in missing]
    return varied, [(name, next(iter(values))) for name, values in found.items() if name not in varied]


def _ratio_cell(value: float, design: int | None, better: bool) -> Cell:
    if design is None or math.isnan(value):
        return Cell(text="–", value="")
    return Cell(text=ratio(value), value=repr(value), best=better, design=design + 1)


def stock_rows(run: Run, designs: Sequence[Design], shown: Iterable[Column]) -> list[StockRow]:
    """Write the stock designs that have figures, each against the best comparable designs of the front."""
    scored = [stock for stock in run.stock if stock.score is not None]
    found = scores(design.trial for design in designs)
    rows = []
    for stock, cells in zip(scored, _cells(scores(scored), tuple(shown)), strict=True):
        comparisons = [compare(stock, found, objective, run.objectives) for objective in run.objectives]
        ratios = tuple(_ratio_cell(c.ratio, c.design, c.better) for c in comparisons if c is not None)
        rows.append(StockRow(flow=stock.flow, recipe=stock.recipe, cells=cells, ratios=ratios))
    return rows


def failure_rows(run: Run) -> list[tuple[int, str, str, str]]:
    """List the points that failed: number, status, message and knobs."""
    return [
        (
            trial.number,
            trial.status.value,
            trial.message,
            " ".join(f"{name}={knob_text(value)}" for name, value in trial.point),
        )
        for trial in run.measured
        if trial.status is not Status.OK
    ]

"""Experience: what whole spaces of other designs taught of knobs, for whoever searches the space of the next one.

On a logarithmic scale a figure is roughly a sum: of what the design is, of each choice (a recipe, a depth of the
pipeline), of facts of its datapath. What a choice changes is much the same from design to design. So a regression over
whole spaces, each around its own mean, says of a new design before anything is measured which of its points should be
small and which fast; how small and how fast it does not say.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hdlgen.evaluation import METRICS, Direction, Objective
from hdlgen.space import Choice, Knob, Point
from search.pareto import Floats
from search.replay import Table

__all__ = ["FILE", "Effects", "Experience", "Lesson", "as_document", "digest", "learn", "lesson", "shipped"]

FILE = Path(__file__).with_name("experience.json")
"""What the shipped tables taught: `python -m benchmarks.teach` writes it."""

CHOICE_RIDGE, FACT_RIDGE = 10.0, 1000.0
"""How much data, in points, it takes to believe in the effect of a choice, and in that of a fact."""

_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A whole space, measured.

    Args:
        facts: of each point, shape (points, facts), as `hdlgen.features` gives them.
        figures: logarithms by metric, shape (points,) each.
    """

    name: str
    points: tuple[Point, ...]
    facts: Floats
    figures: Mapping[str, Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What is added to the logarithm of each metric, by choice and by each unit of a fact."""

    choices: Mapping[str, Mapping[Choice, tuple[float, ...]]]
    facts: tuple[tuple[float, ...], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Give plain JSON types."""
        return {
            "choices": {knob: [[choice, *row] for choice, row in rows.items()] for knob, rows in self.choices.items()},
            "facts": [list(row) for row in self.facts],
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Effects:
        """Read what `as_dict` gave."""
        return cls(
            choices={knob: {choice: tuple(row) for choice, *row in rows} for knob, rows in document["choices"].items()},
            facts=tuple(map(tuple, document["facts"])),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Experience:
    """Effects on the logarithms of `metrics`: `rough` of choices alone, `precise` of choices and facts together."""

    metrics: tuple[str, ...]
    rough: Effects
    precise: Effects

    def of_choices(self, knob: Knob, objectives: Sequence[Objective]) -> Floats:
        """Give what each choice of a knob adds to logarithmic costs; 0 where nothing is known.

        Returns: shape (choices, objectives).
        """
        known = self.rough.choices.get(knob.name, {})
        return self._costs([known.get(choice) for choice in knob.choices], objectives)

    def of_points(self, points: Sequence[Point], facts: Floats, objectives: Sequence[Objective]) -> Floats:
        """Give logarithmic costs of points of one space, up to a constant of each objective.

        Args:
            facts: shape (points, facts).
        Returns: shape (points, objectives).
        """
        known = self.precise.choices
        rows = [
            self._costs([known.get(knob, {}).get(choice) for knob, choice in point.values], objectives).sum(axis=0)
            for point in points
        ]
        return np.array(rows) + facts @ self._costs(self.precise.facts, objectives)

    def _costs(self, rows: Sequence[Sequence[float] | None], objectives: Sequence[Objective]) -> Floats:
        """Pick the columns of objectives out of rows of effects, as costs: what should be large counts negatively."""
        result = np.zeros((len(rows), len(objectives)))
        for at, objective in enumerate(objectives):
            if objective.metric in self.metrics:
                column = self.metrics.index(objective.metric)
                sign = 1.0 if objective.direction is Direction.MINIMIZE else -1.0
                result[:, at] = [0.0 if row is None else sign * row[column] for row in rows]
        return result


def lesson(table: Table, facts: Mapping[Point, Sequence[float]]) -> Lesson:
    """Make a lesson of a table: of its feasible points, and of all metrics that are positive throughout."""
    scores = {e.point: e.score for e in map(table.__getitem__, table.points) if e.feasible and e.score is not None}
    figures = {metric: np.array([getattr(score, metric) or 0.0 for score in scores.values()]) for metric in METRICS}
    return Lesson(
        name=table.name,
        points=tuple(scores),
        facts=np.array([facts[point] for point in scores], dtype=np.float64),
        figures={metric: np.log(column) for metric, column in figures.items() if (column > 0).all()},
    )


def learn(lessons: Sequence[Lesson]) -> Experience:
    """Fit the effects to all lessons at once, a point counting the same in each; metrics that all of them have."""
    metrics = tuple(metric for metric in METRICS if all(metric in one.figures for one in lessons))
    choices = list(dict.fromkeys(pair for one in lessons for point in one.points for pair in point.values))
    places = {pair: place for place, pair in enumerate(choices)}
    inputs, targets = [], []
    for one in lessons:
        chosen = np.zeros((len(one.points), len(choices)))
        for row, point in zip(chosen, one.points, strict=True):
            row[[places[pair] for pair in point.values]] = 1.0
        inputs.append(_centred(np.hstack([chosen, one.facts])))
        targets.append(_centred(np.column_stack([one.figures[metric] for metric in metrics])))
    rows, figures = np.vstack(inputs), np.vstack(targets)
    rough = _ridge(rows[:, : len(choices)], figures, np.full(len(choices), CHOICE_RIDGE))
    ridges = np.where(np.arange(rows.shape[1]) < len(choices), CHOICE_RIDGE, FACT_RIDGE)
    precise = _ridge(rows, figures, ridges)
    return Experience(
        metrics=metrics,
        rough=Effects(choices=_by_knob(choices, rough)),
        precise=Effects(choices=_by_knob(choices, precise), facts=_rounded(precise[len(choices) :])),
    )


def _centred(rows: Floats) -> Floats:
    return np.asarray(rows - rows.mean(axis=0))


def _ridge(inputs: Floats, targets: Floats, ridges: Floats) -> Floats:
    """Fit linear weights, shape (inputs, targets), each drawn to 0."""
    return np.asarray(np.linalg.solve(inputs.T @ inputs + np.diag(ridges), inputs.T @ targets))


def _by_knob(choices: Sequence[tuple[str, Choice]], weights: Floats) -> dict[str, dict[Choice, tuple[float, ...]]]:
    found: dict[str, dict[Choice, tuple[float, ...]]] = {}
    for (knob, choice), row in zip(choices, _rounded(weights[: len(choices)]), strict=True):
        found.setdefault(knob, {})[choice] = row
    return found


def _rounded(rows: Floats) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(round(float(value), _DIGITS) for value in row) for row in rows)


def as_document(experiences: Mapping[str, Experience], taught_by: Mapping[str, str]) -> dict[str, Any]:
    """Give the file's content.

    Args:
        experiences: by the name of the lesson that each leaves out; `""` for none.
        taught_by: digests of the tables by name.
    """
    return {
        "taught_by": dict(taught_by),
        "metrics": list(experiences[""].metrics),
        "without": {
            name: {"rough": one.rough.as_dict(), "precise": one.precise.as_dict()} for name, one in experiences.items()
        },
    }


@functools.cache
def shipped(without: str = "") -> Experience:
    """Read what the shipped tables taught.

    Args:
        without: the name of a design; its own table, where there is one, is left out, for whoever wants to see what
            experience is worth on a design that it knows nothing of.
    """
    document = _document()
    found = document["without"].get(without, document["without"][""])
    return Experience(
        metrics=tuple(document["metrics"]),
        rough=Effects.from_dict(found["rough"]),
        precise=Effects.from_dict(found["precise"]),
    )


def digest() -> str:
    """Tell one state of the shipped experience from another."""
    return hashlib.sha256(FILE.read_bytes()).hexdigest()[:16]


@functools.cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return document

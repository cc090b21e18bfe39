"""Replays: a space whose every point is measured already, and an evaluator that looks the figures up."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hdlgen.errors import InputError, nearest
from hdlgen.evaluation import Direction, Evaluation, Objective, Score, Status
from hdlgen.limits import MAX_TABLE_FILE_BYTES
from hdlgen.space import Choice, Knob, Point, Space
from search.pareto import Floats, costs, hypervolume, non_dominated

__all__ = ["Figures", "ReplayEvaluator", "Table", "read_csv"]


class Figures(Score):
    """A score that knows the figures of a table alone, under the table's own names; any other raises AttributeError."""

    __slots__ = ("_figures",)
    _figures: Mapping[str, float]

    def __init__(self, figures: Mapping[str, float]) -> None:
        for name, value in figures.items():
            if not math.isfinite(value):
                raise ValueError(f"Figures: {name} must be finite, not {value!r}")
        object.__setattr__(self, "_figures", dict(figures))

    def __getattr__(self, name: str) -> float:
        # Python comes here for the fields of `Score` too: they are slots that were never filled.
        try:
            return object.__getattribute__(self, "_figures")[name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(
                f"Figures: the table must hold {name}, and has only {', '.join(self._figures)}"
            ) from None

    def __eq__(self, other: object) -> bool:
        return self._figures == other._figures if isinstance(other, Figures) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._figures.items())))

    def __repr__(self) -> str:
        return f"Figures({self._figures!r})"

    def __reduce__(self) -> tuple[type[Figures], tuple[dict[str, float]]]:
        return Figures, (dict(self._figures),)

    def as_dict(self) -> dict[str, float]:
        """List the figures by name, in the table's order."""
        return dict(self._figures)


class Table:
    """A space of which every point is measured, so that its true front is known.

    Args:
        name: what messages and reports call it.
        space: all valid points.
        objectives: at least one.
        evaluations: one of each valid point, in any order; failed and infeasible ones among them.
    Raises: InputError where a point is missing, foreign or given twice, or no point is feasible.
    """

    def __init__(
        self, *, name: str, space: Space, objectives: Sequence[Objective], evaluations: Sequence[Evaluation]
    ) -> None:
        self.name = name
        self.space = space
        self.objectives = tuple(objectives)
        self._evaluations = {evaluation.point: evaluation for evaluation in evaluations}
        if len(self._evaluations) != len(evaluations):
            raise InputError(f"{name}: each point must stand in the table once")
        foreign = next((point for point in self._evaluations if not space.contains(point)), None)
        if foreign is not None:
            raise InputError(f"{name}: each point must be a valid one of the space, not {foreign.text()!r}")
        if len(self._evaluations) != space.size():
            raise InputError(f"{name}: the table must hold all {space.size()} points, not {len(self._evaluations)}")
        good = [evaluation for evaluation in evaluations if evaluation.feasible]
        if not good:
            raise InputError(f"{name}: at least one point must be feasible")
        self._scale = _Scale(costs(good, self.objectives))
        scaled = self._scale.apply(costs(good, self.objectives))
        self._scaled = {evaluation.point: row for evaluation, row in zip(good, scaled, strict=True)}
        self.front = tuple(e for e, keep in zip(good, non_dominated(scaled), strict=True) if keep)
        """The true front: of equal scores the first alone."""
        self._volume = hypervolume(scaled, np.ones(len(self.objectives)))

    def __len__(self) -> int:
        return len(self._evaluations)

    def __getitem__(self, point: Point) -> Evaluation:
        return self._evaluations[point]

    @property
    def points(self) -> tuple[Point, ...]:
        """All points, in the order of the table."""
        return tuple(self._evaluations)

    def costs(self, points: Sequence[Point]) -> Floats:
        """Give the figures to minimise of the feasible ones of some points, shape (points, objectives)."""
        evaluations = [self._evaluations[point] for point in points]
        return costs([evaluation for evaluation in evaluations if evaluation.feasible], self.objectives)

    def scaled(self, points: Sequence[Point]) -> Floats:
        """Give for each point its place between the best, 0, and the worst, 1, of each objective in the whole table.

        Where an objective has one sign throughout, as areas and rates do, the scale is logarithmic: halving counts the
        same everywhere.

        Returns: shape (points, objectives); a point without a feasible score stands at 1 in all.
        """
        worst = np.ones(len(self.objectives))
        rows = [self._scaled.get(point, worst) for point in points]
        return np.array(rows, dtype=np.float64).reshape(len(points), len(worst))

    def shares(self, points: Sequence[Point]) -> Floats:
        """Give the share of the true front's hypervolume after each of the points, in the order of measuring.

        Measured in the `scaled` objectives, up to the worst of the table; for two objectives in one pass.
        """
        rows, result, share = self.scaled(points), np.zeros(len(points)), 0.0
        if not self._volume:  # all points are equal, or the front lies on the worst values: any point will do
            return np.asarray([float(point in self._scaled) for point in points])
        best = np.zeros((0, rows.shape[1]))
        for place, row in enumerate(rows):
            if not (best <= row).all(axis=1).any():
                best = np.concatenate([best[~(row <= best).all(axis=1)], row[np.newaxis]])
                share = hypervolume(best, np.ones(rows.shape[1])) / self._volume
            result[place] = share
        return result


class _Scale:
    """From costs to the unit cube of a table: logarithmic where a column has one sign."""

    def __init__(self, columns: Floats) -> None:
        self._positive = (columns > 0).all(axis=0)
        self._negative = (columns < 0).all(axis=0)
        warped = self._warp(columns)
        self._least = warped.min(axis=0)
        span = warped.max(axis=0) - self._least
        self._span = np.where(span > 0, span, 1.0)

    def _warp(self, columns: Floats) -> Floats:
        warped = np.array(columns, dtype=np.float64)
        warped[:, self._positive] = np.log(columns[:, self._positive])
        warped[:, self._negative] = -np.log(-columns[:, self._negative])  # more is better: the cost is negative
        return warped

    def apply(self, columns: Floats) -> Floats:
        scaled: Floats = (self._warp(columns) - self._least) / self._span
        return scaled


class ReplayEvaluator:
    """Look each point up in a table: an `Evaluator` that costs nothing."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def evaluate(self, points: Sequence[Point]) -> Iterator[Evaluation]:
        """Yield the evaluation of each point."""
        return (self._table[point] for point in points)


def read_csv(path: Path, objectives: Sequence[Objective | str] = ()) -> Table:
    """Read a table of measured designs: a head of names, then a design a row; the space is the listed designs.

    A column of an objective holds numbers; any other is a knob, its choices sorted where they are numbers, else in the
    order of appearance.

    Args:
        objectives: the columns that are one, to minimise where only named; left out: all that are not named `knob...`.
    Raises: InputError that names file and row or column.
    """
    try:
        if path.stat().st_size > MAX_TABLE_FILE_BYTES:
            raise InputError(f"{path}: the table must have at most {MAX_TABLE_FILE_BYTES} bytes")
        with path.open(encoding="utf-8", newline="") as lines:
            rows = [row for row in csv.reader(lines) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: the table must be a readable CSV file ({error})") from None
    if len(rows) < 2:
        raise InputError(f"{path}: the table must hold a head and at least one row, not {len(rows)} rows")
    head = [name.strip() for name in rows[0]]
    if len(set(head)) != len(head):
        raise InputError(f"{path}: columns must have different names, not {','.join(head)}")
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(head):
            raise InputError(f"{path}: row {number} must have {len(head)} cells, not {len(row)}")
    wanted = tuple(
        Objective(metric=one, direction=Direction.MINIMIZE) if isinstance(one, str) else one
        for one in (objectives or [name for name in head if not name.startswith("knob")])
    )
    for objective in wanted:
        if objective.metric not in head:
            hint = nearest(objective.metric, head)
            raise InputError(f"{path}: objective {objective.metric!r} must be a column of {','.join(head)}{hint}")
    columns = {name: [row[at].strip() for row in rows[1:]] for at, name in enumerate(head)}
    metrics = {objective.metric for objective in wanted}
    if not metrics or metrics == set(head):
        raise InputError(f"{path}: the table must have columns of knobs and of objectives, not {','.join(head)}")
    figures = {name: _figures(path, name, texts) for name, texts in columns.items() if name in metrics}
    choices = {name: _choices(texts) for name, texts in columns.items() if name not in metrics}
    try:
        knobs = [Knob(name=name, choices=_ordered(values)) for name, values in choices.items()]
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None
    evaluations = [
        Evaluation(
            point=Point(values=tuple((name, values[at]) for name, values in choices.items())),
            status=Status.OK,
            score=Figures({name: float(values[at]) for name, values in figures.items()}),
            feasible=True,
            key=f"{path.stem}:{at}",
        )
        for at in range(len(rows) - 1)
    ]
    space = Space(knobs=tuple(knobs), listed=tuple(dict.fromkeys(evaluation.point for evaluation in evaluations)))
    return Table(name=path.stem, space=space, objectives=wanted, evaluations=evaluations)


def _figures(path: Path, name: str, texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """Read a column of numbers."""
    for number, text in enumerate(texts, start=2):
        value = _number(text)
        if value is None or not math.isfinite(value):
            raise InputError(f"{path}: {name} in row {number} must be a finite number, not {text!r}")
    return np.array([float(text) for text in texts])


def _number(text: str) -> int | float | None:
    """Read an integer that a float can stand for, else a float, else nothing."""
    for kind in (int, float):
        try:
            number: int | float = kind(text)
            float(number)
            return number
        except (ValueError, OverflowError):
            continue
    return None


def _choices(texts: Sequence[str]) -> list[Choice]:
    """Read a column of a knob: all numbers of one kind, or all text."""
    numbers = [number for number in map(_number, texts) if number is not None and math.isfinite(number)]
    if len(numbers) < len(texts):
        return list(texts)
    if all(isinstance(number, int) for number in numbers):
        return list(numbers)
    return [float(number) for number in numbers]


def _ordered(values: Sequence[Choice]) -> tuple[Choice, ...]:
    """List the distinct choices: numbers sorted, texts as they come."""
    distinct = list(dict.fromkeys(values))
    return tuple(distinct) if isinstance(distinct[0], str) else tuple(sorted(distinct, key=float))

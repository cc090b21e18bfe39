"""A run folder read back into records, with nothing but its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hdlgen.errors import StoreError
from hdlgen.evaluation import Constraint, Direction, Objective, Status
from search.report.fields import Fields, read_lines, read_object

__all__ = ["Run", "Stock", "Trial", "read_run"]

Knobs = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One line of `evaluations.jsonl`.

    Args:
        number: place in the order of telling, from 1.
        score: figures by metric; None unless the status is `OK`.
        repeated: whether an earlier trial had the same hardware, so that this one cost no budget.
        elapsed_s: seconds since the run began.
    """

    number: int
    point: Knobs
    status: Status
    score: Mapping[str, float] | None
    feasible: bool
    key: str
    message: str
    repeated: bool
    elapsed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """One baseline design: a stock synthesis flow under a mapping recipe; no score where the flow failed."""

    flow: str
    recipe: str
    score: Mapping[str, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """All that a run folder says but for its design folders.

    Args:
        source: the spec as a command names it.
        result: what the run ended with; empty until then.
    """

    folder: Path
    name: str
    summary: str
    spec: str
    technology: str
    strategy: str
    seed: int
    budget: int
    space_size: int
    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...]
    knobs: tuple[tuple[str, tuple[Any, ...]], ...]
    versions: tuple[tuple[str, str], ...]
    command: str
    source: str
    trials: tuple[Trial, ...]
    stock: tuple[Stock, ...]
    result: Mapping[str, Any]

    @property
    def measured(self) -> tuple[Trial, ...]:
        """The trials that cost budget: distinct hardware."""
        return tuple(trial for trial in self.trials if not trial.repeated)

    @property
    def elapsed_s(self) -> float:
        """Seconds that the run took so far."""
        wall_s = self.result.get("wall_s")
        last_s = max((trial.elapsed_s for trial in self.trials), default=0.0)
        return float(wall_s) if isinstance(wall_s, int | float) and wall_s > 0 else last_s


def _objective(fields: Fields) -> Objective:
    direction = fields.text("direction")
    if direction not in set(Direction):
        raise fields.refuse("direction", "'minimize' or 'maximize'", direction)
    return Objective(metric=fields.text("metric"), direction=Direction(direction))


def _score(fields: Fields, objectives: tuple[Objective, ...]) -> dict[str, float]:
    """Take the figures of a score; each objective's must be among them."""
    score = fields.mapping("score")
    for objective in objectives:
        score.number(objective.metric)
    return score.figures()


def _trial(fields: Fields, number: int, objectives: tuple[Objective, ...]) -> Trial:
    status = fields.text("status")
    if status not in set(Status):
        raise fields.refuse("status", f"one of {', '.join(Status)}", status)
    return Trial(
        number=number,
        point=tuple(fields.mapping("point").values.items()),
        status=Status(status),
        score=_score(fields, objectives) if status == Status.OK else None,
        feasible=fields.flag("feasible"),
        key=fields.text("key", ""),
        message=fields.text("message", ""),
        repeated=fields.flag("repeated"),
        elapsed_s=fields.number("elapsed_s", 0.0),
    )


def _stock(fields: Fields, objectives: tuple[Objective, ...]) -> Stock:
    failed = fields.values.get("score") is None
    return Stock(
        flow=fields.text("flow", "stock"),
        recipe=fields.text("recipe", ""),
        score=None if failed else _score(fields, objectives),
    )


def _technology(header: Fields) -> str:
    """Take the technology's name, or the path of its liberty file."""
    value = header.values.get("technology")
    if isinstance(value, dict):
        inner = header.mapping("technology")
        return inner.text("name", inner.text("liberty", ""))
    return header.text("technology", "")


def read_run(folder: Path) -> Run:
    """Read a run folder: header, evaluations, stock baseline and result, as far as they are written.

    Raises: StoreError, one sentence with file, line and field, for a folder without a header or with a broken file.
    """
    if not (folder / "run.json").is_file():
        raise StoreError(f"{folder}: the run folder must hold a file run.json, and this one holds none")
    header = read_object(folder / "run.json")
    objectives = tuple(_objective(item) for item in header.objects("objectives"))
    if not objectives:
        raise header.refuse("objectives", "a list of at least one objective", header.values.get("objectives"))
    constraints = tuple(
        Constraint(metric=item.text("metric"), bound=item.number("bound")) for item in header.objects("constraints")
    )
    knobs = header.mapping("knobs")
    versions = header.mapping("versions")
    result = folder / "result.json"
    return Run(
        folder=folder,
        name=header.text("name"),
        summary=header.text("summary", ""),
        spec=header.text("spec", ""),
        technology=_technology(header),
        strategy=header.text("strategy", ""),
        seed=header.whole("seed", 0),
        budget=header.whole("budget", 0),
        space_size=header.whole("space_size", 0),
        objectives=objectives,
        constraints=constraints,
        knobs=tuple((name, tuple(knobs.items(name))) for name in knobs.values),
        versions=tuple((name, str(version)) for name, version in versions.values.items()),
        command=header.text("command", ""),
        source=header.text("source", header.text("name")),
        trials=tuple(
            _trial(line, number, objectives)
            for number, line in enumerate(read_lines(folder / "evaluations.jsonl"), start=1)
        ),
        stock=tuple(_stock(line, objectives) for line in read_lines(folder / "stock.jsonl")),
        result=read_object(result).values if result.is_file() else {},
    )

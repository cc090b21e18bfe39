"""A problem to compare strategies on: a space, what is wanted, and whoever knows or measures its points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hdlgen.errors import StoreError
from hdlgen.evaluation import Evaluation, Evaluator, Objective
from hdlgen.space import Point, Space
from search.durable import MALFORMED, Journal
from search.experience import Experience
from search.replay import ReplayEvaluator, Table

__all__ = ["Problem", "Remembering"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What each strategy searches.

    Args:
        table: the whole space with its scores, where it is known; then the front that regret is measured against is
            the true one.
        experience: what designs but this one taught; None where the knobs are not ours.
    """

    name: str
    space: Space
    objectives: tuple[Objective, ...]
    evaluator: Evaluator
    table: Table | None = None
    experience: Experience | None = None

    @classmethod
    def replay(cls, table: Table, experience: Experience | None = None) -> Problem:
        """Make a problem of a table."""
        return cls(
            name=table.name,
            space=table.space,
            objectives=table.objectives,
            evaluator=ReplayEvaluator(table),
            table=table,
            experience=experience,
        )


class Remembering:
    """Have each point measured once, whichever strategy and seed asks for it; an `Evaluator` that survives a kill.

    Args:
        evaluator: measures.
        path: the file that keeps what was measured.
    Raises: StoreError where the file cannot be used.
    """

    def __init__(self, evaluator: Evaluator, path: Path) -> None:
        self._evaluator = evaluator
        self._journal = Journal(path)
        self._known: dict[Point, Evaluation] = {}
        self._runtimes: dict[str, float] = {}
        try:
            for number, line in enumerate(self._journal.lines, start=1):
                try:
                    self._remember(Evaluation.from_dict(line))
                except MALFORMED as error:
                    raise StoreError(f"{path}: line {number} must be an evaluation: {error!r}") from None
        except BaseException:
            self._journal.close()
            raise

    @property
    def evaluations(self) -> tuple[Evaluation, ...]:
        """All that is known, in the order of measuring."""
        return tuple(self._known.values())

    def evaluate(self, points: Sequence[Point]) -> Iterator[Evaluation]:
        """Yield the evaluation of each point, in the order of asking."""
        fresh = [point for point in dict.fromkeys(points) if point not in self._known]
        measured = self._evaluator.evaluate(fresh) if fresh else iter(())
        for point in points:
            if point not in self._known:
                evaluation = next(measured)
                self._journal.append(evaluation.as_dict())
                self._remember(evaluation)
            yield self._known[point]

    def close(self) -> None:
        """Close the file."""
        self._journal.close()

    def _remember(self, evaluation: Evaluation) -> None:
        """Keep an evaluation; of equal hardware each takes the runtime of its one measurement."""
        runtime_s = max(evaluation.runtime_s, self._runtimes.get(evaluation.key, 0.0))
        if evaluation.key:
            self._runtimes[evaluation.key] = runtime_s
        self._known[evaluation.point] = replace(evaluation, runtime_s=runtime_s)

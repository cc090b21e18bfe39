"""The search loop: ask the strategy, have points measured, store, tell; by replay the same when gone on with."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hdlgen.errors import HdlgenError, StoreError
from hdlgen.evaluation import Evaluation, Evaluator, Objective
from hdlgen.space import Point, Space
from search.guard import GuardedStrategy
from search.missing import Missing, missing_of
from search.pareto import Front
from search.store import Record, RunStore
from search.strategy import Strategy
from search.summary import Summary, summarize

__all__ = ["Exploration", "Progress", "Stop", "explore"]


class Stop(StrEnum):
    """Why a search ended."""

    BUDGET = "budget"  # as much distinct hardware measured as allowed
    PATIENCE = "patience"  # the front has not changed for long enough
    EXHAUSTED = "exhausted"  # every valid point measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """An evaluation that became known.

    Args:
        record: the evaluation, its index, whether it is repeated, and the seconds since the run began.
        measured: distinct hardware so far.
        front_size: members of the front so far.
        joined: whether this evaluation came onto the front.
        replayed: whether it was read from the store.
    """

    record: Record
    measured: int
    front_size: int
    joined: bool
    replayed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """A search that has ended.

    Args:
        records: all evaluations in the order of asking, those of earlier sittings included.
        stop: why it ended.
        elapsed_s: seconds of all sittings.
        decision_s: seconds of this sitting that the strategy took.
        missing: how much of the front is missing by estimate; None where too few designs tell.
    """

    records: tuple[Record, ...]
    summary: Summary
    stop: Stop
    elapsed_s: float
    decision_s: float
    missing: Missing | None


def explore(
    space: Space,
    objectives: Sequence[Objective],
    strategy: Strategy,
    evaluator: Evaluator,
    store: RunStore,
    *,
    name: str,
    budget: int,
    batch: int,
    patience: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Exploration:
    """Search until the budget is spent, the space is exhausted or patience is lost; every evaluation is stored at once.

    The strategy is always asked for whole batches, whatever is left of the budget, and told whole batches in the order
    of asking: so the points depend on space, objectives, strategy, seed and batch alone. A store that holds evaluations
    already is replayed: the fresh strategy is asked and told again, then the missing points are measured.

    Args:
        strategy: a fresh one, with nothing asked.
        evaluator: yields one evaluation a point, in the order of asking.
        store: open; empty, or of the same search.
        name: the strategy's, for messages.
        budget: points that may be measured, at least 1; repeated hardware costs nothing, a failed point as much as any.
        batch: points asked for at a time, at least 1.
        patience: points measured without a change of the front after which a batch is the last; None for no limit.
        on_progress: called for each evaluation, stored ones included.
    Raises: HdlgenError where the strategy or the evaluator breaks its protocol, or the strategy raises; StoreError
        where the store cannot be written or is of another search. What was measured is stored then.
    """
    if budget < 1 or batch < 1 or (patience is not None and patience < 1):
        values = f"budget {budget!r}, batch {batch!r}, patience {patience!r}"
        raise ValueError(f"explore: budget, batch and patience must be at least 1, not {values}")
    run = _Run(objectives, store, on_progress, clock)
    guarded = GuardedStrategy(space, strategy, name=name, clock=clock)
    number = 0
    while (stop := run.finished(budget, patience)) is None:
        points = guarded.ask(batch)
        if not points:
            stop = Stop.EXHAUSTED
            break
        evaluations = run.replay(number, points)
        while len(evaluations) < len(points) and run.measured < budget:
            # No more points than the budget still allows; where some of them turn out repeated, the next ones follow.
            chosen = points[len(evaluations) :][: budget - run.measured]
            evaluations += run.measure(number, chosen, evaluator)
        if len(evaluations) == len(points):
            guarded.tell(tuple(evaluations))
        number += 1
    return Exploration(
        records=tuple(run.records),
        summary=summarize(run.records, objectives),
        stop=stop,
        elapsed_s=run.elapsed_s(),
        decision_s=guarded.decision_s,
        missing=missing_of((record.evaluation for record in run.records), objectives, space_size=space.size()),
    )


class _Run:
    """The evaluations of a run as they become known: numbered, checked for repeated hardware, stored, reported."""

    def __init__(
        self,
        objectives: Sequence[Objective],
        store: RunStore,
        on_progress: Callable[[Progress], None] | None,
        clock: Callable[[], float],
    ) -> None:
        self.records: list[Record] = []
        self.measured = 0
        self._store = store
        self._stored = list(store.records)
        self._front = Front(objectives)
        self._unchanged = 0
        self._keys: set[str] = set()
        self._on_progress = on_progress
        self._clock = clock
        self._began = clock() - max((record.elapsed_s for record in self._stored), default=0.0)

    def elapsed_s(self) -> float:
        """Seconds since the run began, without the time between its sittings."""
        return self._clock() - self._began

    def finished(self, budget: int, patience: int | None) -> Stop | None:
        """Tell why no further batch may be asked for; None while stored evaluations or budget are left."""
        if len(self.records) < len(self._stored):
            return None
        if self.measured >= budget:
            return Stop.BUDGET
        return Stop.PATIENCE if patience is not None and self._unchanged >= patience else None

    def replay(self, number: int, points: Sequence[Point]) -> list[Evaluation]:
        """Take what the store holds of a batch, up to all of it."""
        begun = len(self.records)
        for record, point in zip(self._stored[begun:], points, strict=False):
            if record.evaluation.point != point or record.batch != number:
                asked = f"{point.text()!r} in batch {number}"
                stored = f"{record.evaluation.point.text()!r} in batch {record.batch}"
                where = f"{self._store.folder}: evaluation {record.index}"
                raise StoreError(f"{where} must be of what the search asks for, {asked}, not {stored}")
            self._add(record, replayed=True)
        return [record.evaluation for record in self.records[begun:]]

    def measure(self, number: int, points: Sequence[Point], evaluator: Evaluator) -> list[Evaluation]:
        """Have points measured, and store and report each evaluation as soon as it comes."""
        evaluations: list[Evaluation] = []
        for evaluation in _in_order(evaluator, points):
            record = Record(
                index=len(self.records),
                batch=number,
                evaluation=evaluation,
                repeated=evaluation.key in self._keys,
                elapsed_s=round(self.elapsed_s(), 3),
            )
            self._store.append(record)
            self._add(record, replayed=False)
            evaluations.append(evaluation)
        return evaluations

    def _add(self, record: Record, *, replayed: bool) -> None:
        self.records.append(record)
        if record.evaluation.key:
            self._keys.add(record.evaluation.key)
        joined = self._front.add(record.evaluation)
        if not record.repeated:
            self.measured += 1
            self._unchanged = 0 if joined else self._unchanged + 1
        if self._on_progress is not None:
            self._on_progress(
                Progress(
                    record=record,
                    measured=self.measured,
                    front_size=len(self._front),
                    joined=joined,
                    replayed=replayed,
                )
            )


def _in_order(evaluator: Evaluator, points: Sequence[Point]) -> Iterator[Evaluation]:
    """Yield the evaluations of points, and close the evaluator's iterator whatever happens, so that its workers stop.

    Raises: HdlgenError where they are not one a point, in order.
    """
    evaluations = evaluator.evaluate(points)
    try:
        for point in points:
            evaluation = next(evaluations, None)
            if evaluation is None or evaluation.point != point:
                got = "nothing" if evaluation is None else repr(evaluation.point.text())
                raise HdlgenError(f"evaluator: it must yield the evaluation of {point.text()!r}, not {got}")
            yield evaluation
    finally:
        close = getattr(evaluations, "close", None)
        if close is not None:
            close()

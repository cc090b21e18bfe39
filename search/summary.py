"""What a run found: counts, the front, and the nearest miss where no point is feasible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hdlgen.evaluation import Constraint, Evaluation, Objective, Status
from search.pareto import front
from search.store import Record

__all__ = ["Summary", "nearest_miss", "summarize"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts and front of a run.

    Args:
        evaluated: points that cost budget: distinct hardware, and failures.
        counts: these by status; and `repeated`: the points beside them whose hardware was known already.
        front: the feasible evaluations that none dominates, smallest first.
    """

    evaluated: int
    counts: Mapping[str, int]
    front: tuple[Evaluation, ...]


def summarize(records: Iterable[Record], objectives: Sequence[Objective]) -> Summary:
    """Count how the evaluations ended and pick the front, in order of area."""
    counts = {status.value: 0 for status in Status} | {"repeated": 0}
    evaluations = []
    for record in records:
        counts["repeated" if record.repeated else record.evaluation.status.value] += 1
        evaluations.append(record.evaluation)
    ordered = sorted(front(evaluations, objectives), key=lambda member: member.score.size if member.score else 0.0)
    return Summary(evaluated=len(evaluations) - counts["repeated"], counts=counts, front=tuple(ordered))


def nearest_miss(evaluations: Iterable[Evaluation], constraints: Sequence[Constraint]) -> Evaluation | None:
    """Find the scored evaluation whose worst violation, relative to its bound, is smallest; the first of equals.

    Returns: None where no evaluation has a score.
    """

    def excess(evaluation: Evaluation) -> float:
        if evaluation.score is None:
            raise ValueError("nearest_miss: an evaluation must have a score")
        broken = [constraint for constraint in constraints if not constraint.holds(evaluation.score)]
        gaps = ((abs(float(getattr(evaluation.score, c.metric)) - c.bound), abs(c.bound)) for c in broken)
        return max((gap / scale if scale else gap for gap, scale in gaps), default=0.0)

    return min((evaluation for evaluation in evaluations if evaluation.score is not None), key=excess, default=None)

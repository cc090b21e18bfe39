"""Counts, the front in order of area, and the nearest miss."""

from __future__ import annotations

from hdlgen.evaluation import Constraint, Evaluation, Status
from hdlgen.space import Point
from search.store import Record
from search.summary import nearest_miss, summarize
from tests.search.toy import OBJECTIVES, evaluation

POINTS = [Point(values=(("a", number),)) for number in range(8)]


def test_summary_by_hand() -> None:
    told = [
        evaluation(POINTS[0], 30.0, 90.0),
        Evaluation(point=POINTS[1], status=Status.INVALID),
        evaluation(POINTS[2], 10.0, 20.0),
        evaluation(POINTS[3], 10.0, 20.0),  # repeated hardware
        evaluation(POINTS[4], 5.0, 99.0, feasible=False),
        Evaluation(point=POINTS[5], status=Status.TIMEOUT),
        evaluation(POINTS[6], 20.0, 50.0),
        evaluation(POINTS[7], 31.0, 90.0),
    ]
    records = [
        Record(index=index, batch=0, evaluation=each, repeated=index == 3, elapsed_s=0.0)
        for index, each in enumerate(told)
    ]
    summary = summarize(records, OBJECTIVES)
    assert summary.counts == {"ok": 5, "invalid": 1, "mismatch": 0, "tool_failed": 0, "timeout": 1, "repeated": 1}
    assert summary.evaluated == 7
    assert summary.front == (told[2], told[6], told[0])
    assert summarize([], OBJECTIVES).front == ()


def test_the_nearest_miss_has_the_smallest_worst_violation() -> None:
    constraints = (Constraint(metric="clock_mhz", bound=100.0), Constraint(metric="area_um2", bound=10.0))
    told = [
        Evaluation(point=POINTS[0], status=Status.TIMEOUT),
        evaluation(POINTS[1], 10.0, 50.0, feasible=False),  # clock 50% short
        evaluation(POINTS[2], 12.0, 95.0, feasible=False),  # area 20% over, clock 5% short
        evaluation(POINTS[3], 9.0, 79.0, feasible=False),  # clock 21% short
    ]
    assert nearest_miss(told, constraints) == told[2]
    assert nearest_miss(told[:1], constraints) is None

"""A simulated search against schedules worked out by hand."""

from __future__ import annotations

import pytest

from benchmarks.cluster_model import Costs, play

FREE = Costs(submit_s=0.0, schedule_s=0.0, receive_s=0.0, store_s=0.0)


def test_without_any_cost_all_workers_measure_all_the_time() -> None:
    played = play([2.0] * 12, workers=3, batch=6, decide_s=lambda begun: 0.0, costs=FREE)
    assert (played.wall_s, played.efficiency, played.points_per_s) == (8.0, 1.0, 1.5)


def test_a_batch_waits_for_its_slowest_point() -> None:
    # 5 beside 1 + 2, then 1 beside 1; between batches two workers wait for the one.
    played = play([5.0, 1.0, 2.0, 1.0, 1.0], workers=2, batch=3, decide_s=lambda begun: 0.0, costs=FREE)
    assert played.wall_s == 6.0
    assert played.efficiency == pytest.approx(10 / 12)


def test_decisions_stop_everybody() -> None:
    decided: list[int] = []

    def decide(begun: int) -> float:
        decided.append(begun)
        return 0.5 if begun else 2.0

    played = play([1.0] * 6, workers=2, batch=2, decide_s=decide, costs=FREE)
    assert decided == [0, 2, 4]
    assert (played.wall_s, played.decision_s) == (2.0 + 0.5 + 0.5 + 3.0, 3.0)


def test_the_loop_and_the_scheduler_take_one_point_after_the_other() -> None:
    costs = Costs(submit_s=0.1, schedule_s=0.5, receive_s=0.2, store_s=0.3)
    played = play([1.0, 1.0, 1.0], workers=3, batch=3, decide_s=lambda begun: 0.0, costs=costs)
    # Submitted at 0.1, 0.2, 0.3; scheduled at 0.6, 1.1, 1.6; ended at 1.6, 2.1, 2.6; kept at 2.1, 2.6, 3.1.
    assert played.wall_s == pytest.approx(3.1)
    assert (played.receive_s, played.store_s) == pytest.approx((0.6, 0.9))
    # Ended in another order they are still kept in that of asking: 3.6, and the others at once after it.
    played = play([3.0, 1.0, 1.0], workers=3, batch=3, decide_s=lambda begun: 0.0, costs=costs)
    assert played.wall_s == pytest.approx(3.6 + 0.5 * 3)

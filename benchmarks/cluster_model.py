"""A search on many workers as a discrete-event simulation: one loop, one scheduler, W workers, batch by batch.

The loop is one thread, as in `search/explore.py` over `sim/cluster.py`: it decides, submits a batch point by point,
takes the results in the order of asking, keeps and stores each before the next, and decides again when it has all.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Costs", "Played", "play"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Seconds of a point outside of its measurement, each on the loop's one thread but for the scheduler's.

    Args:
        submit_s: to hand it to the scheduler.
        schedule_s: that the scheduler takes for it; it does one point after the other.
        receive_s: to take its result from the cluster and keep it in the cache.
        store_s: to put its evaluation on disk.
    """

    submit_s: float
    schedule_s: float
    receive_s: float
    store_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What a simulated search took.

    Args:
        wall_s: from the first decision to the last stored evaluation.
        measuring_s: seconds of work, summed over the workers.
        decision_s: in which the strategy decided and every worker waited.
        receive_s, store_s: in which the loop kept and stored results.
    """

    workers: int
    points: int
    wall_s: float
    measuring_s: float
    decision_s: float
    receive_s: float
    store_s: float

    @property
    def efficiency(self) -> float:
        """The share of the workers' time in which they measured."""
        return self.measuring_s / (self.workers * self.wall_s)

    @property
    def points_per_s(self) -> float:
        """Points stored a second."""
        return self.points / self.wall_s


def play(
    durations_s: Sequence[float], *, workers: int, batch: int, decide_s: Callable[[int], float], costs: Costs
) -> Played:
    """Simulate a search that measures points of known durations.

    Args:
        durations_s: of the points' measurements, in the order of asking.
        batch: points asked for at a time.
        decide_s: seconds of a decision, tell and ask, given how many points were told before.
    """
    free = [0.0] * workers
    now = decided = 0.0
    for begin in range(0, len(durations_s), batch):
        decision = decide_s(begin)
        decided += decision
        now += decision
        ended = []
        scheduled = 0.0
        for duration in durations_s[begin : begin + batch]:
            now += costs.submit_s
            scheduled = max(now, scheduled) + costs.schedule_s
            end = max(scheduled, heapq.heappop(free)) + duration
            heapq.heappush(free, end)
            ended.append(end)
        for end in ended:
            now = max(now, end) + costs.receive_s + costs.store_s
    return Played(
        workers=workers,
        points=len(durations_s),
        wall_s=now,
        measuring_s=sum(durations_s),
        decision_s=decided,
        receive_s=costs.receive_s * len(durations_s),
        store_s=costs.store_s * len(durations_s),
    )

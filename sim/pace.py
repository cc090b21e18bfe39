"""Pace: in which cycles a design declares to take tokens and to show results, and whether it does.

A cycle in which a result waits for its receiver does not count: there everything stands still. What is left of the
cycles decides alone, so `inputs__ready` and `outputs__valid` have one right value in every cycle.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Pace", "PaceKeeper"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What a design declares of its cycles, those left out in which a result waits.

    Args:
        interval_cycles: a token is welcome so many cycles after the last one that was taken, and after each multiple.
        latency_cycles: a result stands exactly so many cycles after its token was taken, and in no other cycle.
        idle_cycles: from so many cycles after the last token on, and after a reset, one is welcome in every cycle.
    """

    interval_cycles: int
    latency_cycles: int
    idle_cycles: int

    def __post_init__(self) -> None:
        for key in ("interval_cycles", "latency_cycles", "idle_cycles"):
            if getattr(self, key) < 1:
                raise ValueError(f"Pace: {key} must be at least 1, not {getattr(self, key)!r}")

    @classmethod
    def of(cls, datapath: Mapping[str, Any]) -> Pace:
        """Read the pace from the summary of a datapath."""
        return cls(**{key: int(datapath[key]) for key in ("interval_cycles", "latency_cycles", "idle_cycles")})


class PaceKeeper:
    """Hold a design to its pace, cycle by cycle from a reset on, up to the first cycle that is out of it."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.interval, self.latency, self.idle = pace.interval_cycles, pace.latency_cycles, pace.idle_cycles
        self.reset()

    def reset(self) -> None:
        """Begin again: nothing is in flight."""
        self.moves = 0  # the cycles so far in which no result waited; -1 once the pace is lost
        self.welcome = 0  # from here on a token is due in every `interval`-th of them, and from `free` on in each
        self.free = 0
        self.due = -1  # when the next result must stand; -1 for none
        self.later: deque[int] = deque()

    def observe(self, sample: str, accepting: int, taken: bool) -> str:
        """Take what a rising edge saw, and give the rule that it breaks, if any.

        Args:
            sample: ends in the bits of `outputs__valid` and `inputs__ready`.
            accepting: whether `outputs__ready` was high.
            taken: whether a token was.
        """
        moves = self.moves
        if moves < 0:
            return ""
        control = sample[-2:]
        if moves == self.due:
            if not accepting:
                return "" if control == "10" else self._lost(control, due=True, waits=True)
            self.due = self.later.popleft() if self.later else -1
            valid = "1"
        else:
            valid = "0"
        since = moves - self.welcome
        ready = "1" if moves >= self.free or not since % self.interval else "0"
        if control != valid + ready:
            return self._lost(control, due=valid == "1", waits=False)
        self.moves = moves + 1
        if taken:
            self.welcome, self.free = moves + self.interval, moves + self.idle
            if self.due < 0:
                self.due = moves + self.latency
            else:
                self.later.append(moves + self.latency)
        return ""

    def _lost(self, control: str, *, due: bool, waits: bool) -> str:
        """Say what is out of pace, and look no further: all that follows may be late by the same."""
        idle = self.moves >= self.free
        self.moves = -1
        if control[0] != "01"[due]:
            return f"a result must stand {self.latency} cycles after its token was taken, and in no other cycle"
        if waits:
            return "inputs__ready must be low while a result waits"
        if idle:
            return f"inputs__ready must be high from {self.idle} cycles after the last token on"
        return f"inputs__ready must be high every {self.interval} cycles after a token, and in no other cycle"

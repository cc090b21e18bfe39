"""The portfolio: whose points reach the front is asked more."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hdlgen.evaluation import Evaluation, Objective
from hdlgen.space import Knob, Point, Space
from search.strategies.bandit import BanditSearch
from search.strategies.uniform import UniformSearch
from tests.search.toy import OBJECTIVES, evaluation

SPACE = Space(knobs=tuple(Knob(name=f"k{place}", choices=tuple(range(8))) for place in range(3)))


class Ascending(UniformSearch):
    """Propose points in the order of the space, of which each is better than all before."""

    def __init__(self, space: Space, objectives: Sequence[Objective], *, seed: int) -> None:
        super().__init__(space, objectives, seed=seed)
        self._points = space.enumerate()

    def ask(self, count: int) -> list[Point]:
        return [point for _, point in zip(range(count), self._points, strict=False)]


class Descending(Ascending):
    """Propose the worst points first."""

    def __init__(self, space: Space, objectives: Sequence[Objective], *, seed: int) -> None:
        super().__init__(space, objectives, seed=seed)
        self._points = iter(list(space.enumerate())[::-1])


def rank(point: Point) -> int:
    return sum(int(choice) * 8 ** (2 - place) for place, (_, choice) in enumerate(point.values))


def improving(point: Point) -> Evaluation:
    """Score so that every later point of the space beats every earlier one, but none beats the first half."""
    early = rank(point) < 256
    return evaluation(point, 1000.0 - rank(point) if early else 5000.0, 100.0)


def test_the_budget_goes_to_the_strategy_that_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BanditSearch, "ARMS", {"good": Ascending, "bad": Descending})
    monkeypatch.setattr(BanditSearch, "OPENING", 0)
    search = BanditSearch(SPACE, OBJECTIVES, seed=1)
    turns: list[bool] = []
    for _ in range(60):
        points = search.ask(1)
        turns += [rank(point) < 256 for point in points]
        search.tell([improving(point) for point in points])
    assert sum(turns[20:]) >= 34  # of 40; at first both are tried
    assert not all(turns[:10])
